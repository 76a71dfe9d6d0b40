"""Posts and accounts as the X API v2 writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from pipelines.events import AnyEvent, Mention, Post, PostStats, Profile
from pipelines.sources.entities import (
    NETWORK,
    bare_links,
    id_of,
    instant,
    language_of,
    missing,
    posted_at,
    unescape,
)
from pipelines.sources.x.v2_payloads import (
    Entities,
    IncludedTweet,
    Metrics,
    Reference,
    Tweet,
    Url,
    User,
    UserMention,
    UserMetrics,
)

_MEDIA_LINK = re.compile(r"^https?://(?:www\.)?(?:twitter|x)\.com/[^/]+/status/\d+/(?:photo|video)/\d+")


_tweet_decoder = msgspec.json.Decoder(Tweet)
_user_decoder = msgspec.json.Decoder(User)
_included_tweet_decoder = msgspec.json.Decoder(IncludedTweet)


class Includes:
    """What stands beside the posts of a page; it resolves references and gives no post of its own."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.account_by_handle: dict[str, str] = {}
        self.author_of: dict[str, str] = {}

    def add_user(self, content: bytes | msgspec.Raw) -> None:
        """Take one of `includes.users`. Raises msgspec.DecodeError naming the field."""
        user = _user_decoder.decode(content)
        account = id_of(None, user.id)
        if account is None:
            raise missing("$.id")
        self.users[account] = user
        if user.username:
            self.account_by_handle[user.username.lower()] = account

    def add_tweet(self, content: bytes | msgspec.Raw) -> None:
        """Take one of `includes.tweets`. Raises msgspec.DecodeError naming the field."""
        tweet = _included_tweet_decoder.decode(content)
        post_id, author = id_of(None, tweet.id), id_of(None, tweet.author_id)
        if post_id is not None and author is not None:
            self.author_of[post_id] = author


def tweet_events(
    content: bytes | msgspec.Raw, includes: Includes, *, captured_at: int | None, ingested_at: int
) -> list[AnyEvent]:
    """Return the post, its counts where told (a repost carries the original's: none) and its author.

    The author's snapshot is dated `captured_at`, as the post where the file does not tell that.
    Raises InvalidEvent or msgspec.DecodeError naming the field.
    """
    tweet = _tweet_decoder.decode(content)
    post_id = id_of(None, tweet.id)
    if post_id is None:
        raise missing("$.id")
    author = id_of(None, tweet.author_id)
    if author is None and tweet.author is not None:
        author = id_of(None, tweet.author.id)
    if author is None:
        raise missing("$.author_id", "ask the API for tweet.fields=author_id,created_at")
    at = posted_at(tweet.created_at, post_id, ingested_at=ingested_at)
    user = tweet.author or includes.users.get(author)
    post = _post(tweet, user, includes, (post_id, author, at, ingested_at))
    events: list[AnyEvent] = [post]
    if post.repost_of is None and tweet.public_metrics is not None:
        events.append(_stats(tweet.public_metrics, post))
    if user is not None and user.username:
        seen_at = at if captured_at is None else captured_at
        events.append(_profile(user, author, at=seen_at, ingested_at=ingested_at))
    return events


def user_events(content: bytes | msgspec.Raw, *, at: int, ingested_at: int) -> list[AnyEvent]:
    """Return the snapshot of an account that stands by itself, as seen at `at`."""
    user = _user_decoder.decode(content)
    account = id_of(None, user.id)
    if account is None:
        raise missing("$.id")
    return [_profile(user, account, at=at, ingested_at=ingested_at)]


_NO_ENTITIES = Entities()


