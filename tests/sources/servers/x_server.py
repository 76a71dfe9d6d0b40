"""The X API, played: the filtered stream, its rules, lookups of posts and users, refusals and faults."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from tests.sources.servers.http_server import Asked, HttpServer, Outgoing, Reply, http_server

KEEP_ALIVE = b"\r\n"
CUT = "cut"
END = "end"


def iso(at: int) -> str:
    """Return an instant as X writes it."""
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def line(
    post_id: str, *, at: int, author: str = "11", text: str = "bread", tag: str = "", **more: Any
) -> bytes:
    """Return a line of the stream with one post."""
    data = {"id": post_id, "text": text, "author_id": author, "created_at": iso(at)}
    data |= {"edit_history_tweet_ids": [post_id], **more}
    rules = [{"id": "1", "tag": tag}] if tag else []
    return msgspec.json.encode({"data": data, "matching_rules": rules}) + b"\r\n"


class XServer:
    """`send` puts chunks on the stream while a client is connected; `refusals` meet the next connections.

    `delivered` holds the chunks that went out. Counts of posts and users are what `metrics` and `users` say.
    """

    def __init__(self, http: HttpServer) -> None:
        self.http = http
        self.refusals: deque[tuple[int, dict[str, str]]] = deque()
        self.connected = threading.Event()
        self.delivered: list[bytes] = []
        self.rules: list[dict[str, str]] = []
        self.metrics: dict[str, dict[str, int]] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.silent = False
        self._outgoing = Outgoing()
        http.routes["/2/tweets/search/stream"] = self._stream
        http.routes["/2/tweets/search/stream/rules"] = self._rules
        http.routes["/2/tweets"] = self._posts
        self.gone: list[str] = []
        self.uploaded = b""
        http.routes["/2/compliance/jobs"] = lambda asked: self._job("created")
        http.routes["/2/compliance/jobs/77"] = lambda asked: self._job("complete")
        http.routes["/upload"] = self._upload
        http.routes["/download"] = lambda asked: Reply(b"\n".join(map(self._order, self.gone)))
        http.routes["/2/users"] = self._users
        http.routes["/2/users/by"] = self._users

    def send(self, *chunks: bytes | str) -> None:
        """Put chunks on the stream of whoever is connected, or CUT or END it; wait until they went out."""
        self._outgoing.put(*chunks)

    def forget(self) -> None:
        """Drop what was put on the stream and nobody took."""
        self._outgoing.clear()

    @property
    def connections(self) -> int:
        """Return how many connections to the stream were asked for."""
        return self._outgoing.connections

    def _stream(self, asked: Asked) -> Reply:
        number = self._outgoing.connect()
        if self.refusals:
            status, headers = self.refusals.popleft()
            return Reply({"title": "refused"}, status, headers)
        return Reply(stream=lambda: self._going_out(number))

    def _going_out(self, number: int) -> Iterator[bytes | None]:
        self.connected.set()
        try:
            yield KEEP_ALIVE
            while not self.http.closing.is_set() and number == self.connections:
                chunk = self._outgoing.take(number, ends=lambda _: self.connected.clear())
                if chunk is None:
                    if not self.silent:
                        yield KEEP_ALIVE
                    continue
                if chunk == CUT:
                    yield None
                elif chunk == END:
                    yield b""
                    return
                elif isinstance(chunk, bytes):
                    self.delivered.append(chunk)
                    yield chunk
        finally:
            if number == self.connections:
                self.connected.clear()

    def _job(self, status: str) -> Reply:
        job = {"id": "77", "type": "tweets", "status": status}
        return Reply(
            {
                "data": {
                    **job,
                    "upload_url": f"{self.http.url}/upload",
                    "download_url": f"{self.http.url}/download",
                }
            }
        )

    def _upload(self, asked: Asked) -> Reply:
        self.uploaded = asked.body
        return Reply()

    @staticmethod
    def _order(post: str) -> bytes:
        told = {
            "id": post,
            "action": "delete",
            "reason": "deleted",
            "redacted_at": "2024-11-06T20:40:40.000Z",
        }
        return msgspec.json.encode(told)

    def _rules(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            order = asked.json()
            gone = order.get("delete", {}).get("ids", [])
            self.rules = [each for each in self.rules if each["id"] not in gone]
            for number, rule in enumerate(order.get("add", []), start=len(self.rules) + 100):
                self.rules.append({"id": str(number), **rule})
        return Reply({"data": self.rules, "meta": {"sent": iso(0)}})

    def _posts(self, asked: Asked) -> Reply:
        ids = asked.query["ids"][0].split(",")
        found = [
            {"id": each, "text": "", "public_metrics": self.metrics[each]}
            for each in ids
            if each in self.metrics
        ]
        missing = [
            {"resource_id": each, "type": "https://api.twitter.com/2/problems/resource-not-found"}
            for each in ids
            if each not in self.metrics
        ]
        return Reply({"data": found, "errors": missing})

    def _users(self, asked: Asked) -> Reply:
        names = (asked.query.get("ids") or asked.query["usernames"])[0].split(",")
        return Reply({"data": [self.users[each] for each in names if each in self.users]})


@contextmanager
def x_server() -> Iterator[XServer]:
    """Run a server as long as the context lasts."""
    with http_server() as http:
        yield XServer(http)
