"""Canonical events: the only thing that travels from a source to the fold.

One frozen struct a kind, tagged by `kind`, encoded as one JSON document. All instants are integer
milliseconds since the Unix epoch, UTC. All ids are strings. `subject` is the tracked account that an event
concerns; a post that concerns three tracked accounts is three events. Unknown counts are None, never 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec import Struct

from pipelines.bounds import (
    Amount,
    AnyInstant,
    Count,
    Id,
    Instant,
    Link,
    Text,
    Thousandths,
    violation,
    without_control_characters,
)
from pipelines.control import (
    BrandVersion,
    Erase,
    Forgotten,
    Gap,
    LateAge,
    Recount,
    RecountedMinute,
    Tick,
    WindowEnd,
)
from pipelines.errors import InvalidEvent
from pipelines.event_base import (
    BLUESKY,
    DAY_MS,
    EARLIEST_AT,
    FUTURE_TOLERANCE_MS,
    HOUR_MS,
    MASTODON,
    MAX_DOCUMENTS,
    MINUTE_MS,
    NETWORKS,
    SECOND_MS,
    Event,
    Network,
    X,
)

__all__ = [
    "BLUESKY", "CONTROL", "DAY_MS", "EARLIEST_AT", "FUTURE_TOLERANCE_MS", "HOUR_MS", "MASTODON",
    "MAX_DOCUMENTS", "MINUTE_MS", "NETWORKS", "SECOND_MS", "AnyEvent", "BrandVersion", "Click",
    "Conversion", "Delete", "Edit", "Effort", "Erase", "Event", "Follow", "Forgotten", "Gap", "LateAge",
    "Like", "Mention", "Network", "Post", "PostStats", "Profile", "Recount", "RecountedMinute", "Tick",
    "Unfollow", "Vote", "WindowEnd", "X", "decode", "encode", "join_batch", "partition_key", "split_batch",
]  # fmt: skip


class Mention(Struct, frozen=True, array_like=True, gc=False):
    """A mentioned account: its id and its handle at that time, without the @."""

    account: Id
    handle: Id = ""


class Post(Event, frozen=True, kw_only=True, tag="post", gc=False):
    """A post by `author`, who is the subject or somebody who reacts to the subject.

    `reply_to_account`, `quote_of_account` and `repost_of_account` are None where the source does not tell.
    `links` are expanded. `author_host` is the home server, where the network has several (Mastodon).
    """

    author: Id
    author_handle: Id = ""
    author_host: Id = ""
    text: Text = ""
    language: Id = ""
    reply_to_post: Id | None = None
    reply_to_account: Id | None = None
    quote_of: Id | None = None
    quote_of_account: Id | None = None
    repost_of: Id | None = None
    repost_of_account: Id | None = None
    conversation: Id | None = None
    mentions: tuple[Mention, ...] = ()
    links: tuple[Link, ...] = ()
    hashtags: tuple[Text, ...] = ()
    has_media: bool = False
    followers_at_post: Count | None = None
    acts_told: bool = False
    """Whether the source tells every single like, reply, repost and quote of this post as it happens."""


class PostStats(Event, frozen=True, kw_only=True, tag="post_stats", gc=False):
    """A snapshot of one post's counts; `id` is the post's. `observed_at` None: final, at an unknown time."""

    observed_at: Instant | None = None
    likes: Count | None = None
    replies: Count | None = None
    reposts: Count | None = None
    quotes: Count | None = None
    bookmarks: Count | None = None
    impressions: Count | None = None


class Profile(Event, frozen=True, kw_only=True, tag="profile", gc=False):
    """A snapshot of the account `id` itself, seen at `occurred_at`."""

    handle: Id = ""
    name: Text = ""
    bio: Text = ""
    url: Link = ""
    followers: Count | None = None
    following: Count | None = None
    posts: Count | None = None
    listed: Count | None = None
    created_at: AnyInstant | None = None
    verified: bool = False
    protected: bool = False


class Like(Event, frozen=True, kw_only=True, tag="like", gc=False):
    """`actor` likes the post `post`, the subject's; `id` is the like's own.

    Where the subject itself is `actor`, it likes somebody else's, whom the id of the post names.
    """

    actor: Id
    post: Id


class Follow(Event, frozen=True, kw_only=True, tag="follow", gc=False):
    """`actor` follows the subject."""

    actor: Id


class Unfollow(Event, frozen=True, kw_only=True, tag="unfollow", gc=False):
    """`actor` no longer follows the subject."""

    actor: Id


class Edit(Event, frozen=True, kw_only=True, tag="edit", gc=False):
    """The post `id` now reads `text`; it changes the text shown, never a count."""

    text: Text
    links: tuple[Link, ...] = ()


class Delete(Event, frozen=True, kw_only=True, tag="delete", gc=False):
    """The thing `id` is withdrawn. `of` says what it was; `account`: everything of that account."""

    of: Literal["post", "like", "repost", "follow", "account"] = "post"
    author: Id = ""
    """Whose it was, where the source tells."""


class Click(Event, frozen=True, kw_only=True, tag="click", gc=False):
    """A click on a link of the subject's; `post` where it is known."""

    url: Link
    post: Id | None = None
    human: bool = True


