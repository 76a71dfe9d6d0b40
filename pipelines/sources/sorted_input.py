"""Pass one over files: documents become events, sorted on disk, with what is needed to know of them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pipelines.errors import InvalidEvent
from pipelines.events import (
    CONTROL,
    FUTURE_TOLERANCE_MS,
    AnyEvent,
    Gap,
    Network,
    Post,
    PostStats,
    Profile,
    encode,
)
from pipelines.sources.base import BadInput
from pipelines.sources.documents import Document
from pipelines.sources.entities import check_instant
from pipelines.sources.external_sort import DistinctCounter, ExternalSorter
from pipelines.sources.json_faults import reason_for
from pipelines.sources.x.pages import UNREADABLE, Found, Reader, shape_of

KEY_BYTES = 29
"""Each sorted line begins with its instant (16 digits), the rank of its kind (1) and its number (12)."""
EXCERPT_CHARACTERS = 200

_RANKS: dict[type, int] = {Profile: 0, Post: 1, PostStats: 2}
_OTHER_RANK = 3
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_event_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


class SortedInput:
    """Events in the order of time, and the sums over them; the same input gives the same order.

    An account's snapshots that came with its posts are kept where they differ from the one before in time.
    `authors` are the accounts to track: every post's author, unless `track` said whose the input is.
    """

    def __init__(self, directory: Path, *, keep_final_counts: bool) -> None:
        self._sorter = ExternalSorter(directory / "events")
        self._profiles = ExternalSorter(directory / "profiles")
        self._bad_path = directory / "bad.jsonl"
        self._bad_file = self._bad_path.open("wb")
        self._keep_final_counts = keep_final_counts
        self._number = 0
        self.posts = DistinctCounter(directory / "posts")
        self.events = self.bad = self.skipped = 0
        self.authors: set[tuple[Network, str]] = set()
        self.tracks_authors = True
        self.networks: set[Network] = set()
        self.first_at: int | None = None
        self.last_at: int | None = None
        self.ends_at: int | None = None
        self.has_counts = self.has_nonzero_counts = False

    def add(self, event: AnyEvent, document: bytes | None = None) -> None:
        """Take one event; `document` is its line where it came as one."""
        if isinstance(event, Post):
            self._note_post(event)
        elif isinstance(event, PostStats) and event.observed_at is None:
            self._note_counts(event)
            if not self._keep_final_counts:
                return
        self._number += 1
        rank = _RANKS.get(type(event), _OTHER_RANK)
        key = b"%016d%d%012d" % (event.occurred_at, rank, self._number)
        self._sort(event.network, event.occurred_at, key + (document or encode(event)) + b"\n")

    def add_snapshot(self, profile: Profile) -> None:
        """Take an account's snapshot that came with a post, which may tell nothing new."""
        self._number += 1
        account = msgspec.json.encode(profile.id)  # JSON text has no raw control character: \x01 ends it
        key = b"%b\x01%016d0%012d" % (account, profile.occurred_at, self._number)
        self._profiles.add(key + encode(profile) + b"\n")

    def add_bad(self, bad: BadInput) -> None:
        """Take a piece of input that is no event."""
        self.bad += 1
        self._bad_file.write(msgspec.json.encode(bad) + b"\n")

    @contextmanager
    def track(self, account: tuple[Network, str]) -> Iterator[None]:
        """Track this account alone among the authors of what is added in the context."""
        self.authors.add(account)
        self.tracks_authors = False
        try:
            yield
        finally:
            self.tracks_authors = True

    def finish(self) -> SortedInput:
        """End pass one."""
        self._bad_file.close()
        before = told = b""
        for line in self._profiles:
            account, _, rest = line.partition(b"\x01")
            content = rest[rest.index(b',"ingested_at":') :]
            if account != before or content != told:
                self._sort("x", int(rest[:16]), rest)
            before, told = account, content
        self._profiles.clear()
        return self

    def __iter__(self) -> Iterator[bytes]:
        """Give the events in order, each behind its key; may be called again."""
        return iter(self._sorter)

    def bad_input(self) -> Iterator[BadInput]:
        """Give what could not be read, in the order of the input."""
        decoder = msgspec.json.Decoder(BadInput)
        with self._bad_path.open("rb") as file:
            for line in file:
                yield decoder.decode(line)

    def _sort(self, network: Network, at: int, line: bytes) -> None:
        self._sorter.add(line)
        self.events += 1
        self.networks.add(network)
        if self.ends_at is None or at > self.ends_at:
            self.ends_at = at

    def _note_post(self, post: Post) -> None:
        self.posts.add((post.network, post.id))
        if self.tracks_authors:
            self.authors.add((post.network, post.author))
        if self.first_at is None or post.occurred_at < self.first_at:
            self.first_at = post.occurred_at
        if self.last_at is None or post.occurred_at > self.last_at:
            self.last_at = post.occurred_at

    def _note_counts(self, stats: PostStats) -> None:
        if self.has_nonzero_counts:
            return
        counts = (stats.likes, stats.replies, stats.reposts, stats.quotes, stats.bookmarks, stats.impressions)
        self.has_counts = self.has_counts or counts != (None,) * len(counts)
        self.has_nonzero_counts = any(counts)


