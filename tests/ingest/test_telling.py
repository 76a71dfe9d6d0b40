"""When an ingest is healthy, and what it tells of itself."""

from __future__ import annotations

import pytest

from pipelines import clock
from pipelines.ingest.report import IngestReport
from pipelines.ingest.telling import Delivery, IngestTelling, ailment_of, readings_of
from pipelines.telemetry import HELP, Sample


class Hand:
    """A clock that is moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1_000.0
        monkeypatch.setattr(clock, "monotonic_s", lambda: self.now_s)
        monkeypatch.setattr(clock, "now_ms", lambda: round(self.now_s * 1_000))


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    return Hand(monkeypatch)


def test_before_its_first_report_it_is_well_and_later_a_silence_makes_it_ill(hand: Hand) -> None:
    telling = IngestTelling()
    hand.now_s += 3_600
    assert telling.ailment() is None
    telling.take(IngestReport(), Delivery(0, 0, 0))
    hand.now_s += 61
    assert telling.ailment() == "it has not moved for 61 s: is Kafka away?"


def test_messages_that_nobody_acknowledges_make_it_ill_and_a_quiet_source_does_not(hand: Hand) -> None:
    telling = IngestTelling()
    for _ in range(100):
        hand.now_s += 1
        telling.take(IngestReport(), Delivery(5, 5, 0))
    assert telling.ailment() is None
    for _ in range(62):
        hand.now_s += 1
        telling.take(IngestReport(), Delivery(9, 5, 0))
    assert telling.ailment() == "Kafka has acknowledged nothing for 62 s"
    telling.take(IngestReport(), Delivery(9, 6, 0))
    assert telling.ailment() is None


def test_it_tells_counts_ages_and_dead_letters_by_reason(hand: Hand) -> None:
    telling = IngestTelling()
    report = IngestReport(readings=3, dead_letter_reasons={"the id is empty": 2}, last_at=990_000)
    telling.take(report, Delivery(9, 6, 995_000))
    readings = telling.readings()
    assert {each.name for each in readings} <= HELP.keys()
    for expected in (
        Sample("readings", 3),
        Sample("unacknowledged", 3),
        Sample("dead_letters", 2, (("reason", "the id is empty"),)),
        Sample("event_age_s", 10.0),
        Sample("cursor_age_s", 5.0),
    ):
        assert expected in readings


class FullDisk:
    """What waits on disk, as much as may."""

    max_bytes, waiting_bytes, full = 2 << 20, 2 << 20, True


def test_a_source_that_is_not_read_because_too_much_waits_on_disk_is_ill_and_its_bytes_are_told(
    hand: Hand,
) -> None:
    telling = IngestTelling()
    telling.disk = FullDisk()
    assert telling.ailment() == "what waits on disk fills its 2 MB: the source is not read"
    told = {each.name: each.value for each in telling.readings()}
    assert (told["spool_bytes"], told["spool_limit_bytes"], told["spool_full"]) == (2 << 20, 2 << 20, 1)
    telling.disk.full = False
    assert telling.ailment() is None


def test_of_several_sources_each_tells_under_its_name_and_the_first_ill_one_is_named(hand: Hand) -> None:
    tellings = {"jetstream": IngestTelling(), "mastodon": IngestTelling()}
    tellings["mastodon"].take(IngestReport(ticks=4), Delivery(9, 5, 0))
    assert Sample("ticks", 4, (("source", "mastodon"),)) in readings_of(tellings)
    assert Sample("ticks", 0, (("source", "jetstream"),)) in readings_of(tellings)
    assert ailment_of(tellings) is None
    hand.now_s += 90
    assert ailment_of(tellings) == "mastodon: it has not moved for 90 s: is Kafka away?"
