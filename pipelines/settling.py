"""Settling: the rows of one window of many accounts, up to the same instant, in one go.

What enters and leaves is one matrix, a pane a row, in order of account and end; the sums at each end are
running sums over it. So an account costs a few searches among its panes, a row a few passes over its numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.account import AccountState
from pipelines.metrics.vectors import Matrix, Packed, Vector, begins_of, in_full, pack, tells_something
from pipelines.rows import FramedWindow, Rows
from pipelines.windows import WINDOWS, Rolling, WindowRow


def settle_windows(states: Sequence[AccountState], watermark: int, rows: Rows) -> None:
    """Give the rows that changed in the windows of accounts for which time has passed up to the watermark."""
    frames = [state.frame() for state in states]
    for number in range(len(WINDOWS)):
        found = settle([state.rollings[number] for state in states], watermark)
        for frame, window_rows in zip(frames, found, strict=True):
            if window_rows:
                last = next((row for row in reversed(window_rows) if row.tells_something), None)
                rows.windows += [FramedWindow(frame, row, row is last) for row in window_rows]


def settle(rollings: Sequence[Rolling], to: int) -> list[list[WindowRow]]:
    """Settle every end up to `to` of the same window of some accounts.

    Returns, for each of them, the rows that changed or must be written again, in order.
    """
    rows: list[list[WindowRow]] = [[] for _ in rollings]
    due = []
    for number, rolling in enumerate(rollings):
        if rolling.is_due(to):
            due.append(number)
        else:
            rolling.rest(to)
    if due:
        for number, found in zip(due, _settle_due([rollings[number] for number in due], to), strict=True):
            rows[number] = found
    return rows


def _settle_due(rollings: Sequence[Rolling], to: int) -> list[list[WindowRow]]:
    settled = np.array([rolling.rewind() for rolling in rollings])
    changes = _Changes(rollings, to)
    sums, changed = changes.sums(np.array([rolling.sums for rolling in rollings]))
    packed = pack(changes.entering)
    rows: list[list[WindowRow]] = [[] for _ in rollings]
    name = rollings[0].window.name
    written = np.flatnonzero(changed | (changes.ends <= settled[changes.owners]))
    told = zip(changes.owners[written].tolist(), changes.ends[written].tolist(), sums[written], strict=True)
    for owner, end, at_end in told:
        rows[owner].append(WindowRow(name, end, at_end))
    lasts = np.searchsorted(changes.owners, np.arange(1, len(rollings) + 1)).tolist()
    begin = first = 0
    for number, (rolling, last) in enumerate(zip(rollings, lasts, strict=True)):
        entered = changes.entered[number]
        end = begin + entered.stop - entered.start
        rolling.settled(to, sums[last - 1].copy() if last > first else None, entered, packed[begin:end])
        begin, first = end, last
    return rows


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
