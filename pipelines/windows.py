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
from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS
from pipelines.metrics.measures import Counts
from pipelines.metrics.vectors import (
    LATE,
    SIZE,
    ZERO,
    Packed,
    Vector,
    counts_of,
    pack,
    tells_something,
    unpack,
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
        return tells_something(self.sums)


class SavedMinutes:
    """The minutes of an account that hold anything, in order: their instants, and a row of sums each."""

    def __init__(self, minutes: Mapping[int, Vector]) -> None:
        ats = sorted(at for at, sums in minutes.items() if sums.any())
        self.ats = np.array(ats, np.int64)
        self.sums = np.array([minutes[at] for at in ats], np.int64).reshape(len(ats), SIZE)


class Rolling:
    """One window of one account: its panes, and the sums at `head`, the last end that was settled."""

    __slots__ = ("_next", "_panes", "_starts", "_sums", "_touched", "head", "window")

    def __init__(self, window: Window, head: int) -> None:
        self.window = window
        self.head = head - head % window.step_ms
        self._starts = array("q")
        self._panes: list[Vector | Packed] = []
        self._sums = ZERO
        self._touched: int | None = None
        self._next: int | None = None

    def add(self, minute: int, counts: Vector) -> None:
        """Add an event's counts to the pane of its minute, in a settled window too if it is late."""
        start = minute - minute % self.window.step_ms
        place = bisect_left(self._starts, start)
        if place < len(self._starts) and self._starts[place] == start:
            self._panes[place] = _in_full(self._panes[place]) + counts
        else:
            self._starts.insert(place, start)
            self._panes.insert(place, counts)
            self._expect(start)
        self.touch(minute)

    def touch(self, minute: int) -> None:
        """Note that the pane of a minute has changed: rows from its first end on must be written again."""
        enters = minute - minute % self.window.step_ms + self.window.step_ms
        if enters <= self.head:
            self._touched = enters if self._touched is None else min(self._touched, enters)

    def pane(self, minute: int) -> Vector:
        """Return the sums of the pane that holds the minute."""
        pane = self._pane(minute - minute % self.window.step_ms)
        return ZERO if pane is None else pane

    def _pane(self, start: int) -> Vector | None:
        place = bisect_left(self._starts, start)
        if place < len(self._starts) and self._starts[place] == start:
            return _in_full(self._panes[place])
        return None

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
        starts, step_ms, length_ms = self._starts, self.window.step_ms, self.window.length_ms
        entering = bisect_right(starts, self.head - step_ms)
        leaving = bisect_right(starts, self.head - length_ms - step_ms)
        if leaving == len(starts):
            return None
        leaves = starts[leaving] + length_ms + step_ms
        return leaves if entering == len(starts) else min(leaves, starts[entering] + step_ms)

    def advance(self, to: int) -> list[WindowRow]:
        """Settle every end up to `to`; return the rows that changed or must be written again, in order."""
        settled, reached = self.head, to - to % self.window.step_ms
        if self._touched is not None:
            self._rewind(self._touched - self.window.step_ms)
        elif self._next is None or self._next > to:
            self.head = max(settled, reached)
            return []
        rows = []
        while self._next is not None and self._next <= to:
            end = self._next
            changed = self._step_to(end)
            if changed or end <= settled:
                rows.append(WindowRow(self.window.name, end, self._sums))
        self.head = max(settled, reached)
        self._prune()
        return rows

    def _step_to(self, end: int) -> bool:
        """Settle one end; tell whether the sums have changed."""
        enters = self._pane(end - self.window.step_ms)
        leaves = self._pane(end - self.window.length_ms - self.window.step_ms)
        self.head = end
        self._next = self._find_next()
        if leaves is None:
            change = ZERO if enters is None else enters
        else:
            change = -leaves if enters is None else enters - leaves
        self._sums = self._sums + change
        if enters is not None:  # it is settled: it seldom changes again
            self._panes[bisect_left(self._starts, end - self.window.step_ms)] = pack(enters)
        alone = enters is None or leaves is None
        return (alone and not change[LATE]) or tells_something(change)

    def _rewind(self, to: int) -> None:
        self._touched = None
        self.head = to
        self._sums = ZERO
        first = bisect_left(self._starts, to - self.window.length_ms)
        for start in self._starts[first:]:
            if start + self.window.step_ms > to:
                break
            self._sums = self._sums + self.pane(start)
        self._next = self._find_next()

    def _prune(self) -> None:
        gone = self.head - ALLOWED_LATENESS_MS - self.window.length_ms - 2 * self.window.step_ms
        if not self._starts or self._starts[0] >= gone:
            return
        keep_from = bisect_left(self._starts, gone)
        del self._panes[:keep_from]
        del self._starts[:keep_from]

    @classmethod
    def restore(cls, window: Window, head: int, minutes: SavedMinutes) -> Rolling:
        """Return the window as it was at `head`, from the account's minutes."""
        rolling = cls(window, head)
        starts = minutes.ats - minutes.ats % window.step_ms
        inside = (starts >= rolling.head - window.length_ms) & (starts + window.step_ms <= rolling.head)
        rolling._sums = minutes.sums[inside].sum(axis=0)
        oldest = rolling.head - ALLOWED_LATENESS_MS - window.length_ms - 2 * window.step_ms
        kept = int(np.searchsorted(minutes.ats, oldest))
        if kept < len(starts):
            firsts = np.flatnonzero(np.diff(starts[kept:], prepend=-1))
            rolling._starts = array("q", starts[kept:][firsts].tolist())
            rolling._panes = [pack(pane) for pane in np.add.reduceat(minutes.sums[kept:], firsts)]
        rolling._next = rolling._find_next()
        return rolling


def _in_full(pane: Vector | Packed) -> Vector:
    return unpack(pane) if isinstance(pane, bytes) else pane
