"""The members of v2 payloads that are read; all others may be anything."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from pipelines.sources.entities import Count, NumericId


class Url(Struct, gc=False):
    url: str | None = None
    expanded_url: str | None = None
    unwound_url: str | None = None
    display_url: str | None = None
    media_key: str | None = None


class UserMention(Struct, gc=False):
    username: str | None = None
    id: NumericId | None = None


class Hashtag(Struct, gc=False):
    tag: str | None = None


class Entities(Struct, gc=False):
    urls: list[Url] | None = None
    mentions: list[UserMention] | None = None
    hashtags: list[Hashtag] | None = None


class ProfileUrl(Struct, gc=False):
    urls: list[Url] | None = None


class ProfileEntities(Struct, gc=False):
    url: ProfileUrl | None = None


class UserMetrics(Struct, gc=False):
    followers_count: Count | None = None
    following_count: Count | None = None
    tweet_count: Count | None = None
    listed_count: Count | None = None


class User(Struct, gc=False):
    id: NumericId | None = None
    username: str | None = None
    name: str | None = None
    description: str | None = None
    url: str | None = None
    entities: ProfileEntities | None = None
    public_metrics: UserMetrics | None = None
    created_at: str | None = None
    verified: bool | None = None
    protected: bool | None = None


class Metrics(Struct, gc=False):
    like_count: Count | None = None
    reply_count: Count | None = None
    retweet_count: Count | None = None
    quote_count: Count | None = None
    bookmark_count: Count | None = None
    impression_count: Count | None = None


class Reference(Struct, gc=False):
    """A post that this one points to; collectors that flatten pages write its author here."""

    type: str | None = None
    id: NumericId | None = None
    author_id: NumericId | None = None


class NoteTweet(Struct, gc=False):
    text: str | None = None
    entities: Entities | None = None


class Attachments(Struct, gc=False):
    media_keys: list[msgspec.Raw] | None = None
    media: list[msgspec.Raw] | None = None


class Tweet(Struct, gc=False):
    """One post; `author` only where a collector has flattened the page."""

    id: NumericId | None = None
    text: str | None = None
    author_id: NumericId | None = None
    author: User | None = None
    created_at: str | None = None
    conversation_id: NumericId | None = None
    lang: str | None = None
    in_reply_to_user_id: NumericId | None = None
    referenced_tweets: list[Reference] | None = None
    public_metrics: Metrics | None = None
    entities: Entities | None = None
    note_tweet: NoteTweet | None = None
    attachments: Attachments | None = None


class IncludedTweet(Struct, gc=False):
    id: NumericId | None = None
    author_id: NumericId | None = None
