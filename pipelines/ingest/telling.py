"""What an ingest tells of itself, and whether it makes progress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from pipelines import clock
from pipelines.ingest.report import IngestReport
from pipelines.telemetry import Reading, Sample

UNWELL_AFTER_S = 60.0
_COUNTS = ("readings", "documents", "messages", "bytes", "ticks")


class Delivery(Struct, frozen=True):
    """How far what was sent has arrived: numbers of messages, and when a cursor was saved (0: never)."""

    sent: int
    acknowledged: int
    cursor_saved_at: int


class Disk(Protocol):
    """What waits on disk for Kafka; `full`: the source is not read."""

    max_bytes: int
    full: bool

    @property
    def waiting_bytes(self) -> int:
        """Bytes that were written and not released."""
        ...


class IngestTelling:
    """Take the report about once a second; any thread may read. `disk`: where the source's events wait."""

    def __init__(self) -> None:
        self.disk: Disk | None = None
        self._report = IngestReport()
        self._delivery = Delivery(0, 0, 0)
        self._told_s: float | None = None
        self._arrived_s = clock.monotonic_s()

    def take(self, report: IngestReport, delivery: Delivery) -> None:
        """Note how far it is."""
        now = clock.monotonic_s()
        nothing_waits = delivery.acknowledged >= delivery.sent
        if self._told_s is None or nothing_waits or delivery.acknowledged > self._delivery.acknowledged:
            self._arrived_s = now
        self._report, self._delivery, self._told_s = report, delivery, now

    @property
    def is_full(self) -> bool:
        """Whether the source is not read because no more may wait on disk."""
        return self.disk is not None and self.disk.full

    def ailment(self) -> str | None:
        """Return why it is not healthy, None if it is; before its first report (it may sort files) it is."""
        if self.is_full and self.disk is not None:
            return f"what waits on disk fills its {self.disk.max_bytes >> 20} MB: the source is not read"
        if self._told_s is None:
            return None
        now = clock.monotonic_s()
        if now - self._told_s > UNWELL_AFTER_S:
            return f"it has not moved for {now - self._told_s:.0f} s: is Kafka away?"
        if now - self._arrived_s > UNWELL_AFTER_S:
            return f"Kafka has acknowledged nothing for {now - self._arrived_s:.0f} s"
        return None

    def readings(self) -> list[Sample]:
        """Return all that it tells."""
        report, delivery, now = self._report, self._delivery, clock.now_ms()
        found = [Sample(name, getattr(report, name)) for name in _COUNTS]
        found.append(Sample("unacknowledged", delivery.sent - delivery.acknowledged))
        found += [
            Sample("dead_letters", count, (("reason", reason[:120]),))
            for reason, count in report.dead_letter_reasons.items()
        ]
        if self.disk is not None:
            found.append(Sample("spool_bytes", self.disk.waiting_bytes))
            found.append(Sample("spool_limit_bytes", self.disk.max_bytes))
            found.append(Sample("spool_full", int(self.disk.full)))
        if report.last_at is not None:
            found.append(Sample("event_age_s", (now - report.last_at) / 1_000))
        if delivery.cursor_saved_at:
            found.append(Sample("cursor_age_s", (now - delivery.cursor_saved_at) / 1_000))
        return found


def readings_of(tellings: Mapping[str, IngestTelling]) -> list[Reading]:
    """Return what several sources of one process tell, each with the name of its source."""
    return [
        Sample(each.name, each.value, (("source", name), *each.labels))
        for name, telling in tellings.items()
        for each in telling.readings()
    ]


def ailment_of(tellings: Mapping[str, IngestTelling]) -> str | None:
    """Return what is wrong with the first source that is not healthy."""
    for name, telling in tellings.items():
        if (ailment := telling.ailment()) is not None:
            return f"{name}: {ailment}"
    return None
