from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from pipelines.errors import Retriable
from pipelines.events import HOUR_MS, Delete, Gap, Network, Post, Tick, decode, split_batch
from pipelines.ingest.arrivals import SpooledArrivals
from pipelines.ingest.cursor import FileCursorStore
from pipelines.ingest.router import Router
from pipelines.ingest.spool import Spool
from pipelines.ingest.worker import IngestOptions, IngestWorker
from pipelines.sources.base import Item, Reading, Standing

T0 = 1_700_000_000_000
FAST = IngestOptions(save_every_s=0.0, flush_every_s=0.01, tick_every_s=0.02)


class OnceOnly:
    """A live source that gives each item once; `given` is how many were taken and the next one asked for."""

    name, bounded, caught_up, spooled = "once", False, True, True
    networks: tuple[Network, ...] = ("x",)

    def __init__(self, items: list[Item]) -> None:
        self.items, self.given = items, 0
        self.closed = threading.Event()
        self.cursor: str | None = "not read"

    def read(self, cursor: str | None) -> Iterator[Item]:
        self.cursor = cursor
        for item in self.items:
            yield item
            self.given += 1
        self.closed.wait(10)

    def close(self) -> None:
        self.closed.set()


class Log:
    """A log in memory that is away as long as it is told to be."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.last_offsets: dict[int, int] = {}
        self.sent = 0
        self.away = False

    @property
    def acknowledged(self) -> int:
        if self.away:
            raise Retriable("Kafka is away")
        return self.sent

    def send(self, partition: int, message: bytes) -> None:
        if self.away:
            raise Retriable("Kafka is away")
        self.messages.append(message)
        self.sent += 1

    def send_dead_letter(self, document: bytes) -> None:
        self.send(0, document)

    def flush(self, timeout_s: float) -> None:
        return

    def ids(self) -> list[str]:
        events = [decode(document) for message in self.messages for document in split_batch(message)]
        return [each.id for each in events if isinstance(each, Post)]

    def ticks(self) -> list[int]:
        events = [decode(document) for message in self.messages for document in split_batch(message)]
        return [each.occurred_at for each in events if isinstance(each, Tick)]


def reading(number: int, *, at: int = T0) -> Reading:
    post = Post(network="x", id=str(number), occurred_at=at, ingested_at=at, author="a")
    return Reading(event=post, cursor=str(number))


def worker_of(
    source: OnceOnly, log: Log, arrivals: SpooledArrivals, cursors: FileCursorStore
) -> IngestWorker:
    return IngestWorker(source, Router(None), log, cursors, partitions=1, arrivals=arrivals, options=FAST)


def run_until(worker: IngestWorker, condition: object) -> None:
    assert callable(condition)
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    for _ in range(500):
        if condition():
            break
        threading.Event().wait(0.01)
    stop.set()
    thread.join(5)
    assert condition()


def test_while_kafka_is_away_the_source_is_read_on_and_nothing_is_lost_when_it_is_back(
    tmp_path: Path,
) -> None:
    source, log = OnceOnly([reading(number) for number in range(200)]), Log()
    cursors = FileCursorStore(tmp_path / "cursors.json")
    spool = Spool(tmp_path / "spool")
    arrivals = SpooledArrivals(source, spool, None, patience_s=0.01)
    log.away = True
    for _ in range(3):
        try:
            worker_of(source, log, arrivals, cursors).run(threading.Event())
        except Retriable:
            arrivals.rewind()
    for _ in range(100):
        if source.given == 200:
            break
        threading.Event().wait(0.01)
    assert source.given == 200
    assert log.ids() == []
    log.away = False
    run_until(worker_of(source, log, arrivals, cursors), lambda: cursors.load("once") == "199")
    assert log.ids() == [str(number) for number in range(200)]
    arrivals.close()


def test_what_was_read_and_not_acknowledged_is_carried_by_the_next_process(tmp_path: Path) -> None:
    cursors = FileCursorStore(tmp_path / "cursors.json")
    source = OnceOnly([reading(1), reading(2)])
    spool = Spool(tmp_path / "spool")
    arrivals = SpooledArrivals(source, spool, None, patience_s=0.01)
    assert next(iter(arrivals)) == reading(1)
    for _ in range(100):
        if source.given == 2:
            break
        threading.Event().wait(0.01)
    arrivals.close()  # nothing was saved: as after a kill

    again, log = OnceOnly([reading(3)]), Log()
    spool = Spool(tmp_path / "spool", resumed=cursors.load("once:spool"))
    arrivals = SpooledArrivals(again, spool, cursors.load("once"), patience_s=0.01)
    run_until(worker_of(again, log, arrivals, cursors), lambda: cursors.load("once") == "3")
    assert log.ids() == ["1", "2", "3"]
    assert again.cursor == "2"
    arrivals.close()


def test_what_waited_long_on_disk_moves_the_clock_by_its_own_time(tmp_path: Path) -> None:
    source = OnceOnly([reading(1, at=T0), reading(2, at=T0 + 7 * HOUR_MS)])
    now = [T0]
    spool = Spool(tmp_path / "spool")
    arrivals = SpooledArrivals(source, spool, None, patience_s=0.01, now=lambda: now[0])
    items = iter(arrivals)
    next(items)
    assert not arrivals.replaying
    now[0] += HOUR_MS
    next(items)
    assert arrivals.replaying
    assert next(items) is None
    assert not arrivals.replaying
    arrivals.close()


def test_standing_still_moves_the_cursor(tmp_path: Path) -> None:
    source, log = OnceOnly([reading(1), Standing(cursor="7")]), Log()
    cursors = FileCursorStore(tmp_path / "cursors.json")
    arrivals = SpooledArrivals(source, Spool(tmp_path / "spool"), None, patience_s=0.01)
    run_until(worker_of(source, log, arrivals, cursors), lambda: cursors.load("once") == "7")
    assert log.ids() == ["1"]
    arrivals.close()


def test_a_gap_is_told_to_every_partition_and_a_deletion_of_something_unknown_is_dropped(
    tmp_path: Path,
) -> None:
    gap = Gap(network="x", id="once:1", occurred_at=T0, ingested_at=T0 + 5, until=T0 + 5, source="once")
    gone = Delete(network="x", id="404", occurred_at=T0, ingested_at=T0)
    source, log = OnceOnly([Reading(event=gap), Reading(event=gone), reading(9)]), Log()
    cursors = FileCursorStore(tmp_path / "cursors.json")
    arrivals = SpooledArrivals(source, Spool(tmp_path / "spool"), None, patience_s=0.01)
    worker = worker_of(source, log, arrivals, cursors)
    run_until(worker, lambda: cursors.load("once") == "9")
    events = [decode(document) for message in log.messages for document in split_batch(message)]
    assert [each for each in events if isinstance(each, Gap)] == [gap]
    assert not [each for each in events if isinstance(each, Delete)]
    assert worker.report().withdrawals_unknown == 1
    arrivals.close()
