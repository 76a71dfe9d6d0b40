"""The source `file`: posts that collectors of the X API have saved, or our own events, in order of time."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from pipelines.errors import UsageError
from pipelines.events import AnyEvent, Network
from pipelines.sources.base import BadInput, Reading, SourceRequest
from pipelines.sources.documents import documents_in
from pipelines.sources.sorted_input import KEY_BYTES, Converter, SortedInput

Counts = Literal["final", "at-capture"]
Progress = Callable[[int, int], None]


class Inventory(Struct, frozen=True, kw_only=True):
    """What the files hold. `posts` are distinct ids of the posts themselves, `authors` are theirs.

    `first_at` and `last_at` are of posts, `ends_at` is of the last event of all: the snapshot of an account
    may be younger than every post. All three are None where there is nothing. `events` counts what `read`
    gives, `bad` what could not be read, `skipped` documents without posts that are no mistake.
    `all_counts_zero`: counts are told, and every one is 0, as in files captured live.
    """

    posts: int
    events: int
    bad: int
    skipped: int
    authors: frozenset[tuple[Network, str]]
    networks: tuple[Network, ...]
    first_at: int | None
    last_at: int | None
    ends_at: int | None
    has_counts: bool
    all_counts_zero: bool


class FileSource:
    """Posts in files, whatever their order of time: read and sorted by `prepare`, given by `read`.

    Reads X API v1.1 and v2: one JSON document a line, arrays, pages, indented values; and our own events,
    one a line. gzip and zstd are told by their first bytes. Memory stays below 200 MB (but for `authors`);
    on disk `work_dir` takes about as much as the files have unpacked. Ties in time: profiles, then posts,
    then their counts, then the rest, each in the order of the input.
    """

    name = "file"
    bounded = True
    networks: tuple[Network, ...] = ("x", "bluesky", "mastodon")

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        counts: Counts = "final",
        work_dir: Path,
        now: Callable[[], int],
    ) -> None:
        self._paths = [Path(path) for path in paths]
        self._counts: Counts = counts
        self._directory = work_dir / "sorted-input"
        self._now = now
        self._sorted: SortedInput | None = None
        self.authors: frozenset[tuple[Network, str]] = frozenset()

    def prepare(self, on_progress: Progress | None = None) -> Inventory:
        """Read and sort everything; `on_progress` is told bytes done and in total, of the files as they are.

        Raises UsageError for a path that is missing, a directory or unreadable, before anything is read.
        """
        total = sum(_readable_bytes(path) for path in self._paths)
        self.close()
        self._sorted = SortedInput(self._directory, keep_final_counts=self._counts == "final")
        converter = Converter(self._sorted, ingested_at=self._now())
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            if on_progress is not None:
                on_progress(done, max(done, total))

        for path, name in zip(self._paths, _names(self._paths), strict=True):
            try:
                for document in documents_in(path, advance):
                    converter.take(name, document)
            except OSError as error:
                raise UsageError(
                    f"{path}: cannot be read ({error.strerror or error}); check the disk"
                ) from error
            converter.next_file()
        inventory = _inventory(self._sorted.finish())
        self.authors = inventory.authors
        return inventory

    def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
        """Give what could not be read, then the events; behind the n-th if `cursor` is "n" (events only).

        Prepares first where that was not done. Raises UsageError for a cursor that is not ours.
        """
        if cursor is not None and not (cursor.isascii() and cursor.isdigit()):
            raise UsageError(f"cursor {cursor!r} is not a number of events; start the import anew")
        if self._sorted is None:
            self.prepare()
        return self._read(0 if cursor is None else int(cursor), with_bad=cursor is None)

    def close(self) -> None:
        """Remove what was sorted from the disk."""
        self._sorted = None
        if self._directory.exists():
            shutil.rmtree(self._directory)

    def _read(self, given: int, *, with_bad: bool) -> Iterator[Reading | BadInput]:
        if self._sorted is None:
            raise UsageError("the source is closed")
        if with_bad:
            yield from self._sorted.bad_input()
        decode = msgspec.json.Decoder(AnyEvent).decode
        for number, line in enumerate(islice(self._sorted, given, None), given + 1):
            yield Reading(event=decode(line[KEY_BYTES:]), cursor=str(number))


def _inventory(found: SortedInput) -> Inventory:
    return Inventory(
        posts=found.posts.count(),
        events=found.events,
        bad=found.bad,
        skipped=found.skipped,
        authors=frozenset(found.authors),
        networks=tuple(network for network in FileSource.networks if network in found.networks),
        first_at=found.first_at,
        last_at=found.last_at,
        ends_at=found.ends_at,
        has_counts=found.has_counts,
        all_counts_zero=found.has_counts and not found.has_nonzero_counts,
    )


def _readable_bytes(path: Path) -> int:
    if path.is_dir():
        raise UsageError(f"{path} is a directory; name the files in it, for example {path}/*.jsonl")
    try:
        with path.open("rb"):
            return path.stat().st_size
    except FileNotFoundError as error:
        raise UsageError(
            f"{path} does not exist; name a file of posts (JSON lines, arrays or pages)"
        ) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be opened ({error.strerror}); check who may read it") from error


_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _names(paths: Sequence[Path]) -> list[str]:
    """Return what each file is called in messages: its name, its whole path where two have the same."""
    names = [path.name for path in paths]
    shown = [str(path) if names.count(path.name) > 1 else path.name for path in paths]
    return [_CONTROL.sub("?", name) for name in shown]


def build(request: SourceRequest) -> FileSource:
    """Return the files named by the arguments, read and sorted. Option: counts (final or at-capture)."""
    request.only("counts")
    counts = request.options.get("counts", "final")
    if counts not in ("final", "at-capture"):
        raise UsageError(f"option counts must be final or at-capture, not {counts!r}")
    if not request.arguments:
        raise UsageError("name the files to read: rapport ingest file FILE...")
    source = FileSource(
        [Path(each) for each in request.arguments],
        counts="final" if counts == "final" else "at-capture",
        work_dir=request.work_dir,
        now=request.now,
    )
    source.prepare()
    return source
