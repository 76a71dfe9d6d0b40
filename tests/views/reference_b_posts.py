"""Headline posts and what they had at 24 h, recomputed from the events in the plainest way."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose

from msgspec import Struct

from pipelines.events import DAY_MS, HOUR_MS, AnyEvent, Delete, Like, Post, PostStats, Profile
from tests.metrics.migrated_store import MigratedStore

KINDS = ("likes", "replies", "reposts", "quotes")


class Headline(Struct, frozen=True, kw_only=True):
    """A headline post that has matured; `counts` is None where nobody told them."""

    post: Post
    due_at: int
    counts: dict[str, int | None] | None
    followers: int | None

    @property
    def interactions(self) -> int:
        return sum(count or 0 for count in (self.counts or {}).values())


def matured(events: Sequence[AnyEvent], account: str, watermark: int) -> list[Headline]:
    """Return the account's headline posts that matured by the watermark and were not deleted."""
    deleted = {event.id for event in events if isinstance(event, Delete)}
    found = []
    for post in events:
        if isinstance(post, Post) and is_headline(post, account) and post.id not in deleted:
            due_at, counts = _at_24h(post, events)
            if due_at <= watermark:
                followers = _followers(post, events)
                found.append(Headline(post=post, due_at=due_at, counts=counts, followers=followers))
    return found


def is_headline(post: Post, account: str) -> bool:
    replies = post.reply_to_post or post.reply_to_account
    return post.author == account and post.subject == account and not replies and not post.repost_of


def own_replies(post: Post, events: Sequence[AnyEvent], until: int) -> int:
    return sum(
        isinstance(event, Post)
        and event.author == post.author
        and event.reply_to_post == post.id
        and event.occurred_at <= until
        for event in events
    )


def acts_on(post: Post, events: Sequence[AnyEvent]) -> list[tuple[int, str, str]]:
    """Return (age, kind, actor) of what others did with the post within 24 h."""
    found = []
    for event in events:
        if isinstance(event, Like) and event.post == post.id:
            found.append((event.occurred_at - post.occurred_at, "likes", event.actor))
        elif isinstance(event, Post) and event.author != post.author:
            targets = {
                "replies": event.reply_to_post, "quotes": event.quote_of, "reposts": event.repost_of
            }  # fmt: skip
            found += [
                (event.occurred_at - post.occurred_at, kind, event.author)
                for kind, target in targets.items()
                if target == post.id
            ]
    return sorted(act for act in found if act[0] < DAY_MS)


def looks_at(post: Post, events: Sequence[AnyEvent]) -> list[PostStats]:
    """Return the snapshots of known time, first to last."""
    looks = [event for event in events if isinstance(event, PostStats) and event.id == post.id]
    return sorted((look for look in looks if look.observed_at is not None), key=lambda s: s.occurred_at)


def _at_24h(post: Post, events: Sequence[AnyEvent]) -> tuple[int, dict[str, int | None] | None]:
    if post.acts_told:
        kinds = [kind for _, kind, _ in acts_on(post, events)]
        return post.occurred_at + DAY_MS, {kind: kinds.count(kind) for kind in KINDS}
    ages = [(look.occurred_at - post.occurred_at, look) for look in looks_at(post, events)]
    in_time = [look for age, look in ages if 24 * HOUR_MS <= age <= 36 * HOUR_MS]
    if in_time:
        return in_time[0].occurred_at, _counts(in_time[0], post, events)
    before = [look for age, look in ages if 18 * HOUR_MS <= age < 24 * HOUR_MS]
    due_at = post.occurred_at + 36 * HOUR_MS
    return due_at, _counts(before[-1], post, events) if before else None


def _counts(look: PostStats, post: Post, events: Sequence[AnyEvent]) -> dict[str, int | None]:
    replies = look.replies
    if replies is not None:
        replies = max(replies - own_replies(post, events, look.occurred_at), 0)
    return {"likes": look.likes, "replies": replies, "reposts": look.reposts, "quotes": look.quotes}


def _followers(post: Post, events: Sequence[AnyEvent]) -> int | None:
    if post.followers_at_post is not None:
        return post.followers_at_post
    told = [
        (event.occurred_at, event.followers)
        for event in events
        if isinstance(event, Profile)
        and event.id == post.author
        and event.occurred_at <= post.occurred_at
        and event.followers is not None
    ]
    return max(told)[1] if told else None


def agree(found: Sequence[object], expected: Sequence[object]) -> bool:
    """Tell whether two rows are the same, fractions within a billionth."""
    return len(found) == len(expected) and all(
        isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
        if isinstance(one, float) and isinstance(other, int | float)
        else one == other
        for one, other in zip(found, expected, strict=True)
    )


def assert_reads_by_account(store: MigratedStore, view: str) -> None:
    """Assert that a query for one account finds it by the primary key of every table with many rows.

    The others are the versions of the brand and, of the checkpoints, kind 4: the positions of partitions.
    """
    plan = store.explain(f"SELECT * FROM {view} WHERE network = 'x' AND account_id = 'ada'")
    reads: list[list[str]] = []
    for line in plan:
        if "ReadFromMergeTree" in line:
            reads.append([line])
        elif reads:
            reads[-1].append(line)
    assert len(reads) >= 3
    for read in reads:
        text = "\n".join(read)
        positions = "checkpoints" in read[0] and "(kind in [4, 4])" in text
        assert positions or ".brands)" in read[0] or "account_id in ['ada', 'ada']" in text, text
