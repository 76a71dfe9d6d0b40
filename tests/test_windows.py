"""Rolling windows against brute force over the raw minutes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.events import HOUR_MS, MINUTE_MS
from pipelines.metrics.measures import Counts
from pipelines.metrics.vectors import vector_of
from pipelines.settling import settle
from pipelines.windows import WINDOWS, Rolling, SavedMinutes, Window, WindowRow

TINY = Window("tiny", 6 * MINUTE_MS, 2 * MINUTE_MS)
START = 100 * 6 * HOUR_MS


def advance(rolling: Rolling, to: int) -> list[WindowRow]:
    [rows] = advance_all([rolling], to)
    return rows


def advance_all(rollings: list[Rolling], to: int) -> list[list[WindowRow]]:
    rows: list[list[WindowRow]] = [[] for _ in rollings]
    found = settle(rollings, to)
    for owner, at, sums in zip(found.owners.tolist(), found.ends.tolist(), found.sums, strict=True):
        rows[owner].append(WindowRow(rollings[owner].window.name, at, sums))
    return rows


def told(rows: list[WindowRow]) -> list[tuple[int, Counts]]:
    return [(row.at, row.counts) for row in rows]


def brute_force(window: Window, minutes: list[tuple[int, Counts]], end: int) -> Counts:
    sums: Counts = {}
    for at, counts in minutes:
        if end - window.length_ms <= at - at % window.step_ms and at < end:
            for index, value in counts.items():
                sums[index] = sums.get(index, 0) + value
    return {index: value for index, value in sums.items() if value}


def test_row_is_written_where_a_pane_enters_and_where_it_has_left() -> None:
    rolling = Rolling(TINY, START)
    rolling.add(START + MINUTE_MS, vector_of({0: 1}))
    rows = advance(rolling, START + 60 * MINUTE_MS)
    assert [(row.at - START, row.counts) for row in rows] == [
        (2 * MINUTE_MS, {0: 1}),
        (8 * MINUTE_MS, {}),
    ]


def test_row_is_not_written_when_what_enters_equals_what_leaves() -> None:
    rolling = Rolling(TINY, START)
    rolling.add(START, vector_of({0: 1}))
    rolling.add(START + 6 * MINUTE_MS, vector_of({0: 1}))
    rows = advance(rolling, START + 60 * MINUTE_MS)
    assert [row.at - START for row in rows] == [2 * MINUTE_MS, 14 * MINUTE_MS]


def test_event_within_the_lateness_rewrites_the_rows_that_it_touches() -> None:
    rolling = Rolling(TINY, START)
    rolling.add(START, vector_of({0: 1}))
    rolling.add(START + 4 * MINUTE_MS, vector_of({0: 1}))
    advance(rolling, START + 6 * MINUTE_MS)
    rolling.add(START + 2 * MINUTE_MS, vector_of({0: 5}))
    rows = advance(rolling, START + 6 * MINUTE_MS)
    assert [(row.at - START, row.counts) for row in rows] == [
        (4 * MINUTE_MS, {0: 6}),
        (6 * MINUTE_MS, {0: 7}),
    ]


minute_offsets = st.integers(min_value=0, max_value=40)
arrivals = st.lists(st.tuples(minute_offsets, st.integers(0, 2), st.integers(1, 3)), max_size=30)


@given(
    arrivals=arrivals,
    ticks=st.lists(st.integers(0, 8), min_size=1, max_size=12),
    window=st.sampled_from([TINY, WINDOWS[0]]),
)
def test_windows_equal_brute_force_whatever_the_order_within_the_lateness(
    arrivals: list[tuple[int, int, int]], ticks: list[int], window: Window
) -> None:
    rolling = Rolling(window, START)
    written: dict[int, Counts] = {}
    folded: list[tuple[int, Counts]] = []
    now = START
    pending = list(arrivals)
    for step in [*ticks, 200]:
        for offset, index, value in pending[:5]:
            at = START + offset * MINUTE_MS
            rolling.add(at, vector_of({index: value}))
            folded.append((at, {index: value}))
        del pending[:5]
        now += step * MINUTE_MS
        written.update({row.at: row.counts for row in advance(rolling, now)})
    held: Counts = {}
    for end in range(START, now - now % window.step_ms + 1, window.step_ms):
        held = written.get(end, held)
        assert held == brute_force(window, folded, end)


@given(arrivals=arrivals, cut=st.integers(0, 60), window=st.sampled_from([TINY, *WINDOWS]))
def test_window_restored_from_its_minutes_goes_on_as_if_it_had_never_stopped(
    arrivals: list[tuple[int, int, int]], cut: int, window: Window
) -> None:
    rolling = Rolling(window, START)
    minutes: dict[int, Counts] = {}
    for offset, index, value in arrivals:
        at = START + offset * MINUTE_MS
        rolling.add(at, vector_of({index: value}))
        minute = minutes.setdefault(at, {})
        minute[index] = minute.get(index, 0) + value
    head = START + cut * MINUTE_MS
    advance(rolling, head)
    saved = SavedMinutes.of({at: vector_of(c) for at, c in minutes.items()})
    (restored,) = Rolling.restore_all((window,), head, saved)
    later = START + 40 * window.length_ms
    assert restored.next_change() == rolling.next_change()
    assert told(advance(restored, later)) == told(advance(rolling, later))


@given(
    accounts=st.lists(arrivals, min_size=1, max_size=5),
    ticks=st.lists(st.integers(0, 8), min_size=1, max_size=6),
    window=st.sampled_from([TINY, WINDOWS[0]]),
)
def test_accounts_that_are_settled_together_give_the_rows_that_each_gives_alone(
    accounts: list[list[tuple[int, int, int]]], ticks: list[int], window: Window
) -> None:
    together = [Rolling(window, START) for _ in accounts]
    alone = [Rolling(window, START) for _ in accounts]
    waiting = [list(each) for each in accounts]
    now = START
    for step in [*ticks, 200]:
        for number, pending in enumerate(waiting):
            for offset, index, value in pending[:4]:
                for rolling in (together[number], alone[number]):
                    rolling.add(START + offset * MINUTE_MS, vector_of({index: value}))
            del pending[:4]
        now += step * MINUTE_MS
        assert [told(rows) for rows in advance_all(together, now)] == [
            told(advance(each, now)) for each in alone
        ]
        assert [each.next_change() for each in together] == [each.next_change() for each in alone]
