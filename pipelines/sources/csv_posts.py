"""One row of a table of posts of X as canonical events."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import msgspec
from msgspec import Struct

from pipelines.errors import InvalidEvent
from pipelines.events import AnyEvent, Mention, Post
from pipelines.sources.entities import NETWORK, instant, language_of, posted_at, unescape
from pipelines.sources.ripeness import counts_of
from pipelines.sources.text_entities import Entities, entities_of

_ROUNDED = re.compile(r"[0-9.]+[eE]\+?[0-9]+")
_REPOST = re.compile(r"RT @(\w{1,20}):? ")
_COUNTS = ("likes", "replies", "reposts", "quotes", "bookmarks", "impressions")
_MOST = 10**12
_WITH_SLASHES = ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%y %H:%M", "%Y/%m/%d %H:%M:%S")
_ZONE_APART = re.compile(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?) (?:([+-]\d\d:?\d\d)|UTC|Z)")
_EMPTY = frozenset({"", "nan", "none", "null", "na", "n/a"})


class _Url(Struct, gc=False):
    expanded_url: str | None = None
    unwound_url: str | None = None
    url: str | None = None


class _Mentioned(Struct, gc=False):
    username: str | None = None
    id: str | None = None


class _Tag(Struct, gc=False):
    tag: str | None = None


_Listed = TypeVar("_Listed")
_urls = msgspec.json.Decoder(list[_Url])
_mentioned = msgspec.json.Decoder(list[_Mentioned])
_tags = msgspec.json.Decoder(list[_Tag])


class Row:
    """The fields of one row by name; `columns` are the names under which they stand in the table."""

    def __init__(
        self, cells: Sequence[str], at: Mapping[str, int], header: Sequence[str], author: str
    ) -> None:
        self._cells, self._at, self._header = cells, at, header
        self.author = author

    def text(self, field: str) -> str:
        """Return a field as it is written; empty where the row has none."""
        place = self._at.get(field)
        if place is None or place >= len(self._cells):
            return ""
        cell = self._cells[place].strip()
        return "" if cell.lower() in _EMPTY else cell

    def id(self, field: str) -> str:
        """Return an id. Raises InvalidEvent for one that a spreadsheet has rounded."""
        written = self.text(field)
        if _ROUNDED.fullmatch(written):
            raise InvalidEvent(f"`{self.column(field)}` has lost its digits in a spreadsheet: {written}")
        return written.removesuffix(".0")

    def count(self, field: str) -> int | None:
        """Return a count; None where it is not told. Raises InvalidEvent naming the column."""
        written = self.text(field).replace(",", "")
        if not written:
            return None
        whole = written.removesuffix(".0")
        if not (whole.isascii() and whole.isdigit()) or int(whole) > _MOST:
            raise InvalidEvent(f"`{self.column(field)}` is no count: {written[:40]!r}")
        return int(whole)

    def column(self, field: str) -> str:
        """Return the name of a field's column."""
        place = self._at.get(field)
        return field if place is None else self._header[place]


def row_events(row: Row, *, ingested_at: int) -> list[AnyEvent]:
    """Return the post of a row, and its counts where they are told. Raises InvalidEvent naming the column."""
    post = _post(row, ingested_at)
    counts = {field: row.count(field) for field in _COUNTS}
    if post.repost_of is not None or all(each is None for each in counts.values()):
        return [post]
    retrieved = row.text("retrieved_at")
    seen_at = min(instant(retrieved, row.column("retrieved_at")), ingested_at) if retrieved else None
    return [post, counts_of(post, seen_at=seen_at, **counts)]


