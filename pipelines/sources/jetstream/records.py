"""What Jetstream tells of records and accounts, as events."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct, field

from pipelines.errors import InvalidEvent
from pipelines.events import AnyEvent, Delete, Edit, Follow, Like, Network, Post
from pipelines.sources.bluesky.records import (
    FOLLOWS,
    POSTS,
    REPOSTS,
    RepostRecord,
    account_of,
    post_decoder,
    post_event,
    repost_event,
    written_at,
)
from pipelines.sources.jetstream.frames import Frame

NETWORK: Network = "bluesky"
LIKES = "app.bsky.feed.like"
COLLECTIONS = (POSTS, LIKES, REPOSTS, FOLLOWS)
_OF = {POSTS: "post", LIKES: "like", REPOSTS: "repost", FOLLOWS: "follow"}
GONE_FOR_NOW = ("suspended", "deactivated")
GONE = ("deleted", "takendown", *GONE_FOR_NOW)
"""Why an account may not be shown; two of them may end, but until then it may not be shown either."""


class _Subject(Struct, gc=False):
    uri: str = ""


class _LikeRecord(Struct, gc=False):
    subject: _Subject
    created_at: str | None = field(name="createdAt", default=None)


class _FollowRecord(Struct, gc=False):
    subject: str
    created_at: str | None = field(name="createdAt", default=None)


_like_decoder = msgspec.json.Decoder(_LikeRecord)
_repost_decoder = msgspec.json.Decoder(RepostRecord)
_follow_decoder = msgspec.json.Decoder(_FollowRecord)


def event_of(frame: Frame, *, now: int, acts_told: bool) -> AnyEvent | None:
    """Return what a commit or a change of an account says; None for what is no event of ours.

    The time is the author's own, but never after the server saw it: Bluesky itself sorts by the earlier of
    the two. Raises InvalidEvent naming the field.
    """
    if frame.kind == "account":
        return _gone(frame, now)
    if frame.kind != "commit" or frame.collection not in _OF:
        return None
    if not frame.did or not frame.rkey:
        raise InvalidEvent(f"`$.{'rkey' if frame.did else 'did'}` is missing")
    uri = f"at://{frame.did}/{frame.collection}/{frame.rkey}"
    if frame.operation == "delete":
        return Delete(
            network=NETWORK,
            id=uri,
            occurred_at=_seen_at(frame),
            ingested_at=now,
            of=_OF[frame.collection],  # type: ignore[arg-type]
            author=frame.did,
        )
    if frame.record is None:
        raise InvalidEvent("`$.record` is missing")
    try:
        return _made(frame, frame.record, uri, now, acts_told=acts_told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(str(error)) from error


def _made(frame: Frame, record: Raw, uri: str, now: int, *, acts_told: bool) -> AnyEvent | None:
    match frame.collection:
        case "app.bsky.feed.post":
            return _post(frame, record, uri, now, acts_told=acts_told)
        case "app.bsky.feed.repost":
            repost = repost_event(_repost_decoder.decode(record), uri, ingested_at=now)
            at = min(repost.occurred_at, _seen_at(frame))
            return msgspec.structs.replace(repost, occurred_at=at)
        case "app.bsky.feed.like":
            return _like(frame, record, uri, now)
        case _:
            return _follow(frame, record, uri, now)


def _post(frame: Frame, record: Raw, uri: str, now: int, *, acts_told: bool) -> Post | Edit:
    post = post_event(post_decoder.decode(record), uri, ingested_at=now)
    if frame.operation == "update":
        return Edit(
            network=NETWORK,
            id=uri,
            occurred_at=_seen_at(frame),
            ingested_at=now,
            text=post.text,
            links=post.links,
        )
    at = min(post.occurred_at, _seen_at(frame))
    return msgspec.structs.replace(post, occurred_at=at, acts_told=acts_told)


def _like(frame: Frame, record: Raw, uri: str, now: int) -> Like | None:
    like = _like_decoder.decode(record)
    owner = account_of(like.subject.uri)
    if owner is None or f"/{POSTS}/" not in like.subject.uri:
        return None  # of a feed, a list …
    at = written_at(like.created_at, uri, ingested_at=now)
    return Like(
        network=NETWORK,
        id=uri,
        occurred_at=min(at, _seen_at(frame)),
        ingested_at=now,
        subject=owner,
        actor=frame.did,
        post=like.subject.uri,
    )


def _follow(frame: Frame, record: Raw, uri: str, now: int) -> Follow:
    follow = _follow_decoder.decode(record)
    at = written_at(follow.created_at, uri, ingested_at=now)
    return Follow(
        network=NETWORK,
        id=uri,
        occurred_at=min(at, _seen_at(frame)),
        ingested_at=now,
        subject=follow.subject,
        actor=frame.did,
    )


def _gone(frame: Frame, now: int) -> Delete | None:
    if frame.active or frame.status not in GONE:
        return None
    return Delete(
        network=NETWORK,
        id=frame.did,
        occurred_at=_seen_at(frame),
        ingested_at=now,
        of="account",
        author=frame.did,
    )


def _seen_at(frame: Frame) -> int:
    return frame.time_us // 1_000
