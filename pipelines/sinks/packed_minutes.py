"""A minute's measures as one text beside their columns: a load reads one column instead of a hundred.

The columns are the record: people and `verify` read them. The text begins with a mark of the measures it was
packed with; where another version of the program wrote it, the columns are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import msgspec
import numpy as np

from pipelines.metrics.measures import MEASURES
from pipelines.metrics.vectors import Vector, pack, unpack
from pipelines.windows import SavedMinutes

MARK = f"{crc32(msgspec.json.encode([(measure.name, measure.wide) for measure in MEASURES])):08x}"
"""Which measures, and in which order: 8 hexadecimal digits."""
_AT_A_TIME = 512


def texts_of(vectors: Sequence[Vector]) -> list[str]:
    """Return each vector as the mark and what is packed, in hexadecimal digits; a cacheful at a time."""
    return [
        MARK + packed.hex()
        for begin in range(0, len(vectors), _AT_A_TIME)
        for packed in pack(np.stack(vectors[begin : begin + _AT_A_TIME]))
    ]


def minutes_of(ats: Sequence[int], lengths: Sequence[int], text: str) -> SavedMinutes:
    """Return minutes, in order, from all their texts without marks in a row; `lengths`: digits of each."""
    sums = unpack(bytes.fromhex(text), np.array(lengths, np.int64) // 2)
    return SavedMinutes(np.array(ats, np.int64), sums)
