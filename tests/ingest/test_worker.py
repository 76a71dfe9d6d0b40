from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.brand import Account, Brand, brand_hash, decode_brand
from pipelines.errors import InvalidBrand, Retriable
from pipelines.events import (
    HOUR_MS,
    MINUTE_MS,
    AnyEvent,
    BrandVersion,
    Network,
    Post,
    Tick,
    decode,
    split_batch,
)
from pipelines.ingest.brand_file import BrandFile
from pipelines.ingest.cursor import FileCursorStore
from pipelines.ingest.router import Router
from pipelines.ingest.worker import IngestOptions, IngestWorker
from pipelines.sources.base import BadInput, Reading

T0 = 1_700_000_040_000
FAST = IngestOptions(save_every_s=0.0, flush_every_s=0.01, tick_every_s=0.02, poll_brand_every_s=0.02)


class Log:
    """A log in memory that acknowledges when it is told to."""

    def __init__(self, *, acknowledges: bool = True) -> None:
        self.messages: list[tuple[int, bytes]] = []
        self.dead_letters: list[bytes] = []
        self.last_offsets: dict[int, int] = {}
        self.sent = 0
        self.acknowledges = acknowledges
        self.held_at = 0

    @property
    def acknowledged(self) -> int:
        return self.sent if self.acknowledges else self.held_at

    def send(self, partition: int, message: bytes) -> None:
        self.messages.append((partition, message))
        self.sent += 1

    def send_dead_letter(self, document: bytes) -> None:
        self.dead_letters.append(document)
        self.sent += 1

    def flush(self, timeout_s: float) -> None:
        if not self.acknowledges:
            raise Retriable("Kafka is away")

    def events(self, partition: int = 0) -> list[AnyEvent]:
        payloads = [message for at, message in self.messages if at == partition]
        return [decode(document) for payload in payloads for document in split_batch(payload)]


class History:
    """A bounded source out of a list; the cursor is the index of the last item given."""

    name, bounded = "history", True
    networks: tuple[Network, ...] = ("x",)

    def __init__(self, items: list[AnyEvent | BadInput]) -> None:
        self.items = items

    def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
        start = 0 if cursor is None else int(cursor) + 1
        for index, item in enumerate(self.items[start:], start):
            yield item if isinstance(item, BadInput) else Reading(event=item, cursor=str(index))


class Stream:
    """A live source that blocks until it is closed."""

    name, bounded, caught_up = "stream", False, True
    networks: tuple[Network, ...] = ("x",)

    def __init__(self, items: list[AnyEvent]) -> None:
        self.items = items
        self.closed = threading.Event()

    def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
        for index, item in enumerate(self.items):
            yield Reading(event=item, cursor=str(index))
        self.closed.wait(10)

    def close(self) -> None:
        self.closed.set()


def post(number: int, *, at: int = T0, text: str = "", author: str = "a", handle: str = "") -> Post:
    return Post(
        network="x",
        id=str(number),
        occurred_at=at,
        ingested_at=at,
        author=author,
        author_handle=handle,
        text=text,
    )


def ids(events: list[AnyEvent]) -> list[str]:
    return [each.id for each in events if isinstance(each, Post)]


def work(
    source: History | Stream,
    log: Log,
    cursors: FileCursorStore,
    *,
    brand: Brand | None = None,
    brand_file: BrandFile | None = None,
    options: IngestOptions = FAST,
    until: Callable[[], bool] | None = None,
    partitions: int = 1,
) -> IngestWorker:
    worker = IngestWorker(
        source, Router(brand), log, cursors, partitions=partitions, brand_file=brand_file, options=options
    )
    stop = threading.Event()
    if until is None:
        worker.run(stop)
        return worker
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    for _ in range(3_000):
        if until():
            break
        threading.Event().wait(0.01)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert until()
    return worker


@pytest.fixture
def cursors(tmp_path: Path) -> FileCursorStore:
    return FileCursorStore(tmp_path / "cursors.json")


