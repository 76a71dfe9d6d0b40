"""What a line of the filtered stream says."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from pipelines.errors import InvalidEvent, Retriable
from pipelines.events import AnyEvent, Delete, Edit, Post
from pipelines.sources.entities import instant
from pipelines.sources.x import v2
from pipelines.sources.x_stream.rules import QUOTE

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidEvent)
FIELDS = (
    "author_id,created_at,conversation_id,lang,in_reply_to_user_id,referenced_tweets,entities,note_tweet,"
    "attachments,edit_history_tweet_ids,withheld"
)
"""What is asked for of a post. No expansions: whatever they add is billed too."""


class _Match(Struct):
    tag: str = ""


class _Problem(Struct):
    title: str = ""
    disconnect_type: str = ""


class _Thing(Struct):
    id: str = ""
    author_id: str = ""


class _Deleted(Struct):
    tweet: _Thing | None = None
    user: _Thing | None = None
    event_at: str = ""


class _Line(Struct):
    data: Raw | UnsetType = UNSET
    matching_rules: list[_Match] = []
    errors: list[_Problem] = []
    delete: _Deleted | None = None
    tweet_delete: _Deleted | None = None
    user_delete: _Deleted | None = None


class _Version(Struct):
    """What tells an edited post, and one that may not be shown everywhere."""

    id: str = ""
    edit_history_tweet_ids: list[str] = []
    withheld: Raw | UnsetType = UNSET


class Told(Struct, frozen=True):
    """A line's events, and the id of the post in it, which is billed (None: none is)."""

    events: tuple[AnyEvent, ...]
    billed: str | None = None


_line_decoder = msgspec.json.Decoder(_Line)
_version_decoder = msgspec.json.Decoder(_Version)


class Lines:
    """Turn lines into events. `own`: account by handle in small letters, as far as it is known."""

    def __init__(self, own: dict[str, str]) -> None:
        self._own = own

    def read(self, line: bytes, *, now: int) -> Told:
        """Return what a line says. Raises Retriable if X ends the stream, or what UNREADABLE names."""
        told = _line_decoder.decode(line)
        if told.data is UNSET:
            return self._notice(told, now)
        post_events = v2.tweet_events(told.data, v2.Includes(), captured_at=now, ingested_at=now)
        version = _version_decoder.decode(told.data)
        (post,) = [event for event in post_events if isinstance(event, Post)]
        return Told((self._event(post, version, told, now),), post.id)

    def _notice(self, told: _Line, now: int) -> Told:
        gone = told.delete or told.tweet_delete or told.user_delete
        if gone is not None:
            return Told(tuple(_deletes(gone, now)))
        if told.errors:
            first = told.errors[0]
            raise Retriable(
                f"X ends the stream: {first.disconnect_type or first.title or 'it does not say why'}"
            )
        raise InvalidEvent("`$.data` is missing")

    def _event(self, post: Post, version: _Version, told: _Line, now: int) -> AnyEvent:
        text, links = (post.text, post.links) if version.withheld is UNSET else ("", ())
        history = version.edit_history_tweet_ids
        if history and history[0] != post.id:
            return Edit(
                network="x",
                id=history[0],
                occurred_at=post.occurred_at,
                ingested_at=now,
                text=text,
                links=links,
            )
        return msgspec.structs.replace(
            post,
            text=text,
            links=links,
            quote_of_account=post.quote_of_account or self._quoted(post, told.matching_rules),
            repost_of_account=post.repost_of_account or _reposted(post),
        )

    def _quoted(self, post: Post, matches: list[_Match]) -> str | None:
        """Return the own account that a rule for quotes of it tells."""
        if post.quote_of is None:
            return None
        handles = (each.tag.removeprefix(QUOTE) for each in matches if each.tag.startswith(QUOTE))
        return next((self._own[each.lower()] for each in handles if each.lower() in self._own), None)


def _reposted(post: Post) -> str | None:
    """Return whose post is reposted: the one whom the text names first, `RT @name: ...`."""
    if post.repost_of is None or not post.text.startswith("RT @"):
        return None
    name = post.text[4:].partition(":")[0].lower()
    return next((each.account for each in post.mentions if each.handle.lower() == name), None) or None


def _deletes(gone: _Deleted, now: int) -> list[AnyEvent]:
    at = min(instant(gone.event_at, "$.event_at"), now) if gone.event_at else now
    found: list[AnyEvent] = []
    if gone.tweet is not None and gone.tweet.id:
        found.append(
            Delete(
                network="x", id=gone.tweet.id, occurred_at=at, ingested_at=now, author=gone.tweet.author_id
            )
        )
    if gone.user is not None and gone.user.id:
        found.append(
            Delete(
                network="x",
                id=gone.user.id,
                occurred_at=at,
                ingested_at=now,
                of="account",
                author=gone.user.id,
            )
        )
    return found
