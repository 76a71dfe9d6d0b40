"""Tell what a JSON document of the X API is, and find the posts and accounts in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from pipelines.errors import InvalidEvent
from pipelines.events import AnyEvent, Post
from pipelines.sources.entities import check_instant, instant
from pipelines.sources.x import v1, v2

Part = Raw | UnsetType

NEITHER = "neither a post nor a page of posts"
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidEvent)
"""What a document that is bad for ever raises when it is read."""


class Shape(Struct, gc=False):
    """The members by which a document is told, each left as it stands."""

    kind: Part = UNSET
    data: Part = UNSET
    includes: Part = UNSET
    errors: Part = UNSET
    meta: Part = UNSET
    twarc: Part = field(name="__twarc", default=UNSET)
    statuses: Part = UNSET
    results: Part = UNSET
    users: Part = UNSET
    delete: Part = UNSET
    limit: Part = UNSET
    warning: Part = UNSET
    scrub_geo: Part = UNSET
    status_withheld: Part = UNSET
    user_withheld: Part = UNSET
    disconnect: Part = UNSET
    friends: Part = UNSET
    id: Part = UNSET
    id_str: Part = UNSET
    text: Part = UNSET
    full_text: Part = UNSET
    user: Part = UNSET
    screen_name: Part = UNSET
    author_id: Part = UNSET
    author: Part = UNSET
    public_metrics: Part = UNSET
    edit_history_tweet_ids: Part = UNSET
    username: Part = UNSET
    action: Part = UNSET
    start: Part = UNSET
    tweet_count: Part = UNSET
    actor: Part = UNSET

    @property
    def is_notice(self) -> bool:
        """Whether a stream or a job says something that concerns no post that we count."""
        notices = (self.limit, self.warning, self.scrub_geo, self.status_withheld, self.user_withheld)
        if any(part is not UNSET for part in (*notices, self.disconnect, self.friends)):
            return True
        compliance = self.action is not UNSET and self.text is UNSET
        return compliance or (self.tweet_count is not UNSET and self.start is not UNSET)

    @property
    def is_post(self) -> bool:
        """Whether it looks like one post, of either version, though perhaps a broken one."""
        if self.text is not UNSET or self.full_text is not UNSET:
            return self.id is not UNSET or self.id_str is not UNSET or self.user is not UNSET
        return self.user is not UNSET and (self.id is not UNSET or self.id_str is not UNSET)

    @property
    def is_v2_post(self) -> bool:
        """Whether a post is one of v2: these members do not exist in v1.1."""
        told = (self.author_id, self.author, self.public_metrics, self.edit_history_tweet_ids)
        return any(part is not UNSET for part in told)


class _IncludedParts(Struct, gc=False):
    users: list[Raw] | None = None
    tweets: list[Raw] | None = None


class _Capture(Struct, gc=False):
    retrieved_at: str | None = None


_shape_decoder = msgspec.json.Decoder(Shape)
_elements_decoder = msgspec.json.Decoder(list[Raw])
_includes_decoder = msgspec.json.Decoder(_IncludedParts)
_capture_decoder = msgspec.json.Decoder(_Capture)
_NOTHING = v2.Includes()


class Found(NamedTuple):
    """One thing in a document: its place in it ("" or "[17]"), and its events or why there are none."""

    place: str
    content: bytes
    events: list[AnyEvent]
    error: Exception | None = None


class Reader:
    """Find posts and accounts in documents; `latest_at` dates deletions that tell no time."""

    def __init__(self, *, ingested_at: int) -> None:
        self.ingested_at = ingested_at
        self._latest_at: int | None = None

    def forget_time(self) -> None:
        """Start another file: the posts before say nothing about the time in it."""
        self._latest_at = None

    def read(self, shape: Shape, content: bytes) -> Iterator[Found]:
        """Give what the document holds; nothing for notices, counts, errors and pages without posts."""
        if shape.data is not UNSET:
            yield from self._page(shape, shape.data)
        elif shape.delete is not UNSET:
            yield self._found("", content, self._delete, shape.delete)
        elif (elements := _first(shape.statuses, shape.results)) is not UNSET:
            yield from self._elements(elements, _NOTHING, None)
        elif shape.users is not UNSET:
            yield from self._elements(shape.users, _NOTHING, None)
        elif not (shape.errors is not UNSET or (shape.meta is not UNSET and shape.id is UNSET)):
            yield self._found("", content, self._element, content, shape, _NOTHING, None)

    def elements(self, content: bytes) -> Iterator[Found]:
        """Give what the elements of an array hold."""
        return self._elements(content, _NOTHING, None)

    def _page(self, shape: Shape, data: Raw) -> Iterator[Found]:
        captured_at = self._captured_at(shape)
        includes = v2.Includes()
        if shape.includes is not UNSET:
            parts = _includes_decoder.decode(shape.includes)
            yield from _take(parts.users, includes.add_user, ".includes.users")
            yield from _take(parts.tweets, includes.add_tweet, ".includes.tweets")
        if bytes(data)[:1] == b"[":
            yield from self._elements(data, includes, captured_at)
        elif bytes(data) != b"null":
            yield self._found("", bytes(data), self._element, data, None, includes, captured_at)

    def _captured_at(self, shape: Shape) -> int | None:
        if shape.twarc is UNSET:
            return None
        retrieved_at = _capture_decoder.decode(shape.twarc).retrieved_at
        if retrieved_at is None:
            return None
        captured_at = instant(retrieved_at, "$.__twarc.retrieved_at")
        check_instant(captured_at, "$.__twarc.retrieved_at", ingested_at=self.ingested_at)
        return captured_at

    def _elements(
        self, content: bytes | Raw, includes: v2.Includes, captured_at: int | None
    ) -> Iterator[Found]:
        for index, element in enumerate(_elements_decoder.decode(content)):
            yield self._found(f"[{index}]", element, self._element, element, None, includes, captured_at)

    def _found(
        self, place: str, content: bytes | Raw, read: Callable[..., list[AnyEvent]], *arguments: object
    ) -> Found:
        try:
            return Found(place, b"", read(*arguments))
        except UNREADABLE as error:
            return Found(place, bytes(content), [], error)

    def _element(
        self, content: bytes | Raw, shape: Shape | None, includes: v2.Includes, captured_at: int | None
    ) -> list[AnyEvent]:
        shape = shape or _shape_decoder.decode(content)
        if shape.twarc is not UNSET and captured_at is None:
            captured_at = self._captured_at(shape)
        if shape.is_post:
            return self._post(content, shape, includes, captured_at)
        seen_at = self.ingested_at if captured_at is None else captured_at
        if shape.username is not UNSET:
            return v2.user_events(content, at=seen_at, ingested_at=self.ingested_at)
        if shape.screen_name is not UNSET:
            return v1.user_events(content, at=seen_at, ingested_at=self.ingested_at)
        if shape.is_notice:
            return []
        raise InvalidEvent(NEITHER + (" (Activity Streams are not read)" if shape.actor is not UNSET else ""))

    def _post(
        self, content: bytes | Raw, shape: Shape, includes: v2.Includes, captured_at: int | None
    ) -> list[AnyEvent]:
        if shape.is_v2_post or (shape.user is UNSET and includes is not _NOTHING):
            events = v2.tweet_events(content, includes, captured_at=captured_at, ingested_at=self.ingested_at)
        else:
            events = v1.status_events(content, ingested_at=self.ingested_at)
        post = events[0]
        if isinstance(post, Post):
            self._latest_at = post.occurred_at
        return events

    def _delete(self, notice: Raw) -> list[AnyEvent]:
        return v1.delete_events(notice, latest_at=self._latest_at, ingested_at=self.ingested_at)


def shape_of(content: bytes) -> Shape:
    """Return the shape of a JSON object. Raises what UNREADABLE names for anything else."""
    return _shape_decoder.decode(content)


def _first(*parts: Part) -> Part:
    return next((part for part in parts if part is not UNSET), UNSET)


def _take(parts: list[Raw] | None, add: Callable[[Raw], None], place: str) -> Iterator[Found]:
    for index, part in enumerate(parts or ()):
        try:
            add(part)
        except UNREADABLE as error:
            yield Found(f"{place}[{index}]", bytes(part), [], error)
