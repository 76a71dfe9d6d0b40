"""Bluesky's views (what the public AppView answers) as canonical events.

https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky: actor.getProfile, feed.getAuthorFeed
and feed.getPostThread.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from pipelines.errors import InvalidEvent
from pipelines.events import AnyEvent, Post, Profile
from pipelines.sources.bluesky.records import NETWORK, account_of, post_decoder, post_event, written_at
from pipelines.sources.entities import Count, instant
from pipelines.sources.ripeness import counts_of

_REPOST, _PIN = "app.bsky.feed.defs#reasonRepost", "app.bsky.feed.defs#reasonPin"


class ProfileView(Struct, gc=False, rename="camel"):
    did: str
    handle: str = ""
    display_name: str | None = None
    description: str | None = None
    followers_count: Count | None = None
    follows_count: Count | None = None
    posts_count: Count | None = None
    created_at: str | None = None


class Author(Struct, gc=False):
    did: str
    handle: str = ""


class PostView(Struct, gc=False, rename="camel"):
    uri: str
    author: Author
    record: msgspec.Raw
    reply_count: Count | None = None
    repost_count: Count | None = None
    like_count: Count | None = None
    quote_count: Count | None = None
    bookmark_count: Count | None = None


class Reason(Struct, gc=False, rename="camel"):
    type: str = field(name="$type", default="")
    by: Author | None = None
    uri: str | None = None
    indexed_at: str | None = None


class FeedItem(Struct, gc=False):
    post: PostView
    reason: Reason | None = None


class Feed(Struct, gc=False):
    feed: list[msgspec.Raw]
    cursor: str | None = None


class Answer(Struct, gc=False):
    post: msgspec.Raw | UnsetType = UNSET


class Thread(Struct, gc=False):
    replies: list[Answer] | None = None


class ThreadAnswer(Struct, gc=False):
    thread: Thread


profile_decoder = msgspec.json.Decoder(ProfileView)
feed_decoder = msgspec.json.Decoder(Feed)
item_decoder = msgspec.json.Decoder(FeedItem)
thread_decoder = msgspec.json.Decoder(ThreadAnswer)
view_decoder = msgspec.json.Decoder(PostView)


def profile_event(view: ProfileView, *, seen_at: int) -> Profile:
    """Return the account as it was seen."""
    try:
        created_at = instant(view.created_at, "$.createdAt") if view.created_at else None
    except InvalidEvent:
        created_at = None
    return Profile(
        network=NETWORK,
        id=view.did,
        occurred_at=seen_at,
        ingested_at=seen_at,
        handle=view.handle,
        name=view.display_name or "",
        bio=view.description or "",
        followers=view.followers_count,
        following=view.follows_count,
        posts=view.posts_count,
        created_at=created_at,
    )


def item_events(item: FeedItem, account: str, *, seen_at: int) -> list[AnyEvent]:
    """Return an account's post with its counts, or its repost; nothing for what is another's.

    Raises InvalidEvent or msgspec.DecodeError naming the field.
    """
    reason, view = item.reason, item.post
    if reason is not None and reason.type == _REPOST:
        return [_repost(reason, view, account, seen_at=seen_at)]
    if view.author.did != account or (reason is not None and reason.type == _PIN):
        return []
    post = view_event(view, seen_at=seen_at)
    counts = counts_of(
        post,
        seen_at=seen_at,
        likes=view.like_count,
        replies=view.reply_count,
        reposts=view.repost_count,
        quotes=view.quote_count,
        bookmarks=view.bookmark_count,
    )
    return [post, counts]


def view_event(view: PostView, *, seen_at: int) -> Post:
    """Return the post of a view, by whomever."""
    if account_of(view.uri) != view.author.did:
        raise InvalidEvent("`$.uri` is not of `$.author.did`")
    record = post_decoder.decode(view.record)
    return post_event(record, view.uri, handle=view.author.handle, ingested_at=seen_at)


def _repost(reason: Reason, view: PostView, account: str, *, seen_at: int) -> Post:
    """Return a repost; where the view does not tell its address, the original's stands in for the key."""
    key = view.uri.rsplit("/", 1)[-1]
    uri = reason.uri or f"at://{account}/app.bsky.feed.repost/of-{key}"
    return Post(
        network=NETWORK,
        id=uri,
        occurred_at=written_at(reason.indexed_at, uri, ingested_at=seen_at),
        ingested_at=seen_at,
        author=account,
        author_handle=reason.by.handle if reason.by else "",
        repost_of=view.uri,
        repost_of_account=view.author.did,
    )
