"""Source `x-stream`: what concerns the brand on X, by the filtered stream of API v2, within a budget.

On httpx and not on tweepy: the budget must be asked between the bytes and the post, and tweepy hands over
posts that it has read; and one client serves all networks. Its ladder of pauses is the one that X documents.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from pipelines.brand import Brand
from pipelines.errors import Retriable, UsageError
from pipelines.events import Network
from pipelines.sources.base import Item, SourceRequest
from pipelines.sources.live.exchange import Exchange
from pipelines.sources.live.http import Api
from pipelines.sources.x_stream.answers import TOKEN
from pipelines.sources.x_stream.compliance import Compliance
from pipelines.sources.x_stream.people import People
from pipelines.sources.x_stream.place import Place
from pipelines.sources.x_stream.purse import Purse
from pipelines.sources.x_stream.rules import Rule, keep_in_step, rules_of
from pipelines.sources.x_stream.stream import Stream, StreamOptions

__all__ = ["XStream", "build"]

logger = logging.getLogger(__name__)

API = "https://api.x.com"
NARROW_SHARE = 0.95
"""From here on only own posts are listened to: mentions go after the snapshots, and before everything."""
LOOK_AT_BRAND_S = 5.0


class XStream:
    """The filtered stream: own posts, replies, mentions, reposts and quotes; counts of own posts; profiles.

    It tells no deletions (that is a stream of its own, for enterprises): a job a day asks which of the stored
    posts must go, and an own post that is gone is noticed when its counts are read. What lies between two
    connections is a gap, for X replays nothing.
    """

    name = "x-stream"
    networks: tuple[Network, ...] = ("x",)
    bounded = False
    spooled = True
    caught_up = True

    def __init__(
        self,
        apis: Callable[[], Api],
        people: People,
        purse: Purse,
        brand: Callable[[], Brand | None],
        make_stream: Callable[[Exchange[Item]], Stream],
        compliance: Compliance,
        *,
        scale: float,
    ) -> None:
        self._exchange: Exchange[Item] = Exchange()
        self._apis = apis
        self._people, self._purse, self._brand, self._scale = people, purse, brand, scale
        self._stream = make_stream(self._exchange)
        self._compliance = compliance

    @property
    def poll_every_s(self) -> float:
        """Seconds between two looks at what counts are due."""
        return self._people.poll_every_s

    @property
    def polled_at(self) -> int:
        """When it looked last and read all that was due; what the budget forbids is not read."""
        return self._people.polled_at

    def read(self, cursor: str | None) -> Iterator[Item]:
        """Give what happens from now on, without end. Raises UsageError if X refuses the token."""
        self._stream.start_at(Place.parse(cursor))
        self._exchange.run("x-rules", self._with_api(self._keep_rules))
        self._exchange.run("x-people", self._with_api(lambda api: self._people.look(api, self._exchange)))
        self._exchange.run(
            "x-compliance", self._with_api(lambda api: self._compliance.look(api, self._exchange))
        )
        self._exchange.run("x-stream", self._with_api(self._stream.listen))
        while not self._exchange.closed.is_set():
            item = self._exchange.take(0.5)
            if item is not None:
                yield item

    def close(self) -> None:
        """End `read` soon. May be called from another thread."""
        self._exchange.close()
        self._stream.close()
        self._exchange.join(2.0)
        self._purse.tell(at_once=True)

    def _with_api(self, work: Callable[[Api], None]) -> Callable[[], None]:
        """Return the work of a thread, with a connection of its own."""

        def worked() -> None:
            with self._apis() as api:
                work(api)

        return worked

    def _keep_rules(self, api: Api) -> None:
        kept: frozenset[Rule] | None = None
        while not self._exchange.closed.is_set():
            wanted = rules_of(self._brand(), narrow=self._purse.share >= NARROW_SHARE)
            if wanted != kept:
                try:
                    keep_in_step(api, wanted)
                    kept = wanted
                except Retriable as error:
                    logger.warning("%s: the rules are set later", error)
            self._exchange.sleep(LOOK_AT_BRAND_S * self._scale)


def build(request: SourceRequest) -> XStream:
    """Return the source. Needs RAPPORT_X_BEARER_TOKEN (or _FILE) and a budget.

    Options: api (its address), backfill_minutes, in_flight, compliance (yes, no), pauses (a
    factor on all waiting, for tests).
    """
    request.only("api", "backfill_minutes", "in_flight", "compliance", "pauses")
    wants = request.options.get("compliance", "yes") == "yes"
    token = request.secret(TOKEN)
    backfill = int(request.number("backfill_minutes", 0))
    if backfill > 5:
        raise UsageError("option backfill_minutes must be at most 5")
    scale = request.number("pauses", 1.0)
    options = StreamOptions(
        backfill_minutes=backfill, in_flight=int(request.number("in_flight", 20, at_least=1)), scale=scale
    )
    purse = Purse(request.work_dir, request.x_spending, now=request.now, mirror=request.spend)
    people = People(
        request.brand,
        purse,
        request.facts,
        now=request.now,
        keep_in=request.work_dir / "people.json",
        scale=scale,
    )
    address = request.options.get("api", API)
    return XStream(
        lambda: Api(address, name="X", token=token),
        people,
        purse,
        request.brand,
        lambda exchange: Stream(options, purse, people, exchange, now=request.now),
        Compliance(purse, request.facts if wants else None, now=request.now, scale=scale),
        scale=scale,
    )
