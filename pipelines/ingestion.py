"""An ingest put together: a source by name, its router, producer and cursors, for the settings at hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from pathlib import Path

from msgspec import Struct

from pipelines.brand import Brand
from pipelines.brand_file import load_brand
from pipelines.events import Network
from pipelines.ingest.brand_file import BrandFile
from pipelines.ingest.cursor import CursorStore
from pipelines.ingest.producer import EventProducer
from pipelines.ingest.report import IngestReport
from pipelines.ingest.router import Router
from pipelines.ingest.worker import IngestOptions, IngestWorker
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.cursors import ClickHouseCursors
from pipelines.sources.base import Source
from pipelines.topics import EventsTopic, describe_events

Progress = Callable[[IngestReport], None]


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
            worker = _worker(source, producer, cursors, topic, brands, authors, options)
            return worker.run(stop or threading.Event(), on_progress)
        finally:
            producer.close()


def _worker(
    source: Source,
    producer: EventProducer,
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
