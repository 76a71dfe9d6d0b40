"""The records of a Bluesky repository (posts and reposts) as canonical events.

Lexicons: https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky. A record's id is its address,
`at://did/collection/key`; its time is told by whoever wrote it, and its key usually holds one too.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import Struct, field

from pipelines.errors import InvalidEvent
from pipelines.events import BLUESKY, EARLIEST_AT, FUTURE_TOLERANCE_MS, Mention, Network, Post
from pipelines.ids import id_time
from pipelines.sources.entities import instant, missing

NETWORK: Network = "bluesky"
POSTS, REPOSTS, PROFILE = "app.bsky.feed.post", "app.bsky.feed.repost", "app.bsky.actor.profile"
FOLLOWS = "app.bsky.graph.follow"
_LINK, _MENTION, _TAG = (f"app.bsky.richtext.facet#{name}" for name in ("link", "mention", "tag"))


class Reference(Struct, gc=False):
    """A record that another points to; a quote with pictures wraps it once more."""

    uri: str | None = None
    record: Reference | None = None


class ReplyTo(Struct, gc=False):
    parent: Reference | None = None
    root: Reference | None = None


class External(Struct, gc=False):
    uri: str | None = None


class Embed(Struct, gc=False):
    """What is attached to a post: pictures, a video, a card, a quote, or a quote with one of them."""

    record: Reference | None = None
    external: External | None = None
    media: Embed | None = None
    images: object = None
    video: object = None


class Span(Struct, gc=False, rename="camel"):
    """The bytes of the text (UTF-8) that a facet is about."""

    byte_start: int = 0
    byte_end: int = 0


class Feature(Struct, gc=False):
    type: str = field(name="$type", default="")
    uri: str | None = None
    did: str | None = None
    tag: str | None = None


class Facet(Struct, gc=False):
    index: Span | None = None
    features: list[Feature] | None = None


class PostRecord(Struct, gc=False, rename="camel"):
    text: str
    created_at: str | None = None
    langs: list[str] | None = None
    reply: ReplyTo | None = None
    embed: Embed | None = None
    facets: list[Facet] | None = None
    tags: list[str] | None = None


class RepostRecord(Struct, gc=False, rename="camel"):
    subject: Reference
    created_at: str | None = None


class ProfileRecord(Struct, gc=False, rename="camel"):
    display_name: str | None = None
    description: str | None = None
    created_at: str | None = None


post_decoder = msgspec.json.Decoder(PostRecord)


def account_of(uri: str | None) -> str | None:
    """Return the account in the address of a record.

    >>> account_of("at://did:plc:ann/app.bsky.feed.post/3k2a")
    'did:plc:ann'
    """
    if uri is None or not uri.startswith("at://"):
        return None
    return uri.removeprefix("at://").partition("/")[0] or None


def written_at(created_at: str | None, uri: str, *, ingested_at: int) -> int:
    """Return when a record was made, in milliseconds since the Unix epoch.

    Its own time; that of its key where the own one lies behind it (it is given at writing), before 2006 or
    is none. Raises InvalidEvent if there is neither.
    """
    keyed_at = id_time(BLUESKY, uri)
    try:
        at = instant(created_at, "$.createdAt") if created_at else 0
    except InvalidEvent:
        if not keyed_at:
            raise
        at = 0
    if keyed_at and (at < EARLIEST_AT or at > keyed_at):
        at = keyed_at
    if at == 0:
        raise missing("$.createdAt", "the key holds no time either")
    if at < EARLIEST_AT:
        raise InvalidEvent("`$.createdAt` is before 2006")
    if at > ingested_at + FUTURE_TOLERANCE_MS:
        raise InvalidEvent("`$.createdAt` lies in the future: more than 5 minutes after it was read")
    return at


def post_event(record: PostRecord, uri: str, *, handle: str = "", ingested_at: int) -> Post:
    """Return a post. Raises InvalidEvent naming the field."""
    author = _author(uri)
    parent, root = (record.reply.parent, record.reply.root) if record.reply else (None, None)
    quoted = _quoted(record.embed)
    features = list(_features(record))
    return Post(
        network=NETWORK,
        id=uri,
        occurred_at=written_at(record.created_at, uri, ingested_at=ingested_at),
        ingested_at=ingested_at,
        author=author,
        author_handle=handle,
        text=record.text,
        language=record.langs[0] if record.langs else "",
        reply_to_post=parent.uri if parent else None,
        reply_to_account=account_of(parent.uri) if parent else None,
        quote_of=quoted,
        quote_of_account=account_of(quoted),
        conversation=root.uri if root else None,
        mentions=tuple(
            Mention(each.did, shown.removeprefix("@"))
            for each, shown in features
            if each.type == _MENTION and each.did
        ),
        links=_links(features, record.embed),
        hashtags=(
            *(each.tag for each, _ in features if each.type == _TAG and each.tag),
            *(record.tags or ()),
        ),
        has_media=_has_media(record.embed),
    )


def repost_event(record: RepostRecord, uri: str, *, handle: str = "", ingested_at: int) -> Post:
    """Return a repost. Raises InvalidEvent naming the field."""
    if record.subject.uri is None:
        raise missing("$.subject.uri")
    return Post(
        network=NETWORK,
        id=uri,
        occurred_at=written_at(record.created_at, uri, ingested_at=ingested_at),
        ingested_at=ingested_at,
        author=_author(uri),
        author_handle=handle,
        repost_of=record.subject.uri,
        repost_of_account=account_of(record.subject.uri),
    )


def _author(uri: str) -> str:
    author = account_of(uri)
    if author is None:
        raise InvalidEvent("`$.uri` is no address of a record")
    return author


def _quoted(embed: Embed | None) -> str | None:
    """Return the post that is quoted; lists, feeds and starter packs are embedded likewise, and are none."""
    reference = embed.record if embed else None
    uri = reference and (reference.uri or (reference.record and reference.record.uri))
    return uri if uri and f"/{POSTS}/" in uri else None


def _features(record: PostRecord) -> Iterator[tuple[Feature, str]]:
    """Give each feature of the text with the piece of the text that it marks."""
    if not record.facets:
        return
    text = record.text.encode()
    for facet in record.facets:
        span = facet.index or Span()
        shown = text[max(0, span.byte_start) : max(0, span.byte_end)].decode("utf-8", "ignore")
        for each in facet.features or ():
            yield each, shown


def _links(features: list[tuple[Feature, str]], embed: Embed | None) -> tuple[str, ...]:
    told = [each.uri or "" for each, _ in features if each.type == _LINK]
    for card in (embed, embed.media if embed else None):
        if card is not None and card.external is not None:
            told.append(card.external.uri or "")
    return tuple(dict.fromkeys(filter(None, told)))


def _hashtags(features: list[tuple[Feature, str]], tags: list[str]) -> tuple[str, ...]:
    marked = [each.tag for each, _ in features if each.type == _TAG and each.tag]
    return tuple(dict.fromkeys((*marked, *tags)))


def _has_media(embed: Embed | None) -> bool:
    shown = (embed, embed.media) if embed else ()
    return any(each is not None and (each.images or each.video) for each in shown)
