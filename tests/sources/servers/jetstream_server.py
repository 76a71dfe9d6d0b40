"""Jetstream, played by a small real WebSocket server: two wires, cursors, refusals, faults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import zstandard
from msgspec import Struct
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

POST, LIKE = "app.bsky.feed.post", "app.bsky.feed.like"
REPOST, FOLLOW = "app.bsky.feed.repost", "app.bsky.graph.follow"
V2_PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"


class Happening(Struct):
    """Something in the network: what both wires are made of. `at`: milliseconds."""

    seq: int
    at: int
    did: str
    kind: str = "commit"
    operation: str = "create"
    collection: str = POST
    rkey: str = ""
    record: dict[str, Any] | None = None
    status: str = ""

    @property
    def uri(self) -> str:
        """Return the at-URI of the record."""
        return f"at://{self.did}/{self.collection}/{self.rkey}"

    def v2(self) -> bytes:
        """Return the frame of the v2 stream."""
        payload: dict[str, Any] = {
            "$type": f"network.bsky.jetstream.subscribeEvents#{self.kind}",
            "seq": self.seq,
            "did": self.did,
            "time": datetime.fromtimestamp(self.at / 1_000, UTC).isoformat(timespec="microseconds"),
        }
        if self.kind == "commit":
            payload |= {"rev": "3l3qo2vutsw2b", "operation": self.operation, "collection": self.collection}
            payload |= {"rkey": self.rkey}
            payload |= {"record": self.record, "cid": "bafy"} if self.record is not None else {}
        elif self.kind == "account":
            payload["account"] = {
                "did": self.did,
                "active": False,
                "status": self.status,
                "seq": 1,
                "time": "",
            }
        return msgspec.json.encode({"$type": "message", "payload": payload})

    def v1(self) -> bytes:
        """Return the frame of the v1 wire."""
        told: dict[str, Any] = {"did": self.did, "time_us": self.at * 1000, "kind": self.kind}
        if self.kind == "commit":
            commit: dict[str, Any] = {"rev": "3l3qo2vutsw2b", "operation": self.operation}
            commit |= {"collection": self.collection, "rkey": self.rkey}
            told["commit"] = commit | ({"record": self.record} if self.record is not None else {})
        elif self.kind == "account":
            told["account"] = {"did": self.did, "active": False, "status": self.status, "seq": 1, "time": ""}
        return msgspec.json.encode(told)


Fault = Callable[[ServerConnection], None]


class JetstreamServer:
    """Replays `happenings` from a cursor, then sends new ones; `faults` happen once, before a number is sent.

    `floor`: the least number that is kept. `refusals`: statuses with which the next connections are refused.
    """

    def __init__(self, *, dictionary: bytes = b"", wall: Callable[[], int] = lambda: 0) -> None:
        self.happenings: list[Happening] = []
        self.faults: dict[int, Fault] = {}
        self.refusals: list[tuple[int, str]] = []
        self.floor = 0
        self.asked: list[dict[str, list[str]]] = []
        self.dictionary = dictionary
        self.sent: set[int] = set()
        self.tip = self.begun = 0
        self._more = threading.Condition()
        self._closing = False
        self._server = serve(
            self._handle,
            "127.0.0.1",
            0,
            process_request=self._process,
            compression="deflate",
            ping_interval=None,
            close_timeout=0.2,
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def url(self, path: str = V2_PATH) -> str:
        """Return the address of the stream; `/subscribe` is v1."""
        return f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}{path}"

    def happen(self, *happenings: Happening) -> None:
        """Let something happen while clients listen."""
        with self._more:
            self.happenings += happenings
            self._more.notify_all()

    def _process(self, connection: ServerConnection, request: Request) -> Response | None:
        split = urlsplit(request.path)
        query = parse_qs(split.query)
        if split.path.endswith("getZstdDictionary"):
            return _reply(200, self.dictionary) if self.dictionary else _reply(404, b"{}")
        self.asked.append(query)
        if self.refusals:
            status, name = self.refusals.pop(0)
            return _reply(status, msgspec.json.encode({"error": name, "message": "floor seq 7"}))
        cursor = int(query.get("cursor", ["0"])[0])
        if split.path == V2_PATH and "cursor" in query and cursor < min(self.floor, 10**15):
            return _reply(400, msgspec.json.encode({"error": "CursorTooOld", "message": str(self.floor)}))
        return None

    def _handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        split = urlsplit(connection.request.path)
        query = parse_qs(split.query)
        try:
            self._stream(connection, query, v1=split.path == "/subscribe")
        except (ConnectionClosed, OSError):
            return

    def _stream(self, connection: ServerConnection, query: dict[str, list[str]], *, v1: bool) -> None:
        packer = self._packer(query)
        index, outdated = self._begin(query)
        self.begun += 1
        if outdated and not v1:
            name = {"$type": "network.bsky.jetstream.subscribeEvents#info", "name": "OutdatedCursor"}
            connection.send(packer(msgspec.json.encode({"$type": "message", "payload": name})))
        dids = query.get("wantedDids" if v1 else "dids")
        while not self._closing:
            with self._more:
                if index >= len(self.happenings):
                    self._more.wait(0.02)
                    connection.ping() if self._closing else None
                    continue
                happening = self.happenings[index]
            if fault := self.faults.pop(happening.seq, None):
                fault(connection)
            if dids is None or happening.did in dids:
                connection.send(packer(happening.v1() if v1 else happening.v2()))
                self.sent.add(happening.seq)
            index += 1

    def _begin(self, query: dict[str, list[str]]) -> tuple[int, bool]:
        if "cursor" not in query:
            return self.tip, False
        cursor = int(query["cursor"][0])
        kept = [index for index, each in enumerate(self.happenings) if each.seq >= self.floor]
        if cursor < 10**15:
            found = [index for index in kept if self.happenings[index].seq >= cursor]
            return (found[0] if found else len(self.happenings)), False
        found = [index for index in kept if self.happenings[index].at * 1000 >= cursor]
        outdated = bool(found) and found[0] == kept[0] and self.floor > 0
        return (found[0] if found else len(self.happenings)), outdated

    def _packer(self, query: dict[str, list[str]]) -> Callable[[bytes], bytes | str]:
        if "zstdDictionary" not in query:
            return lambda frame: frame.decode()
        packer = zstandard.ZstdCompressor(dict_data=zstandard.ZstdCompressionDict(self.dictionary))
        return packer.compress


def _reply(status: int, body: bytes) -> Response:
    headers = Headers({"Content-Length": str(len(body)), "Connection": "close"})
    return Response(status, HTTPStatus(status).phrase, headers, body)


@contextmanager
def jetstream_server(*, dictionary: bytes = b"") -> Iterator[JetstreamServer]:
    """Run a server as long as the context lasts."""
    server = JetstreamServer(dictionary=dictionary)
    server._thread.start()
    try:
        yield server
    finally:
        server._closing = True
        server._server.shutdown()
        server._thread.join(2)


def cut(connection: ServerConnection) -> None:
    """Break the line without a word."""
    connection.close_socket()


def leave(connection: ServerConnection) -> None:
    """Say goodbye."""
    connection.close(1001)


def stall(connection: ServerConnection) -> None:
    """Say nothing for longer than the client has patience."""
    threading.Event().wait(1.5)


def too_slow(connection: ServerConnection) -> None:
    """Send the error frame, which is terminal."""
    connection.send('{"$type":"error","error":"ConsumerTooSlow","message":"read faster"}')
    connection.close(1008)


def garbage(connection: ServerConnection) -> None:
    """Send what is no frame: not JSON, not UTF-8, of no type, and one that is too long."""
    connection.send('{"$type":"message","payload":{"$type":')
    connection.send(b"\xff\xfe\x00", text=True)
    connection.send('{"hello":"world"}')
    connection.send('{"$type":"message","payload":"' + "x" * 1_200_000 + '"}')
