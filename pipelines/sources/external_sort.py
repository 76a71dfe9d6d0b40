"""Sort and count more than fits into memory: sorted runs on disk, merged when read."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

MEMORY_BYTES = 32 << 20
"""Lines held before a run is written; Python's own overhead comes on top (about a fifth)."""
FAN_IN = 64
"""Runs of one level that are merged into one of the next, so that few files are open at once."""
_READ_BYTES = 1 << 17
_OVERHEAD_BYTES = 41  # of one bytes object and its place in a list


class ExternalSorter:
    """Sort lines by their bytes. A line starts with its key and ends with a newline of its own.

    Lines that are equal stay equal: give each a number in its key where the order of input matters.
    """

    def __init__(self, directory: Path, *, memory_bytes: int = MEMORY_BYTES) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._memory_bytes = memory_bytes
        self._lines: list[bytes] = []
        self._held_bytes = 0
        self._runs: list[list[Path]] = []
        self._written = 0

    def add(self, line: bytes) -> None:
        """Take one line, its newline included."""
        self._lines.append(line)
        self._held_bytes += len(line) + _OVERHEAD_BYTES
        if self._held_bytes >= self._memory_bytes:
            self._spill()

    def __iter__(self) -> Iterator[bytes]:
        """Give all lines in order; may be called again."""
        self._lines.sort()
        runs = [run for level in self._runs for run in level]
        return self._merge(runs, self._lines)

    def clear(self) -> None:
        """Forget everything and remove the runs from the disk."""
        for level in self._runs:
            for run in level:
                run.unlink(missing_ok=True)
        self._runs, self._lines, self._held_bytes = [], [], 0

    def _spill(self) -> None:
        self._lines.sort()
        self._write(self._lines, level=0)
        self._lines, self._held_bytes = [], 0

    def _write(self, lines: Iterable[bytes], *, level: int) -> None:
        self._written += 1
        run = self._directory / f"run-{self._written:06d}"
        with run.open("wb", buffering=1 << 20) as file:
            file.writelines(lines)
        if level == len(self._runs):
            self._runs.append([])
        self._runs[level].append(run)
        if len(self._runs[level]) == FAN_IN:
            self._promote(level)

    def _promote(self, level: int) -> None:
        runs, self._runs[level] = self._runs[level], []
        self._write(self._merge(runs, []), level=level + 1)
        for run in runs:
            run.unlink()

    @staticmethod
    def _merge(runs: list[Path], held: list[bytes]) -> Iterator[bytes]:
        files: list[BinaryIO] = []
        try:
            files.extend(run.open("rb", buffering=_READ_BYTES) for run in runs)
            yield from heapq.merge(*files, held) if files else held
        finally:
            for file in files:
                file.close()


class DistinctCounter:
    """Count distinct keys in memory that does not grow with them.

    Exact but for collisions of 64-bit hashes: at 100 million keys one in 4,000 runs is off by one.
    """

    BUCKETS = 64
    FLUSH_KEYS = 1 << 18

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._hashes = array("q")
        self._spilled = False

    def add(self, key: tuple[str, str]) -> None:
        """Take one key."""
        self._hashes.append(hash(key))
        if len(self._hashes) == self.FLUSH_KEYS:
            self._flush()

    def count(self) -> int:
        """Return the number of distinct keys so far."""
        if not self._spilled:
            return int(np.unique(np.array(self._hashes, dtype=np.int64)).size)
        self._flush()
        return sum(self._distinct(bucket) for bucket in range(self.BUCKETS))

    def _flush(self) -> None:
        hashes = np.array(self._hashes, dtype=np.int64)
        buckets = hashes & (self.BUCKETS - 1)
        for bucket in range(self.BUCKETS):
            with self._path(bucket).open("ab") as file:
                file.write(hashes[buckets == bucket].tobytes())
        self._hashes, self._spilled = array("q"), True

    def _distinct(self, bucket: int) -> int:
        return int(np.unique(np.fromfile(self._path(bucket), dtype=np.int64)).size)

    def _path(self, bucket: int) -> Path:
        return self._directory / f"hashes-{bucket:02d}"
