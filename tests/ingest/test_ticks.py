from __future__ import annotations

from pipelines.events import HOUR_MS, MINUTE_MS
from pipelines.ingest.ticks import EventTimeTicker

T0 = 1_700_000_040_000  # a full minute
assert T0 % MINUTE_MS == 0


def test_the_first_event_sets_the_clock_and_no_tick_precedes_it() -> None:
    assert EventTimeTicker().before("x", T0 + 5) is None


def test_six_hours_of_silence_are_worth_a_tick_at_the_full_minute() -> None:
    ticker = EventTimeTicker()
    ticker.before("x", T0)
    assert ticker.before("x", T0 + 6 * HOUR_MS - 1) is None
    assert ticker.before("x", T0 + 6 * HOUR_MS + 1_234) == T0 + 6 * HOUR_MS


def test_two_thousand_documents_are_worth_a_tick_but_only_in_a_new_minute() -> None:
    ticker = EventTimeTicker()
    ticker.before("x", T0)
    ticker.count("x", 2_000)
    assert ticker.before("x", T0 + 59_999) is None
    assert ticker.before("x", T0 + 60_000) == T0 + MINUTE_MS
    assert ticker.before("x", T0 + 180_000) is None


def test_each_network_has_its_own_clock() -> None:
    ticker = EventTimeTicker()
    ticker.before("x", T0)
    ticker.before("bluesky", T0 + HOUR_MS)
    assert ticker.before("x", T0 + 7 * HOUR_MS - 1) == T0 + 7 * HOUR_MS - MINUTE_MS
    assert ticker.before("bluesky", T0 + 7 * HOUR_MS - 1) is None


def test_the_closing_tick_lies_36_hours_behind_the_last_event() -> None:
    ticker = EventTimeTicker()
    ticker.before("x", T0)
    ticker.before("x", T0 + 7)
    assert list(ticker.closing()) == [("x", T0 + 7 + 36 * HOUR_MS)]


def test_a_ticker_restored_goes_on_as_if_it_had_never_stopped() -> None:
    ticker = EventTimeTicker()
    ticker.before("x", T0)
    ticker.count("x", 1_500)
    restored = EventTimeTicker(ticker.saved())
    restored.count("x", 500)
    assert restored.before("x", T0 + MINUTE_MS) == T0 + MINUTE_MS
