"""One post of X's own archive as canonical events: v1.1 with numbers as texts, reposts and quotes untold."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from pipelines.events import AnyEvent, Post
from pipelines.sources.entities import unescape
from pipelines.sources.ripeness import counts_of
from pipelines.sources.x.archive_notes import Notes, hashtags_of, links_of, mentions_of
from pipelines.sources.x.archive_payloads import More, more_decoder, status_decoder, wrapped_decoder
from pipelines.sources.x.v1 import post_of
from pipelines.sources.x.v1_payloads import User

_REPOST = re.compile(r"RT @(\w{1,20}): ")
_POST_LINK = re.compile(
    r"^https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(\w{1,20})/status/(\d{1,20})(?:[?#]|$)"
)


class Owner(Struct, frozen=True):
    """Whose archive it is, and when it was made (None: not told), in milliseconds since the Unix epoch."""

    account: str
    handle: str
    name: str = ""
    bio: str = ""
    url: str = ""
    created_at: int | None = None
    seen_at: int | None = None


def archived_events(content: bytes, owner: Owner, notes: Notes, *, ingested_at: int) -> list[AnyEvent]:
    """Return an archived post and its counts (a repost has none); nothing for a version edited since.

    The archive does not tell which post a repost repeats: it bears the repost's own id, which X resolves.
    Raises InvalidEvent or msgspec.DecodeError naming the field.
    """
    wrapped = wrapped_decoder.decode(content)
    inner = content if wrapped.tweet is msgspec.UNSET else bytes(wrapped.tweet)
    status, more = status_decoder.decode(inner), more_decoder.decode(inner)
    status.user = User(id_str=owner.account, screen_name=owner.handle)
    post = post_of(status, ingested_at=ingested_at)
    if _edited_since(post.id, more):
        return []
    if (repeated := _REPOST.match(post.text)) is not None:
        return [_as_repost(post, repeated[1], more)]
    post = _with_quote(_with_note(post, notes), owner)
    counts = counts_of(post, seen_at=owner.seen_at, likes=status.favorite_count, reposts=status.retweet_count)
    return [post, counts]


def _edited_since(post_id: str, more: More) -> bool:
    info = more.edit_info
    control = info and (info.initial or (info.edit and info.edit.edit_control_initial))
    versions = (control and control.edit_tweet_ids) or []
    return post_id in versions[:-1]


def _as_repost(post: Post, handle: str, more: More) -> Post:
    """Return a repost: what it replies to and quotes is the original's, which the archive does not tell."""
    account = next((m.account for m in post.mentions if m.handle.casefold() == handle.casefold()), None)
    media = (more.extended_entities and more.extended_entities.media) or ()
    source = next((each.source_status_id_str or each.source_status_id for each in media), None)
    return msgspec.structs.replace(
        post,
        repost_of=source or post.id,
        repost_of_account=account or None,
        reply_to_post=None,
        reply_to_account=None,
        quote_of=None,
        quote_of_account=None,
    )


def _with_note(post: Post, notes: Notes) -> Post:
    note = notes.find(post)
    if note is None:
        return post
    return msgspec.structs.replace(
        post,
        text=unescape(note.core.text),
        links=links_of(note) or post.links,
        hashtags=hashtags_of(note) or post.hashtags,
        mentions=mentions_of(note, post.mentions),
    )


def _with_quote(post: Post, owner: Owner) -> Post:
    """Return the post as a quote if the last of its links is a post: so X shows it."""
    if post.quote_of is not None or not post.links:
        return post
    linked = _POST_LINK.match(post.links[-1])
    if linked is None:
        return post
    own = linked[1].casefold() == owner.handle.casefold()
    return msgspec.structs.replace(post, quote_of=linked[2], quote_of_account=owner.account if own else None)
