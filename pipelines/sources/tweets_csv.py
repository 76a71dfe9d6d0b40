"""The source `tweets-csv`: tables of posts of X, as twarc-csv and academic data sets write them."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, cast

from pipelines.errors import InvalidEvent
from pipelines.sources.base import Lack, SourceRequest
from pipelines.sources.bounded import BoundedSource, OnePath, prepared, readable_bytes, shown_name
from pipelines.sources.csv_columns import parse_columns, places
from pipelines.sources.csv_posts import Row, row_events
from pipelines.sources.sorted_input import SortedInput, bad_input

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_DELIMITERS = ",\t;|"
_BROKEN = (gzip.BadGzipFile, zlib.error, EOFError)


class TweetsCsv(OnePath):
    """One table with a header; its columns are told by their names, or by `columns` (field to name)."""

    counts_may_be_unripe = True

    def __init__(self, path: Path, columns: Mapping[str, str] | None = None) -> None:
        super().__init__(path)
        self._columns = columns or {}
        if self._columns:
            self.read_now = f"columns {sorted(self._columns.items())}"

    @property
    def size(self) -> int:
        """Bytes of the file. Raises UsageError if it is missing or unreadable."""
        return readable_bytes(self._path)

    def gather(
        self, found: SortedInput, advance: Callable[[int], None], *, ingested_at: int
    ) -> Sequence[Lack]:
        """Read every row; what is no post becomes bad input, named by line and column."""
        name = shown_name(self._path.name)
        author = self._columns.get("author", "")
        author = author if author.startswith("@") else ""
        with _opened(self._path) as (text, raw):
            rows = _rows(text)
            header = next(rows, (1, [], ""))[1]
            at = places(header, self._columns, name)
            told = 0
            for line, cells, problem in rows:
                place = f"{name}:{line}"
                try:
                    if problem or not _is_utf8(cells):
                        raise InvalidEvent(problem or "not UTF-8: save the table as UTF-8")
                    for event in row_events(Row(cells, at, header, author), ingested_at=ingested_at):
                        found.add(event)
                except InvalidEvent as error:
                    found.add_bad(bad_input(place, str(error), _excerpt(cells)))
                advance(raw.tell() - told)
                told = raw.tell()
        return ()


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[str], IO[bytes]]]:
    """Give the text of a file, unpacked, and the file itself, which tells how much of it was read."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        plain = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if packed else raw
        with TextIOWrapper(plain, encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
            yield text, raw


def _rows(text: IO[str]) -> Iterator[tuple[int, list[str], str]]:
    """Give each row with the line in which it ends, or why it cannot be read."""
    head = text.readline()
    delimiter = max(_DELIMITERS, key=head.count)
    yield 1, next(csv.reader([head], delimiter=delimiter), []), ""
    reader = csv.reader(text, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num + 1, [], f"the row is broken: {error}"
        except _BROKEN as error:
            yield reader.line_num + 1, [], f"the compressed data is broken: {error}"
            return
        else:
            if any(cells):
                yield reader.line_num + 1, cells, ""


def _is_utf8(cells: Sequence[str]) -> bool:
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return False
    return True


def _excerpt(cells: Sequence[str]) -> bytes:
    return ",".join(cells)[:400].encode("utf-8", "replace")


def build(request: SourceRequest) -> BoundedSource:
    """Return the tables named by the arguments, read and sorted. Option: columns (field=name,…)."""
    request.only("columns")
    columns = parse_columns(request.options.get("columns", ""))
    return prepared(
        request,
        "tweets-csv",
        lambda path: TweetsCsv(path, columns),
        hint="name the tables: rapport ingest tweets-csv posts.csv",
    )
