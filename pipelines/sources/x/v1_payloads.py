"""The members of v1.1 payloads that are read; all others may be anything."""

from __future__ import annotations

from msgspec import Struct

from pipelines.sources.entities import Count, Id, NumericId


class Url(Struct, gc=False):
    url: str | None = None
    expanded_url: str | None = None


class UserMention(Struct, gc=False):
    id_str: Id | None = None
    id: NumericId | None = None
    screen_name: str | None = None


class Hashtag(Struct, gc=False):
    text: str | None = None


class Entities(Struct, gc=False):
    urls: list[Url] | None = None
    user_mentions: list[UserMention] | None = None
    hashtags: list[Hashtag] | None = None
    media: list[Url] | None = None


class ProfileUrl(Struct, gc=False):
    urls: list[Url] | None = None


class ProfileEntities(Struct, gc=False):
    url: ProfileUrl | None = None


class User(Struct, gc=False):
    id_str: Id | None = None
    id: NumericId | None = None
    screen_name: str | None = None
    name: str | None = None
    description: str | None = None
    url: str | None = None
    entities: ProfileEntities | None = None
    followers_count: Count | None = None
    friends_count: Count | None = None
    statuses_count: Count | None = None
    listed_count: Count | None = None
    created_at: str | None = None
    verified: bool | None = None
    protected: bool | None = None


class NestedUser(Struct, gc=False):
    id_str: Id | None = None
    id: NumericId | None = None


class NestedStatus(Struct, gc=False):
    id_str: Id | None = None
    id: NumericId | None = None
    user: NestedUser | None = None


class ExtendedTweet(Struct, gc=False):
    full_text: str | None = None
    entities: Entities | None = None
    extended_entities: Entities | None = None


class Status(Struct, gc=False):
    """One post; fields that nobody here reads are left out and may be anything."""

    id_str: Id | None = None
    id: NumericId | None = None
    created_at: str | None = None
    text: str | None = None
    full_text: str | None = None
    lang: str | None = None
    entities: Entities | None = None
    extended_entities: Entities | None = None
    extended_tweet: ExtendedTweet | None = None
    in_reply_to_status_id_str: Id | None = None
    in_reply_to_status_id: NumericId | None = None
    in_reply_to_user_id_str: Id | None = None
    in_reply_to_user_id: NumericId | None = None
    quoted_status_id_str: Id | None = None
    quoted_status_id: NumericId | None = None
    quoted_status: NestedStatus | None = None
    retweeted_status: NestedStatus | None = None
    user: User | None = None
    favorite_count: Count | None = None
    retweet_count: Count | None = None
    reply_count: Count | None = None
    quote_count: Count | None = None


class DeletedStatus(Struct, gc=False):
    id_str: Id | None = None
    id: NumericId | None = None
    user_id_str: Id | None = None
    user_id: NumericId | None = None


class DeleteNotice(Struct, gc=False):
    status: DeletedStatus
    timestamp_ms: str | int | None = None
