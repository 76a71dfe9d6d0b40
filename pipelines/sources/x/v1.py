"""Posts and accounts as the X API v1.1 writes them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from pipelines.events import AnyEvent, Delete, Mention, Post, PostStats, Profile
from pipelines.sources.entities import (
    NETWORK,
    bare_links,
    check_instant,
    id_of,
    instant,
    language_of,
    missing,
    posted_at,
    unescape,
)
from pipelines.sources.x.v1_payloads import DeleteNotice, Entities, NestedStatus, Status, Url, User

_status_decoder = msgspec.json.Decoder(Status)
_user_decoder = msgspec.json.Decoder(User)
_delete_decoder = msgspec.json.Decoder(DeleteNotice)


class References(NamedTuple):
    """What a post answers, quotes or repeats, each with its author where the payload tells."""

    reply_to_post: str | None = None
    reply_to_account: str | None = None
    quote_of: str | None = None
    quote_of_account: str | None = None
    repost_of: str | None = None
    repost_of_account: str | None = None


def status_events(content: bytes | msgspec.Raw, *, ingested_at: int) -> list[AnyEvent]:
    """Return the post, its counts where told (a repost carries the original's: none) and its author.

    The author's snapshot is dated as the post: v1.1 does not tell when it was captured.
    Raises InvalidEvent or msgspec.DecodeError naming the field.
    """
    status = _status_decoder.decode(content)
    post = post_of(status, ingested_at=ingested_at)
    events: list[AnyEvent] = [post]
    if post.repost_of is None and (stats := stats_of(status, post)) is not None:
        events.append(stats)
    if (user := status.user) is not None and user.screen_name:
        at = post.occurred_at
        events.append(_profile(user, post.author, at=at, ingested_at=ingested_at, field="$.user"))
    return events


def post_of(status: Status, *, ingested_at: int) -> Post:
    """Return the post. Raises InvalidEvent naming the field that is missing or wrong."""
    post_id, user = id_of(status.id_str, status.id), status.user
    if post_id is None:
        raise missing("$.id_str")
    if user is None:
        raise missing("$.user")
    author = id_of(user.id_str, user.id)
    if author is None:
        raise missing("$.user.id_str")
    at = posted_at(status.created_at, post_id, ingested_at=ingested_at)
    return _post(status, user, (post_id, author, at, ingested_at), _references(status))


def user_events(content: bytes | msgspec.Raw, *, at: int, ingested_at: int) -> list[AnyEvent]:
    """Return the snapshot of an account that stands by itself, as seen at `at`."""
    user = _user_decoder.decode(content)
    account = id_of(user.id_str, user.id)
    if account is None:
        raise missing("$.id_str")
    return [_profile(user, account, at=at, ingested_at=ingested_at, field="$")]


def delete_events(content: bytes | msgspec.Raw, *, latest_at: int | None, ingested_at: int) -> list[AnyEvent]:
    """Return the deletion that a stream told; its `author` is the post's.

    Old streams do not date it: then it is `latest_at`, the time of the post before it in the stream.
    """
    notice = _delete_decoder.decode(content)
    post_id = id_of(notice.status.id_str, notice.status.id)
    account = id_of(notice.status.user_id_str, notice.status.user_id)
    if post_id is None or account is None:
        raise missing("$.delete.status." + ("id_str" if post_id is None else "user_id_str"))
    at = _deleted_at(notice.timestamp_ms, latest_at)
    check_instant(at, "$.delete.timestamp_ms", ingested_at=ingested_at)
    return [Delete(network=NETWORK, id=post_id, author=account, occurred_at=at, ingested_at=ingested_at)]


def _deleted_at(timestamp_ms: str | int | None, latest_at: int | None) -> int:
    if timestamp_ms is not None and str(timestamp_ms).isdecimal():
        return int(timestamp_ms)
    if latest_at is None:
        raise missing("$.delete.timestamp_ms", "and no post stands before it")
    return latest_at


def _references(status: Status) -> References:
    original = status.retweeted_status
    if original is not None:  # the reply and the quote that it carries are the original's
        return References(
            repost_of=_nested_id(original, "$.retweeted_status"), repost_of_account=_nested_author(original)
        )
    quoted = status.quoted_status
    return References(
        reply_to_post=id_of(status.in_reply_to_status_id_str, status.in_reply_to_status_id),
        reply_to_account=id_of(status.in_reply_to_user_id_str, status.in_reply_to_user_id),
        quote_of=id_of(status.quoted_status_id_str, status.quoted_status_id)
        or (_nested_id(quoted, "$.quoted_status") if quoted else None),
        quote_of_account=_nested_author(quoted) if quoted else None,
    )


def _nested_id(status: NestedStatus, field: str) -> str:
    nested = id_of(status.id_str, status.id)
    if nested is None:
        raise missing(f"{field}.id_str")
    return nested


def _nested_author(status: NestedStatus) -> str | None:
    return id_of(status.user.id_str, status.user.id) if status.user else None


_NO_ENTITIES = Entities()


def _post(status: Status, user: User, key: tuple[str, str, int, int], references: References) -> Post:
    post_id, author, at, ingested_at = key
    extended = status.extended_tweet
    text = (extended and extended.full_text) or status.full_text or status.text
    if text is None:
        raise missing("$.text")
    entities = (extended and extended.entities) or status.entities or _NO_ENTITIES
    media = _media(status, entities)
    text = unescape(text)
    return Post(
        network=NETWORK,
        id=post_id,
        occurred_at=at,
        ingested_at=ingested_at,
        author=author,
        author_handle=user.screen_name or "",
        text=text,
        language=language_of(status.lang),
        reply_to_post=references.reply_to_post,
        reply_to_account=references.reply_to_account,
        quote_of=references.quote_of,
        quote_of_account=references.quote_of_account,
        repost_of=references.repost_of,
        repost_of_account=references.repost_of_account,
        mentions=tuple(
            [Mention(id_of(m.id_str, m.id) or "", m.screen_name or "") for m in entities.user_mentions or ()]
        ),
        links=_links(text, entities.urls or [], media),
        hashtags=tuple([tag.text for tag in entities.hashtags or () if tag.text]),
        has_media=bool(media),
        followers_at_post=user.followers_count,
    )


def _media(status: Status, entities: Entities) -> list[Url]:
    extended = status.extended_tweet
    for candidate in (extended.extended_entities if extended else None, status.extended_entities):
        if candidate is not None and candidate.media:
            return candidate.media
    return entities.media or []


def _links(text: str, urls: list[Url], media: list[Url]) -> tuple[str, ...]:
    expanded = [url.expanded_url or url.url or "" for url in urls]
    bare = bare_links(text, [url.url for url in urls + media])
    return (*dict.fromkeys(filter(None, expanded)), *bare)


def stats_of(status: Status, post: Post) -> PostStats | None:
    """Return the counts of a post, final at an unknown time; None where none is told."""
    counts = (status.favorite_count, status.reply_count, status.retweet_count, status.quote_count)
    if counts == (None, None, None, None):
        return None
    likes, replies, reposts, quotes = counts
    return PostStats(
        network=NETWORK,
        id=post.id,
        occurred_at=post.occurred_at,
        ingested_at=post.ingested_at,
        likes=likes,
        replies=replies,
        reposts=reposts,
        quotes=quotes,
    )


def _profile(user: User, account: str, *, at: int, ingested_at: int, field: str) -> Profile:
    return Profile(
        network=NETWORK,
        id=account,
        occurred_at=at,
        ingested_at=ingested_at,
        handle=user.screen_name or "",
        name=user.name or "",
        bio=user.description or "",
        url=_profile_url(user),
        followers=user.followers_count,
        following=user.friends_count,
        posts=user.statuses_count,
        listed=user.listed_count,
        created_at=instant(user.created_at, f"{field}.created_at") if user.created_at else None,
        verified=bool(user.verified),
        protected=bool(user.protected),
    )


def _profile_url(user: User) -> str:
    urls = user.entities and user.entities.url and user.entities.url.urls
    return (urls and urls[0].expanded_url) or user.url or ""