class Converter:
    """Turn the documents of files into events of a SortedInput, and into bad input what cannot be."""

    def __init__(self, found: SortedInput, *, ingested_at: int) -> None:
        self._found = found
        self._ingested_at = ingested_at
        self._reader = Reader(ingested_at=ingested_at)

    def next_file(self) -> None:
        """Say that what follows comes from another file."""
        self._reader.forget_time()

    def take(self, name: str, document: Document) -> None:
        """Take one document of the file `name`; nothing in it raises."""
        if document.problem:
            self._found.add_bad(bad_input(name + document.place, document.problem, document.content))
            return
        try:
            if self._take(name + document.place, document.content) == 0:
                self._found.skipped += 1
        except UNREADABLE as error:
            self._bad(name + document.place, document.content, error)

    def _take(self, where: str, content: bytes) -> int:
        """Return how many events or problems the document gave."""
        if content[:1] == b"[":
            return sum(self._keep(where, found) for found in self._reader.elements(content))
        shape = shape_of(content)
        if shape.kind is not msgspec.UNSET:
            self._found.add(self._own_event(content), content if b"\n" not in content else None)
            return 1
        return sum(self._keep(where, found) for found in self._reader.read(shape, content))

    def _keep(self, where: str, found: Found) -> int:
        if found.error is not None:
            self._bad(where + found.place, found.content, found.error)
            return 1
        for event in found.events:
            if isinstance(event, Profile):
                self._found.add_snapshot(event)
            else:
                self._found.add(event)
        return len(found.events)

    def _own_event(self, content: bytes) -> AnyEvent:
        event = _event_decoder.decode(content)
        if not event.id:
            raise InvalidEvent("`$.id` is empty")
        if isinstance(event, CONTROL) and not isinstance(event, Gap):
            raise InvalidEvent(
                "`$.kind`: such events are written by the pipeline itself, not read from files"
            )
        check_instant(event.occurred_at, "$.occurred_at", ingested_at=self._ingested_at)
        if event.occurred_at > event.ingested_at + FUTURE_TOLERANCE_MS:
            raise InvalidEvent("`$.occurred_at` is more than 5 minutes after `$.ingested_at`")
        return event

    def _bad(self, where: str, content: bytes, error: Exception) -> None:
        self._found.add_bad(bad_input(where, reason_for(error, content), content))


def bad_input(where: str, reason: str, content: bytes) -> BadInput:
    """Return bad input with an excerpt that is safe to print."""
    text = content[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace")
    return BadInput(where=where, reason=reason, excerpt=_CONTROL.sub(" ", text)[:EXCERPT_CHARACTERS])
