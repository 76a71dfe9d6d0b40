"""A log with recounts, folded again in another epoch: a recount says the same of the same log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.embedded import EmbeddedStack
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Delete, Post
from pipelines.recount import Reach
from pipelines.settings import MIGRATE_USER, WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.log_identity import Beginning, open_log, open_replay
from tests.integration.folded_log import EVENTS_A_MESSAGE, TABLES, migrated_database
from tests.integration.recounted_log import Log, Minutes, findings
from tests.strategies import ME, START, post, stats, tick

TOPIC = ("events", "the only topic")
AGES = "SELECT id, age, toUnixTimestamp64Milli(due_at), likes, measured FROM matured FINAL ORDER BY ALL"


@pytest.fixture(scope="module")
def store(stack: EmbeddedStack) -> Iterator[Settings]:
    """A migrated database of these tests alone."""
    with migrated_database(stack, "rapport_recount_epochs") as settings:
        yield settings


@pytest.fixture
def keeper(store: Settings) -> Iterator[ClickHouse]:
    """The user who may change rows."""
    with ClickHouse(store.clickhouse, MIGRATE_USER) as client:
        yield client


class KnownLog(Log):
    """A log that the tables know: it begins with a control record, and each replay opens an epoch."""

    def __init__(self, store: Settings, keeper: ClickHouse) -> None:
        super().__init__(store, keeper)
        self.events = [tick(START)] * EVENTS_A_MESSAGE
        self.forget()

    def forget(self) -> None:
        """Begin with a new database, in its first epoch."""
        for table in (*TABLES, "topics"):
            self.keeper.run(f"TRUNCATE TABLE {table}")
        with ClickHouse(self.store.clickhouse, WRITER_USER) as client:
            self.epoch = open_log(client, *TOPIC, [0])

    def empty(self) -> None:
        """Empty all tables but the one that knows the epochs."""
        for table in TABLES:
            self.keeper.run(f"TRUNCATE TABLE {table}")

    def replay(self) -> None:
        """Fold all of it again."""
        with ClickHouse(self.store.clickhouse, WRITER_USER) as client:
            self.epoch = open_replay(client, *TOPIC, {0: Beginning(0)})
        self.fold([])

    def tables(self) -> tuple[Minutes, list[tuple[object, ...]]]:
        """Return what must not depend on the epoch."""
        return self.minutes(), self.rows(AGES)


@pytest.fixture
def log(store: Settings, keeper: ClickHouse) -> KnownLog:
    """An empty log with empty tables."""
    return KnownLog(store, keeper)


def before_the_recount() -> list[AnyEvent]:
    """Return a post in time, late ones that have an age, and one that is deleted before the recount."""
    ended = START + 40 * DAY_MS
    late, gone = post(START + 5 * MINUTE_MS, "late"), post(START + 7 * MINUTE_MS, "gone")
    return [
        post(START, "mine"), tick(ended), late, gone, stats(late, 70 * MINUTE_MS, likes=3), deletion(gone)
    ]  # fmt: skip


def after_the_recount() -> list[AnyEvent]:
    """Return what the recount cannot have known: of the same minutes, and of the same post."""
    late = post(START + 5 * MINUTE_MS, "late")
    return [
        post(late.occurred_at, "later"),
        stats(late, 65 * MINUTE_MS, likes=9),
        deletion(post(START, "mine")),
    ]


def deletion(of: Post) -> Delete:
    at = of.occurred_at + HOUR_MS
    return Delete(network="x", id=of.id, occurred_at=at, ingested_at=at, subject=ME, author=ME)


def recounted(log: KnownLog) -> None:
    """Let facts come before a recount and behind it."""
    log.fold(before_the_recount())
    (event,) = log.recount()
    assert (len(event.minutes) > 3, len(event.ages)) == (True, 2)
    log.fold(after_the_recount())
    assert findings(log) == []


def test_a_log_with_a_recount_fills_empty_tables_in_a_later_epoch(log: KnownLog) -> None:
    recounted(log)
    told = log.tables()
    log.empty()
    log.replay()
    assert (log.epoch, findings(log), log.tables()) == (2, [], told)


def test_a_log_with_a_recount_of_a_later_epoch_fills_a_new_database(log: KnownLog) -> None:
    log.replay()
    log.empty()
    log.replay()
    assert log.epoch == 2
    recounted(log)
    told = log.tables()
    log.forget()
    log.fold([])
    assert (log.epoch, findings(log), log.tables()) == (1, [], told)


def test_a_log_with_a_recount_is_folded_again_into_the_tables_that_it_made(log: KnownLog) -> None:
    recounted(log)
    told = log.tables()
    log.replay()
    assert (log.epoch, findings(log), log.tables()) == (2, [], told)
    log.recount()
    assert (findings(log), log.findings(Reach())) == ([], [])


def test_a_fact_that_only_the_replay_brings_back_keeps_its_place_in_the_log(log: KnownLog) -> None:
    recounted(log)
    told = log.tables()
    log.keeper.run("ALTER TABLE posts DELETE WHERE id IN ('gone', 'late') SETTINGS mutations_sync = 2")
    log.replay()
    assert (findings(log), log.tables()) == ([], told)
