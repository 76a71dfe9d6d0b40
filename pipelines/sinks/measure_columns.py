"""Vectors of measures as columns, by way of matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.measures import NAMES
from pipelines.metrics.vectors import HIGH_PARTS, LOW_BITS, SIZE, Matrix
from pipelines.sinks.native import Fixed

_AT_A_TIME = 512


def vector_columns(matrices: Sequence[Matrix]) -> dict[str, Fixed]:
    """Return one column for each measure that is not 0 everywhere; the others default to 0."""
    columns = _transposed(matrices)
    used = [bool(column.any()) for column in columns]
    found = {}
    for index, name in enumerate(NAMES):
        high = HIGH_PARTS.get(index)
        if high is not None and (used[index] or used[high]):
            found[name] = Fixed(_wide(columns[index], columns[high]))
        elif used[index]:
            found[name] = Fixed(columns[index])
    return found


def _transposed(matrices: Sequence[Matrix]) -> NDArray[np.int64]:
    """Return a row for each place of the vectors; a cacheful of vectors at a time."""
    columns = np.empty((SIZE, sum(map(len, matrices))), np.int64)
    to = 0
    for matrix in matrices:
        for begin in range(0, len(matrix), _AT_A_TIME):
            some = matrix[begin : begin + _AT_A_TIME]
            columns[:, to : to + len(some)] = some.T
            to += len(some)
    return columns


def _wide(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return high · 2^32 + low in 128 bits: two halves a value, the low one first."""
    high = high + (low >> LOW_BITS)
    low = low & ((1 << LOW_BITS) - 1)
    return np.stack([(high << LOW_BITS) | low, high >> (64 - LOW_BITS)], axis=1)
