"""The ingest worker: read, route, pack, produce, and only then move the cursor."""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec
from msgspec import Struct

from pipelines import clock
from pipelines.brand import brand_hash, encode_brand
from pipelines.errors import InvalidEvent
from pipelines.events import (
    CONTROL,
    MINUTE_MS,
    AnyEvent,
    BrandVersion,
    Delete,
    Network,
    Tick,
)
from pipelines.ingest.arrivals import Arrivals, BoundedArrivals, LiveArrivals, SpooledArrivals
from pipelines.ingest.batches import Batcher, Message
from pipelines.ingest.brand_file import BrandFile
from pipelines.ingest.cursor import CursorStore
from pipelines.ingest.producer import DELIVERY_TIMEOUT_S, Producer
from pipelines.ingest.report import Counts, IngestReport, dead_letter
from pipelines.ingest.router import Router, impossible
from pipelines.ingest.save_points import SavePoints
from pipelines.ingest.ticks import EventTimeTicker
from pipelines.ingest.timer import Timer
from pipelines.ingest.withdrawals import Subjects, Withdrawals, placed
from pipelines.sources.base import BadInput, Item, Reading, Source

BEAT_READINGS = 64
"""Readings of a bounded source between two looks at the clock."""
STOP_GRACE_S = 20.0
"""So long a worker that is told to stop waits for Kafka; then it ends without saving the cursor."""
BRAND_KEY = "brand"
"""The cursor store's key for the hash of the brand last written to the log."""


class IngestOptions(Struct, frozen=True, kw_only=True):
    """How an ingest behaves. `ticks` False: an import into a running system, which never moves the clock.

    `closes` False: a bounded source whose history a live one continues, so its clock stays at the last event.
    """

    ticks: bool = True
    closes: bool = True
    tick_every_s: float = 10.0
    flush_every_s: float = 0.05
    save_every_s: float = 1.0
    poll_brand_every_s: float = 2.0


