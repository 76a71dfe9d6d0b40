"""A Mastodon instance, played: streams over HTTP (server-sent events), lists, statuses, limits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from tests.sources.servers.http_server import Asked, HttpServer, Outgoing, Reply, http_server

CUT = "cut"
ME = {"id": "1", "username": "oven", "acct": "oven", "display_name": "The Oven", "note": "<p>bread</p>"}
FAN = {"id": "7", "username": "fan", "acct": "fan@far.example", "display_name": "Fan"}
HEARTBEAT = b":thump\n"


def iso(at: int) -> str:
    """Return an instant as Mastodon writes it."""
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def status(number: int, *, at: int, account: dict[str, Any] = ME, **more: Any) -> dict[str, Any]:
    """Return a status."""
    told = {"id": str(number), "created_at": iso(at), "account": account, "content": f"<p>bread {number}</p>"}
    told |= {"visibility": "public", "mentions": [], "tags": [], "media_attachments": [], "spoiler_text": ""}
    return {**told, "uri": f"https://oven.example/{number}", **more}


def notification(number: int, kind: str, *, at: int, **more: Any) -> dict[str, Any]:
    """Return a notification by the fan."""
    return {"id": str(number), "type": kind, "created_at": iso(at), "account": FAN, **more}


def event(name: str, payload: object) -> bytes:
    """Return an event of a stream."""
    data = payload if isinstance(payload, str) else msgspec.json.encode(payload).decode()
    return f"event: {name}\ndata: {data}\n\n".encode()


class MastodonServer:
    """`own`, `notifications` and `tagged` are the lists; `send` puts events on a connected stream."""

    def __init__(self, http: HttpServer) -> None:
        self.http = http
        self.own: list[dict[str, Any]] = []
        self.notifications: list[dict[str, Any]] = []
        self.tagged: list[dict[str, Any]] = []
        self.statuses: dict[str, dict[str, Any]] = {}
        self.refusals: deque[int] = deque()
        self.limit: dict[str, str] = {}
        self.connected = threading.Event()
        self.silent = False
        self._outgoing = Outgoing()
        routes = http.routes
        routes["/api/v1/accounts/verify_credentials"] = lambda asked: Reply({**ME, "followers_count": 120})
        routes["/api/v1/accounts/1/statuses"] = lambda asked: self._page(asked, self.own)
        routes["/api/v1/notifications"] = lambda asked: self._page(asked, self.notifications)
        routes["/api/v1/timelines/tag/bread"] = lambda asked: self._page(asked, self.tagged)
        routes["/api/v1/streaming/user"] = self._stream
        routes["/api/v1/streaming/hashtag"] = lambda asked: Reply(
            stream=lambda: iter([b":)\n", *[HEARTBEAT] * 0])
        )
        instance = {"uri": "oven.example", "version": "4.4.0", "urls": {"streaming_api": http.url}}
        routes["/api/v1/instance"] = routes["/api/v1/instance/"] = lambda asked: Reply(instance)
        routes["/api/v2/instance"] = routes["/api/v2/instance/"] = lambda asked: Reply(instance)

    def keep(self, told: dict[str, Any]) -> None:
        """Let a status be found by its id."""
        self.statuses[told["id"]] = told
        self.http.routes[f"/api/v1/statuses/{told['id']}"] = lambda asked: Reply(told)

    def send(self, *chunks: bytes | str) -> None:
        """Put chunks on the stream, or CUT it; wait until they went out."""
        self._outgoing.put(*chunks)

    @property
    def connections(self) -> int:
        """Return how often a client connected to the stream."""
        return self._outgoing.connections

    def _page(self, asked: Asked, entries: list[dict[str, Any]]) -> Reply:
        if self.refusals:
            return Reply({"error": "busy"}, self.refusals.popleft(), self.limit)
        after = int(asked.query.get("min_id", ["0"])[0])
        limit = int(asked.query.get("limit", ["20"])[0])
        newer = [each for each in entries if int(each["id"]) > after]
        page = newer[:limit] if "min_id" in asked.query else newer[-limit:]
        return Reply(page[::-1], headers=self.limit)

    def _stream(self, asked: Asked) -> Reply:
        number = self._outgoing.connect()
        return Reply(stream=lambda: self._going_out(number))

    def _going_out(self, number: int) -> Iterator[bytes | None]:
        yield b":)\n"
        self.connected.set()
        while not self.http.closing.is_set() and number == self.connections:
            chunk = self._outgoing.take(number, ends=lambda _: self.connected.clear())
            if chunk == CUT:
                yield None
            elif isinstance(chunk, bytes):
                yield chunk
            elif not self.silent:
                yield HEARTBEAT


@contextmanager
def mastodon_server() -> Iterator[MastodonServer]:
    """Run an instance as long as the context lasts."""
    with http_server() as http:
        yield MastodonServer(http)
