"""The brand's accounts on X: their ids, snapshots of them and of their posts, as the purse allows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from pipelines.brand import Brand
from pipelines.errors import Retriable, UsageError
from pipelines.events import DAY_MS, HOUR_MS, AnyEvent, Delete, Post, PostStats
from pipelines.sources.base import Item, Reading
from pipelines.sources.live.exchange import Exchange
from pipelines.sources.live.http import Api
from pipelines.sources.live.looks import AGES_MS, Looks
from pipelines.sources.live.pauses import Pauses
from pipelines.sources.x import v2
from pipelines.sources.x_stream.answers import decoded
from pipelines.sources.x_stream.purse import Purse
from pipelines.stored import Facts

logger = logging.getLogger(__name__)

AT_ONCE = 100
FEWER_SHARE, NONE_SHARE = 0.8, 0.9
FEW_AGES_MS = (HOUR_MS, DAY_MS)
"""From 80 % of a budget on only the two ages are looked at on which metrics rest; from 90 % on none."""
LOOK_EVERY_S = 60.0
USER_FIELDS = "created_at,description,entities,name,protected,public_metrics,url,username,verified"
NOT_FOUND = "https://api.twitter.com/2/problems/resource-not-found"


class _Problem(Struct):
    type: str = ""
    resource_id: str = ""


class _Several(Struct):
    data: list[Raw] = []
    errors: list[_Problem] = []


class _Counted(Struct):
    id: str
    public_metrics: dict[str, int] = {}


class People:
    """Who the accounts are, and what is looked at when.

    `own` is account by handle in small letters. Ids that the brand file does not hold are asked for once and
    kept on disk; each account is read once a day. `polled_at`: when it looked last and could read all counts
    on which metrics rest. Raises UsageError for a brand without an account on X.
    """

    def __init__(
        self,
        brand: Callable[[], Brand | None],
        purse: Purse,
        facts: Facts | None,
        *,
        now: Callable[[], int],
        keep_in: Path,
        scale: float = 1.0,
    ) -> None:
        self._brand, self._purse, self._facts, self._now = brand, purse, facts, now
        self._keep_in, self._scale = keep_in, scale
        self.own: dict[str, str] = _read(keep_in)
        self._looks = Looks()
        self._recalled = self._unread = False
        self.poll_every_s, self.polled_at = LOOK_EVERY_S * scale, now()
        if not self._accounts():
            raise UsageError(
                "the brand names no account on X: add one to the brand file (`rapport brand check` shows what"
                " it names) and give the file with --brand"
            )

    @property
    def all_known(self) -> bool:
        """Whether the id of every account is known: before that, what is read of it concerns nobody."""
        return all(id_ or handle.lower() in self.own for id_, handle in self._accounts())

    def see(self, event: AnyEvent) -> None:
        """Take note of an own post, whose counts will be read."""
        if isinstance(event, Post) and event.author in self._ids() and event.repost_of is None:
            self._looks.add(event.id, event.occurred_at)

    def look(self, api: Api, exchange: Exchange[Item]) -> None:
        """Read profiles and counts when they are due, without end."""
        pauses = Pauses(first_s=5.0, most_s=900.0, scale=self._scale)
        while not exchange.closed.is_set():
            wait_s, self._unread = self.poll_every_s, False
            try:
                for event in self._due(api):
                    exchange.put(Reading(event=event))
                pauses.reset()
                self.polled_at = self.polled_at if self._unread else self._now()
            except Retriable as error:
                logger.warning("%s: counts and profiles are read later", error)
                wait_s = pauses.next()
            self._purse.tell()
            exchange.sleep(wait_s)

    def _due(self, api: Api) -> Iterator[AnyEvent]:
        yield from self._profiles(api)
        if not self._recalled and self._facts is not None and self._ids():
            since = self._now() - AGES_MS[-1] - DAY_MS
            for post in self._facts.own_posts("x", self._ids(), since):
                self._looks.add(post.id, post.occurred_at, post.looked_at)
            self._recalled = True
        share = self._purse.share
        ages = AGES_MS if share < FEWER_SHARE else FEW_AGES_MS if share < NONE_SHARE else ()
        due = self._looks.due(self._now(), ages)
        self._unread = not ages and bool(self._looks.due(self._now(), FEW_AGES_MS))
        for start in range(0, len(due), AT_ONCE):
            yield from self._counts(api, due[start : start + AT_ONCE])

    def _counts(self, api: Api, posts: list[str]) -> Iterator[AnyEvent]:
        price = self._purse.spending.post_micros
        unpaid = self._purse.unpaid(posts)
        if not self._purse.reserve(len(unpaid) * price, "posts", unpaid):
            self._unread = True
            return
        asked = {"ids": ",".join(posts), "tweet.fields": "public_metrics"}
        told = decoded(api.get("/2/tweets", asked), _Several)
        now = self._now()
        for content in told.data:
            counted = msgspec.json.decode(content, type=_Counted)
            self._looks.looked(counted.id, now)
            yield _stats(counted, now)
        for problem in told.errors:
            if problem.type == NOT_FOUND and problem.resource_id:
                self._looks.forget(problem.resource_id)
                yield Delete(network="x", id=problem.resource_id, occurred_at=now, ingested_at=now)

    def _profiles(self, api: Api) -> Iterator[AnyEvent]:
        """Give a snapshot of each account once a day, and when an id is not known yet."""
        accounts = self._accounts()
        unknown = [handle for id_, handle in accounts if not id_ and handle.lower() not in self.own]
        last = self._purse.last("profiles")
        if not unknown and last is not None and self._now() - last < DAY_MS:
            return
        if self._purse.share >= NONE_SHARE and not unknown:
            return
        for path, name, names in (
            ("/2/users", "ids", [id_ for id_, _ in accounts if id_]),
            ("/2/users/by", "usernames", [handle for id_, handle in accounts if not id_]),
        ):
            for start in range(0, len(names), AT_ONCE):
                yield from self._users(api, path, name, names[start : start + AT_ONCE])
        self._purse.reserve(0, "profiles")

    def _users(self, api: Api, path: str, name: str, names: list[str]) -> Iterator[AnyEvent]:
        keys = self._purse.unpaid(f"user {each.lower()}" for each in names)
        if not self._purse.reserve(len(keys) * self._purse.spending.user_micros, "users", keys):
            return
        told = decoded(api.get(path, {name: ",".join(names), "user.fields": USER_FIELDS}), _Several)
        now = self._now()
        for content in told.data:
            for profile in v2.user_events(content, at=now, ingested_at=now):
                self._learn(getattr(profile, "handle", ""), profile.id)
                yield profile

    def _learn(self, handle: str, account: str) -> None:
        if handle and self.own.get(handle.lower()) != account:
            self.own[handle.lower()] = account
            self._keep_in.write_bytes(msgspec.json.encode(self.own))

    def _accounts(self) -> list[tuple[str, str]]:
        brand = self._brand()
        named = brand.accounts if brand else ()
        return [(each.id, each.handle) for each in named if each.network == "x"]

    def _ids(self) -> frozenset[str]:
        accounts = self._accounts()
        return frozenset(filter(None, (id_ or self.own.get(handle.lower()) for id_, handle in accounts)))


def _stats(counted: _Counted, now: int) -> PostStats:
    metrics = counted.public_metrics
    return PostStats(
        network="x",
        id=counted.id,
        occurred_at=now,
        ingested_at=now,
        observed_at=now,
        likes=metrics.get("like_count"),
        replies=metrics.get("reply_count"),
        reposts=metrics.get("retweet_count"),
        quotes=metrics.get("quote_count"),
        bookmarks=metrics.get("bookmark_count"),
        impressions=metrics.get("impression_count"),
    )


def _read(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
