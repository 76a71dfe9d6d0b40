"""Which column of a table of posts holds what: names that collectors and data sets use, or a person's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.errors import UsageError

KNOWN: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "tweet_id", "tweetid", "tweet id", "status_id", "id_str", "post_id"),
    "text": ("text", "full_text", "content", "tweet", "tweet_text", "tweettext", "tweet text", "body"),
    "author_id": (
        *("author_id", "author.id", "user_id", "userid", "user_id_str", "user.id"),
        "external_author_id",
    ),
    "author": (
        *("author.username", "username", "screen_name", "user_screen_name", "author", "handle", "user"),
        "name",
    ),
    "created_at": (
        *("created_at", "date", "timestamp", "tweet_time", "tweet_created", "publish_date", "datetime"),
        *("created", "time"),
    ),
    "likes": ("public_metrics.like_count", "like_count", "likes", "favorite_count", "favorites"),
    "replies": ("public_metrics.reply_count", "reply_count", "replies"),
    "reposts": ("public_metrics.retweet_count", "retweet_count", "retweets", "reposts"),
    "quotes": ("public_metrics.quote_count", "quote_count", "quotes"),
    "bookmarks": ("public_metrics.bookmark_count", "bookmark_count", "bookmarks"),
    "impressions": ("public_metrics.impression_count", "impression_count", "impressions", "views"),
    "followers": (
        *("author.public_metrics.followers_count", "followers_count", "followers", "user_followers_count"),
        "follower_count",
    ),
    "language": ("lang", "language", "tweet_language"),
    "conversation": ("conversation_id",),
    "reply_to_post": (
        *("referenced_tweets.replied_to.id", "in_reply_to_status_id", "in_reply_to_tweetid"),
        "reply_to_status_id",
    ),
    "reply_to_account": ("in_reply_to_user_id", "in_reply_to_userid", "reply_to_user_id"),
    "repost_of": (
        *("referenced_tweets.retweeted.id", "retweeted_status_id", "retweet_tweetid"),
        "retweet_status_id",
    ),
    "repost_of_account": ("retweeted_user_id", "retweet_userid"),
    "quote_of": ("referenced_tweets.quoted.id", "quoted_status_id", "quoted_tweet_tweetid"),
    "quote_of_account": ("quoted_user_id",),
    "mentions": ("entities.mentions",),
    "links": ("entities.urls",),
    "hashtags": ("entities.hashtags",),
    "retrieved_at": ("__twarc.retrieved_at",),
}
"""What a post needs and may have, and the names under which tables hold it, in small letters."""
NEEDED = ("id", "text")


def parse_columns(written: str) -> dict[str, str]:
    """Return what a person says of the columns: `id=tweet_id,text=content,author=@ann`.

    A name that begins with @ is no column but the author of every post. Raises UsageError.
    """
    named = {}
    for pair in filter(None, (each.strip() for each in written.split(","))):
        field, sign, column = (each.strip() for each in pair.partition("="))
        if not sign or not column:
            raise UsageError(f"columns are written field=column, field=column …, not {pair!r}")
        if field not in KNOWN:
            raise UsageError(f"there is no field {field!r}; there are: {', '.join(KNOWN)}")
        named[field] = column
    return named


def places(header: Sequence[str], named: Mapping[str, str], path: str) -> dict[str, int]:
    """Return where each field stands in a row. Raises UsageError that names the fields without a column."""
    at = {name.strip().lower(): place for place, name in reversed(list(enumerate(header)))}
    found: dict[str, int] = {}
    for field, column in named.items():
        if column.startswith("@"):
            continue
        if column.lower() not in at:
            raise UsageError(f"{path} has no column {column!r}; it has: {', '.join(header)}")
        found[field] = at[column.lower()]
    taken = set(found.values())
    for field, names in KNOWN.items():
        place = next((at[name] for name in names if name in at and at[name] not in taken), None)
        if field not in named and place is not None:
            found[field] = place
            taken.add(place)
    missing = [field for field in NEEDED if field not in found]
    if not {"author", "author_id"} & found.keys() and not named.get("author", "").startswith("@"):
        missing.append("author")
    if missing:
        raise UsageError(
            f"{path}: which column holds {', '.join(missing)}? Say it with --columns, such as"
            f" --columns {','.join(f'{field}=NAME' for field in missing)} (author=@NAME: all are by one);"
            f" it has: {', '.join(header)}"
        )
    return found
