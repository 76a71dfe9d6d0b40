"""What the alerts say of events in a log: like with like, and a state with a reason whatever the input."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
import pytest

from pipelines.alerts.change import Change
from pipelines.events import AnyEvent, Delete, Post, PostStats, Tick
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.rows import Rows

START = 1_767_225_600_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
COUNTS = [int(each) for each in np.random.default_rng(3).negative_binomial(8, 8 / 68, 120)]


def post(number: int, at: int, **more: str) -> Post:
    id_ = f"{number}{''.join(more)}"
    return Post(
        network="x", subject="ada", author="ada", id=id_, text="hello", occurred_at=at, ingested_at=at, **more
    )


def likes(of: Post, count: int, age: int = DAY) -> PostStats:
    at = of.occurred_at + age
    return PostStats(
        network="x", subject="ada", id=of.id, occurred_at=at, ingested_at=at, observed_at=at, likes=count
    )


def engagement(events: list[AnyEvent]) -> list[Change]:
    """Fold events by their time, with a tick every eight hours, and two days more; return what is said."""
    state, rows, offset = PartitionState(0, 1, None), Rows(), count(1)
    ordered = sorted(events, key=lambda event: event.ingested_at)
    at = ordered[0].ingested_at
    for event in ordered:
        if event.ingested_at >= at + 8 * HOUR:
            at = event.ingested_at
            state.fold(next(offset), [ticked(at)], [NOT_SCORED], rows)
        state.fold(next(offset), [event], [NOT_SCORED], rows)
    state.fold(next(offset), [ticked(ordered[-1].ingested_at + 2 * DAY)], [NOT_SCORED], rows)
    return [row.change for row in rows.alerts if row.change.alert == "engagement"]


def ticked(at: int) -> Tick:
    return Tick(network="x", id=f"t{at}", occurred_at=at, ingested_at=at)


def originals(every: int = 8 * HOUR) -> Iterator[tuple[Post, int]]:
    for number, interactions in enumerate(COUNTS):
        yield post(number, START + number * every), interactions


def well_measured() -> list[AnyEvent]:
    return [event for each, number in originals() for event in (each, likes(each, number))]


def test_a_week_of_more_replies_and_equal_originals_is_no_drop() -> None:
    begin = START + len(COUNTS) * 8 * HOUR - 7 * DAY
    replies = [
        post(number, begin + number * HOUR, reply_to_post="9", reply_to_account="bob")
        for number in range(160)
    ]
    quiet = [event for each in replies for event in (each, likes(each, 1))]
    said = engagement([*well_measured(), *quiet])
    assert [change.state for change in said if change.state != "learning"] == ["ok"]


def counts_that_fall() -> list[AnyEvent]:
    return [
        event
        for each, number in originals()
        for event in (each, likes(each, 3 * number, HOUR), likes(each, number))
    ]


def posts_deleted_in_the_middle() -> list[AnyEvent]:
    def withdrawn(each: Post) -> Delete:
        at = each.occurred_at + 12 * HOUR
        return Delete(network="x", subject="ada", id=each.id, occurred_at=at, ingested_at=at, author="ada")

    deleted = [withdrawn(each) for number, (each, _) in enumerate(originals()) if number % 3 == 0]
    return [*well_measured(), *deleted]


def a_clock_four_minutes_ahead() -> list[AnyEvent]:
    return [
        post(int(event.id), event.occurred_at + 4 * MINUTE * (int(event.id) % 2))
        if isinstance(event, Post)
        else event
        for event in well_measured()
    ]


def all_zeros() -> list[AnyEvent]:
    return [event for each, _ in originals() for event in (each, likes(each, 0))]


def nobody_tells_counts() -> list[AnyEvent]:
    return [each for each, _ in originals()]


def one_post_a_month() -> list[AnyEvent]:
    return [event for each, number in [*originals(30 * DAY)][:12] for event in (each, likes(each, number))]


@pytest.mark.parametrize(
    ("events", "state", "reason"),
    [
        (well_measured, "ok", ""),
        (counts_that_fall, "ok", ""),
        (posts_deleted_in_the_middle, "ok", ""),
        (a_clock_four_minutes_ahead, "ok", ""),
        (all_zeros, "ok", ""),
        (nobody_tells_counts, "no_data", "nobody told the counts of the last 3 posts by their 24 hours"),
        (one_post_a_month, "learning", "more posts are needed to know what is usual"),
    ],
)
def test_whatever_comes_is_a_state_with_a_reason(
    events: Callable[[], list[AnyEvent]], state: str, reason: str
) -> None:
    said = engagement(events())
    assert "drop" not in {change.state for change in said}
    assert said[-1].state == state
    assert reason in said[-1].reason
