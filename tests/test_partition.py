"""One partition: offsets, accounts that are elsewhere, control events, dues."""

from __future__ import annotations

import pytest

from pipelines.errors import Fatal
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, BrandVersion, Gap
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.rows import Rows, version_of
from pipelines.sinks.memory import MemorySink
from tests.strategies import (
    ME,
    OTHER,
    START,
    YOU,
    Worker,
    brand_version,
    folded,
    minutes_of,
    post,
    tick,
    windows_of,
)


def test_message_that_was_folded_is_known_and_a_missing_one_is_fatal() -> None:
    state = PartitionState(0, 1, None)
    assert state.check_offset(0)
    state.fold(0, [post(START, "a")], [NOT_SCORED], Rows())
    assert not state.check_offset(0)
    assert state.check_offset(1)
    with pytest.raises(Fatal, match="offset 2 came after 0"):
        state.check_offset(2)


def test_every_document_of_a_message_is_accounted_for() -> None:
    events = [
        brand_version(),
        post(START, "a"),
        post(START, "a"),
        None,
        tick(START + DAY_MS),
        post(START, "b"),
    ]
    counts = PartitionState(0, 1, None).fold(0, events, [NOT_SCORED] * 6, Rows())
    assert (counts.documents, counts.facts, counts.duplicates, counts.late, counts.dead, counts.control) == (
        6, 1, 1, 1, 1, 2,
    )  # fmt: skip


def test_event_of_a_saved_account_that_was_not_loaded_is_fatal() -> None:
    state = PartitionState(0, 1, None)
    state.expect("x", ME, version_of(1, 3, 0), START)
    with pytest.raises(Fatal, match="not loaded"):
        state.fold(0, [post(START, "a")], [NOT_SCORED], Rows())


def test_only_accounts_named_or_due_are_missing() -> None:
    state = PartitionState(0, 1, None)
    for account, due in ((ME, START + HOUR_MS), (YOU, START + DAY_MS), (OTHER, None)):
        state.expect("x", account, 7, due)
    assert state.missing([tick(START)]) == []
    assert state.missing([tick(START + HOUR_MS)]) == [("x", ME)]
    assert set(state.missing([tick(START + HOUR_MS), post(START, "a", OTHER, OTHER), None])) == {
        ("x", ME),
        ("x", OTHER),
    }


def test_account_let_go_is_loaded_again_and_goes_on_as_if_it_had_stayed() -> None:
    log: list[AnyEvent] = [
        post(START, "a"),
        post(START + 1, "b", YOU, YOU),
        tick(START + HOUR_MS),
        post(START + HOUR_MS, "c"),
    ]
    end: list[AnyEvent] = [tick(START + 40 * DAY_MS)]
    worker = Worker(MemorySink())
    worker.fold(log)
    worker.state.let_go(0)
    assert len(worker.state.accounts) == 2, "what has changed and is not saved stays"
    worker.take_checkpoint()
    worker.state.let_go(0)
    assert not worker.state.accounts
    worker.fold(end, len(log))
    worker.take_checkpoint()
    expected = folded(log + end)
    assert minutes_of(worker.sink) == minutes_of(expected)
    assert windows_of(worker.sink) == windows_of(expected)


def test_brand_that_cannot_be_read_is_a_dead_letter_and_the_one_before_stays() -> None:
    broken = BrandVersion(
        network="x", id="broken", occurred_at=START, ingested_at=START, content='{"offers": 3}'
    )
    state, rows = PartitionState(2, 1, None), Rows()
    counts = state.fold(0, [brand_version(), broken], [NOT_SCORED] * 2, rows)
    assert (counts.control, counts.dead) == (1, 1)
    assert state.rules.own_domains == {"shop.example"}
    assert [brand.event.id for brand in rows.brands] == [brand_version().id]
    (letter,) = rows.dead_letters
    assert (letter.partition, letter.offset, letter.index) == (2, 0, 1)
    assert "offers" in letter.reason


def test_gap_that_ends_before_it_begins_is_none() -> None:
    gap = Gap(network="x", id="g", occurred_at=START, ingested_at=START, until=START)
    rows = Rows()
    PartitionState(0, 1, None).fold(0, [gap], [NOT_SCORED], rows)
    assert not rows.gaps


def test_tick_that_goes_back_moves_nothing() -> None:
    state, rows = PartitionState(0, 1, None), Rows()
    state.fold(0, [tick(START + HOUR_MS), tick(START)], [NOT_SCORED] * 2, rows)
    assert state.watermarks == {"x": START + HOUR_MS}


def test_tick_touches_only_the_accounts_that_are_due() -> None:
    worker = Worker(MemorySink())
    worker.fold([post(START, "a"), post(START + 30 * DAY_MS, "b", YOU, YOU), tick(START + MINUTE_MS)])
    worker.take_checkpoint()
    before = worker.state.accounts["x", ME].version
    worker.fold([tick(START + 2 * MINUTE_MS)], 3)
    assert worker.state.accounts["x", ME].version == before


def test_posts_long_before_the_first_one_survive_a_restart_before_the_first_tick() -> None:
    log: list[AnyEvent] = [post(START + 20 * HOUR_MS, "new"), post(START, "old")]
    end: list[AnyEvent] = [tick(START + 40 * DAY_MS)]
    sink = MemorySink()
    first = Worker(sink)
    first.fold(log)
    first.take_checkpoint()
    second = Worker(sink)
    second.fold(end, len(log))
    second.take_checkpoint()
    assert windows_of(sink) == windows_of(folded(log + end))
    assert windows_of(sink)[ME, "1h"][0] == (START + MINUTE_MS, minutes_of(sink)[ME, START])


def test_new_epoch_begins_at_offset_0_with_what_was_saved() -> None:
    sink = MemorySink()
    worker = Worker(sink)
    worker.fold([brand_version(), post(START, "a"), tick(START + HOUR_MS)])
    worker.take_checkpoint()
    state = PartitionState(0, 2, sink.position(0))
    assert state.check_offset(0)
    assert state.watermarks == {"x": START + HOUR_MS}
    assert state.rules.own_domains == {"shop.example"}
