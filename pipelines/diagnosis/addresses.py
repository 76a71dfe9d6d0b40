"""Addresses: does anything listen there, and is it open to others than this machine?"""

from __future__ import annotations

import ipaddress
import socket

import psutil

from pipelines.diagnosis.finding import Finding, ok, warn

_PATIENCE_S = 3.0


def listens(host: str, port: int) -> bool:
    """Tell whether something accepts connections at an address within 3 s."""
    try:
        with socket.create_connection((host, port), timeout=_PATIENCE_S):
            return True
    except OSError:
        return False


def exposure(what: str, host: str, port: int) -> Finding:
    """Say to whom an address that listens is open; of another machine only that it listens."""
    if not _is_loopback(host):
        return ok(f"{what} listens at {host}:{port}")
    opened = sorted(ip for ip in _bound(port) if not _is_loopback(ip))
    if not opened:
        return ok(f"{what} listens at {host}:{port}, for this machine alone")
    return warn(
        f"{what} listens at {host}:{port}, and at {', '.join(opened)} for others too",
        "bind it to 127.0.0.1, or close the port in the firewall",
    )


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _bound(port: int) -> set[str]:
    """Return the addresses of this machine on which the port listens; empty: not known."""
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return set()
    return {
        each.laddr.ip
        for each in connections
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port
    }
