"""Records of Bluesky's repositories as events (lexicons app.bsky of github.com/bluesky-social/atproto)."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct, field

from pipelines.errors import InvalidEvent
from pipelines.events import AnyEvent, Delete, Edit, Follow, Like, Mention, Post
from pipelines.sources.jetstream.frames import Frame, microseconds

POST, LIKE = "app.bsky.feed.post", "app.bsky.feed.like"
REPOST, FOLLOW = "app.bsky.feed.repost", "app.bsky.graph.follow"
COLLECTIONS = (POST, LIKE, REPOST, FOLLOW)
_OF = {POST: "post", LIKE: "like", REPOST: "repost", FOLLOW: "follow"}
_SHOWN = ("app.bsky.embed.images", "app.bsky.embed.video")
GONE_FOR_GOOD = ("deleted", "takendown")
GONE_FOR_NOW = ("suspended", "deactivated")


class _Ref(Struct, gc=False):
    uri: str = ""


class _Reply(Struct, gc=False):
    parent: _Ref = field(default_factory=_Ref)
    root: _Ref = field(default_factory=_Ref)


class _Feature(Struct, gc=False):
    did: str | None = None
    uri: str | None = None
    tag: str | None = None


class _Index(Struct, gc=False):
    start: int = field(name="byteStart", default=0)
    end: int = field(name="byteEnd", default=0)


class _Facet(Struct, gc=False):
    features: list[_Feature] = []
    index: _Index = field(default_factory=_Index)


class _Embedded(Struct, gc=False):
    """`app.bsky.embed.record` has the reference here, `recordWithMedia` one level deeper."""

    uri: str | None = None
    record: _Ref | None = None


class _Media(Struct, gc=False):
    type: str = field(name="$type", default="")
    external: _Ref | None = None


class _Embed(Struct, gc=False):
    type: str = field(name="$type", default="")
    record: _Embedded | None = None
    external: _Ref | None = None
    media: _Media | None = None


class _PostRecord(Struct, gc=False):
    text: str
    created_at: str = field(name="createdAt")
    langs: list[str] = []
    reply: _Reply | None = None
    facets: list[_Facet] = []
    embed: _Embed | None = None
    tags: list[str] = []


class _SubjectRecord(Struct, gc=False):
    subject: _Ref
    created_at: str = field(name="createdAt")


class _FollowRecord(Struct, gc=False):
    subject: str
    created_at: str = field(name="createdAt")


_post_decoder = msgspec.json.Decoder(_PostRecord)
_subject_decoder = msgspec.json.Decoder(_SubjectRecord)
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
    seen_at = frame.time_us // 1_000
    if frame.operation == "delete":
        return Delete(
            network="bluesky",
            id=uri,
            occurred_at=seen_at,
            ingested_at=now,
            of=_OF[frame.collection],  # type: ignore[arg-type]
            author=frame.did,
        )
    if frame.record is None:
        raise InvalidEvent("`$.record` is missing")
    try:
        return _made(frame, frame.record, uri, seen_at, now, acts_told=acts_told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(str(error)) from error


def _made(frame: Frame, record: Raw, uri: str, seen_at: int, now: int, *, acts_told: bool) -> AnyEvent | None:
    if frame.collection == POST:
        post = _post(frame.did, _post_decoder.decode(record), uri, seen_at, now, acts_told=acts_told)
        if frame.operation == "update":
            return Edit(
                network="bluesky",
                id=uri,
                occurred_at=seen_at,
                ingested_at=now,
                text=post.text,
                links=post.links,
            )
        return post
    if frame.collection == FOLLOW:
        follow = _follow_decoder.decode(record)
        at = _earlier(follow.created_at, seen_at)
        return Follow(
            network="bluesky",
            id=uri,
            occurred_at=at,
            ingested_at=now,
            subject=follow.subject,
            actor=frame.did,
        )
    act = _subject_decoder.decode(record)
    at, owner = _earlier(act.created_at, seen_at), account_of(act.subject.uri)
    if collection_of(act.subject.uri) != POST:
        return None
    if frame.collection == LIKE:
        return Like(
            network="bluesky",
            id=uri,
            occurred_at=at,
            ingested_at=now,
            subject=owner,
            actor=frame.did,
            post=act.subject.uri,
        )
    return Post(
        network="bluesky",
        id=uri,
        occurred_at=at,
        ingested_at=now,
        author=frame.did,
        repost_of=act.subject.uri,
        repost_of_account=owner,
    )


def _post(author: str, record: _PostRecord, uri: str, seen_at: int, now: int, *, acts_told: bool) -> Post:
    embed = record.embed or _Embed()
    media = embed.media or _Media()
    quoted = _quoted(embed)
    reply = record.reply
    features = [feature for facet in record.facets for feature in facet.features]
    links = [feature.uri for feature in features if feature.uri]
    links += [each.uri for each in (embed.external, media.external) if each is not None and each.uri]
    return Post(
        network="bluesky",
        id=uri,
        occurred_at=_earlier(record.created_at, seen_at),
        ingested_at=now,
        author=author,
        text=record.text,
        language=record.langs[0] if record.langs else "",
        reply_to_post=(reply and reply.parent.uri) or None,
        reply_to_account=account_of(reply.parent.uri) or None if reply else None,
        quote_of=quoted,
        quote_of_account=account_of(quoted) if quoted else None,
        conversation=(reply and reply.root.uri) or uri,
        mentions=_mentions(record),
        links=tuple(dict.fromkeys(links)),
        hashtags=tuple(dict.fromkeys([*(each.tag for each in features if each.tag), *record.tags])),
        has_media=embed.type in _SHOWN or media.type in _SHOWN,
        acts_told=acts_told,
    )


def _quoted(embed: _Embed) -> str | None:
    if embed.record is None:
        return None
    uri = embed.record.uri or (embed.record.record and embed.record.record.uri)
    return uri if uri and collection_of(uri) == POST else None


def _mentions(record: _PostRecord) -> tuple[Mention, ...]:
    found = []
    text = record.text.encode()
    for facet in record.facets:
        shown = text[facet.index.start : facet.index.end].decode("utf-8", "ignore")
        handle = shown.removeprefix("@") if shown.startswith("@") else ""
        found += [Mention(feature.did, handle) for feature in facet.features if feature.did]
    return tuple(dict.fromkeys(found))


def _gone(frame: Frame, now: int) -> Delete | None:
    if frame.active or frame.status not in GONE_FOR_GOOD + GONE_FOR_NOW:
        return None
    return Delete(
        network="bluesky",
        id=frame.did,
        occurred_at=frame.time_us // 1_000,
        ingested_at=now,
        of="account",
        author=frame.did,
    )


def _earlier(created_at: str, seen_at: int) -> int:
    return min(microseconds(created_at, "$.record.createdAt") // 1_000, seen_at)


def account_of(uri: str) -> str:
    """Return the DID in an at-URI; empty if it is none.

    >>> account_of("at://did:plc:abc/app.bsky.feed.post/3k")
    'did:plc:abc'
    """
    did = uri.removeprefix("at://").partition("/")[0]
    return did if did.startswith("did:") else ""


def collection_of(uri: str) -> str:
    """Return the collection in an at-URI; empty if it is none."""
    parts = uri.split("/")
    return parts[3] if len(parts) == 5 else ""