def test_a_history_ends_with_a_tick_36_hours_behind_its_last_event(cursors: FileCursorStore) -> None:
    log = Log()
    report = work(History([post(1), post(2, at=T0 + 5)]), log, cursors).report()
    assert [each.id for each in log.events()] == ["1", "2", f"history:{T0 + 5 + 36 * HOUR_MS}"]
    assert (report.readings, report.documents, report.ticks, report.ended) == (2, 3, 1, True)
    assert (report.first_at, report.last_at) == (T0, T0 + 5)


def test_a_tick_stands_before_the_first_event_of_its_time(cursors: FileCursorStore) -> None:
    log = Log()
    work(History([post(1), post(2, at=T0 + 7 * HOUR_MS + 1)]), log, cursors)
    first, tick, second, _ = log.events()
    assert isinstance(tick, Tick)
    assert (first.id, tick.occurred_at, second.id) == ("1", T0 + 7 * HOUR_MS, "2")
    assert tick.occurred_at % MINUTE_MS == 0


def test_an_import_into_a_running_system_never_ticks(cursors: FileCursorStore) -> None:
    log = Log()
    work(History([post(1), post(2, at=T0 + 7 * HOUR_MS)]), log, cursors, options=IngestOptions(ticks=False))
    assert ids(log.events()) == ["1", "2"]
    assert len(log.events()) == 2


def test_the_brand_stands_first_in_every_partition_and_is_dated_before_the_history(
    cursors: FileCursorStore,
) -> None:
    log, brand = Log(), Brand(name="oven", accounts=(Account(network="x", id="a"),))
    work(History([post(1, at=T0 + 1_234)]), log, cursors, brand=brand, partitions=3)
    for partition in range(3):
        first = log.events(partition)[0]
        assert isinstance(first, BrandVersion)
        assert (first.id, first.occurred_at) == (brand_hash(brand), T0)
        assert decode_brand(first.content) == brand


def test_a_brand_that_the_log_knows_is_not_told_again(cursors: FileCursorStore) -> None:
    brand = Brand(accounts=(Account(network="x", id="a"),))
    work(History([post(1)]), Log(), cursors, brand=brand)
    log = Log()
    work(History([post(1), post(2)]), log, cursors, brand=brand)
    assert [type(each) for each in log.events()] == [Post, Tick]


def test_bad_input_is_a_dead_letter_counted_by_reason_and_stops_nothing(cursors: FileCursorStore) -> None:
    log = Log()
    source = History(
        [
            BadInput(where="posts.jsonl:7", reason="not JSON", excerpt="{"),
            post(1),
            post(2, text="\ud800"),
            post(3, at=1_000),
            BadInput(where="posts.jsonl:9", reason="not JSON", excerpt="\ud800"),
            post(4),
        ]
    )
    report = work(source, log, cursors).report()
    assert ids(log.events()) == ["1", "4"]
    assert report.dead_letters == len(log.dead_letters) == 4
    assert report.dead_letter_reasons == {
        "not JSON": 2,
        "text is not valid Unicode: surrogates not allowed": 1,
        "dated before 2006": 1,
    }
    assert b'"where":"posts.jsonl:7","reason":"not JSON","excerpt":"{"' in log.dead_letters[0]


def test_a_post_dated_in_the_future_does_not_move_the_clock(cursors: FileCursorStore) -> None:
    log = Log()
    future = Post(network="x", id="9", occurred_at=T0 + 9 * HOUR_MS, ingested_at=T0, author="a")
    work(History([post(1), future]), log, cursors)
    assert [each.occurred_at for each in log.events() if isinstance(each, Tick)] == [T0 + 36 * HOUR_MS]


def test_no_cursor_is_saved_before_kafka_has_acknowledged(cursors: FileCursorStore) -> None:
    log = Log(acknowledges=False)
    source = History([post(number) for number in range(1_000)])
    with pytest.raises(Retriable):
        work(source, log, cursors)
    assert log.sent > 1
    assert cursors.load("history") is None


def test_the_saved_cursor_is_covered_by_what_is_acknowledged(cursors: FileCursorStore) -> None:
    log = Log(acknowledges=False)
    log.held_at = 3
    with pytest.raises(Retriable):
        work(History([post(number) for number in range(1_000)]), log, cursors)
    saved = cursors.load("history")
    assert saved is not None
    acknowledged = [
        decode(each).id
        for _, message in log.messages[:3]
        for each in split_batch(message)
        if b'"post"' in each
    ]
    assert saved == acknowledged[-1]


