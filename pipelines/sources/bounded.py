"""What every bounded source shares: its parts are gathered, sorted by time, and then given."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, Protocol

import msgspec
from msgspec import Struct, structs

from pipelines.errors import UsageError
from pipelines.events import AnyEvent, Network
from pipelines.sources.base import BadInput, Lack, Reading, SourceRequest
from pipelines.sources.sorted_input import KEY_BYTES, SortedInput

Counts = Literal["final", "at-capture"]
Progress = Callable[[int, int], None]
AccountKey = tuple[Network, str]

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Inventory(Struct, frozen=True, kw_only=True):
    """What a bounded source holds. `posts` are distinct ids of posts, `authors` are the accounts to track.

    `first_at` and `last_at` are of posts, `ends_at` is of the last event of all: the snapshot of an account
    may be younger than every post. All three are None where there is nothing. `events` counts what `read`
    gives, `bad` what could not be read, `skipped` documents without posts that are no mistake.
    `all_counts_zero`: counts are told, and every one is 0, as in files captured live. `lacks` names what the
    input never tells.
    """

    posts: int
    events: int
    bad: int
    skipped: int
    authors: frozenset[AccountKey]
    networks: tuple[Network, ...]
    first_at: int | None
    last_at: int | None
    ends_at: int | None
    has_counts: bool
    all_counts_zero: bool
    lacks: tuple[Lack, ...] = ()


class Part(Protocol):
    """One thing that a bounded source reads: files, an archive, an account of a network."""

    counts_may_be_unripe: bool
    """Whether counts that are all 0 mean that they were taken as the posts appeared."""

    read_now: str
    """Of what is read over the network: its name and the instant; empty for files."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the part is called: its files, its archive, its account."""
        ...

    @property
    def size(self) -> int:
        """How much there is to read, in the unit in which `gather` tells its progress.

        Raises UsageError for what is missing or unreadable.
        """
        ...

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files whose content makes this part what it is; none for what is read over the network."""
        ...

    def gather(
        self, found: SortedInput, advance: Callable[[int], None], *, ingested_at: int
    ) -> Sequence[Lack]:
        """Put every event into `found`; return what the part never tells. Raises UsageError."""
        ...


class BoundedSource:
    """Parts in whatever order of time: read and sorted by `prepare`, given by `read`.

    Memory stays below 200 MB (but for `authors`); on disk `work_dir` takes about as much as the parts have
    unpacked. Ties in time: profiles, then posts, then their counts, then the rest, each in the order of the
    input.
    """

    bounded = True
    networks: tuple[Network, ...] = ("x", "bluesky", "mastodon")

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        name: str = "file",
        counts: Counts = "final",
        work_dir: Path,
        now: Callable[[], int],
    ) -> None:
        self.name = name
        self._parts = tuple(parts)
        self._counts: Counts = counts
        self._directory = work_dir / "sorted-input"
        self._now = now
        self._sorted: SortedInput | None = None
        self.authors: frozenset[AccountKey] = frozenset()

    @property
    def size(self) -> int:
        """How much `prepare` has to read. Raises UsageError for what is missing or unreadable."""
        return sum(part.size for part in self._parts)

    @property
    def input_id(self) -> str:
        """Return what tells this input from any other: a cursor that counts its events means nothing there.

        Raises UsageError for what cannot be read.
        """
        digest = hashlib.blake2b(self._counts.encode(), digest_size=8)
        for part in self._parts:
            digest.update("\n".join(part.names).encode())
            for path in part.paths:
                digest.update(_checksum(path))
        return digest.hexdigest()

    def prepare(self, on_progress: Progress | None = None) -> Inventory:
        """Read and sort everything; `on_progress` is told how much is done, and of how much.

        Raises UsageError for a part that is missing or unreadable, before anything is read.
        """
        total = self.size
        self.close()
        self._sorted = SortedInput(self._directory, keep_final_counts=self._counts == "final")
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            if on_progress is not None:
                on_progress(done, max(done, total))

        lacks = self._gather(self._sorted, advance)
        unripe = all(part.counts_may_be_unripe for part in self._parts)
        inventory = _inventory(self._sorted.finish(), lacks, unripe=unripe)
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

    def _gather(self, found: SortedInput, advance: Callable[[int], None]) -> tuple[Lack, ...]:
        """Gather every part; return what none of them tells."""
        ingested_at = self._now()
        told: list[Sequence[Lack]] = []
        try:
            for part in self._parts:
                told.append(part.gather(found, advance, ingested_at=ingested_at))
        except BaseException:
            found.finish()
            self.close()
            raise
        lacks = tuple(dict.fromkeys(lack for each in told for lack in each))
        if all(told):
            return lacks
        return tuple(structs.replace(lack, silent=()) for lack in lacks)  # a part told them after all

    def _read(self, given: int, *, with_bad: bool) -> Iterator[Reading | BadInput]:
        if self._sorted is None:
            raise UsageError("the source is closed")
        if with_bad:
            yield from self._sorted.bad_input()
        decode = msgspec.json.Decoder(AnyEvent).decode
        for number, line in enumerate(islice(self._sorted, given, None), given + 1):
            yield Reading(event=decode(line[KEY_BYTES:]), cursor=str(number))


class OnePath:
    """A part that is one file, or one folder whose files the part itself names."""

    counts_may_be_unripe = False
    read_now = ""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def names(self) -> tuple[str, ...]:
        """What the part is called."""
        return (self._path.name,)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files whose content makes this part what it is."""
        return (self._path,)


def prepared(request: SourceRequest, name: str, part: Callable[[Path], Part], *, hint: str) -> BoundedSource:
    """Return the parts that a request names, read and sorted. Raises UsageError with the hint if none is."""
    if not request.arguments:
        raise UsageError(hint)
    parts = [part(Path(each)) for each in request.arguments]
    source = BoundedSource(parts, name=name, work_dir=request.work_dir, now=request.now)
    source.prepare()
    return source


def _inventory(found: SortedInput, lacks: tuple[Lack, ...], *, unripe: bool) -> Inventory:
    return Inventory(
        posts=found.posts.count(),
        events=found.events,
        bad=found.bad,
        skipped=found.skipped,
        authors=frozenset(found.authors),
        networks=tuple(network for network in BoundedSource.networks if network in found.networks),
        first_at=found.first_at,
        last_at=found.last_at,
        ends_at=found.ends_at,
        has_counts=found.has_counts,
        all_counts_zero=unripe and found.has_counts and not found.has_nonzero_counts,
        lacks=lacks,
    )


def readable_bytes(path: Path) -> int:
    """Return the size of a file. Raises UsageError if it is missing, a directory or unreadable."""
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


def shown_name(name: str) -> str:
    """Return a file's name as it may stand in a message: nothing in it steers a terminal."""
    return _CONTROL.sub("?", name)


def _checksum(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "blake2b").digest()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error}); check the disk") from error
