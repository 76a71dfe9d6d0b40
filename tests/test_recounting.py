"""A recount in the fold: minutes are set, their rows written anew, and stale ones change nothing."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.events import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    AnyEvent,
    LateAge,
    Recount,
    RecountedMinute,
    WindowEnd,
)
from pipelines.rows import version_of
from pipelines.sinks.memory import MemorySink
from tests.strategies import (
    ME,
    START,
    Arriving,
    Worker,
    arrivals,
    folded,
    minutes_of,
    post,
    tick,
    tick_steps,
    ticked,
    windows_from_minutes,
    windows_of,
)

law = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
NAMES = st.sampled_from(["posts", "originals", "likes_received", "matured_interactions_sq"])
LATE = ["late_events"]


def recount(*minutes: RecountedMinute, upto: int = 1, ends: tuple[WindowEnd, ...] = ()) -> Recount:
    return Recount(
        network="x", id="r", occurred_at=START, ingested_at=START, subject=ME, upto=upto, minutes=minutes,
        ends=ends,
    )  # fmt: skip


minutes = st.builds(
    RecountedMinute,
    st.integers(-60 * 24 * 60, 40 * 60).map(lambda minute: START + minute * MINUTE_MS),
    st.dictionaries(NAMES, st.integers(0, 3), max_size=2),
)
recounts = st.lists(minutes, min_size=1, max_size=4, unique_by=lambda minute: minute.at).map(
    lambda some: recount(*some)
)


@law
@given(arriving=arrivals(), step_ms=tick_steps, more=st.lists(recounts, max_size=3), data=st.data())
def test_windows_are_the_sums_of_the_minutes_after_any_recount(
    arriving: list[Arriving], step_ms: int, more: list[Recount], data: st.DataObject
) -> None:
    log = ticked(arriving, step_ms)
    for event in more:
        log.insert(data.draw(st.integers(2, len(log))), event)
    sink = folded(log)
    assert windows_of(sink, LATE) == windows_from_minutes(minutes_of(sink, LATE))


@law
@given(arriving=arrivals(), step_ms=tick_steps, more=st.lists(recounts, max_size=2), data=st.data())
def test_fold_with_recounts_cut_anywhere_and_resumed_is_the_same_fold(
    arriving: list[Arriving], step_ms: int, more: list[Recount], data: st.DataObject
) -> None:
    log = ticked(arriving, step_ms)
    for event in more:
        log.insert(data.draw(st.integers(2, len(log))), event)
    sink, worker = MemorySink(), None
    for at, event in enumerate(log):
        worker = worker or Worker(sink)
        worker.fold([event], at)
        if data.draw(st.booleans()):
            worker.take_checkpoint()
        elif data.draw(st.integers(0, 5)) == 0:
            worker = None  # it died: the next one folds again what was not saved
            again = Worker(sink)
            again.fold(log[again.state.offset + 1 : at + 1], again.state.offset + 1)
            worker = again
    assert worker is not None
    worker.take_checkpoint()
    whole = folded(log)
    for table in ("account_windows", "account_windows_latest", "recounts"):
        assert sink.rows(table) == whole.rows(table)
    assert minutes_of(sink) == minutes_of(whole)


def one_post() -> list[AnyEvent]:
    return [post(START, "a"), tick(START + 40 * DAY_MS)]


def test_a_minute_that_is_empty_now_leaves_no_row_with_anything_in_it() -> None:
    sink = folded([*one_post(), recount(RecountedMinute(START, {}))])
    assert (ME, START) not in minutes_of(sink)
    latest = {row["window"]: row.get("posts", 0) for row in sink.rows("account_windows_latest")}
    assert latest == {"1h": 0, "24h": 0, "7d": 0, "28d": 0}


def test_a_minute_older_than_what_the_account_remembers_is_set_too() -> None:
    old = START - 300 * DAY_MS
    sink = folded([*one_post(), recount(RecountedMinute(old, {"posts": 2}))])
    hour = [row for row in sink.rows("account_windows") if row["window"] == "1h" and row["at"] < START]
    assert [(row["at"] - old, row.get("posts", 0)) for row in hour] == [
        (MINUTE_MS, 2), (61 * MINUTE_MS, 0)
    ]  # fmt: skip
    assert min(row["known_since"] for row in hour) == old


def test_a_recount_that_read_less_than_the_one_before_changes_nothing() -> None:
    fresh, stale = (RecountedMinute(START, {"posts": number}) for number in (3, 9))
    sink = folded([*one_post(), recount(fresh, upto=7), recount(stale, upto=6)])
    assert minutes_of(sink)[ME, START] == {"posts": 3}
    assert [(row["minute"], row["upto"]) for row in sink.rows("recounts")] == [(START, version_of(1, 0, 7))]


@pytest.mark.parametrize("told_in", [1, 2, 3])
def test_a_recount_tells_a_place_in_its_log_whatever_the_epoch(told_in: int) -> None:
    minute = RecountedMinute(START, {"posts": 1})
    sink, log = MemorySink(), [*one_post(), recount(minute, upto=version_of(told_in, 4, 5))]
    Worker(sink, epoch=2).fold(log)
    assert [row["upto"] for row in sink.rows("recounts")] == [version_of(2, 4, 5)]


def test_late_events_of_a_recounted_minute_stay() -> None:
    watermark = START + 3 * DAY_MS
    log = [post(START, "a"), tick(watermark), post(START, "b"), recount(RecountedMinute(watermark, {}))]
    assert minutes_of(folded(log))[ME, watermark] == {"late_events": 1}


def test_an_end_that_is_asked_for_is_written_where_nothing_changes() -> None:
    end = START + 9 * DAY_MS
    sink = folded([*one_post(), recount(ends=(WindowEnd("28d", end),))])
    (row,) = [row for row in sink.rows("account_windows") if row["at"] == end]
    assert (row["window"], row["posts"]) == ("28d", 1)


def test_an_age_in_a_recount_becomes_a_row() -> None:
    age = LateAge("a", "24h", START + DAY_MS, START, "original", None, False, 10, (3, 0, None, None, None))
    sink = folded([tick(START), msgspec.structs.replace(recount(), ages=(age,))])
    (row,) = sink.rows("matured")
    assert (row["id"], row["likes"], row["interactions"], row["measured"]) == ("a", 3, 3, True)


def test_of_the_ages_that_recounts_tell_of_a_post_the_newest_stays() -> None:
    unread = LateAge("a", "24h", START + 36 * HOUR_MS, START, "original", None, False, None, None)
    read = LateAge("a", "24h", START + DAY_MS, START, "original", None, False, None, (3, 0, 0, 0, None))
    told = [
        msgspec.structs.replace(recount(upto=upto), ages=(age,)) for upto, age in ((1, unread), (2, read))
    ]
    (row,) = folded([tick(START), *told]).rows("matured")
    assert (row["due_at"], row["likes"], row["late"]) == (START + DAY_MS, 3, True)


def test_an_unknown_measure_is_a_dead_letter() -> None:
    sink = folded([*one_post(), recount(RecountedMinute(START, {"charm": 1}))])
    (letter,) = sink.rows("dead_letters")
    assert letter["reason"] == "`$.minutes`: no measure is named charm"
    assert minutes_of(sink)[ME, START]["posts"] == 1


def test_a_recount_counts_as_control_in_the_ledger() -> None:
    sink = folded([*one_post(), recount(RecountedMinute(START, {"posts": 1}), upto=version_of(1, 0, 0))])
    assert [row["control"] for row in sink.rows("batches")] == [0, 1, 1]
