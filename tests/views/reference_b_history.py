"""Histories for the tests of the views on posts: canonical events, folded and stored as the worker does."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

from pipelines.brand import Brand, brand_hash, encode_brand
from pipelines.events import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    AnyEvent,
    BrandVersion,
    Delete,
    Like,
    Network,
    Post,
    PostStats,
    Profile,
    Tick,
)
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.rows import Rows
from pipelines.sinks.checkpoint_columns import checkpoint_block
from pipelines.sinks.columns import blocks_of
from tests.metrics.migrated_store import MigratedStore

START = 19_723 * DAY_MS
"""2024-01-01, a Monday."""
ZONE = "Asia/Tokyo"
X_ACCOUNT, SKY_ACCOUNT = "ada", "bob"
DAYS = 300


def post(at: int, id_: str, account: str = X_ACCOUNT, **values: object) -> Post:
    """Return a post; by the account unless an author is given."""
    known: dict[str, object] = {
        "network": "x",
        "author": account,
        "author_handle": values.get("author", account),
        "text": f"words of {id_}",
    }
    return Post(id=id_, occurred_at=at, ingested_at=at, subject=account, **{**known, **values})  # type: ignore[arg-type]


def stats(of: Post, age_ms: int | None, **counts: int | None) -> PostStats:
    """Return a snapshot of a post at an age; None: final, of unknown time."""
    at = of.occurred_at + (age_ms or 0)
    return PostStats(
        network=of.network,
        subject=of.subject,
        id=of.id,
        occurred_at=at,
        ingested_at=at,
        observed_at=None if age_ms is None else at,
        **counts,
    )


def like(of: Post, age_ms: int, actor: str) -> Like:
    """Return a like of a post at an age."""
    at = of.occurred_at + age_ms
    return Like(
        network=of.network,
        subject=of.subject,
        id=f"like:{of.id}:{actor}:{age_ms}",
        occurred_at=at,
        ingested_at=at,
        actor=actor,
        post=of.id,
    )


def profile(at: int, account: str = X_ACCOUNT, network: Network = "x", **values: int | None) -> Profile:
    """Return what the account's profile shows."""
    return Profile(
        network=network,
        subject=account,
        id=account,
        occurred_at=at,
        ingested_at=at,
        handle=account,
        **values,  # type: ignore[arg-type]
    )


def delete(of: Post, age_ms: int) -> Delete:
    """Return the deletion of a post at an age."""
    at = of.occurred_at + age_ms
    return Delete(network=of.network, subject=of.subject, id=of.id, occurred_at=at, ingested_at=at)


def store_history(
    store: MigratedStore, events: Sequence[AnyEvent], *, until: int, zone: str = ZONE, partition: int = 0
) -> None:
    """Fold the events in the order of their time, the clocks of X and Bluesky going along to `until`."""
    rows, state = Rows(), PartitionState(partition, 1, None)
    log = list(_log(sorted(events, key=lambda event: event.occurred_at), until, zone))
    state.fold(0, log, [NOT_SCORED] * len(log), rows)
    checkpoint = state.take_checkpoint()
    assert checkpoint is not None
    for table, columns in [*blocks_of(rows), ("checkpoints", checkpoint_block([checkpoint]))]:
        if table != "account_windows":
            store.insert_block(table, columns)


def _log(events: Iterable[AnyEvent], until: int, zone: str) -> Iterator[AnyEvent]:
    brand = Brand(time_zone=zone)
    yield BrandVersion(
        network="x", id=brand_hash(brand), occurred_at=START, ingested_at=START, content=encode_brand(brand)
    )
    told = 0
    for event in events:
        if (hour := event.occurred_at // HOUR_MS * HOUR_MS) > told:
            told = hour
            yield from _ticks(hour)
        yield event
    yield from _ticks(until)


def _ticks(at: int) -> Iterator[Tick]:
    for network in ("x", "bluesky"):
        yield Tick(network=network, id=f"tick:{network}:{at}", occurred_at=at, ingested_at=at)


def drawn_history(seed: int) -> list[AnyEvent]:
    """Draw 300 days of an account on X, told by snapshots, and one on Bluesky, told by single acts."""
    chance = random.Random(seed)
    events = (*_on_x(chance), *_on_bluesky(chance))
    return [event for event in events if event.occurred_at < START + DAYS * DAY_MS]


def _on_x(chance: random.Random) -> Iterator[AnyEvent]:
    followers = 900
    for day in range(0, DAYS, 3):
        followers += chance.randrange(-10, 30)
        at = START + day * DAY_MS + chance.randrange(DAY_MS)
        yield profile(at, followers=followers, following=100 + day, listed=None, posts=day)
    for number in range(260):
        at = START + chance.randrange(DAYS * DAY_MS)
        made = post(
            at,
            f"x{number}",
            followers_at_post=chance.choice((None, followers)),
            reply_to_account=chance.choice((None, None, None, "zoe")),
            quote_of=chance.choice((None, None, "elsewhere")),
        )
        yield made
        if chance.random() < 0.2:
            yield post(
                at + MINUTE_MS,
                f"t{number}",
                reply_to_post=made.id,
                reply_to_account=X_ACCOUNT,
                text=f"and {number}",
            )
        yield from _looks(chance, made)
        if chance.random() < 0.05:
            yield delete(made, chance.randrange(HOUR_MS, 3 * DAY_MS))


def _looks(chance: random.Random, made: Post) -> Iterator[PostStats]:
    counts = [0, 1, 0, 0]
    for age in (15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS):
        counts = [count + int(chance.expovariate(0.7)) for count in counts]
        if chance.random() < 0.8:
            likes, replies, reposts, quotes = counts
            told = chance.choice((replies, replies, replies, None))
            seen = age + chance.randrange(5 * MINUTE_MS)
            yield stats(made, seen, likes=likes, replies=told, reposts=reposts, quotes=quotes)


def _on_bluesky(chance: random.Random) -> Iterator[AnyEvent]:
    for number in range(150):
        at = START + chance.randrange(DAYS * DAY_MS)
        made = post(at, f"b{number}", SKY_ACCOUNT, network="bluesky", acts_told=True, followers_at_post=50)
        yield made
        for _ in range(int(chance.expovariate(0.25))):
            age = int(chance.expovariate(1 / (2 * HOUR_MS)))
            actor = chance.choice((*(f"fan{n}" for n in range(20)), f"guest{chance.randrange(10**6)}"))
            yield _act(chance, made, age, actor)


def _act(chance: random.Random, made: Post, age: int, actor: str) -> AnyEvent:
    if chance.random() < 0.6:
        return like(made, age, actor)
    kind = chance.choice(("reply", "quote", "repost"))
    target = {
        "reply": {"reply_to_post": made.id, "reply_to_account": SKY_ACCOUNT},
        "quote": {"quote_of": made.id, "quote_of_account": SKY_ACCOUNT},
        "repost": {"repost_of": made.id, "repost_of_account": SKY_ACCOUNT},
    }[kind]
    name = f"{kind}:{made.id}:{actor}:{age}"
    return post(made.occurred_at + age, name, SKY_ACCOUNT, network="bluesky", author=actor, **target)
