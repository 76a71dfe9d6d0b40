"""An ingest put together: a source by name, its router, producer and cursors, for the settings at hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from pathlib import Path
from zlib import crc32

import msgspec
from msgspec import Struct

from pipelines import clock
from pipelines.brand import Brand
from pipelines.brand_file import load_brand
from pipelines.events import Network
from pipelines.ingest.brand_file import BrandFile
from pipelines.ingest.cursor import CursorStore
from pipelines.ingest.producer import DELIVERY_TIMEOUT_S, EventProducer, Producer
from pipelines.ingest.report import DeadLetter as IngestDeadLetter
from pipelines.ingest.report import IngestReport
from pipelines.ingest.router import Router
from pipelines.ingest.worker import IngestOptions, IngestWorker
from pipelines.rows import DeadLetter, Rows
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.cursors import ClickHouseCursors
from pipelines.sinks.state_store import ClickHouseStore
from pipelines.sources.base import Source
from pipelines.topics import EventsTopic, describe_events

Progress = Callable[[IngestReport], None]
MAX_LETTERS, LETTERS_EVERY_S = 1_000, 1.0
"""Dead letters are inserted when there are so many, or so long after the first of them."""


class Recording:
    """An ingest's producer that also writes dead letters into their table, some at a time.

    Nothing counts as acknowledged behind a dead letter that is not in the table yet, so no cursor passes one.
    Writing one twice is harmless: it replaces itself.
    """

    def __init__(self, producer: Producer, client: ClickHouse) -> None:
        self._producer, self._store = producer, ClickHouseStore(client)
        self._letters: list[DeadLetter] = []
        self._before = 0
        self._due_at = 0.0
        self.last_offsets = producer.last_offsets

    @property
    def sent(self) -> int:
        """Sequence number of the last message sent."""
        return self._producer.sent

    @property
    def acknowledged(self) -> int:
        """Sequence number up to which Kafka has everything, and the table every dead letter."""
        if self._letters and clock.monotonic_s() >= self._due_at:
            self._write()
        done = self._producer.acknowledged
        return min(done, self._before) if self._letters else done

    def send(self, partition: int, message: bytes) -> None:
        """Send to a partition of the events topic."""
        self._producer.send(partition, message)

    def send_dead_letter(self, document: bytes) -> None:
        """Send to the topic of dead letters, and keep it for the table."""
        if not self._letters:
            self._before, self._due_at = self._producer.sent, clock.monotonic_s() + LETTERS_EVERY_S
        self._producer.send_dead_letter(document)
        self._letters.append(_letter(document))
        if len(self._letters) >= MAX_LETTERS:
            self._write()

    def flush(self, timeout_s: float = DELIVERY_TIMEOUT_S) -> None:
        """Wait until Kafka has everything, and the table every dead letter."""
        self._producer.flush(timeout_s)
        self._write()

    def _write(self) -> None:
        self._store.insert(Rows(dead_letters=self._letters))
        self._letters = []


def _letter(document: bytes) -> DeadLetter:
    """Return the row of a dead letter, which never was in the log: a checksum tells two of a place apart."""
    told = msgspec.json.decode(document, type=IngestDeadLetter)
    return DeadLetter(
        epoch=0,
        partition=0,
        offset=0,
        index=crc32(f"{told.reason}\n{told.excerpt}".encode()),
        source=told.source,
        place=told.where,
        reason=told.reason,
        document=told.excerpt,
        at=told.at,
    )


class Brands(Struct, frozen=True):
    """The brand of an ingest, and the file that is watched for changes, if there is one."""

    brand: Brand | None = None
    file: BrandFile | None = None


def brands_of(path: Path | None) -> Brands:
    """Return the brand in a file (None: no brand). Raises InvalidBrand with every mistake and its line."""
    if path is None:
        return Brands()
    file = BrandFile(path, load_brand)
    return Brands(load_brand(path), file)


def saved_cursor(name: str, settings: Settings) -> str | None:
    """Return where a live source stood when its cursor was saved last; None if it never was."""
    topic = describe_events(settings)
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        return ClickHouseCursors(client, log_id=topic.topic_id, bounded=False).load(name)


def carry(
    source: Source,
    settings: Settings,
    *,
    brands: Brands,
    authors: Collection[tuple[Network, str]] | None = None,
    options: IngestOptions | None = None,
    stop: threading.Event | None = None,
    on_progress: Progress = lambda _: None,
) -> IngestReport:
    """Carry a source into the log until it ends or `stop` is set.

    Without accounts in the brand, `authors` are tracked (None: every account that a post names).
    """
    topic = describe_events(settings)
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        cursors = ClickHouseCursors(client, log_id=topic.topic_id, bounded=source.bounded)
        producer = EventProducer(settings)
        try:
            worker = _worker(source, Recording(producer, client), cursors, topic, brands, authors, options)
            return worker.run(stop or threading.Event(), on_progress)
        finally:
            producer.close()


def _worker(
    source: Source,
    producer: Producer,
    cursors: CursorStore,
    topic: EventsTopic,
    brands: Brands,
    authors: Collection[tuple[Network, str]] | None,
    options: IngestOptions | None,
) -> IngestWorker:
    return IngestWorker(
        source,
        Router(brands.brand, authors),
        producer,
        cursors,
        partitions=topic.partitions,
        brand_file=brands.file,
        options=options,
    )
