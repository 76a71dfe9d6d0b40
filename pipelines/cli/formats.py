"""An answer of the store on standard output: a table for eyes, CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import math
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Literal, TextIO
from zoneinfo import ZoneInfo

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.errors import UsageError
from pipelines.sinks.query import Answer

TABLE_ROWS = 1_000
"""Rows that a table shows at most; csv and json give all."""
WIDEST_CELL = 60
"""Characters of a text in a table; longer ones are cut."""
_PIPED_WIDTH = 100_000
_NARROWEST_TEXT = 24
_GAP = 2
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_LARGEST_JSON_INT = 2**63
_JOINER = "\u200d"  # holds the parts of an emoji together


def plain(value: Any, zone: ZoneInfo) -> Any:
    """Return a value of ClickHouse as JSON knows it: instants in UTC with Z, what is not a number None.

    A time without a zone is one of `zone`. Numbers of any length stay numbers.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return value if abs(value) < _LARGEST_JSON_INT else msgspec.Raw(str(value).encode())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return msgspec.Raw(f"{value:f}".encode())
    if isinstance(value, dt.datetime):
        return _instant(value, zone)
    return _plain_other(value, zone)


def _plain_other(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, dict):
        return {str(plain(key, zone)): plain(each, zone) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, zone) for each in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)


def _instant(value: dt.datetime, zone: ZoneInfo) -> str:
    aware = value if value.tzinfo else value.replace(tzinfo=zone)
    precision = "milliseconds" if value.microsecond % 1_000 == 0 else "microseconds"
    text = aware.astimezone(dt.UTC).isoformat(timespec=precision if value.microsecond else "seconds")
    return f"{text.removesuffix('+00:00')}Z"


def write_json(answer: Answer, out: TextIO) -> None:
    """Write one array of objects. Raises UsageError if two columns have one name."""
    names = [column.name for column in answer.columns]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UsageError(f"two columns are called {twice[0]}: name them apart with AS")
    before = "[\n"
    for row in answer.rows:
        cells = {name: plain(value, answer.zone) for name, value in zip(names, row, strict=True)}
        out.write(before + msgspec.json.encode(cells).decode())
        before = ",\n"
    out.write("[]\n" if before == "[\n" else "\n]\n")


def write_csv(answer: Answer, out: TextIO) -> None:
    """Write a line of names, then a line a row; a text that a spreadsheet would run begins with a quote.

    NULL and what is not a number are empty; arrays, tuples and maps are JSON.
    """
    writer = csv.writer(_UnixLines(out))
    writer.writerow([_harmless(column.name) for column in answer.columns])
    for row in answer.rows:
        writer.writerow([_csv_cell(value, answer.zone) for value in row])


class _UnixLines:
    """Ends lines with LF; the writer believes in CRLF, and so quotes both in a text."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, line: str) -> int:
        return self._out.write(line.removesuffix("\r\n") + "\n")


def _csv_cell(value: Any, zone: ZoneInfo) -> str:
    known = plain(value, zone)
    if known is None:
        return ""
    if isinstance(known, str):
        return _harmless(known)
    return msgspec.json.encode(known).decode()


def _harmless(text: str) -> str:
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def write_table(answer: Answer, out: TextIO) -> None:
    """Write the first 1,000 rows for a person; in a terminal that is too narrow, each row as a list."""
    console = Console(file=out, width=None if out.isatty() else _PIPED_WIDTH, highlight=False)
    shown = list(itertools.islice(answer.rows, TABLE_ROWS))
    cells = [[_text(value, answer.zone) for value in row] for row in shown]
    widths = [_width(index, column.name, cells) for index, column in enumerate(answer.columns)]
    if sum(widths) + _GAP * len(widths) > console.width:
        for line in _lists(answer, cells):
            console.print(line)
    else:
        console.print(_table(answer, shown, cells, widths))
    if next(answer.rows, None) is not None:
        Console(stderr=True).print(f"the first {TABLE_ROWS:,} rows; --format csv or json gives all")


def _width(index: int, name: str, cells: list[list[str]]) -> int:
    """Return how narrow a column may get: as wide as it is, but for long texts."""
    return min(_NARROWEST_TEXT, max(map(cell_len, [_visible(name), *(row[index] for row in cells)])))


def _table(answer: Answer, rows: list[tuple[Any, ...]], cells: list[list[str]], widths: list[int]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(answer.columns):
        side: Literal["right", "left"] = "right" if any(_is_number(row[index]) for row in rows) else "left"
        table.add_column(Text(_visible(column.name)), justify=side, no_wrap=True, min_width=widths[index])
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _lists(answer: Answer, cells: list[list[str]]) -> Iterator[Table]:
    for number, row in enumerate(cells, start=1):
        table = Table(box=None, pad_edge=False, show_header=False, title_justify="left")
        table.title = f"row {number}"
        for column, cell in zip(answer.columns, row, strict=True):
            table.add_row(Text(_visible(column.name), style="bold"), Text(cell))
        yield table


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _text(value: Any, zone: ZoneInfo) -> str:
    known = plain(value, zone)
    if known is None:
        return "–"
    if isinstance(value, float):
        return _short(value)
    if isinstance(value, dt.datetime):
        return str(known).replace("T", " ")
    text = _visible(known if isinstance(known, str) else msgspec.json.encode(known).decode())
    return text if len(text) <= WIDEST_CELL else f"{text[: WIDEST_CELL - 1]}…"


def _short(value: float) -> str:
    """Return a number with four significant digits, more where they stand before the point."""
    return f"{value:,.0f}".replace(",", "") if abs(value) >= 1_000 else f"{value:.4g}"


def _visible(text: str) -> str:
    """Return a text on one line, without what steers a terminal or turns the direction of writing."""
    return "".join(_safe(letter) for letter in text)


def _safe(letter: str) -> str:
    category = unicodedata.category(letter)
    if category == "Cf" and letter != _JOINER:
        return ""
    return " " if category in ("Cc", "Zl", "Zp") else letter


WRITERS: dict[str, Callable[[Answer, TextIO], None]] = {
    "table": write_table,
    "csv": write_csv,
    "json": write_json,
}


def write(answer: Answer, format_: str) -> None:
    """Write an answer to standard output in a format of WRITERS."""
    WRITERS[format_](answer, sys.stdout)
    sys.stdout.flush()
