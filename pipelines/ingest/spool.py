"""What a live source gave, on disk until Kafka has acknowledged it: bounded, in order, safe from a kill."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import uuid
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from pipelines.errors import UsageError
from pipelines.events import AnyEvent
from pipelines.sources.base import BadInput, Item, Reading, Standing

logger = logging.getLogger(__name__)

DEFAULT_BYTES = 512 << 20
SEGMENT_BYTES = 8 << 20
_SUFFIX = ".spool"


class Record(Struct, frozen=True, omit_defaults=True):
    """An item as it lies on disk. `at`: when it was read. `replaying`: its source was in the past then."""

    at: int
    replaying: bool = False
    event: AnyEvent | None = None
    cursor: str | None = None
    bad: BadInput | None = None

    @property
    def item(self) -> Item:
        """Return the item as the source gave it."""
        if self.event is not None:
            return Reading(event=self.event, cursor=self.cursor)
        return self.bad or Standing(cursor=self.cursor or "")


class Place(Struct, frozen=True, order=True):
    """A place in a spool: behind it lies what is not taken yet."""

    segment: int
    offset: int = 0


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def record_of(item: Item, *, at: int, replaying: bool) -> Record:
    """Return the record of an item."""
    if isinstance(item, Reading):
        return Record(at, replaying, event=item.event, cursor=item.cursor)
    if isinstance(item, BadInput):
        return Record(at, replaying, bad=item)
    return Record(at, replaying, cursor=item.cursor)


class Spool:
    """A queue of records in files of 8 MB, written by one thread and read by another.

        released │ taken, not acknowledged │ waiting │ written next
        (removed)└ place saved             └ place   └ put

    What was written outlives a kill of this process. It is not synced: after a loss of power a source that
    can go back does, and of one that cannot a few records are gone. When `max_bytes` lie there, `put` waits
    until something is released. `resumed` is the place saved last, as `text` gives it; of a spool with
    another name nothing counts as taken. Raises UsageError if another process uses the folder.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int = DEFAULT_BYTES,
        segment_bytes: int = SEGMENT_BYTES,
        resumed: str | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self.max_bytes = folder, max_bytes
        self._segment_bytes = min(segment_bytes, max(1, max_bytes // 4))
        self._lock = _locked(folder / "lock")
        self.name = _name_of(folder / "name")
        self._sizes = {number: _mended(path) for number, path in _segments(folder)}
        self._changed = threading.Condition()
        self._closed = False
        self.full = False
        self._input: BinaryIO | None = None
        self._output: BinaryIO | None = None
        self._last = max(self._sizes, default=0)
        self._open_next()
        first = min(self._sizes)
        self.owned = resumed is None or resumed.partition("/")[0] == self.name
        saved = _place(resumed, self.name) or Place(first)
        self.place = max(saved, Place(first))
        self._release(self.place)
        self.last_cursor = next((each.cursor for each in self._backwards() if each.cursor), None)

    @property
    def waiting_bytes(self) -> int:
        """Bytes that were written and not released."""
        return sum(list(self._sizes.values()))

    def text(self, place: Place) -> str:
        """Return a place as it is saved."""
        return f"{self.name}/{place.segment}/{place.offset}"

    def put(self, record: Record) -> bool:
        """Write a record; waits while the spool is full. False: it was closed meanwhile."""
        line = _encoder.encode(record) + b"\n"
        with self._changed:
            if not self._wait_for_room(len(line)):
                return False
            if self._sizes[self._last] and self._sizes[self._last] + len(line) > self._segment_bytes:
                self._open_next()
            output = self._output
            if output is None:
                return False
            output.write(line)
            self._sizes[self._last] += len(line)
            self._changed.notify_all()
        return True

    def take(self, timeout_s: float) -> Record | None:
        """Return the next record and move behind it; None if none came in time."""
        with self._changed:
            if not self._ready() and not self._changed.wait_for(self._ready, timeout_s):
                return None
            if self._input is None:
                self._input = self._path(self.place.segment).open("rb")
                self._input.seek(self.place.offset)
        line = self._input.readline()
        self.place = Place(self.place.segment, self.place.offset + len(line))
        return _decoder.decode(line)

    def rewind(self, place: Place) -> None:
        """Go back to a place that was not released."""
        with self._changed:
            self._close_input()
            self.place = place

    def release(self, place: Place) -> None:
        """Forget what lies before a place: Kafka has it."""
        with self._changed:
            self._release(place)
            self._changed.notify_all()

    def close(self) -> None:
        """Let a waiting `put` go, and let go of the files; what waits stays."""
        with self._changed:
            self._closed = True
            self._close_input()
            self._close_output()
            self._changed.notify_all()
        os.close(self._lock)

    def _wait_for_room(self, size: int) -> bool:
        def room() -> bool:
            return self._closed or self.waiting_bytes + size <= self.max_bytes or not self.waiting_bytes

        if not room():
            self.full = True
            logger.error(
                "the spool %s is full (%d MB): the source is not read until Kafka takes something",
                self._folder,
                self.max_bytes >> 20,
            )
            self._changed.wait_for(room)
            self.full = False
            logger.warning("the spool %s has room again: the source is read on", self._folder)
        return not self._closed

    def _ready(self) -> bool:
        """Tell whether a record waits; steps over the end of a segment that is complete."""
        while self.place.offset >= self._sizes.get(self.place.segment, 0):
            if self.place.segment >= self._last:
                return False
            self._close_input()
            self.place = Place(self.place.segment + 1)
        return True

    def _release(self, place: Place) -> None:
        for number in [each for each in self._sizes if each < place.segment]:
            self._path(number).unlink(missing_ok=True)
            del self._sizes[number]
        self._drop_what_is_taken(place)

    def _drop_what_is_taken(self, place: Place) -> None:
        """Begin a new segment when everything was taken of one that is large: a full spool gets room."""
        everything = Place(self._last, self._sizes[self._last])
        if place != everything or place.offset < self._segment_bytes // 2:
            return
        self._open_next()
        self._path(place.segment).unlink(missing_ok=True)
        del self._sizes[place.segment]
        self._close_input()
        self.place = Place(self._last)

    def _open_next(self) -> None:
        self._close_output()
        self._last += 1
        self._output = self._path(self._last).open("ab", buffering=0)
        self._sizes[self._last] = 0

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:010d}{_SUFFIX}"

    def _close_input(self) -> None:
        if self._input is not None:
            self._input.close()
            self._input = None

    def _close_output(self) -> None:
        if self._output is not None:
            self._output.close()
            self._output = None

    def _backwards(self) -> Iterator[Record]:
        """Give the records that wait, the last first."""
        for number in sorted(self._sizes, reverse=True):
            tail: deque[bytes] = deque()
            with self._path(number).open("rb") as file:
                file.seek(self.place.offset if number == self.place.segment else 0)
                tail.extendleft(file)
            yield from map(_decoder.decode, tail)


def _segments(folder: Path) -> Iterator[tuple[int, Path]]:
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        if path.stem.isdecimal():
            yield int(path.stem), path


def _mended(path: Path) -> int:
    """Cut off a last line that was not written to its end; return the size."""
    with path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        kept, step = size, 1 << 16
        while kept:
            begin = max(0, kept - step)
            file.seek(begin)
            at = file.read(kept - begin).rfind(b"\n")
            if at >= 0:
                kept = begin + at + 1
                break
            kept = begin
        if kept < size:
            file.truncate(kept)
    return kept


def _place(text: str | None, name: str) -> Place | None:
    told, _, rest = (text or "").partition("/")
    segment, _, offset = rest.partition("/")
    return Place(int(segment), int(offset)) if told == name and segment and offset else None


def _name_of(path: Path) -> str:
    if not path.exists():
        path.write_text(uuid.uuid4().hex[:12])
    return path.read_text()


def _locked(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise UsageError(
            f"another process reads this source with the folder {path.parent}: stop it first"
        ) from error
    return descriptor
