"""Settling: the rows of one window of many accounts, up to the same instant, in one go.

What enters and leaves is one matrix, a pane a row, in order of account and end; the sums at each end are
running sums over it. So an account costs a few searches among its panes, a row a few passes over its numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pipelines.account import AccountState
from pipelines.metrics.vectors import SIZE, Matrix, Packed, Vector, begins_of, in_full, pack, tells_something
from pipelines.rows import Rows
from pipelines.window_rows import WindowBlock
from pipelines.windows import WINDOWS, Rolling


class Settled(Struct, frozen=True):
    """Rows that changed or must be written again: whose each is, its end, and its sums; in this order."""

    owners: NDArray[np.intp]
    ends: NDArray[np.int64]
    sums: Matrix

    def __len__(self) -> int:
        return len(self.ends)

    def latest(self) -> NDArray[np.bool_]:
        """Tell of each row whether it is the last of its owner's that holds anything."""
        latest = np.zeros(len(self), np.bool_)
        telling = np.flatnonzero(tells_something(self.sums))
        owners = self.owners[telling]
        latest[telling[np.append(owners[1:] != owners[:-1], values=True)[: len(owners)]]] = True
        return latest


NOTHING = Settled(np.zeros(0, np.intp), np.zeros(0, np.int64), np.zeros((0, SIZE), np.int64))


def settle_windows(states: Sequence[AccountState], watermark: int, rows: Rows) -> None:
    """Give the rows that changed in the windows of accounts for which time has passed up to the watermark."""
    frames = [state.frame() for state in states]
    for number, window in enumerate(WINDOWS):
        found = settle([state.windows.rollings[number] for state in states], watermark)
        if len(found):
            block = (found.owners, found.ends, found.sums, found.latest())
            rows.windows.append(WindowBlock(window.name, frames, *block))


def settle(rollings: Sequence[Rolling], to: int) -> Settled:
    """Settle every end up to `to` of the same window of some accounts; owners are places among them."""
    due = []
    for number, rolling in enumerate(rollings):
        if rolling.is_due(to):
            due.append(number)
        else:
            rolling.rest(to)
    if not due:
        return NOTHING
    found = _settle_due([rollings[number] for number in due], to)
    return Settled(np.array(due, np.intp)[found.owners], found.ends, found.sums)


def _settle_due(rollings: Sequence[Rolling], to: int) -> Settled:
    settled = np.array([rolling.rewind() for rolling in rollings])
    changes = _Changes(rollings, to)
    sums, changed = changes.sums(np.array([rolling.sums for rolling in rollings]))
    packed = pack(changes.entering)
    lasts = np.searchsorted(changes.owners, np.arange(1, len(rollings) + 1)).tolist()
    begin = first = 0
    for rolling, entered, last in zip(rollings, changes.entered, lasts, strict=True):
        end = begin + entered.stop - entered.start
        rolling.settled(to, sums[last - 1].copy() if last > first else None, entered, packed[begin:end])
        begin, first = end, last
    written = changed | (changes.ends <= settled[changes.owners])
    return Settled(changes.owners[written], changes.ends[written], sums[written])


class _Changes:
    """What enters and leaves the windows of some accounts.

    `owners` and `ends`: of each end at which something changes, whose it is and when, in this order.
    `entered`: the panes of each account that enter; `entering`: all of them, a row each.
    """

    def __init__(self, rollings: Sequence[Rolling], to: int) -> None:
        parts = [rolling.changes(to) for rolling in rollings]
        self.entered = [enter for enter, _ in parts]
        self.entering, owners_in, starts_in = _panes(rollings, self.entered)
        leaving, owners_out, starts_out = _panes(rollings, [leave for _, leave in parts])
        window = rollings[0].window
        owners = np.concatenate((owners_in, owners_out))
        ends = np.concatenate((starts_in, starts_out + window.length_ms)) + window.step_ms
        order = np.lexsort((ends, owners))
        owners, ends = owners[order], ends[order]
        self._by_end = np.concatenate((self.entering, -leaving))[order]
        self._firsts = np.flatnonzero(begins_of(owners) | begins_of(ends))
        self.owners, self.ends = owners[self._firsts], ends[self._firsts]

    def sums(self, before: Matrix) -> tuple[Matrix, NDArray[np.bool_]]:
        """Return the sums at each end, and whether they differ from those before it.

        `before`: the sums at each account's head.
        """
        if not len(self._firsts):
            return self._by_end, np.zeros(0, np.bool_)
        sums = np.add.reduceat(self._by_end, self._firsts, axis=0)
        changed = tells_something(sums)
        begins = np.flatnonzero(begins_of(self.owners))
        running = np.cumsum(sums, axis=0, out=sums)
        first = before[self.owners[begins]]
        first[1:] -= running[begins[1:] - 1]
        running += np.repeat(first, np.diff(begins, append=len(running)), axis=0)
        return running, changed


def _panes(
    rollings: Sequence[Rolling], parts: Sequence[slice]
) -> tuple[Matrix, NDArray[np.intp], NDArray[np.int64]]:
    """Return a part of each account's panes as rows of one matrix, whose each is, and when it starts."""
    starts = array("q")
    panes: list[Vector | Packed] = []
    for rolling, part in zip(rollings, parts, strict=True):
        starts += rolling.starts[part]
        panes += rolling.panes[part]
    counts = [part.stop - part.start for part in parts]
    return in_full(panes), np.repeat(np.arange(len(rollings)), counts), np.array(starts, np.int64)
