"""Run the chain on files: an embedded stack and a worker beside, ingest here, wait for the last event."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, structs

from pipelines import clock
from pipelines.analysis.manifest import Manifest, claim, digest_of, held, write_manifest
from pipelines.errors import Fatal, UsageError
from pipelines.ingest.report import IngestReport
from pipelines.ingestion import Brands, brands_of, carry
from pipelines.offsets import end_offsets
from pipelines.preparation import prepare
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sources.base import BadInput
from pipelines.sources.bounded import BoundedSource, Counts, Inventory, Part
from pipelines.stack import Supervised, embedded, environment_of, opened, settings_of

logger = logging.getLogger(__name__)

STALLED_S = 120.0
"""So long without progress, and the analysis gives up."""
SOON_S, FAR_S = 0.1, 1.5
"""Pauses between two looks at how far it is: near the end, and at the beginning."""
CHECKPOINT_EVERY_S = 15.0
"""A checkpoint at the end is asked for, so those between only shorten what is folded again after a crash."""
_POSITIONS = """
SELECT toUInt32(account_id), JSONExtractInt(body, 'offset')
FROM checkpoints FINAL
WHERE kind = 'position'
"""
_INSERTED = """
SELECT partition, max(offset)
FROM batches
WHERE written_at >= fromUnixTimestamp64Milli(toInt64(%(since)s))
GROUP BY partition
"""


class Question(Struct, frozen=True, kw_only=True):
    """What is to be analyzed, and where the data stay."""

    parts: tuple[Part, ...]
    data_dir: Path | None
    brand_file: Path | None
    counts: Counts


class Listener(Struct, frozen=True):
    """Who is told how far it is."""

    stage: Callable[[str, int | None], None]
    """A stage begins: what it does, and how much there is to do, if that is known."""
    progress: Callable[[int], None]
    bad: Callable[[BadInput], None]


class Answer(Struct, frozen=True):
    """Where the data are, and what was counted."""

    data_dir: Path
    manifest: Manifest


def analyze(question: Question, listener: Listener, read: Callable[[Settings], None]) -> Answer:
    """Answer the question; `read` is called with the settings while the store still runs.

    The same question about the same folder is answered from it; one that was cut off goes on.
    """
    brands = brands_of(question.brand_file)
    paths = [path for part in question.parts for path in part.paths]
    read_now = [part.read_now for part in question.parts if part.read_now]
    digest = digest_of(paths, brands.brand, question.counts, *read_now)
    folder = question.data_dir or Path(".rapport") / f"analysis-{digest[:8]}"
    if (manifest := claim(folder, digest, [name for part in question.parts for name in part.names])).complete:
        listener.stage(f"{folder} holds this analysis already", None)
        with opened(folder) as settings:
            read(settings)
        return Answer(folder, manifest)
    with held(folder), _sorting(question, folder) as source:
        inventory = _sorted(source, question, listener)
        write_manifest(folder, manifest)
        _run(source, inventory, folder, brands, listener, read)
        manifest = structs.replace(manifest, complete=True, posts=inventory.posts, lacks=inventory.lacks)
        write_manifest(folder, manifest)
    return Answer(folder, manifest)


@contextmanager
def _sorting(question: Question, folder: Path) -> Iterator[BoundedSource]:
    """Give the input as a source; what it keeps on the disk goes when the context ends."""
    work_dir = folder / "sorting"
    source = BoundedSource(question.parts, counts=question.counts, work_dir=work_dir, now=clock.now_ms)
    try:
        yield source
    finally:
        source.close()
        shutil.rmtree(work_dir, ignore_errors=True)


def _run(
    source: BoundedSource,
    inventory: Inventory,
    folder: Path,
    brands: Brands,
    listener: Listener,
    read: Callable[[Settings], None],
) -> None:
    with embedded(folder, on_progress=lambda what: listener.stage(what, None)) as stack:
        settings = settings_of(stack.environ(), folder)
        prepare(settings)
        begun_at = clock.now_ms()
        environment = environment_of(
            stack.environ(), folder, RAPPORT_CHECKPOINT_EVERY_S=f"{CHECKPOINT_EVERY_S}"
        )
        worker = Supervised(
            "worker", ["pipelines", "--verbose", "work"], environment, folder / "logs" / "worker.log"
        )
        try:
            ends = _fill(source, inventory, settings, brands, worker, listener)
            _Folded(settings, ends, begun_at).wait(worker, listener)
        finally:
            worker.stop()
        listener.stage("reading the numbers", None)
        read(settings)


def _sorted(source: BoundedSource, question: Question, listener: Listener) -> Inventory:
    listener.stage("reading and sorting", source.size)
    inventory = source.prepare(lambda done, _: listener.progress(done))
    if inventory.posts == 0:
        _tell_bad(source, listener)
        raise UsageError(
            "no post was found in the input: rapport reads X API v1.1 and v2 as collectors write them"
            " (one JSON document a line, arrays, pages; gzip or zstd), and the archives of the networks"
        )
    if question.counts == "final" and inventory.has_counts and inventory.all_counts_zero:
        raise UsageError(
            "every like, reply and repost count in the input is 0: it was captured as the posts appeared;"
            " say --counts at-capture, and rates of interaction are left out instead of being 0"
        )
    return inventory


def _tell_bad(source: BoundedSource, listener: Listener) -> None:
    for item in source.read(None):
        if not isinstance(item, BadInput):
            return
        listener.bad(item)


def _fill(
    source: BoundedSource,
    inventory: Inventory,
    settings: Settings,
    brands: Brands,
    worker: Supervised,
    listener: Listener,
) -> dict[int, int]:
    listener.stage("into the log", inventory.events)

    def tell(report: IngestReport) -> None:
        worker.look_after()
        listener.progress(report.readings)

    carry(source, settings, brands=brands, authors=inventory.authors, on_progress=tell)
    return end_offsets(settings)


class _Folded:
    """How far the worker is: what the checkpoints cover, and what was inserted by this run beyond that."""

    def __init__(self, settings: Settings, ends: dict[int, int], begun_at: int) -> None:
        self._settings, self._ends, self._begun_at = settings, ends, begun_at

    def wait(self, worker: Supervised, listener: Listener) -> None:
        """Wait until a checkpoint covers the log. Once everything is inserted, the worker saves it and ends.

        If it ended before it had saved all (it was killed, or the store was away), another one goes on.
        """
        listener.stage("folding into ClickHouse", sum(self._ends.values()))
        with ClickHouse(self._settings.clickhouse, WRITER_USER) as client:
            self._wait(lambda: self._inserted(client), worker, listener)
            worker.stop()
            if self._covered(self._saved(client)) < sum(self._ends.values()):
                self._wait(lambda: self._saved(client), worker, listener)

    def _wait(self, reached: Callable[[], dict[int, int]], worker: Supervised, listener: Listener) -> None:
        pause = threading.Event()
        best, since = -1, clock.monotonic_s()
        while (folded := self._covered(reached())) < sum(self._ends.values()):
            listener.progress(folded)
            if folded > best:
                best, since = folded, clock.monotonic_s()
            elif clock.monotonic_s() - since > STALLED_S:
                raise Fatal(f"nothing was folded for {STALLED_S:.0f} s: see {self._settings.data_dir}/logs")
            worker.look_after()
            pause.wait(SOON_S + (FAR_S - SOON_S) * (1 - folded / sum(self._ends.values())))

    def _covered(self, reached: dict[int, int]) -> int:
        return sum(min(reached.get(each, -1) + 1, end) for each, end in self._ends.items())

    def _saved(self, client: ClickHouse) -> dict[int, int]:
        return dict(client.rows(_POSITIONS))

    def _inserted(self, client: ClickHouse) -> dict[int, int]:
        saved, inserted = self._saved(client), dict(client.rows(_INSERTED, {"since": self._begun_at}))
        return {each: max(saved.get(each, -1), inserted.get(each, -1)) for each in self._ends}
