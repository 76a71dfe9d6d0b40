"""Minutes set anew: which rows of a window hold them, and what these rows say now. Pure.

A minute lies in a pane p of each window, and so in the rows whose ends lie in [p + S, p + L]; at p + L + S it
has left. Where a pane was and is no more, its two ends are written all the same: no row keeps what it held.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from itertools import chain

from pipelines.account import AccountState
from pipelines.control import LateAge, Recount
from pipelines.maturity import Reactions
from pipelines.metrics.measures import INDEX
from pipelines.metrics.vectors import LATE, ZERO, Vector, vector_of
from pipelines.rows import MaturedRow, RecountRow, Rows, in_epoch_of
from pipelines.window_rows import WindowBlock
from pipelines.windows import HORIZON_MS, WINDOWS, Window, WindowRow


def unknown_measures(recount: Recount) -> set[str]:
    """Return the names in it that no measure has."""
    return {name for minute in recount.minutes for name in minute.measures} - INDEX.keys()


def minutes_needed(recount: Recount, head: int) -> int:
    """Return from when on all saved minutes of an account whose head is `head` must be known to take it."""
    ats = [head, *(minute.at for minute in recount.minutes), *(end.at for end in recount.ends)]
    return min(ats) - HORIZON_MS


def take_recount(
    state: AccountState, recount: Recount, saved: Mapping[int, Vector], version: int, rows: Rows
) -> None:
    """Set minutes anew and give all that follows from them; one that read less than the one before is stale.

    `saved`: the account's minutes as they were saved, from `minutes_needed` on.
    """
    state.version = version
    upto = in_epoch_of(version, recount.upto)
    if upto < state.recounted:
        return
    state.recounted = upto
    minutes = {**saved, **state.windows.unsaved()}
    changed = {each.at: sums_of(each.measures, minutes.get(each.at)) for each in recount.minutes}
    minutes |= changed
    state.set_minutes(changed, minutes)
    frame = state.frame()
    for window in WINDOWS:
        ends = {end.at for end in recount.ends if end.window == window.name}
        again, latest = rows_again(window, minutes, changed, ends, state.head)
        if again:
            rows.windows.append(WindowBlock.of(window, frame, again, latest=False))
        if latest is not None:
            rows.windows.append(WindowBlock.of(window, frame, [latest], latest=True))
    rows.matured += [_matured(state, age, version) for age in recount.ages]
    rows.recounts += [
        RecountRow(
            network=state.network,
            account=state.account,
            minute=each.at,
            upto=upto,
            facts_written_s=each.written_s,
            recounted_at=recount.ingested_at,
            version=version,
        )
        for each in recount.minutes
    ]


def _matured(state: AccountState, age: LateAge, version: int) -> MaturedRow:
    return MaturedRow(
        network=state.network,
        account=state.account,
        id=age.id,
        age=age.age,
        due_at=age.due_at,
        occurred_at=age.occurred_at,
        kind=age.kind,
        relevance_milli=age.relevance_milli,
        on_topic=age.on_topic,
        followers=age.followers,
        reactions=None if age.counts is None else Reactions(*age.counts),
        version=version,
        late=True,
    )


def sums_of(measures: Mapping[str, int], before: Vector | None) -> Vector:
    """Return a minute as it is from now on: `late_events` stay. Raises KeyError for an unknown name."""
    counts = {INDEX[name]: value for name, value in measures.items() if value}
    if before is not None:
        counts[LATE] = int(before[LATE])
    return vector_of(counts)


def rows_again(
    window: Window, minutes: Mapping[int, Vector], changed: Collection[int], ends: Collection[int], head: int
) -> tuple[list[WindowRow], WindowRow | None]:
    """Return a window's rows to be written again, up to `head`, and the latest that tells something.

    `minutes`: all of the account from the longest window before the first of them on, `changed` included.
    `ends`: further ends whose rows are wanted.
    """
    spans = _joined(sorted(_span(window, minute) for minute in changed))
    all_ends = {end for minute in chain(minutes, changed) for end in _span(window, minute)}
    wanted = {end for end in all_ends if _inside(end, spans)} | set(ends)
    first = min(wanted, default=head + 1)
    considered = sorted(end for end in all_ends | wanted if first <= end <= head)
    rows, latest = [], None
    for row in _sums(window, minutes, considered):
        if row.at in wanted:
            rows.append(row)
        if latest is None or row.tells_something or not latest.tells_something:
            latest = row
    return rows, latest


def _span(window: Window, minute: int) -> tuple[int, int]:
    """Return the first end that holds a minute, and the first that holds it no more."""
    pane = minute - minute % window.step_ms
    return pane + window.step_ms, pane + window.length_ms + window.step_ms


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _inside(end: int, spans: list[tuple[int, int]]) -> bool:
    at = bisect_right(spans, end, key=lambda span: span[0])
    return at > 0 and end <= spans[at - 1][1]


def _sums(window: Window, minutes: Mapping[int, Vector], ends: list[int]) -> Iterator[WindowRow]:
    """Give the sums at ends in order."""
    order = sorted(minutes)
    sums = ZERO
    entered = left = 0
    for end in ends:
        while entered < len(order) and order[entered] < end:
            sums = sums + minutes[order[entered]]
            entered += 1
        while left < entered and order[left] < end - window.length_ms:
            sums = sums - minutes[order[left]]
            left += 1
        yield WindowRow(window.name, end, sums)
