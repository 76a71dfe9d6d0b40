"""A small real HTTP server on 127.0.0.1 that answers what a test tells it to, and notes what it was asked."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import Struct


class Asked(Struct, frozen=True):
    """A request as the server saw it."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body."""
        return msgspec.json.decode(self.body)


class Reply(Struct, frozen=True):
    """An answer; `stream` instead of `body`: chunks as they come, b"" ends it, None cuts the line."""

    body: bytes | object = b""
    status: int = 200
    headers: dict[str, str] = {}
    stream: Callable[[], Iterator[bytes | None]] | None = None


class Outgoing:
    """Chunks on their way to the newest connection of a stream; an older one gets nothing any more."""

    def __init__(self) -> None:
        self.connections = 0
        self._chunks: deque[bytes | str] = deque()
        self._changed = threading.Condition()

    def connect(self) -> int:
        """Return the number of a new connection."""
        with self._changed:
            self.connections += 1
            return self.connections

    def put(self, *chunks: bytes | str) -> None:
        """Add chunks; wait until they were taken, ten seconds at most."""
        with self._changed:
            self._chunks += chunks
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._chunks, 10)

    def clear(self) -> None:
        """Drop what was not taken."""
        with self._changed:
            self._chunks.clear()

    def take(self, number: int, *, ends: Callable[[bytes | str], None]) -> bytes | str | None:
        """Return the next chunk for a connection, None after 50 ms without; words go to `ends` first."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._chunks), 0.05)
            if not self._chunks or number != self.connections:
                return None
            chunk = self._chunks.popleft()
            if isinstance(chunk, str):
                ends(chunk)
            self._changed.notify_all()
            return chunk


class HttpServer:
    """Answers by `routes`: path to a function of the request. `asked` holds all requests."""

    def __init__(self) -> None:
        self.routes: dict[str, Callable[[Asked], Reply]] = {}
        self.asked: list[Asked] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server._answer(self)

            def do_POST(self) -> None:
                server._answer(self)

            def do_PUT(self) -> None:
                server._answer(self)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def paths(self, path: str) -> list[Asked]:
        """Return what was asked of one path."""
        return [each for each in self.asked if each.path == path]

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        split = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        asked = Asked(handler.command, split.path, parse_qs(split.query), headers, body)
        self.asked.append(asked)
        route = self.routes.get(split.path)
        reply = route(asked) if route else Reply({"error": "not found"}, 404)
        try:
            self._send(handler, reply)
        except (BrokenPipeError, ConnectionResetError, ValueError):
            handler.close_connection = True

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if reply.stream is None:
            content = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)
            return
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.close_connection = True
        for chunk in reply.stream():
            if chunk is None or self.closing.is_set():
                return
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunk else b"0\r\n\r\n")
            handler.wfile.flush()


@contextmanager
def http_server() -> Iterator[HttpServer]:
    """Run a server as long as the context lasts."""
    server = HttpServer()
    server._thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server._server.shutdown()
        server._server.server_close()
