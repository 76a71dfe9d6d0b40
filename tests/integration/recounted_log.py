"""A log that grows and is recounted, and the tables that it makes, without broker and worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.clock import now_ms
from pipelines.events import AnyEvent, Recount
from pipelines.metrics.measures import NAMES
from pipelines.recount import Reach
from pipelines.recount.findings import find
from pipelines.recount.sending import events_of
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.groups import account_groups
from pipelines.verify.standing import read_span, read_standings
from tests.integration.folded_log import EVENTS_A_MESSAGE, TABLES, fold, verified
from tests.strategies import START, tick

Minutes = dict[tuple[str, int], dict[str, int]]


class Log:
    """A log that grows, and the tables that it makes."""

    def __init__(self, store: Settings, keeper: ClickHouse) -> None:
        self.store, self.keeper = store, keeper
        self.events: list[AnyEvent] = []
        self.epoch = 1
        for table in TABLES:
            keeper.run(f"TRUNCATE TABLE {table}")

    def fold(self, events: Sequence[AnyEvent]) -> None:
        """Fold further events, up to a checkpoint; the last message is filled with ticks that say nothing."""
        self.events += events
        while len(self.events) % EVENTS_A_MESSAGE:
            self.events.append(tick(START))
        fold(self.store, self.events, epoch=self.epoch)

    def recount(self, reach: Reach | None = None) -> list[Recount]:
        """Recount everything in reach; return what went through the log."""
        events = self.findings(reach or Reach())
        self.fold(events)
        return events

    def findings(self, reach: Reach) -> list[Recount]:
        """Return what a recount would send now."""
        with ClickHouse(self.store.clickhouse, WRITER_USER) as client:
            standings = read_standings(client)
            span = read_span(client, since_at=0, now_s=now_ms() // 1_000)
            return [
                event
                for group in account_groups(client, "")[1]
                for found in find(client, group, standings, span, reach)
                for event in events_of(found, START)
            ]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.keeper.rows(sql)

    def minutes(self, *, without: Sequence[str] = ()) -> Minutes:
        """Return each account's minutes that hold anything."""
        names = [name for name in NAMES if name not in without]
        rows = self.rows(
            f"SELECT account_id, toUnixTimestamp64Milli(at), {', '.join(names)} FROM checkpoints FINAL"
            " WHERE kind = 'minute'"
        )
        found = {
            (account, at): {name: value for name, value in zip(names, values, strict=True) if value}
            for account, at, *values in rows
        }
        return {key: counts for key, counts in found.items() if counts}


def findings(log: Log) -> list[str]:
    return [str(finding) for finding in verified(log.store).findings]
