"""Own posts that came too late to mature by themselves, at the ages that a recount gives them.

What a minute holds of them is a function of the facts up to the version `upto` of its recount: all that was
known of the post by then counts, late or not.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from pipelines.events import MINUTE_MS
from pipelines.maturity import MATURED_AGE_MS, Maturing, Pending, decide_due, new_pending
from pipelines.sinks.clickhouse import ClickHouse, ExternalTable
from pipelines.verify.ages import Aged, aged_of
from pipelines.verify.decisions import Happening, OwnPost, take
from pipelines.verify.groups import Group
from pipelines.verify.queries import query
from pipelines.verify.standing import Standings

STRUCTURE = (
    ("account_id", "String"), ("id", "String"), ("age", "String"), ("due", "Int64"), ("kind", "String"),
    ("relevance", "Nullable(Float32)"), ("on_topic", "Bool"), ("followers", "Nullable(Int64)"),
    ("measured", "Bool"), ("likes", "Nullable(Int64)"), ("replies", "Nullable(Int64)"),
    ("reposts", "Nullable(Int64)"), ("quotes", "Nullable(Int64)"), ("impressions", "Nullable(Int64)"),
    ("interactions", "Nullable(Int64)"), ("version", "UInt64"), ("written", "Int64"),
)  # fmt: skip
_COUNTS = ("likes", "replies", "reposts", "quotes", "impressions", "interactions")
_LAST_DUE_MS = MATURED_AGE_MS * 3 // 2


class LateAged(Struct, frozen=True):
    """A late own post at an age, with the facts up to a version."""

    network: str
    post: OwnPost
    maturing: Maturing
    aged: Aged

    @property
    def key(self) -> tuple[str, str]:
        """Return the post's id and the age."""
        return self.aged.id, self.aged.age

    @property
    def minute(self) -> int:
        """Return the minute in which it counts."""
        return self.maturing.due_at - self.maturing.due_at % MINUTE_MS


class LatePost(Struct, frozen=True):
    """A late own post; what is known of it, in the order of the log, and of the followers, by time."""

    network: str
    post: OwnPost
    facts: list[Happening]
    profiles: list[Happening]

    def at_ages(self, upto: int, watermark: int) -> list[LateAged]:
        """Decide its ages, as if it had come in time, with the facts up to a version."""
        if self.post.version > upto:
            return []
        pending = self._pending(upto)
        for fact in self.facts:
            if fact.version <= upto:
                take(pending, fact, self.network)
        return [
            LateAged(self.network, self.post, maturing, aged_of(maturing))
            for maturing in decide_due(pending, watermark)
        ]

    def _pending(self, upto: int) -> Pending:
        post = self.post
        return new_pending(
            post.id,
            post.posted_at,
            post.kind,
            acts_told=post.acts_told,
            relevance_milli=post.relevance_milli,
            on_topic=post.on_topic,
            followers=self._followers(upto) if post.followers_at_post is None else post.followers_at_post,
        )

    def _followers(self, upto: int) -> int | None:
        """Return what the last profile before the post told."""
        place = bisect_right(self.profiles, self.post.posted_at, key=lambda profile: profile.at)
        before = (self.profiles[each] for each in range(place - 1, -1, -1))
        return next((profile.likes for profile in before if profile.version <= upto), None)


class LatePosts:
    """The late own posts of a group of accounts, as far as each account was folded."""

    def __init__(self, client: ClickHouse, group: Group, standings: Standings) -> None:
        partitions: dict[str, int] = dict(client.rows(query("account_partitions"), group.parameters))
        bounds = {each.partition: each.place for each in standings.partitions}
        self._bounds = {account: bounds.get(partition, 0) for account, partition in partitions.items()}
        self._watermarks = {
            account: standings.watermark(partition, group.network) or 0
            for account, partition in partitions.items()
        }
        self._client, self._group, self._epochs = client, group, standings.epochs
        self._posts = list(self._read())

    def __bool__(self) -> bool:
        return bool(self._posts)

    def recounted_now(self) -> list[LateAged]:
        """Return them at the ages that a recount with all facts gives them."""
        return [
            aged
            for late in self._posts
            for aged in late.at_ages(self._bounds[late.post.account], self._watermarks[late.post.account])
        ]

    def recounted_then(self) -> list[LateAged]:
        """Return them at the ages that the minutes hold since these were recounted last, the newest last."""
        minutes = self._recounted_minutes() if self._posts else {}
        return [
            aged
            for late in self._posts
            for upto, those in _by_version(minutes.get(late.post.account, []), late.post.posted_at)
            for aged in late.at_ages(upto, self._watermarks[late.post.account])
            if aged.minute in those
        ]

    def _recounted_minutes(self) -> dict[str, list[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        parameters = {
            **self._group.parameters,
            **self._epochs.parameters,
            "accounts": list(self._bounds),
            "bounds": list(self._bounds.values()),
        }
        for account, minute, known in self._client.rows(query("recounted_minutes"), parameters):
            found[account].append((minute, known))
        return found

    def _read(self) -> Iterator[LatePost]:
        parameters = {**self._group.parameters, **self._epochs.parameters, "late": 1}
        rows = self._client.rows(query("own_posts"), parameters)
        posts = [post for post in (OwnPost(*row) for row in rows) if self._stands(post)]
        if not posts:
            return
        facts: dict[tuple[str, str], list[Happening]] = defaultdict(list)
        for row in self._client.rows(query("happenings"), parameters):
            if self._stands(fact := Happening(*row)):
                facts[fact.account, fact.post].append(fact)
        for known in facts.values():
            known.sort(key=lambda fact: fact.version)
        profiles = {
            account: sorted(known, key=lambda fact: fact.at)
            for (account, of), known in facts.items()
            if not of
        }
        for post in posts:
            mine = facts.get((post.account, post.id), [])
            yield LatePost(self._group.network, post, mine, profiles.get(post.account, []))

    def _stands(self, fact: OwnPost | Happening) -> bool:
        return fact.version <= self._bounds.get(fact.account, -1)


def _by_version(minutes: Sequence[tuple[int, int]], posted_at: int) -> list[tuple[int, set[int]]]:
    """Return the minutes in which a post can be due, by the version up to which their facts were known."""
    found: dict[int, set[int]] = defaultdict(set)
    first = bisect_left(minutes, posted_at, key=lambda each: each[0])
    last = bisect_right(minutes, posted_at + _LAST_DUE_MS, key=lambda each: each[0])
    for minute, known in minutes[first:last]:
        found[known].add(minute)
    return sorted(found.items())


def external_table(late: Iterable[LateAged]) -> ExternalTable:
    """Return them as the table `late_ages` that the queries of minutes read; never an empty one."""
    return ExternalTable("late_ages", STRUCTURE, [_row(each) for each in late] or [_NOBODY])


def _row(each: LateAged) -> dict[str, Any]:
    aged, post = each.aged, each.post
    return {
        "account_id": post.account,
        "id": aged.id,
        "age": aged.age,
        "due": aged.due_at,
        "kind": aged.kind,
        "relevance": None if post.relevance_milli is None else post.relevance_milli / 1_000,
        "on_topic": aged.on_topic,
        "followers": aged.followers,
        "measured": aged.counts is not None,
        **dict(zip(_COUNTS, aged.counts or (None,) * len(_COUNTS), strict=True)),
        "version": post.version,
        "written": post.written,
    }


_NOBODY: dict[str, Any] = {
    name: None if kind.startswith("Nullable") else "" if kind == "String" else 0 for name, kind in STRUCTURE
}
"""A row of no account: the server takes a table without rows for the end of what is sent."""
