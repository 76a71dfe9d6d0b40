"""Events folded, stored and read through the views give the metrics that Python gives of the same events."""

import random

import pytest

from pipelines.brand import Brand, Topic, brand_hash, encode_brand
from pipelines.checkpoint import AccountCheckpoint
from pipelines.events import AnyEvent, BrandVersion, Mention, Post, PostStats, Tick
from pipelines.metrics.catalogue import ADDITIVE, BY_NAME, METRICS
from pipelines.metrics.definition import Context
from pipelines.metrics.measures import named_counts
from pipelines.metrics.vectors import counts_of
from pipelines.metrics.view_sql import WINDOW_LENGTHS_MS
from pipelines.partition import PartitionState
from pipelines.rows import Rows
from pipelines.sinks.checkpoint_columns import checkpoint_block
from pipelines.sinks.columns import blocks_of
from pipelines.window_rows import FramedWindow
from tests.metrics.migrated_store import ESTIMATE, MigratedStore, same

pytestmark = pytest.mark.integration

HOUR = 3_600_000
BEGIN = 1_699_920_000_000


def history() -> list[AnyEvent]:
    """An account that posts, replies and is reacted to for nine days, its network's clock going along."""
    chance = random.Random(2)
    topics = (Topic(name="tea", keywords=("tea",)),)
    brand = Brand(own_domains=("example.org",), topics=topics, time_zone="Asia/Tokyo")
    at = BEGIN
    events: list[AnyEvent] = [
        BrandVersion(
            network="x", id=brand_hash(brand), occurred_at=at, ingested_at=at, content=encode_brand(brand)
        )
    ]
    for number in range(150):
        at += chance.randrange(3 * HOUR)
        events += [event_of(chance, number, at), stats_of(chance, number, at)]
        events.append(Tick(network="x", id=f"t{number}", occurred_at=at, ingested_at=at))
    end = at + 36 * HOUR
    return [*events, Tick(network="x", id="last", occurred_at=end, ingested_at=end)]


def event_of(chance: random.Random, number: int, at: int) -> Post:
    links = chance.choice(((), ("https://example.org/shop",), ("https://other.example/",)))
    return Post(
        network="x",
        subject="7",
        id=f"p{number}",
        occurred_at=at,
        ingested_at=at,
        author=chance.choice(("7", "7", "9")),
        author_handle="ada",
        text=f"a post about tea number {chance.choice('abcdefgh') * 3} and {number} other things?",
        reply_to_account=chance.choice((None, None, "8", "7")),
        mentions=(Mention("7"),),
        links=links,
        followers_at_post=chance.choice((None, 900, 1000)),
    )


def stats_of(chance: random.Random, number: int, at: int) -> PostStats:
    likes, replies = int(chance.expovariate(0.3)), int(chance.expovariate(1.5))
    return PostStats(
        network="x",
        subject="7",
        id=f"p{number}",
        occurred_at=at,
        ingested_at=at,
        likes=likes,
        replies=replies,
    )


def test_metrics_of_folded_events_are_the_same_in_python_and_in_the_views(
    store: MigratedStore,
) -> None:
    rows, state = Rows(), PartitionState(0, 1, None)
    events = history()
    milli = [37 * index % 1000 for index in range(len(events))]
    state.fold(0, events, [(relevance, "tea", relevance >= 500) for relevance in milli], rows)
    checkpoint = state.take_checkpoint()
    assert checkpoint is not None
    for table, columns in [*blocks_of(rows), ("checkpoints", checkpoint_block([checkpoint]))]:
        store.insert_block(table, columns)
    [account] = checkpoint.accounts
    expected = {
        (row.row.window, row.row.at): (named_counts(row.row.counts), context_of(row))
        for block in rows.windows
        for row in block
    }
    found = store.read(f"SELECT window, at, metric, {ESTIMATE} FROM metrics WHERE account = 'ada'")
    assert len(found) == len(expected) * len(ADDITIVE) > 1000 * len(ADDITIVE)
    for window, at, metric, *estimate in found:
        measures, context = expected[window, round(at.timestamp() * 1000)]
        assert same(BY_NAME[metric].estimate(measures, context), tuple(estimate)), (window, at, metric)
    assert_all(store, account)


def context_of(row: FramedWindow) -> Context:
    frame, length = row.frame, WINDOW_LENGTHS_MS[row.row.window]
    return Context(
        known_since=frame.known_since,
        start=row.row.at - length,
        end=row.row.at,
        knows_promotion=frame.brand.knows_promotion,
        knows_topics=frame.brand.knows_topics,
        knows_channels=frame.brand.knows_channels,
    )


def assert_all(store: MigratedStore, account: AccountCheckpoint) -> None:
    total: dict[str, int] = {}
    for minute in account.minutes:
        for name, value in named_counts(counts_of(minute.sums)).items():
            total[name] = total.get(name, 0) + value
    since, until = account.frame.known_since, account.frame.last_at
    context = Context(
        known_since=since,
        start=since,
        end=until,
        knows_promotion=True,
        knows_topics=True,
        knows_channels=account.frame.brand.knows_channels,
    )
    found = store.read(f"SELECT metric, {ESTIMATE} FROM metrics_latest WHERE window = 'all'")
    assert len(found) == len(METRICS)
    statuses = {row[5] for row in found}
    assert statuses >= {"ok", "unknown_input"}
    assert [row for row in found if not same(BY_NAME[row[0]].estimate(total, context), row[1:])] == []
    days = store.read("SELECT sum(n) FROM daily_metrics WHERE metric = 'duplicate_share'")
    assert days == [(total["posts"],)]