def test_a_resumed_run_goes_on_behind_the_cursor_and_knows_its_handles(cursors: FileCursorStore) -> None:
    brand = Brand(accounts=(Account(network="x", handle="oven"),))
    items: list[AnyEvent | BadInput] = [post(0, author="7", handle="oven")]
    work(History(items), Log(), cursors, brand=brand)
    log = Log()
    work(History([*items, post(1, author="7")]), log, cursors, brand=brand)
    assert [each.subject for each in log.events() if isinstance(each, Post)] == ["7"]
    assert ids(log.events()) == ["1"]


def test_a_silent_live_source_is_flushed_and_ticks_by_the_wall_clock(cursors: FileCursorStore) -> None:
    log = Log()
    work(
        Stream([post(1)]),
        log,
        cursors,
        until=lambda: ids(log.events()) == ["1"] and len(log.events()) >= 4 and cursors.load("stream") == "0",
    )
    ticks = [each.occurred_at for each in log.events() if isinstance(each, Tick)]
    assert ticks == sorted(set(ticks))
    assert ticks[0] > T0


def test_while_a_live_source_replays_the_clock_is_that_of_its_posts(cursors: FileCursorStore) -> None:
    source = Stream([post(1), post(2, at=T0 + 7 * HOUR_MS)])
    source.caught_up = False
    log = Log()

    def ticks() -> list[int]:
        return [each.occurred_at for each in log.events() if isinstance(each, Tick)]

    def catch_up() -> bool:
        if not source.caught_up and len(log.events()) == 3:
            threading.Event().wait(0.2)
            assert ticks() == [T0 + 7 * HOUR_MS]
            source.caught_up = True
        return len(ticks()) > 1

    work(source, log, cursors, until=catch_up)
    assert ticks()[1] > T0 + 7 * HOUR_MS


def test_a_steady_trickle_is_flushed_by_time_and_not_only_when_it_pauses(cursors: FileCursorStore) -> None:
    class Trickle(Stream):
        def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
            for number in range(40):
                if self.closed.wait(0.005):
                    return
                yield Reading(event=post(number))

    log = Log()
    worker = work(Trickle([]), log, cursors, options=IngestOptions(ticks=False))
    assert worker.report().readings == 40
    assert worker.report().messages >= 3


def test_a_changed_brand_file_is_told_and_one_with_mistakes_keeps_the_old(
    cursors: FileCursorStore, tmp_path: Path
) -> None:
    path = tmp_path / "brand.yaml"
    path.write_text("one")
    loaded: list[str] = []

    def load(path: Path) -> Brand:
        loaded.append(path.read_text())
        if loaded[-1] == "wrong":
            raise InvalidBrand(str(path), ("line 1: wrong",))
        return Brand(name=loaded[-1])

    log = Log()
    brand_file = BrandFile(path, load)
    to_come = iter(("wrong", "three"))

    def names() -> list[str]:
        return [decode_brand(each.content).name for each in log.events() if isinstance(each, BrandVersion)]

    def write_next() -> None:
        if (text := next(to_come, None)) is not None:
            (tmp_path / "next").write_text(text)
            (tmp_path / "next").replace(path)

    def change() -> bool:
        if names() == ["one"] and path.read_text() in ("one", *loaded):  # what is there now was seen
            write_next()
        return names() == ["one", "three"]

    work(Stream([]), log, cursors, brand=Brand(name="one"), brand_file=brand_file, until=change)
    assert loaded == ["wrong", "three"]
    assert cursors.load("brand") == brand_hash(Brand(name="three"))


def test_an_error_of_a_live_source_ends_the_worker(cursors: FileCursorStore) -> None:
    class Broken(Stream):
        def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
            yield Reading(event=post(1))
            raise OSError("cut off")

    with pytest.raises(OSError, match="cut off"):
        work(Broken([]), Log(), cursors)
