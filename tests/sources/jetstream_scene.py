"""Jetstream and the AppView, played, for tests of the source that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipelines.brand import Account, Brand
from pipelines.sources import build_source
from pipelines.sources.base import SourceRequest
from tests.sources.live_run import LiveRun, running
from tests.sources.servers.http_server import Asked, HttpServer, Reply, http_server
from tests.sources.servers.jetstream_server import (
    POST,
    V2_PATH,
    Happening,
    JetstreamServer,
    jetstream_server,
)

NOW = 1_790_000_000_000

OVEN, FAN = "did:plc:oven7oven7oven7oven7oven", "did:plc:fan7fan7fan7fan7fan7fan7"

BRAND = Brand(accounts=(Account(network="bluesky", handle="oven.example"),))

KNOWN = Brand(accounts=(Account(network="bluesky", id=OVEN),))

CREATED = "2026-09-21T14:13:20.000Z"

FACET = "app.bsky.richtext.facet#"

WIRES = [V2_PATH, "/subscribe"]


class Network:
    """Jetstream and the AppView, played, and the source that reads them."""

    def __init__(self, jetstream: JetstreamServer, appview: HttpServer, folder: Path) -> None:
        self.jetstream, self.appview, self.folder = jetstream, appview, folder
        self.brand = KNOWN
        self.now = NOW
        self.options: dict[str, str] = {"idle_s": "60000"}
        appview.routes["/xrpc/app.bsky.actor.getProfiles"] = self._profiles

    def _profiles(self, asked: Asked) -> Reply:
        told = {"did": OVEN, "handle": "oven.example", "displayName": "The Oven", "description": "bread"}
        told |= {"followersCount": 120, "followsCount": 80, "postsCount": 900, "createdAt": CREATED}
        known = [told for actor in asked.query["actors"] if actor in (OVEN, "oven.example")]
        return Reply({"profiles": known})

    @contextmanager
    def read(self, cursor: str | None = None, path: str = V2_PATH) -> Iterator[LiveRun]:
        options = {"servers": self.jetstream.url(path), "appview": self.appview.url, "pauses": "0.01"}
        request = SourceRequest(
            arguments=(),
            options=options | self.options,
            work_dir=self.folder,
            cursor=cursor,
            now=lambda: self.now,
            sleep=lambda _: None,
            brand=lambda: self.brand,
        )
        with running(build_source("jetstream", request), cursor) as run:
            if self.brand is KNOWN and cursor is None:
                run.wait(lambda: self.jetstream.asked)
            yield run


@contextmanager
def playing(folder: Path) -> Iterator[Network]:
    """Play Jetstream and the AppView, and give what a test needs of them."""
    with jetstream_server() as jetstream, http_server() as appview:
        yield Network(jetstream, appview, folder)


def post(seq: int, did: str = OVEN, *, at: int = NOW, text: str = "bread", **more: Any) -> Happening:
    record = {"$type": POST, "text": text, "createdAt": CREATED, "langs": ["en"], **more}
    return Happening(seq, at, did, rkey=f"3k{seq}", record=record)


def to_oven(seq: int) -> Happening:
    ref = {"uri": f"at://{OVEN}/{POST}/3k1", "cid": "bafy"}
    return post(seq, FAN, reply={"root": ref, "parent": ref})


def act(seq: int, collection: str, subject: Any, did: str = FAN) -> Happening:
    record = {"$type": collection, "subject": subject, "createdAt": CREATED}
    return Happening(seq, NOW, did, collection=collection, rkey=f"3l{seq}", record=record)


def gone(seq: int, collection: str, rkey: str, did: str = FAN) -> Happening:
    return Happening(seq, NOW, did, operation="delete", collection=collection, rkey=rkey)


def uris(*happenings: Happening) -> list[str]:
    return [each.uri for each in happenings]
