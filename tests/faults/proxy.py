"""A TCP proxy on loopback that refuses, cuts, stalls or delays, as networks and servers do on bad days."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
import time
from typing import Literal

from infra.embedded.ports import LOOPBACK, free_ports

Mood = Literal["pass", "refuse", "cut", "stall", "delay", "drip"]
CUT_AFTER_BYTES = 20_000
DRIP_BYTES = 1_000
PAUSES_S: dict[Mood, float] = {"delay": 0.2, "drip": 1.0}
CHUNK = 65_536


class Proxy:
    """Forward connections to a port. `mood` holds for what is sent from now on, on old connections too.

    refuse: every connection is closed, new ones at once. cut: a connection is reset after 20,000 bytes of the
    client's. stall: nothing is forwarded, nothing is closed. delay: each chunk comes 0.2 s later.
    drip: 1 kB a second and direction.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.mood: Mood = "pass"
        self.cuts = 0
        (self.port,) = free_ports(1)
        self._listener = socket.create_server((LOOPBACK, self.port))
        self._ended = threading.Event()
        threading.Thread(target=self._accept, name="proxy", daemon=True).start()

    def close(self) -> None:
        """Close the port and every connection."""
        self._ended.set()
        self._listener.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="proxied", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            if self.mood == "refuse":
                self.cuts += 1
                return
            try:
                server = socket.create_connection((LOOPBACK, self.target), timeout=5)
            except OSError:
                return
            with server:
                self._forward(client, server)

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        sent = 0
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while not self._ended.is_set():
                if self.mood == "refuse" or (self.mood == "cut" and sent > CUT_AFTER_BYTES):
                    self.cuts += 1
                    _reset(client)
                    return
                if self.mood == "stall":
                    time.sleep(0.05)
                    continue
                for key, _ in ready.select(0.1):
                    source: socket.socket = key.fileobj  # type: ignore[assignment]
                    moved = self._move(source, key.data)
                    if not moved:
                        return
                    sent += moved if source is client else 0

    def _move(self, source: socket.socket, to: socket.socket) -> int:
        try:
            dripping = self.mood == "drip"
            chunk = source.recv(DRIP_BYTES if dripping else CHUNK)
            if chunk and self.mood in PAUSES_S:
                time.sleep(PAUSES_S[self.mood])
            to.sendall(chunk)
        except OSError:
            return 0
        return len(chunk)


def _reset(client: socket.socket) -> None:
    """Let the close that follows be a reset: no farewell, and what is under way is gone."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