class IngestWorker:
    """Carry one source into the log, at least once: the cursor is saved only behind what Kafka acknowledged.

        read ── route ── pack ── send ─ ─ ─ acknowledged
                                  └ save point (number, cursor) ─ ─ saved when acknowledged ≥ number

    Kept in the cursor store: `<source>` the cursor, `<source>:ticks` and `<source>:handles` what a resumed
    run must know to do as an unbroken one, `<source>:spool` how far a spool was carried, and `brand`. Any
    error ends `run`; the next run resumes at the saved cursor. `subjects` tells whom a deletion concerns that
    names a thing alone; without it only the router's memory does.
    """

    def __init__(
        self,
        source: Source,
        router: Router,
        producer: Producer,
        cursors: CursorStore,
        *,
        partitions: int,
        brand_file: BrandFile | None = None,
        options: IngestOptions | None = None,
        now: Callable[[], int] = clock.now_ms,
        arrivals: SpooledArrivals | None = None,
        subjects: Subjects | None = None,
    ) -> None:
        self._source, self._router, self._producer, self._cursors = source, router, producer, cursors
        self._batcher = Batcher(partitions)
        self._brand_file = brand_file
        self._options = options or IngestOptions()
        self._now = now
        self._ticker = EventTimeTicker(cursors.load(f"{source.name}:ticks"))
        self._save_points = SavePoints(cursors, source.name)
        self._spooled = arrivals
        self._withdrawals = Withdrawals(router, subjects)
        self._counts = Counts()
        self._flush_timer = Timer(self._options.flush_every_s)
        self._save_timer = Timer(self._options.save_every_s)
        self._tick_timer = Timer(0.0)
        self._brand_timer = Timer(self._options.poll_brand_every_s)
        self._ticked_at = 0
        self._brand_sent = cursors.load(BRAND_KEY)

    def run(
        self,
        stop: threading.Event,
        on_progress: Callable[[IngestReport], None] = lambda report: None,
    ) -> IngestReport:
        """Work until the source ends or `stop` is set; then everything is acknowledged and the cursor saved.

        `on_progress` is called about once a second. Raises Retriable if Kafka is away for too long, Fatal if
        it refuses, and whatever the source raises.
        """
        self._restore()
        arrivals = self._arrivals()
        try:
            self._take_all(arrivals, stop, on_progress)
        finally:
            if arrivals is not self._spooled:
                arrivals.close()
        if not stop.is_set():
            self._counts.ended = True
            self._close_clock()
        self._settle_withdrawals()
        self._send(self._batcher.flush())
        self._producer.flush(STOP_GRACE_S if stop.is_set() else DELIVERY_TIMEOUT_S)
        self._mark_save_point()
        self._save()
        return self.report()

    def report(self) -> IngestReport:
        """Return what was done so far."""
        return self._counts.report(self._producer.last_offsets)

    def _restore(self) -> None:
        saved = self._cursors.load(f"{self._source.name}:handles")
        if saved:
            self._router.restore(msgspec.json.decode(saved, type=dict[str, str]))
        if not self._source.bounded:
            self._announce_brand(self._now())

    def _arrivals(self) -> Arrivals:
        if self._spooled is not None:
            return self._spooled
        cursor = self._cursors.load(self._source.name)
        if self._source.bounded:
            return BoundedArrivals(self._source, cursor)
        return LiveArrivals(self._source, cursor, patience_s=self._options.flush_every_s)

    def _take_all(
        self, arrivals: Arrivals, stop: threading.Event, on_progress: Callable[[IngestReport], None]
    ) -> None:
        since_beat, every = 0, BEAT_READINGS if self._source.bounded else 1
        for item in arrivals:
            if item is not None:
                self._take(item, in_event_time=arrivals.replaying)
            since_beat += 1
            if item is None or since_beat >= every:
                since_beat = 0
                self._beat(replaying=arrivals.replaying, on_progress=on_progress)
            if stop.is_set():
                return

    def _take(self, item: Item, *, in_event_time: bool) -> None:
        if isinstance(item, Reading):
            self._take_reading(item, in_event_time=in_event_time)
        elif isinstance(item, BadInput):
            self._bury(item)
        else:
            self._save_points.note(self._source.name, item.cursor)
        if self._spooled is not None:
            self._save_points.note(f"{self._source.name}:spool", self._spooled.place)

    def _take_reading(self, reading: Reading, *, in_event_time: bool) -> None:
        event = reading.event
        self._counts.readings += 1
        reason = impossible(event)
        if reason:
            self._bury(BadInput(where=f"{type(event).__name__} {event.id}", reason=reason))
        else:
            self._take_event(event, in_event_time=in_event_time)
        if reading.cursor is not None:
            self._save_points.note(self._source.name, reading.cursor)

    def _take_event(self, event: AnyEvent, *, in_event_time: bool) -> None:
        if self._counts.first_at is None and self._source.bounded:
            self._announce_brand(event.occurred_at - event.occurred_at % MINUTE_MS)
        self._counts.span(event.occurred_at)
        routed = self._router.route(event)
        if in_event_time and self._options.ticks and not isinstance(event, CONTROL):
            due = self._ticker.before(event.network, event.occurred_at)
            if due is not None:
                self._tick(event.network, due, ingested_at=due)
            self._ticker.count(event.network, len(routed))
        if not routed and not event.subject:
            self._withdrawals.take(event)
        for each in routed:
            self._put(placed(each, each.subject) if isinstance(each, Delete) else each)

    def _settle_withdrawals(self) -> None:
        for event in self._withdrawals.found():
            self._put(event)
        self._counts.withdrawals_unknown = self._withdrawals.unknown

    def _put(self, event: AnyEvent) -> None:
        try:
            full = self._batcher.add(event)
        except InvalidEvent as error:
            self._bury(BadInput(where=f"{type(event).__name__} {event.id!a}", reason=str(error)))
            return
        if full:
            self._send(full)

    def _send(self, messages: list[Message]) -> None:
        for message in messages:
            self._producer.send(message.partition, message.payload)
            self._counts.messages += 1
            self._counts.documents += message.documents
            self._counts.bytes += len(message.payload)

    def _bury(self, bad: BadInput) -> None:
        self._counts.bury(bad.reason)
        self._producer.send_dead_letter(dead_letter(bad, source=self._source.name, at=self._now()))

    def _beat(self, *, replaying: bool, on_progress: Callable[[IngestReport], None]) -> None:
        """Do what time demands: tick, flush, save, look at the brand file."""
        live = not self._source.bounded
        if live and self._options.ticks and not replaying and self._tick_timer.due():
            self._tick_timer = Timer(self._options.tick_every_s)
            self._tick_by_wall_clock()
        if live and self._flush_timer.due():
            self._send(self._batcher.flush())
        if self._brand_file is not None and self._brand_timer.due():
            self._look_at_brand(self._brand_file)
        if self._save_timer.due() or self._withdrawals.full:
            self._settle_withdrawals()
            self._send(self._batcher.flush())
            self._mark_save_point()
            on_progress(self.report())
        self._save()

    def _tick_by_wall_clock(self) -> None:
        now = self._now()
        if now > self._ticked_at:
            self._ticked_at = now
            for network in self._source.networks:
                self._tick(network, now, ingested_at=now)

    def _tick(self, network: Network, at: int, *, ingested_at: int) -> None:
        self._counts.ticks += 1
        self._counts.ticked_at = at
        self._put(
            Tick(network=network, id=f"{self._source.name}:{at}", occurred_at=at, ingested_at=ingested_at)
        )

    def _close_clock(self) -> None:
        """Close a bounded source's history; one without any event still tells the brand."""
        if not self._source.bounded:
            return
        if self._counts.first_at is None:
            self._announce_brand(self._now())
        if self._options.ticks and self._options.closes:
            for network, at in self._ticker.closing():
                self._tick(network, at, ingested_at=at)

    def _announce_brand(self, at: int) -> None:
        brand = self._router.brand
        if brand is None or self._brand_sent == brand_hash(brand):
            return
        self._brand_sent = brand_hash(brand)
        self._save_points.note(BRAND_KEY, self._brand_sent)
        self._put(
            BrandVersion(
                network="x", id=brand_hash(brand), occurred_at=at, ingested_at=at, content=encode_brand(brand)
            )
        )

    def _look_at_brand(self, brand_file: BrandFile) -> None:
        brand = brand_file.changed()
        if brand is None:
            return
        self._router.rebrand(brand)
        at = self._counts.last_at if self._source.bounded else None
        self._announce_brand(self._now() if at is None else at - at % MINUTE_MS)

    def _mark_save_point(self) -> None:
        """Remember what may be saved once everything sent so far is acknowledged."""
        if not self._save_points.noted:
            return
        name = self._source.name
        self._save_points.note(f"{name}:ticks", self._ticker.saved())
        if self._router.learned:
            self._save_points.note(f"{name}:handles", msgspec.json.encode(self._router.learned).decode())
        self._save_points.mark(self._producer.sent)

    def _save(self) -> None:
        saved = self._save_points.save(self._producer.acknowledged)
        place = saved.get(f"{self._source.name}:spool")
        if self._spooled is not None and place is not None:
            self._spooled.release(place)
