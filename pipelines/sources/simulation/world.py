"""The simulated world as one endless stream of events in the order of their time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from pipelines.events import DAY_MS, HOUR_MS, AnyEvent, Mention
from pipelines.sources.simulation.business import (
    BROADCASTER,
    GIANT,
    PERSONAS,
    TIME_ZONE,
    account_ids,
    account_shift,
)
from pipelines.sources.simulation.chance import hour_of_week
from pipelines.sources.simulation.people import Ids, populations
from pipelines.sources.simulation.process import AccountProcess
from pipelines.sources.simulation.scene import Emit, Scene
from pipelines.sources.simulation.truth import Truth

PROFILE_HOUR = 4
"""Profiles are polled once a day at this local hour, and when the history begins."""


def world_events(truth: Truth) -> Iterator[AnyEvent]:
    """Give the events of the world that `truth` describes, by `occurred_at`, without end.

    Every hour each account draws what it does and all that comes of it, later hours included:

        hour n      [ posts ]──▶ acts, snapshots, answers to come ──▶ pending (a heap)
        hour n + 1               ▲ given as soon as no earlier event can come
    """
    pending: list[tuple[int, int, AnyEvent]] = []
    drawn = 0

    def emit(event: AnyEvent) -> None:
        nonlocal drawn
        drawn += 1
        heapq.heappush(pending, (event.occurred_at, drawn, event))

    accounts, zone = _accounts(truth, emit), ZoneInfo(TIME_ZONE)
    start = truth.start_at
    while True:
        hour = hour_of_week(start, zone)
        for account in accounts:
            if hour % 24 == PROFILE_HOUR or start == truth.start_at:
                account.profile(start)
            account.hour(start, hour=hour)
        start += HOUR_MS
        while pending and pending[0][0] < start:
            yield heapq.heappop(pending)[2]


def _accounts(truth: Truth, emit: Emit) -> list[AccountProcess]:
    ids, people, made = account_ids(truth.seed), populations(truth.seed), Ids()
    giant = next(p for p in PERSONAS if p.character == GIANT)
    return [
        AccountProcess(
            Scene(
                persona,
                account=ids[persona.handle],
                shift=account_shift(truth.seed, persona.handle),
                truth=truth,
                population=people[persona.network],
                ids=made,
                emit=emit,
            ),
            sister=Mention(ids[giant.handle], giant.handle) if persona.character == BROADCASTER else None,
        )
        for persona in PERSONAS
    ]


def history_start(end_at: int, *, days: float) -> int:
    """Return the full hour at which a history of about that many days begins."""
    return (end_at - int(days * DAY_MS)) // HOUR_MS * HOUR_MS
