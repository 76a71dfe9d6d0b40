"""Laws of the fold over generated logs: cuts, zombies, duplicates, order, ticks, and brute force."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.events import DAY_MS, AnyEvent, Tick
from pipelines.sinks.memory import MemorySink
from tests.strategies import (
    Arriving,
    Worker,
    arrivals,
    folded,
    histories,
    in_order,
    minutes_of,
    saved,
    tick,
    tick_steps,
    ticked,
    windows_from_minutes,
    windows_of,
)

law = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
FACTS = ("posts", "post_stats", "profiles", "interactions", "post_edits", "deletions", "matured")
ROWS = (*FACTS, "account_windows", "account_windows_latest", "batches", "brands")


@law
@given(arriving=arrivals(), step_ms=tick_steps, cuts=st.lists(st.floats(0, 1), max_size=3))
def test_fold_cut_anywhere_and_resumed_is_the_same_fold(
    arriving: list[Arriving], step_ms: int, cuts: list[float]
) -> None:
    log = ticked(arriving, step_ms)
    stops = {int(cut * len(log)) for cut in cuts}
    whole, resumed = Worker(MemorySink()), Worker(MemorySink())
    for at, event in enumerate(log):
        whole.fold([event], at)
        resumed.fold([event], at)
        if at in stops or at % 13 == 0 or at == len(log) - 1:
            assert saved(whole.take_checkpoint()) == saved(resumed.take_checkpoint())
        if at in stops:
            resumed = Worker(resumed.sink)
    for table in (*ROWS, "checkpoints"):
        assert resumed.sink.rows(table) == whole.sink.rows(table)


@law
@given(
    arriving=arrivals(),
    step_ms=tick_steps,
    cut=st.floats(0, 1),
    ahead=st.integers(1, 12),
    crash=st.integers(1, 12),
)
def test_worker_that_lags_behind_what_another_has_saved_does_no_harm(
    arriving: list[Arriving], step_ms: int, cut: float, ahead: int, crash: int
) -> None:
    log = ticked(arriving, step_ms)
    stop = int(cut * len(log))
    sink = MemorySink()
    zombie = Worker(sink)
    zombie.fold(log[:stop])
    zombie.take_checkpoint()
    owner = Worker(sink)
    owner.fold(log[stop : stop + ahead], stop)
    owner.take_checkpoint()
    zombie.fold(log[stop : stop + crash], stop)
    zombie.take_checkpoint()
    successor = Worker(sink)
    successor.fold(log)
    successor.take_checkpoint()
    expected = folded(log)
    for table in FACTS:
        assert sink.rows(table) == expected.rows(table)
    assert windows_of(sink) == windows_of(expected)
    assert minutes_of(sink) == minutes_of(expected)


@law
@given(arriving=arrivals(), step_ms=tick_steps, cut=st.floats(0, 1), ahead=st.integers(1, 20))
def test_accounts_saved_ahead_of_the_position_skip_what_they_hold(
    arriving: list[Arriving], step_ms: int, cut: float, ahead: int
) -> None:
    log = ticked(arriving, step_ms)
    stop = int(cut * len(log))
    sink = MemorySink()
    behind = Worker(sink)
    behind.fold(log[:stop])
    behind.take_checkpoint()
    position = sink.tables["checkpoints"].get(("position", "", "0", 0, ""))
    other = Worker(sink)
    other.fold(log[stop : stop + ahead], stop)
    other.take_checkpoint()
    if position is not None:
        sink.tables["checkpoints"]["position", "", "0", 0, ""] = position
    else:
        del sink.tables["checkpoints"]["position", "", "0", 0, ""]
    late_loader = Worker(sink)
    late_loader.fold(log)
    late_loader.take_checkpoint()
    expected = folded(log)
    for table in (*FACTS, "account_windows", "account_windows_latest"):
        assert sink.rows(table) == expected.rows(table)
    assert minutes_of(sink) == minutes_of(expected)


@law
@given(arriving=arrivals(), step_ms=tick_steps)
def test_windows_are_the_sums_of_the_minutes(arriving: list[Arriving], step_ms: int) -> None:
    sink = folded(ticked(arriving, step_ms))
    late = ["late_events"]
    assert windows_of(sink, late) == windows_from_minutes(minutes_of(sink, late))


@law
@given(arriving=arrivals(), step_ms=tick_steps)
def test_late_events_alone_make_no_row(arriving: list[Arriving], step_ms: int) -> None:
    log = ticked(arriving, step_ms)
    again = [*log, *(event for event in log if not isinstance(event, Tick))]
    end = max(event.occurred_at for event in log) + 100 * DAY_MS
    told_once, told_twice = folded([*log, tick(end)]), folded([*again, tick(end)])
    assert [row["at"] for row in told_twice.rows("account_windows_latest")] == [
        row["at"] for row in told_once.rows("account_windows_latest")
    ]


@law
@given(arriving=arrivals(), step_ms=tick_steps, copies=st.randoms(use_true_random=False))
def test_duplicates_change_nothing_but_late_events(arriving: list[Arriving], step_ms: int, copies) -> None:  # type: ignore[no-untyped-def]
    log = ticked(arriving, step_ms)
    twice: list[AnyEvent] = []
    for at, event in enumerate(log):
        twice.append(event)
        if copies.random() < 0.5:
            twice.append(copies.choice(log[: at + 1]))
    once, doubled = folded(log), folded(twice)
    assert minutes_of(doubled, ["late_events"]) == minutes_of(once, ["late_events"])
    assert windows_of(doubled, ["late_events"]) == windows_of(once, ["late_events"])
    assert [row["id"] for row in doubled.rows("matured")] == [row["id"] for row in once.rows("matured")]


@law
@given(history=histories(), coarse=tick_steps, fine=tick_steps)
def test_coarse_and_fine_ticks_give_the_same_windows_and_matured_posts(
    history: list[AnyEvent], coarse: int, fine: int
) -> None:
    one, other = folded(ticked(in_order(history), coarse)), folded(ticked(in_order(history), fine))
    assert windows_of(one) == windows_of(other)
    assert minutes_of(one) == minutes_of(other)
    assert [_without_version(row) for row in one.rows("matured")] == [
        _without_version(row) for row in other.rows("matured")
    ]


def _without_version(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if name != "version"}
