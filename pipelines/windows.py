"""Rolling windows of one account, in event time, as sums of panes.

A window of length L advances by a step S. A row with end `e` covers [e - L, e); ends and panes align to the
Unix epoch. A pane that starts at `p` is inside the windows that end in [p + S, p + L]:

    pane p          |--|
    first end p+S   ...--|            enters
    last end p+L       |--...---|
    next end p+L+S        |--...---|  has left

So a row can only change where a pane enters or leaves; between two such ends the row before holds.
Measures are integers: what leaves is subtracted exactly, and an event costs the same in every window.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS
from pipelines.metrics.measures import Counts
from pipelines.metrics.vectors import (
    SIZE,
    ZERO,
    Matrix,
    Packed,
    Vector,
    begins_of,
    counts_of,
    in_full,
    pack,
    tells_something,
)

ALLOWED_LATENESS_MS = HOUR_MS
"""An event older than the watermark by more than this is stored, but no longer folded."""


class Window(Struct, frozen=True):
    """One window: its name in the tables, its length and the step between two ends."""

    name: str
    length_ms: int
    step_ms: int


WINDOWS = (
    Window("1h", HOUR_MS, MINUTE_MS),
    Window("24h", DAY_MS, 15 * MINUTE_MS),
    Window("7d", 7 * DAY_MS, HOUR_MS),
    Window("28d", 28 * DAY_MS, 6 * HOUR_MS),
)
LENGTHS_MS = {window.name: window.length_ms for window in WINDOWS}
HORIZON_MS = max(window.length_ms + window.step_ms for window in WINDOWS) + ALLOWED_LATENESS_MS
"""What lies further back than this from the watermark can no longer change a row."""


class WindowRow(Struct, frozen=True):
    """The sums of a window at one end."""

    window: str
    at: int
    sums: Vector

    @property
    def counts(self) -> Counts:
        """Return what is not 0 of it."""
        return counts_of(self.sums)

    @property
    def tells_something(self) -> bool:
        """Whether it holds more than late events."""
        return bool(tells_something(self.sums))


class SavedMinutes:
    """The minutes of an account that hold anything, in order: their instants, and a row of sums each."""

    def __init__(self, ats: NDArray[np.int64], sums: Matrix) -> None:
        self.ats = ats
        self.sums = sums

    @classmethod
    def of(cls, minutes: Mapping[int, Vector]) -> SavedMinutes:
        """Return those of some minutes, in any order, that hold anything."""
        ats = sorted(at for at, sums in minutes.items() if sums.any())
        sums = np.array([minutes[at] for at in ats], np.int64).reshape(len(ats), SIZE)
        return cls(np.array(ats, np.int64), sums)


class Rolling:
    """One window of one account: its panes, and the sums at `head`, the last end that was settled."""

    __slots__ = ("_next", "_touched", "head", "panes", "starts", "sums", "window")

    def __init__(self, window: Window, head: int) -> None:
        self.window = window
        self.head = head - head % window.step_ms
        self.starts = array("q")
        self.panes: list[Vector | Packed] = []
        self.sums = ZERO
        self._touched: int | None = None
        self._next: int | None = None

    def add(self, minute: int, counts: Vector) -> None:
        """Add an event's counts to the pane of its minute, in a settled window too if it is late."""
        start = minute - minute % self.window.step_ms
        place = bisect_left(self.starts, start)
        if place < len(self.starts) and self.starts[place] == start:
            self.panes[place] = _in_full(self.panes[place]) + counts
        else:
            self.starts.insert(place, start)
            self.panes.insert(place, counts)
            self._expect(start)
        self.touch(minute)

    def touch(self, minute: int) -> None:
        """Note that the pane of a minute has changed: rows from its first end on must be written again."""
        enters = minute - minute % self.window.step_ms + self.window.step_ms
        if enters <= self.head:
            self._touched = enters if self._touched is None else min(self._touched, enters)

    def pane(self, minute: int) -> Vector:
        """Return the sums of the pane that holds the minute."""
        start = minute - minute % self.window.step_ms
        place = bisect_left(self.starts, start)
        if place < len(self.starts) and self.starts[place] == start:
            return _in_full(self.panes[place])
        return ZERO

    def next_change(self) -> int | None:
        """Return the next end, after `head`, at which the sums can change; None if there is none."""
        return self._next

    def _expect(self, start: int) -> None:
        """Note that a pane has come into being: it will enter, or has entered and will leave."""
        end = start + self.window.step_ms
        if end <= self.head:
            end += self.window.length_ms
        if end > self.head and (self._next is None or end < self._next):
            self._next = end

    def _find_next(self) -> int | None:
        """Return the first end after `head` at which a pane enters or has left."""
        starts, step_ms, length_ms = self.starts, self.window.step_ms, self.window.length_ms
        entering = bisect_right(starts, self.head - step_ms)
        leaving = bisect_right(starts, self.head - length_ms - step_ms)
        if leaving == len(starts):
            return None
        leaves = starts[leaving] + length_ms + step_ms
        return leaves if entering == len(starts) else min(leaves, starts[entering] + step_ms)

    def is_due(self, to: int) -> bool:
        """Tell whether a row may change up to `to`."""
        return self._touched is not None or (self._next is not None and self._next <= to)

    def rewind(self) -> int:
        """Go back before the first row that must be written again; return the last end that was settled."""
        settled = self.head
        if self._touched is not None:
            self._rewind(self._touched - self.window.step_ms)
        return settled

    def rest(self, to: int) -> None:
        """Note that every end up to `to` is settled: nothing changes there."""
        self.head = max(self.head, to - to % self.window.step_ms)

    def changes(self, to: int) -> tuple[slice, slice]:
        """Return the panes that enter, and those that leave, at the ends behind `head` and up to `to`."""
        starts, enters_ms = self.starts, self.window.step_ms
        leaves_ms = enters_ms + self.window.length_ms
        entering = slice(bisect_right(starts, self.head - enters_ms), bisect_right(starts, to - enters_ms))
        leaving = slice(bisect_right(starts, self.head - leaves_ms), bisect_right(starts, to - leaves_ms))
        return entering, leaving

    def settled(self, to: int, sums: Vector | None, entered: slice, packed: list[Packed]) -> None:
        """Note that every end up to `to` is settled, with the sums at the last (None: as they were).

        What has entered is kept packed from now on, for it seldom changes again.
        """
        if sums is not None:
            self.sums = sums
        self.panes[entered] = packed
        self.rest(to)
        self._next = self._find_next()
        self._prune()

    def _rewind(self, to: int) -> None:
        self._touched = None
        self.head = to
        self.sums = ZERO
        first = bisect_left(self.starts, to - self.window.length_ms)
        for start in self.starts[first:]:
            if start + self.window.step_ms > to:
                break
            self.sums = self.sums + self.pane(start)
        self._next = self._find_next()

    def _prune(self) -> None:
        gone = self.head - ALLOWED_LATENESS_MS - self.window.length_ms - 2 * self.window.step_ms
        if not self.starts or self.starts[0] >= gone:
            return
        keep_from = bisect_left(self.starts, gone)
        del self.panes[:keep_from]
        del self.starts[:keep_from]

    @classmethod
    def restore_all(cls, windows: Sequence[Window], head: int, minutes: SavedMinutes) -> list[Rolling]:
        """Return some windows as they were at `head`; all their panes are packed at once."""
        rollings = [cls(window, head) for window in windows]
        panes = [rolling._take(minutes) for rolling in rollings]
        packed = iter(pack(np.concatenate(panes)))
        for rolling in rollings:
            rolling.panes = [*islice(packed, len(rolling.starts))]
            rolling._next = rolling._find_next()
        return rollings

    def _take(self, minutes: SavedMinutes) -> Matrix:
        """Take the sums at `head` and where panes start from saved minutes; return the panes in full."""
        window = self.window
        starts = minutes.ats - minutes.ats % window.step_ms
        first, last = np.searchsorted(starts, (self.head - window.length_ms, self.head - window.step_ms + 1))
        self.sums = minutes.sums[first:last].sum(axis=0)
        oldest = self.head - ALLOWED_LATENESS_MS - window.length_ms - 2 * window.step_ms
        kept = int(np.searchsorted(minutes.ats, oldest))
        starts, sums = starts[kept:], minutes.sums[kept:]
        begins = begins_of(starts)
        self.starts = array("q", starts[begins].tolist())
        return sums if begins.all() else np.add.reduceat(sums, np.flatnonzero(begins))


def _in_full(pane: Vector | Packed) -> Vector:
    return in_full([pane])[0] if isinstance(pane, bytes) else pane
