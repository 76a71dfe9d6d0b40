"""An ingest put together: a source by name, its router, producer and cursors, for the settings at hand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, structs

from pipelines.brand import Brand
from pipelines.brand_file import load_brand
from pipelines.errors import Retriable
from pipelines.events import Network
from pipelines.exposition import Exposition
from pipelines.ingest.arrivals import SpooledArrivals
from pipelines.ingest.brand_file import BrandFile
from pipelines.ingest.heartbeat import beating
from pipelines.ingest.producer import EventProducer, Producer
from pipelines.ingest.report import IngestReport
from pipelines.ingest.router import Router
from pipelines.ingest.spool import DEFAULT_BYTES, Spool
from pipelines.ingest.telling import Delivery, IngestTelling, ailment_of, readings_of
from pipelines.ingest.worker import IngestOptions, IngestWorker
from pipelines.ingest_figures import keeping
from pipelines.recording import Recording
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.cursors import ClickHouseCursors
from pipelines.sinks.facts import ClickHouseFacts
from pipelines.sinks.state_store import ClickHouseStore
from pipelines.sources.base import Source
from pipelines.topics import describe_events

logger = logging.getLogger(__name__)

Progress = Callable[[IngestReport], None]
KAFKA_AGAIN_S = 5.0
"""So long an ingest that keeps reading waits until it tries Kafka again."""


class Brands(Struct, frozen=True):
    """The brand of an ingest, and the file that is watched for changes, if there is one."""

    brand: Brand | None = None
    file: BrandFile | None = None

    @property
    def now(self) -> Brand | None:
        """The brand as the file said it when it was looked at last."""
        latest = self.file.latest if self.file is not None else None
        return self.brand if latest is None else latest


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


class Load(Struct, frozen=True, kw_only=True):
    """What is to be carried into the log, and how; see `carry`. `spool_dir` None: nothing is kept on disk.

    `telling`: what is told of it while it is carried.
    """

    source: Source
    brands: Brands = Brands()
    authors: frozenset[tuple[Network, str]] | None = None
    options: IngestOptions | None = None
    spool_dir: Path | None = None
    spool_bytes: int = DEFAULT_BYTES
    telling: IngestTelling | None = None


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
    tracked = None if authors is None else frozenset(authors)
    load = Load(source=source, brands=brands, authors=tracked, options=options)
    return _carry(load, settings, None, stop or threading.Event(), on_progress)


def carry_on(
    load: Load,
    settings: Settings,
    *,
    stop: threading.Event,
    on_progress: Progress = lambda _: None,
    again_s: float = KAFKA_AGAIN_S,
) -> IngestReport:
    """Carry a live source and keep reading it while Kafka or the store is away, as far as its spool holds.

    Raises what `carry` does, but Retriable only when told to stop: then what is on disk goes on next time.
    """
    if load.spool_dir is None:
        return _carry(load, settings, None, stop, on_progress)
    with _cursors_of(load.source, settings) as cursors:
        resumed = cursors.load(f"{load.source.name}:spool")
        cursor = cursors.load(load.source.name)
    spool = Spool(load.spool_dir, max_bytes=load.spool_bytes, resumed=resumed)
    arrivals = SpooledArrivals(load.source, spool, cursor, patience_s=0.05)
    if load.telling is not None:
        load.telling.disk = spool
    try:
        while True:
            try:
                return _carry(load, settings, arrivals, stop, on_progress)
            except Retriable as error:
                if stop.is_set():
                    raise
                logger.error("%s: the source is read on and waits on disk", error)
            if stop.wait(again_s):
                raise Retriable("stopped while Kafka or the store was away; what was read waits on disk")
            arrivals.rewind()
    finally:
        arrivals.close()


def carry_all(
    loads: Sequence[Load],
    settings: Settings,
    *,
    stop: threading.Event,
    on_progress: Callable[[str, IngestReport], None] = lambda name, report: None,
) -> dict[str, IngestReport]:
    """Carry several sources side by side, each in a thread; return the report of each by its name.

    The first that fails stops all others, in order, and its error is raised. Meanwhile their figures and
    their health are shown.
    """
    tellings = {load.source.name: IngestTelling() for load in loads}
    exposition = Exposition("ingest", lambda: readings_of(tellings), lambda: ailment_of(tellings))
    exposition.start(settings.ingest_metrics)
    told = [structs.replace(load, telling=tellings[load.source.name]) for load in loads]
    try:
        with keeping(tellings, settings):
            return _carry_side_by_side(told, settings, stop, on_progress)
    finally:
        exposition.stop()


def _carry_side_by_side(
    loads: Sequence[Load],
    settings: Settings,
    stop: threading.Event,
    on_progress: Callable[[str, IngestReport], None],
) -> dict[str, IngestReport]:
    reports: dict[str, IngestReport] = {}
    errors: list[BaseException] = []

    def carry_one(load: Load) -> None:
        name = load.source.name
        try:
            reports[name] = carry_on(
                load, settings, stop=stop, on_progress=lambda report: on_progress(name, report)
            )
        except BaseException as error:  # raised again below, in the thread that was asked
            errors.append(error)
            stop.set()

    if len(loads) == 1:
        carry_one(loads[0])
    else:
        threads = [threading.Thread(target=carry_one, args=(load,), name=load.source.name) for load in loads]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if errors:
        raise errors[0]
    return reports


def _cursors(source: Source, client: ClickHouse, log_id: str) -> ClickHouseCursors:
    input_id = getattr(source, "input_id", "") if source.bounded else ""
    return ClickHouseCursors(client, log_id=log_id, bounded=source.bounded, input_id=input_id)


@contextmanager
def _cursors_of(source: Source, settings: Settings) -> Iterator[ClickHouseCursors]:
    topic = describe_events(settings)
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        yield _cursors(source, client, topic.topic_id)


def _carry(
    load: Load,
    settings: Settings,
    arrivals: SpooledArrivals | None,
    stop: threading.Event,
    on_progress: Progress,
) -> IngestReport:
    topic = describe_events(settings)
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        cursors = _cursors(load.source, client, topic.topic_id)
        producer = EventProducer(settings)
        recording = Recording(producer, client)
        try:
            worker = IngestWorker(
                load.source,
                Router(load.brands.now, load.authors),
                recording,
                cursors,
                partitions=topic.partitions,
                brand_file=load.brands.file,
                options=load.options,
                arrivals=arrivals,
                subjects=None if load.source.bounded else ClickHouseFacts(client),
            )
            progress = beating(load.source, load.options, ClickHouseStore(client).beat, on_progress)
            return worker.run(stop, _telling(load, recording, cursors, progress))
        finally:
            producer.close()


def _telling(load: Load, producer: Producer, cursors: ClickHouseCursors, on_progress: Progress) -> Progress:
    """Return a progress that also notes the figures."""
    telling = load.telling
    if telling is None:
        return on_progress

    def tell(report: IngestReport) -> None:
        telling.take(report, Delivery(producer.sent, producer.acknowledged, cursors.saved_at))
        on_progress(report)

    return tell
