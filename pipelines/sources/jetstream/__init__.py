"""Source `jetstream`: Bluesky's public stream, whatever in it concerns the brand."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.events import Network
from pipelines.sources.base import Item, SourceRequest
from pipelines.sources.jetstream.connection import StreamOptions
from pipelines.sources.jetstream.people import People
from pipelines.sources.jetstream.place import Place
from pipelines.sources.jetstream.stream import Stream
from pipelines.sources.live.exchange import Exchange

__all__ = ["Jetstream", "build"]

logger = logging.getLogger(__name__)

SERVERS = (
    "wss://jetstream.us-east.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
    "wss://jetstream.us-west.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
)
APPVIEW = "https://public.api.bsky.app"
TAKE_S = 0.5


class Jetstream:
    """The stream of the whole network, of which this keeps what concerns the brand's accounts.

    Posts, likes, reposts and follows by anybody that concern a tracked account; its own posts, reposts and
    likes; deletions of all of these, whomever they concern (the ingest knows that); accounts that are gone;
    profile snapshots once a day. With `scope` "own" the server sends the tracked accounts' own acts alone:
    hardly any traffic, and nothing that others do.
    """

    name = "jetstream"
    networks: tuple[Network, ...] = ("bluesky",)
    bounded = False
    spooled = True

    def __init__(self, people: People, make_stream: Callable[[Exchange[Item]], Stream]) -> None:
        self._exchange: Exchange[Item] = Exchange()
        self._people = people
        self._stream = make_stream(self._exchange)

    @property
    def caught_up(self) -> bool:
        """False while it replays the past, and while it is cut off: then it will."""
        return self._stream.caught_up

    def read(self, cursor: str | None) -> Iterator[Item]:
        """Give what happens from the cursor on, without end."""
        self._stream.start_at(Place.parse(cursor))
        self._exchange.run("jetstream-people", lambda: self._people.look(self._exchange))
        self._exchange.run("jetstream-stream", self._stream.listen)
        while not self._exchange.closed.is_set():
            item = self._exchange.take(TAKE_S)
            if item is not None:
                yield item

    def close(self) -> None:
        """End `read` soon. May be called from another thread."""
        self._exchange.close()
        self._stream.close()
        self._exchange.join(2.0)


def build(request: SourceRequest) -> Jetstream:
    """Return the source. Needs no token.

    Options: servers (addresses, joined by commas; the path tells v1 from v2), scope (all, own), appview,
    profile_hours, compress (yes, no), pauses (a factor on all waiting, for tests).
    """
    request.only("servers", "scope", "appview", "profile_hours", "compress", "pauses", "idle_s")
    scope = request.options.get("scope", "all")
    if scope not in ("all", "own"):
        raise UsageError(f"option scope must be all or own, not {scope!r}")
    scale = request.number("pauses", 1.0)
    people = People(
        request.brand,
        request.options.get("appview", APPVIEW),
        every_s=request.number("profile_hours", 24.0) * 3_600,
        now=request.now,
        keep_in=request.work_dir / "people.json",
        scale=scale,
    )
    servers = request.options.get("servers")
    options = StreamOptions(
        servers=tuple(servers.split(",")) if servers else SERVERS,
        everything=scope == "all",
        compress=request.options.get("compress", "yes") == "yes" and scope == "all",
        scale=scale,
        idle_s=request.number("idle_s", 60.0),
    )
    _check(options.servers, request.work_dir)
    return Jetstream(people, lambda exchange: Stream(options, people, exchange, now=request.now))


def _check(servers: tuple[str, ...], work_dir: Path) -> None:
    for server in servers:
        if not server.startswith(("ws://", "wss://")):
            raise UsageError(f"option servers: {server!r} is no address of a stream: it begins with wss://")
    work_dir.mkdir(parents=True, exist_ok=True)