def _post(row: Row, ingested_at: int) -> Post:
    post_id, text = row.id("id"), unescape(row.text("text"))
    if not post_id:
        raise InvalidEvent(f"`{row.column('id')}` is empty")
    handle = (row.author or row.text("author")).removeprefix("@")
    author = row.id("author_id") or _account(handle)
    if not author:
        raise InvalidEvent(f"`{row.column('author')}` is empty")
    found = entities_of(text)
    repeated = _REPOST.match(text)
    repost_of = row.id("repost_of") or (post_id if repeated else "")
    post = Post(
        network=NETWORK,
        id=post_id,
        occurred_at=_at(row, post_id, ingested_at),
        ingested_at=ingested_at,
        author=author,
        author_handle=handle,
        text=text,
        language=language_of(row.text("language") or None),
        conversation=row.id("conversation") or None,
        mentions=_mentions(row, found),
        links=_links(row, found),
        hashtags=_hashtags(row, found),
        followers_at_post=row.count("followers"),
    )
    if repost_of:
        account = row.id("repost_of_account") or (_account(repeated[1]) if repeated else "")
        return msgspec.structs.replace(post, repost_of=repost_of, repost_of_account=account or None)
    return _with_references(post, row, found)


def _with_references(post: Post, row: Row, found: Entities) -> Post:
    parent, answered = row.id("reply_to_post"), row.id("reply_to_account")
    if not answered and found.reply_to:
        own = found.reply_to.casefold() == post.author_handle.casefold()
        answered = post.author if own else _account(found.reply_to)
    return msgspec.structs.replace(
        post,
        reply_to_post=parent or None,
        reply_to_account=answered or None,
        quote_of=row.id("quote_of") or None,
        quote_of_account=row.id("quote_of_account") or None,
    )


def _account(handle: str) -> str:
    """Return the id of an account that is known by its handle alone."""
    return f"@{handle.lower()}" if handle else ""


def _at(row: Row, post_id: str, ingested_at: int) -> int:
    written = row.text("created_at")
    try:
        return posted_at(_iso(written) or None, post_id, ingested_at=ingested_at)
    except InvalidEvent as error:
        raise InvalidEvent(str(error).replace("$.created_at", row.column("created_at"))) from error


def _iso(written: str) -> str:
    """Return a date as ISO 8601 where it is written in another way that tables have; else as it is."""
    digits = written.removesuffix(".0")
    if digits.isascii() and digits.isdigit() and len(digits) in (10, 13):
        seconds = int(digits) / (1 if len(digits) == 10 else 1_000)
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    if (apart := _ZONE_APART.fullmatch(written)) is not None:
        return apart[1] + (apart[2] or "+00:00")
    for form in _WITH_SLASHES if "/" in written else ():
        try:
            at = datetime.strptime(written, form)  # noqa: DTZ007 - UTC where the table does not say
        except ValueError:
            continue
        return at.replace(tzinfo=UTC).isoformat()
    return written


def _mentions(row: Row, found: Entities) -> tuple[Mention, ...]:
    if told := row.text("mentions"):
        return tuple(
            Mention(each.id or _account(each.username or ""), each.username or "")
            for each in _decoded(row, "mentions", told, _mentioned)
        )
    return tuple(Mention(_account(handle), handle) for handle in dict.fromkeys(found.mentions))


def _links(row: Row, found: Entities) -> tuple[str, ...]:
    if told := row.text("links"):
        links = [
            each.unwound_url or each.expanded_url or each.url for each in _decoded(row, "links", told, _urls)
        ]
        return tuple(dict.fromkeys(filter(None, links)))
    return tuple(dict.fromkeys(link if "://" in link else f"http://{link}" for link in found.links))


def _hashtags(row: Row, found: Entities) -> tuple[str, ...]:
    if told := row.text("hashtags"):
        return tuple(each.tag for each in _decoded(row, "hashtags", told, _tags) if each.tag)
    return found.hashtags


def _decoded(row: Row, field: str, told: str, decoder: msgspec.json.Decoder[list[_Listed]]) -> list[_Listed]:
    try:
        return decoder.decode(told)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise InvalidEvent(f"`{row.column(field)}` is no list of JSON: {error}") from error
