"""What a source gives, as it comes: at once, through a thread, or through a thread and the disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from pipelines import clock
from pipelines.ingest.spool import Place, Record, Spool, record_of
from pipelines.sources.base import Item, Source

BEHIND_MS = 60_000
"""What waited for longer on disk is of the past: it moves the clock by its own time."""
MAX_WAITING = 10_000
"""Readings that may wait between a live source and Kafka; then the source is not read."""


@runtime_checkable
class LiveSource(Protocol):
    """What a live source may tell beside its readings."""

    caught_up: bool
    """False while it replays the past from a cursor; looked at after each reading and while nothing comes.

    It must be False from the start until the source knows better: a tick of the wall clock before the replay
    would make all that is replayed late. A source without the attribute is taken to be always caught up.
    """

    def close(self) -> None:
        """Make a blocked `read` end soon. Called from another thread."""
        ...


class Arrivals(Protocol):
    """Items as they come; None when nothing came for a while. `replaying`: the last one is of the past."""

    replaying: bool

    def __iter__(self) -> Iterator[Item | None]:
        """Give the items until the source ends."""
        ...

    def close(self) -> None:
        """Stop reading."""
        ...


class BoundedArrivals:
    """Items of a bounded source, read as fast as they are taken."""

    replaying = True

    def __init__(self, source: Source, cursor: str | None) -> None:
        self._items = source.read(cursor)

    def __iter__(self) -> Iterator[Item | None]:
        return self._items

    def close(self) -> None:
        """Let go of what the source holds open."""
        close = getattr(self._items, "close", None)
        if close is not None:
            close()


class LiveArrivals:
    """Items of a live source, read in a thread of their own: time passes while the source is silent."""

    def __init__(self, source: Source, cursor: str | None, *, patience_s: float) -> None:
        self._source = source
        self._cursor = cursor
        self._patience_s = patience_s
        self._waiting: deque[tuple[Item, bool]] = deque()
        self._ready, self._room, self._closed = threading.Event(), threading.Event(), threading.Event()
        self._ended = False
        self._error: BaseException | None = None
        self.replaying = not self._caught_up()
        self._thread = threading.Thread(target=self._read, name=f"read-{source.name}", daemon=True)

    def __iter__(self) -> Iterator[Item | None]:
        self._thread.start()
        while True:
            if self._waiting:
                item, self.replaying = self._waiting.popleft()
                self._room.set()
                yield item
            elif self._ended:
                if self._waiting:
                    continue
                if self._error is not None:
                    raise self._error
                return
            else:
                self._ready.clear()
                if not self._waiting and not self._ended and not self._ready.wait(self._patience_s):
                    self.replaying = not self._caught_up()
                    yield None

    def close(self) -> None:
        """Stop the thread. One that stays blocked in a source without `close` ends with the process."""
        self._closed.set()
        if isinstance(self._source, LiveSource):
            self._source.close()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def _read(self) -> None:
        try:
            for item in self._source.read(self._cursor):
                self._wait_for_room()
                if self._closed.is_set():
                    return
                self._waiting.append((item, not self._caught_up()))
                self._ready.set()
        except BaseException as error:  # raised again where the items are taken
            self._error = error
        finally:
            self._ended = True
            self._ready.set()

    def _wait_for_room(self) -> None:
        while len(self._waiting) >= MAX_WAITING and not self._closed.is_set():
            self._room.clear()
            self._room.wait(0.1)

    def _caught_up(self) -> bool:
        return bool(getattr(self._source, "caught_up", True))


class SpooledArrivals:
    """Items of a live source that gives nothing twice: they lie on disk until Kafka has acknowledged them.

    The source is read in a thread of its own as long as the spool has room, whatever happens to Kafka. May be
    iterated again after `rewind`, with another producer. `cursor`: where the source stood by what the cursor
    store knows; what waits on disk knows better.
    """

    def __init__(
        self,
        source: Source,
        spool: Spool,
        cursor: str | None,
        *,
        patience_s: float,
        now: Callable[[], int] = clock.now_ms,
    ) -> None:
        self._source, self._spool, self._patience_s, self._now = source, spool, patience_s, now
        self._cursor = (spool.last_cursor if spool.owned else None) or cursor
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._released = spool.place
        self.replaying = True
        self._thread = threading.Thread(target=self._read, name=f"read-{source.name}", daemon=True)

    def __iter__(self) -> Iterator[Item | None]:
        if self._thread.ident is None:
            self._thread.start()
        while True:
            ended = self._ended.is_set()
            record = self._spool.take(self._patience_s)
            if record is not None:
                self.replaying = record.replaying or self._is_past(record)
                yield record.item
            elif ended:
                if self._error is not None:
                    raise self._error
                return
            else:
                self.replaying = not self._caught_up()
                yield None

    @property
    def place(self) -> str:
        """Return how far items were taken, to be saved with the cursor."""
        return self._spool.text(self._spool.place)

    def release(self, place: str) -> None:
        """Forget what lies before a place that was saved."""
        _, segment, offset = place.split("/")
        self._released = Place(int(segment), int(offset))
        self._spool.release(self._released)

    def rewind(self) -> None:
        """Go back to what was not released: the one who took it has lost it."""
        self._spool.rewind(self._released)

    def close(self) -> None:
        """Stop the thread and let go of the files."""
        close = getattr(self._source, "close", None)
        if close is not None:
            close()
        self._spool.close()
        if self._thread.is_alive():
            self._thread.join(5.0)

    def _is_past(self, record: Record) -> bool:
        return self._now() - record.at > BEHIND_MS

    def _read(self) -> None:
        try:
            for item in self._source.read(self._cursor):
                record = record_of(item, at=self._now(), replaying=not self._caught_up())
                if not self._spool.put(record):
                    return
        except BaseException as error:  # raised again where the items are taken
            self._error = error
        finally:
            self._ended.set()

    def _caught_up(self) -> bool:
        return bool(getattr(self._source, "caught_up", True))
