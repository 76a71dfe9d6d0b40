"""Columns that are already in ClickHouse's native form, and a client that sends them as they are.

clickhouse-driver 0.2.11 packs each value by itself; with a column a measure that takes longer than the fold.
Its own way with numpy needs pandas and goes through every column for nulls. The forms are those of
https://clickhouse.com/docs/native-protocol/columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from clickhouse_driver import Client
from clickhouse_driver.block import ColumnOrientedBlock
from clickhouse_driver.columns.service import write_column
from clickhouse_driver.connection import Connection
from clickhouse_driver.streams.compressed import CompressedBlockOutputStream
from clickhouse_driver.varint import write_varint
from clickhouse_driver.writer import write_binary_str, write_binary_uint8
from numpy.typing import NDArray

_WIDTHS = {"Int64": 8, "UInt64": 8, "Int128": 16, "Bool": 1, "UInt8": 1, "UInt16": 2, "UInt32": 4}
_DICTIONARY_VERSION = 1
_HAS_KEYS_OF_ITS_OWN, _UPDATES_DICTIONARY = 1 << 9, 1 << 10
_CODE_TYPES = (np.uint8, np.uint16, np.uint32)


class Fixed:
    """A column of numbers, Booleans or instants: a row of the array a value, in bytes as wide as its type."""

    __slots__ = ("values",)

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, part: slice) -> Fixed:
        return Fixed(self.values[part])

    def tolist(self) -> list[Any]:
        """Return the values as Python's own; a pair of halves is one number."""
        if self.values.ndim == 1:
            return list(self.values.tolist())
        return [int.from_bytes(row.tobytes(), "little", signed=True) for row in self.values]

    def write(self, type_: str, out: Any) -> None:
        """Write the values. Raises TypeError if they are not as wide as the column's type."""
        width = 8 if type_.startswith("DateTime64(") else _WIDTHS.get(type_)
        if self.values.nbytes != (width or 0) * len(self.values):
            raise TypeError(f"{self.values.dtype} of shape {self.values.shape} is no column of {type_}")
        out.write(self.values.tobytes())


class Coded:
    """A column of a few different strings: each once, and a code a row. Of either kind of strings."""

    __slots__ = ("codes", "strings")

    def __init__(self, strings: list[str], codes: NDArray[Any]) -> None:
        self.strings = strings
        self.codes = codes

    @classmethod
    def of(cls, values: Sequence[str]) -> Self:
        """Return a column of these strings."""
        place = {string: code for code, string in enumerate(dict.fromkeys(values))}
        size = next(size for size in _CODE_TYPES if len(place) <= np.iinfo(size).max)
        return cls(list(place), np.fromiter(map(place.__getitem__, values), size, len(values)))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, part: slice) -> Coded:
        return Coded(self.strings, self.codes[part])

    def at(self, places: NDArray[np.intp]) -> Coded:
        """Return a column that has at each row what stands at a place of this one."""
        return Coded(self.strings, self.codes[places])

    def tolist(self) -> list[str]:
        """Return the string of each row."""
        return [self.strings[code] for code in self.codes.tolist()]

    def write(self, type_: str, out: Any) -> None:
        """Write the strings and the codes. Raises TypeError if the column is of another type."""
        if type_ == "String":
            out.write_strings(self.tolist(), encoding="utf-8")
            return
        if type_ != "LowCardinality(String)":
            raise TypeError(f"coded strings are no column of {type_}")
        form = _HAS_KEYS_OF_ITS_OWN | _UPDATES_DICTIONARY | _CODE_TYPES.index(self.codes.dtype.type)
        out.write(np.array([_DICTIONARY_VERSION, form, len(self.strings)], np.int64).tobytes())
        out.write_strings(self.strings, encoding="utf-8")
        out.write(np.array([len(self.codes)], np.int64).tobytes())
        out.write(self.codes.tobytes())


Column = list[Any] | Fixed | Coded
"""The values of one column of a block."""


class _Stream(CompressedBlockOutputStream):  # type: ignore[misc]
    """Write blocks whose columns may be in native form already."""

    def write(self, block: ColumnOrientedBlock) -> None:
        block.info.write(self.fout)
        write_varint(block.num_columns, self.fout)
        write_varint(block.num_rows, self.fout)
        for (name, type_), values in zip(block.columns_with_types, block.get_columns(), strict=True):
            write_binary_str(name, self.fout)
            write_binary_str(type_, self.fout)
            write_binary_uint8(0, self.fout)  # no sparse form
            if isinstance(values, Fixed | Coded):
                values.write(type_, self.fout)
            else:
                changeable = values if isinstance(values, list) else list(values)  # a table sent with a query
                write_column(self.context, name, type_, changeable, self.fout)
        self.finalize()


class _Connection(Connection):  # type: ignore[misc]
    def get_block_out_stream(self) -> CompressedBlockOutputStream:
        return _Stream(self.compressor_cls, self.compress_block_size, self.fout, self.context)


class NativeClient(Client):  # type: ignore[misc]
    """A client that inserts one block of columns at a time; always compressed by lz4."""

    def __init__(self, host: str, **options: Any) -> None:
        super().__init__(host, compression="lz4", **options)
        options.pop("settings", None)  # the client's own
        context = self.connection.context
        self.connection: Connection = _Connection(host, compression="lz4", **options)
        self.connection.context = context

    def send_data(
        self,
        sample_block: ColumnOrientedBlock,
        data: Sequence[Column],
        types_check: bool = False,
        columnar: bool = True,
    ) -> int:
        """Send the columns as one block; return how many rows it has."""
        block = ColumnOrientedBlock(sample_block.columns_with_types, data, types_check=types_check)
        self.connection.send_data(block)
        self.receive_profile_events()
        self.connection.send_data(ColumnOrientedBlock())
        self.receive_profile_events()
        return int(block.num_rows)