class Conversion(Event, frozen=True, kw_only=True, tag="conversion", gc=False):
    """A result that the user values, in cents of the currency named."""

    value_cents: Amount
    currency: Id = ""
    channel: Id = ""


class Effort(Event, frozen=True, kw_only=True, tag="effort", gc=False):
    """Time spent on a channel."""

    minutes: Amount
    channel: Id = ""
    activity: Text = ""


class Vote(Event, frozen=True, kw_only=True, tag="vote", gc=False):
    """`actor` rates a post: 0, 500 or 1000 thousandths."""

    actor: Id
    post: Id
    score_milli: Thousandths


AnyEvent = (
    Post
    | PostStats
    | Profile
    | Like
    | Follow
    | Unfollow
    | Edit
    | Delete
    | Click
    | Conversion
    | Effort
    | Vote
    | Tick
    | BrandVersion
    | Gap
    | Recount
    | Erase
    | Forgotten
)
CONTROL = (Tick, BrandVersion, Gap, Erase, Forgotten)
"""Written to every partition; they concern no single subject."""

_decoder = msgspec.json.Decoder(AnyEvent)
_encoder = msgspec.json.Encoder()


def encode(event: AnyEvent) -> bytes:
    """Return the event as one line of JSON, without the newline."""
    return _encoder.encode(event)


def decode(document: bytes) -> AnyEvent:
    """Return the event in one JSON document.

    Raises InvalidEvent with a reason that names the field, for anything that can never be counted: broken
    JSON or UTF-8, a lone surrogate, an unknown kind, a missing id or subject, a control character in an id, a
    number that no count or instant can be, a date before 2006 or more than five minutes after `ingested_at`.
    Control characters in texts are left out: they would steer the terminal or the table that shows them.
    """
    try:
        event: AnyEvent = _decoder.decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(str(error)) from error
    if b"\\" in document and _ESCAPED_CONTROL.search(document):
        event = _without_control_characters(event)
    _check(event, len(document))
    return event


_ESCAPED_CONTROL = re.compile(rb"\\(?:u00[01]|[bf])")


def _without_control_characters(event: AnyEvent) -> AnyEvent:
    cleaned, name = without_control_characters(event)
    if name is not None:
        raise InvalidEvent(f"`$.{name}` holds a control character")
    return msgspec.structs.replace(event, **cleaned) if cleaned else event


def _check(event: AnyEvent, size: int) -> None:
    if not event.id:
        raise InvalidEvent("`$.id` is empty")
    if (reason := violation(event, size)) is not None:
        raise InvalidEvent(reason)
    if not event.subject and not isinstance(event, CONTROL):
        raise InvalidEvent("`$.subject` is empty")
    if event.occurred_at < EARLIEST_AT:
        raise InvalidEvent("`$.occurred_at` is before 2006")
    if isinstance(event, CONTROL):
        return  # the tick that closes an archive lies ahead of its last post
    if event.occurred_at > event.ingested_at + FUTURE_TOLERANCE_MS:
        raise InvalidEvent("`$.occurred_at` is more than 5 minutes after `$.ingested_at`")
    if isinstance(event, PostStats) and event.observed_at not in (None, event.occurred_at):
        raise InvalidEvent("`$.observed_at` is not `$.occurred_at`")


def split_batch(message: bytes) -> list[bytes]:
    """Return the documents of one message: JSON lines, blank ones left out."""
    return [line for line in message.split(b"\n") if line.strip()]


def join_batch(documents: Iterable[bytes]) -> bytes:
    """Return one message of several documents."""
    return b"\n".join(documents)


def partition_key(network: str, subject: str) -> bytes:
    """Return the key by which a subject's events find their partition."""
    return f"{network}:{subject}".encode()
