"""Rows of windows from the fold to the INSERT: arrays and a matrix, never an object a row. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pipelines.frames import AccountFrame
from pipelines.metrics.vectors import Matrix
from pipelines.windows import LENGTHS_MS, Window, WindowRow


class FramedWindow(Struct, frozen=True):
    """A window's row with its account; `latest`: the last row with anything in it, at this tick."""

    frame: AccountFrame
    row: WindowRow
    latest: bool


class WindowBlock(Struct, frozen=True):
    """Some rows of one window: of each, the place of its account in `frames`, its end, and its sums.

    `latest`: whether it is the last row of its account with anything in it, at this tick.
    """

    window: str
    frames: Sequence[AccountFrame]
    owners: NDArray[np.intp]
    ends: NDArray[np.int64]
    sums: Matrix
    latest: NDArray[np.bool_]

    @classmethod
    def of(
        cls, window: Window, frame: AccountFrame, rows: Sequence[WindowRow], *, latest: bool
    ) -> WindowBlock:
        """Return some rows of one account, at least one."""
        return cls(
            window.name,
            (frame,),
            np.zeros(len(rows), np.intp),
            np.array([row.at for row in rows], np.int64),
            np.stack([row.sums for row in rows]),
            np.full(len(rows), latest),
        )

    def __len__(self) -> int:
        return len(self.ends)

    def __iter__(self) -> Iterator[FramedWindow]:
        told = zip(self.owners.tolist(), self.ends.tolist(), self.sums, self.latest.tolist(), strict=True)
        for owner, end, sums, latest in told:
            yield FramedWindow(self.frames[owner], WindowRow(self.window, end, sums), latest)

    def where(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> WindowBlock:
        """Return some of its rows, by place or by a flag each."""
        rows = (self.owners[kept], self.ends[kept], self.sums[kept], self.latest[kept])
        return WindowBlock(self.window, self.frames, *rows)

    def begun_since(self, at: int) -> WindowBlock:
        """Return the rows whose window begins at an instant or later."""
        return self.where(self.ends >= at + LENGTHS_MS[self.window])


def latest_of(blocks: Sequence[WindowBlock]) -> list[WindowBlock]:
    """Return the last row of each account and window that holds anything: it replaces those before it."""
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for number, block in enumerate(blocks):
        for row in np.flatnonzero(block.latest).tolist():
            frame = block.frames[block.owners[row]]
            found[frame.network, frame.account, block.window] = (number, row)
    kept: dict[int, list[int]] = {}
    for number, row in found.values():
        kept.setdefault(number, []).append(row)
    return [blocks[number].where(np.array(rows)) for number, rows in sorted(kept.items())]
