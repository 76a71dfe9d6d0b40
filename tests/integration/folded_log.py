"""A log folded into a migrated database without broker and worker, and verified there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

from infra.embedded import EmbeddedStack
from pipelines.events import AnyEvent
from pipelines.rows import Rows
from pipelines.settings import MIGRATE_USER, WRITER_USER, Settings, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.memory import MemorySink
from pipelines.sinks.migrate import migrate
from pipelines.sinks.state_store import ClickHouseStore
from pipelines.verify import Report, verify
from tests.integration.command_line import environment
from tests.strategies import Worker

EVENTS_A_MESSAGE = 3
TABLES = (
    "posts", "post_stats", "profiles", "interactions", "post_edits", "deletions", "matured",
    "account_windows", "account_windows_latest", "checkpoints", "batches", "brands", "ingest_gaps",
    "dead_letters", "recounts", "erasures",
)  # fmt: skip


@contextmanager
def migrated_database(stack: EmbeddedStack, name: str) -> Iterator[Settings]:
    """Give a migrated database of one module's tests alone, dropped behind them."""
    settings = load_settings(environment(stack, name, f"{name}."))
    migrate(settings.clickhouse)
    yield settings
    with ClickHouse(settings.clickhouse, MIGRATE_USER) as client:
        client.run(f"DROP DATABASE {name} SYNC")


class _Gathering(ClickHouseStore):
    """Loads from the store and keeps what is inserted: an INSERT a message would take long."""

    def __init__(self, client: ClickHouse) -> None:
        super().__init__(client)
        self.gathered = MemorySink()

    def insert(self, rows: Rows) -> None:
        self.gathered.insert(rows)


def fold(settings: Settings, log: Sequence[AnyEvent], *, saved: bool = True, epoch: int = 1) -> None:
    """Fold what is new in a log of one partition, three events a message, and save it at its end."""
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        sink = _Gathering(client)
        worker = Worker(cast(MemorySink, sink), epoch)
        worker.fold(log, size=EVENTS_A_MESSAGE)
        insert(client, sink.gathered)
        if saved:
            worker.take_checkpoint()


def insert(client: ClickHouse, gathered: MemorySink) -> None:
    """Insert all rows of a sink in memory."""
    for table in TABLES:
        if rows := gathered.rows(table):
            names = sorted({name for row in rows for name in row})
            client.insert(table, {name: [row.get(name, 0) for row in rows] for name in names})


def verified(settings: Settings, *, since_at: int = 0, account: str = "") -> Report:
    """Verify the database."""
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        return verify(client, since_at=since_at, account=account)
