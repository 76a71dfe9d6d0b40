"""The simulated business: the account that lost half of its interactions three days ago is found."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice

import click
import pytest

from pipelines.alerts.change import Change
from pipelines.cli.demo import command
from pipelines.events import DAY_MS, HOUR_MS, AnyEvent, Post, PostStats, Tick
from pipelines.ingest.router import Router
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.rows import Rows
from pipelines.sources.base import Reading
from pipelines.sources.simulator import Simulator, simulated_brand

SUNDAY = 1_795_305_600_000
EVENTS_A_MESSAGE = 500
SEED: int = next(
    option.default for option in command.params if isinstance(option, click.Option) and option.name == "seed"
)


def simulated(end_at: int) -> Simulator:
    return Simulator(seed=SEED, end_at=end_at, now=lambda: end_at, sleep=lambda _: None)


def own_posts(source: Simulator, end_at: int) -> Iterator[AnyEvent]:
    """Give what the account that drops posts, and the counts read of it, with a tick every hour."""
    router, ticked = Router(simulated_brand(SEED)), source.truth.start_at
    for reading in source.read(None):
        assert isinstance(reading, Reading)
        event = reading.event
        if event.occurred_at >= ticked + HOUR_MS:
            ticked = event.occurred_at
            yield Tick(network="x", id=str(ticked), occurred_at=ticked, ingested_at=ticked)
        if isinstance(event, PostStats) or (
            isinstance(event, Post) and event.author == source.truth.drop_account
        ):
            yield from (each for each in router.route(event) if each.subject == source.truth.drop_account)
    yield Tick(network="x", id="end", occurred_at=end_at, ingested_at=end_at)


def engagement_of(source: Simulator, end_at: int) -> list[Change]:
    state, rows, events = PartitionState(0, 1, None), Rows(), own_posts(source, end_at)
    for offset in count(1):
        if not (message := list(islice(events, EVENTS_A_MESSAGE))):
            break
        state.fold(offset, message, [NOT_SCORED] * len(message), rows)
    return [row.change for row in rows.alerts if row.change.alert == "engagement"]


@pytest.mark.parametrize("hours", [9, 58, 107, 160])
def test_whenever_a_demo_begins_its_drop_is_on(hours: int) -> None:
    end_at = SUNDAY + hours * HOUR_MS
    source = simulated(end_at)
    last = engagement_of(source, end_at)[-1]
    assert last.state == "drop"
    assert source.truth.drop_at < last.since <= source.truth.drop_at + 3 * DAY_MS
    assert last.evidence is not None
    assert last.evidence.low is not None
    assert last.evidence.low < source.truth.drop_factor + 0.2
    assert last.evidence.posts >= 4
