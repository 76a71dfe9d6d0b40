"""Vectors of measures: sparse while they are made, in full while they are summed, packed while they wait.

A full vector is an array of 64-bit integers. A wide measure, whose sums may pass 2^63, has two places in it:
the low 32 bits of every value that was added are summed in the one, all above them in the other. So sums and
differences are exact, up to 2^31 values of less than 2^95, and nothing is carried until they are read.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.measures import INDEX, MEASURES, Counts

Vector: TypeAlias = NDArray[np.int64]
"""Every measure, in the order of MEASURES; then the high parts of the wide ones. Never changed in place."""

LOW_BITS = 32
HIGH_PARTS = {
    index: len(MEASURES) + rank
    for rank, index in enumerate(index for index, measure in enumerate(MEASURES) if measure.wide)
}
"""Index of a wide measure to the place of its high part."""
SIZE = len(MEASURES) + len(HIGH_PARTS)
LATE = INDEX["late_events"]

ZERO: Vector = np.zeros(SIZE, np.int64)
ZERO.flags.writeable = False


Packed: TypeAlias = bytes
"""A vector in little memory: how wide its values are, the places that are not 0, and what stands there."""
_WIDTHS: dict[int, np.dtype[Any]] = {
    1: np.dtype("<i1"),
    2: np.dtype("<i2"),
    4: np.dtype("<i4"),
    8: np.dtype("<i8"),
}


def vector_of(counts: Counts) -> Vector:
    """Return a sparse vector in full. Raises OverflowError where a value does not fit."""
    vector = ZERO.copy()
    for index, value in counts.items():
        high = HIGH_PARTS.get(index)
        if high is None:
            vector[index] = value
        else:
            vector[index] = value & ((1 << LOW_BITS) - 1)
            vector[high] = value >> LOW_BITS
    return vector


def counts_of(vector: Vector) -> Counts:
    """Return what is not 0 as a sparse vector."""
    values = vector.tolist()
    for low, high in HIGH_PARTS.items():
        if values[high]:
            values[low] += values[high] << LOW_BITS
    return {index: value for index, value in enumerate(values[: len(MEASURES)]) if value}


def pack(vector: Vector) -> Packed:
    """Return the vector in little memory: a byte a place, and one to eight bytes a value."""
    places = vector.nonzero()[0]
    values = vector[places]
    largest = int(max(values.max(), -1 - values.min())) if len(values) else 0
    width = next(width for width in _WIDTHS if largest < 1 << (8 * width - 1))
    told: bytes = values.astype(_WIDTHS[width]).tobytes()
    return bytes((width,)) + places.astype(np.uint8).tobytes() + told


def unpack(packed: Packed) -> Vector:
    """Return the vector that was packed."""
    width = packed[0]
    count = (len(packed) - 1) // (1 + width)
    vector = ZERO.copy()
    places = np.frombuffer(packed, np.uint8, count, 1)
    vector[places] = np.frombuffer(packed, _WIDTHS[width], count, 1 + count)
    return vector


def tells_something(vector: Vector) -> bool:
    """Tell whether anything is not 0 but the late events, which only say when we heard of something."""
    if not vector[LATE]:
        return bool(vector.any())
    return bool(vector[:LATE].any() or vector[LATE + 1 :].any())
