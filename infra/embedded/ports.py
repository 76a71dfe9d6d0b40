"""Free TCP ports on 127.0.0.1."""

import random
import socket
from pathlib import Path

LOOPBACK = "127.0.0.1"
_EPHEMERAL_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 15_000


def free_ports(count: int) -> tuple[int, ...]:
    """Return `count` different free ports below the range the kernel hands out to clients.

    Inside that range a client that retries while the server restarts can get the server's own port
    as its source and connect to itself, and the server finds its port taken.
    """
    ceiling = max(_first_ephemeral_port(), _LOWEST + 1_000)
    found: set[int] = set()
    while len(found) < count:
        port = random.randrange(_LOWEST, ceiling)
        if _is_free(port):
            found.add(port)
    return tuple(found)


def answers(port: int) -> bool:
    """Tell whether something accepts connections on the port."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def _first_ephemeral_port() -> int:
    try:
        return int(_EPHEMERAL_RANGE.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
