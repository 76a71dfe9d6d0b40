"""Vectors of measures: sparse while they are made, in full while they are summed, packed while they wait.

A full vector is an array of 64-bit integers. A wide measure, whose sums may pass 2^63, has two places in it:
the low 32 bits of every value that was added are summed in the one, all above them in the other. So sums and
differences are exact, up to 2^31 values of less than 2^95, and nothing is carried until they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.measures import INDEX, MEASURES, Counts

Vector: TypeAlias = NDArray[np.int64]
"""Every measure, in the order of MEASURES; then the high parts of the wide ones. Never changed in place."""
Matrix: TypeAlias = NDArray[np.int64]
"""A vector a row."""

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


_EACH_WIDTH = np.array([*_WIDTHS])
_TOO_LARGE = np.array([1 << 7, 1 << 15, 1 << 31])
"""From these on a value does not fit one, two, four bytes."""


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


def pack(vectors: Matrix) -> list[Packed]:
    """Return each row in little memory: a byte a place, and one to eight bytes a value."""
    rows, places = vectors.nonzero()
    values = vectors[rows, places]
    ends = np.searchsorted(rows, np.arange(1, len(vectors) + 1)).tolist()
    widths = _widths(values, rows, len(vectors))
    named = places.astype(np.uint8).tobytes()
    told = {width: values.astype(type_).tobytes() for width, type_ in _WIDTHS.items() if width in widths}
    packed, begin = [], 0
    for width, end in zip(widths, ends, strict=True):
        packed.append(bytes((width,)) + named[begin:end] + told[width][begin * width : end * width])
        begin = end
    return packed


def _widths(values: NDArray[np.int64], rows: NDArray[np.intp], count: int) -> list[int]:
    """Return how many bytes the largest value of each row needs; the values are in order of the rows."""
    largest = np.zeros(count, np.int64)
    if len(values):
        firsts = np.flatnonzero(begins_of(rows))
        largest[rows[firsts]] = np.maximum.reduceat(np.maximum(values, -1 - values), firsts)
    widths: list[int] = _EACH_WIDTH[np.searchsorted(_TOO_LARGE, largest, side="right")].tolist()
    return widths


def begins_of(values: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Tell of each value whether it differs from the one before it; the first does."""
    begins = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return begins


def in_full(vectors: Sequence[Vector | Packed]) -> Matrix:
    """Return the vectors, packed or not, as one matrix."""
    matrix = np.zeros((len(vectors), SIZE), np.int64)
    packed = [number for number, vector in enumerate(vectors) if isinstance(vector, bytes)]
    if len(packed) < len(vectors):
        loose = [number for number, vector in enumerate(vectors) if not isinstance(vector, bytes)]
        matrix[loose] = [vectors[number] for number in loose]
    if packed:
        told = [bytes(vectors[number]) for number in packed]
        matrix[packed] = unpack(b"".join(told), np.fromiter(map(len, told), np.int64, len(told)))
    return matrix


def unpack(packed: bytes, lengths: NDArray[np.int64]) -> Matrix:
    """Return vectors that were packed, one after the other, as one matrix; `lengths`: bytes of each.

    All places and values are put there at once, by their places in the bytes.
    """
    matrix = np.zeros((len(lengths), SIZE), np.int64)
    if not len(lengths):
        return matrix
    content = np.frombuffer(packed, np.uint8)
    begins = np.cumsum(lengths) - lengths
    widths = content[begins].astype(np.int64)
    counts = (lengths - 1) // (1 + widths)
    of_row = np.repeat(np.arange(len(lengths)), counts)
    within = np.arange(len(of_row)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = content[(begins + 1)[of_row] + within]
    at = (begins + 1 + counts)[of_row] + within * widths[of_row]
    values = np.empty(len(of_row), np.int64)
    for width, type_ in _WIDTHS.items():
        mine = widths[of_row] == width
        if mine.any():
            told = content[at[mine, np.newaxis] + np.arange(width)]
            values[mine] = np.ascontiguousarray(told).view(type_)[:, 0]
    matrix[of_row, places] = values
    return matrix


def tells_something(vectors: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of each vector whether anything is not 0 but the late events: when we heard of something."""
    told = vectors != 0
    told[..., LATE] = False
    something: NDArray[np.bool_] = told.any(axis=-1)
    return something
