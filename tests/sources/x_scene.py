"""X, played, for tests of the stream: what it knows, and the source that reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines import clock
from pipelines.brand import Account, Brand
from pipelines.events import Network
from pipelines.settings import XSpending
from pipelines.sources import build_source
from pipelines.sources.base import SourceRequest
from pipelines.stored import OwnPost
from tests.sources.live_run import LiveRun, running
from tests.sources.servers.x_server import XServer, line, x_server

CANARY = "canary-4f1b9e77-token"

BRAND = Brand(accounts=(Account(network="x", handle="oven", id="11"),))

RICH = XSpending(day_micros=10**9, month_micros=10**9)

OVEN = {"id": "11", "username": "oven", "name": "The Oven", "public_metrics": {"followers_count": 120}}


class Stored:
    """Facts that know some own posts."""

    def __init__(self, *posts: OwnPost) -> None:
        self.posts = list(posts)

    def own_posts(self, network: Network, accounts: Collection[str], since: int) -> list[OwnPost]:
        return self.posts

    def post_ids(self, network: Network, since: int) -> list[str]:
        return [each.id for each in self.posts]


class Scene:
    """X, played, and the source that reads it."""

    def __init__(self, x: XServer, folder: Path) -> None:
        self.x, self.folder = x, folder
        self.brand, self.spending = BRAND, RICH
        self.facts = Stored()
        self.options = {"api": x.http.url, "pauses": "0.05"}
        self.skew = 0
        x.users["11"] = x.users["oven"] = OVEN

    def now(self) -> int:
        return clock.now_ms() + self.skew

    @contextmanager
    def read(self, cursor: str | None = None, *, connected: bool = True) -> Iterator[LiveRun]:
        request = SourceRequest(
            arguments=(),
            options=self.options,
            work_dir=self.folder,
            cursor=cursor,
            now=self.now,
            sleep=lambda _: None,
            brand=lambda: self.brand,
            secret=lambda name: CANARY,
            facts=self.facts,
            x_spending=self.spending,
        )
        before = self.x.connections
        with running(build_source("x-stream", request), cursor) as run:
            if connected:
                run.wait(lambda: self.x.connections > before and self.x.connected.is_set())
            yield run

    def post(self, number: int, **more: object) -> bytes:
        return line(str(number), at=self.now(), **more)  # type: ignore[arg-type]


@contextmanager
def playing(folder: Path) -> Iterator[Scene]:
    """Play X, and give what a test needs of it."""
    with x_server() as x:
        yield Scene(x, folder)
