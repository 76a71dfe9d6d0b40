"""A series in CSV, scored row by row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from math import isfinite
from typing import IO, Protocol

from pipelines.errors import UsageError

COLUMNS = ("timestamp", "value")


class Scores(Protocol):
    """Something that scores a value by those before it."""

    def score(self, value: float) -> float:
        """Return a score from 0 to 1."""
        ...


def score_rows(lines: Iterable[str], out: IO[str], scorer: Callable[[], Scores]) -> None:
    """Read `timestamp,value` and write the same rows with `anomaly_score`, timestamps unchanged.

    A value that is empty or no number is scored 0 and teaches nothing. Raises UsageError for other columns.
    """
    rows = csv.reader(lines)
    header = [name.strip().lower() for name in next(rows, [])]
    if tuple(header[:2]) != COLUMNS:
        raise UsageError("the first line must be `timestamp,value`")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, "anomaly_score"])
    series = scorer()
    for row in rows:
        if not row:
            continue
        written = row[1] if len(row) > 1 else ""
        value = _number(written)
        anomaly = 0.0 if value is None else series.score(value)
        writer.writerow([row[0], written, f"{anomaly:.6f}"])


def _number(written: str) -> float | None:
    try:
        value = float(written)
    except ValueError:
        return None
    return value if isfinite(value) else None