def _post(tweet: Tweet, user: User | None, includes: Includes, key: tuple[str, str, int, int]) -> Post:
    post_id, author, at, ingested_at = key
    note = tweet.note_tweet
    text = (note and note.text) or tweet.text
    if text is None:
        raise missing("$.text")
    text = unescape(text)
    entities = (note and note.text and note.entities) or tweet.entities or _NO_ENTITIES
    referenced = {ref.type: ref for ref in tweet.referenced_tweets or ()}
    replied, quoted, repeated = (_reference(referenced, kind, includes) for kind in _KINDS)
    if repeated[0] is not None:  # the reply and the quote that it carries are the original's
        replied = quoted = (None, None)
    return Post(
        network=NETWORK,
        id=post_id,
        occurred_at=at,
        ingested_at=ingested_at,
        author=author,
        author_handle=(user and user.username) or "",
        text=text,
        language=language_of(tweet.lang),
        reply_to_post=replied[0],
        reply_to_account=None if repeated[0] else id_of(None, tweet.in_reply_to_user_id) or replied[1],
        quote_of=quoted[0],
        quote_of_account=quoted[1],
        repost_of=repeated[0],
        repost_of_account=repeated[1],
        conversation=id_of(None, tweet.conversation_id),
        mentions=_mentions(entities.mentions or (), includes),
        links=_links(text, entities, tweet),
        hashtags=tuple([tag.tag for tag in entities.hashtags or () if tag.tag]),
        has_media=_has_media(tweet, entities),
        followers_at_post=user.public_metrics.followers_count if user and user.public_metrics else None,
    )


_KINDS = ("replied_to", "quoted", "retweeted")


def _reference(
    referenced: dict[str | None, Reference], kind: str, includes: Includes
) -> tuple[str | None, str | None]:
    reference = referenced.get(kind)
    if reference is None:
        return None, None
    post_id = id_of(None, reference.id)
    if post_id is None:
        raise missing("$.referenced_tweets[...].id")
    return post_id, id_of(None, reference.author_id) or includes.author_of.get(post_id)


def _mentions(mentions: Iterable[UserMention], includes: Includes) -> tuple[Mention, ...]:
    found = []
    for mention in mentions:
        handle = mention.username or ""
        account = id_of(None, mention.id) or includes.account_by_handle.get(handle.lower(), "")
        found.append(Mention(account, handle))
    return tuple(found)


def _is_media(url: Url) -> bool:
    return url.media_key is not None or bool(url.expanded_url and _MEDIA_LINK.match(url.expanded_url))


def _has_media(tweet: Tweet, entities: Entities) -> bool:
    attached = tweet.attachments
    if attached is not None and (attached.media_keys or attached.media):
        return True
    return any(_is_media(url) for url in entities.urls or ())


def _links(text: str, entities: Entities, tweet: Tweet) -> tuple[str, ...]:
    urls = entities.urls or []
    known = [url.url for url in urls]
    if entities is not tweet.entities and tweet.entities is not None:
        known += [url.url for url in tweet.entities.urls or ()]
    expanded = [url.unwound_url or url.expanded_url or url.url or "" for url in urls if not _is_media(url)]
    return (*dict.fromkeys(filter(None, expanded)), *bare_links(text, known))


def _stats(metrics: Metrics, post: Post) -> PostStats:
    return PostStats(
        network=NETWORK,
        id=post.id,
        occurred_at=post.occurred_at,
        ingested_at=post.ingested_at,
        likes=metrics.like_count,
        replies=metrics.reply_count,
        reposts=metrics.retweet_count,
        quotes=metrics.quote_count,
        bookmarks=metrics.bookmark_count,
        impressions=metrics.impression_count,
    )


def _profile(user: User, account: str, *, at: int, ingested_at: int) -> Profile:
    metrics = user.public_metrics or UserMetrics()
    return Profile(
        network=NETWORK,
        id=account,
        occurred_at=at,
        ingested_at=ingested_at,
        handle=user.username or "",
        name=user.name or "",
        bio=user.description or "",
        url=_profile_url(user),
        followers=metrics.followers_count,
        following=metrics.following_count,
        posts=metrics.tweet_count,
        listed=metrics.listed_count,
        created_at=instant(user.created_at, "$.author.created_at") if user.created_at else None,
        verified=bool(user.verified),
        protected=bool(user.protected),
    )


def _profile_url(user: User) -> str:
    urls = user.entities and user.entities.url and user.entities.url.urls
    return (urls and urls[0].expanded_url) or user.url or ""
