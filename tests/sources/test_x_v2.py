"""Posts and accounts of the X API v2."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipelines.errors import InvalidEvent
from pipelines.events import Mention, Post, PostStats, Profile
from pipelines.sources.x import v2

NOW = 1_700_000_000_000
AT = 1_617_899_478_000  # 2021-04-08T16:31:18Z
TWEET: dict[str, Any] = {
    "id": "1380000000000000001",
    "text": "hello",
    "author_id": "77",
    "created_at": "2021-04-08T16:31:18.000Z",
    "conversation_id": "1380000000000000000",
    "lang": "en",
}
METRICS = {"like_count": 1, "reply_count": 2, "retweet_count": 3, "quote_count": 4}


def includes(*, users: list[Any] = [], tweets: list[Any] = []) -> v2.Includes:  # noqa: B006
    found = v2.Includes()
    for user in users:
        found.add_user(json.dumps(user).encode())
    for tweet in tweets:
        found.add_tweet(json.dumps(tweet).encode())
    return found


def events(beside: v2.Includes | None = None, *, captured_at: int | None = None, **changes: Any) -> list[Any]:
    content = json.dumps({**TWEET, **changes}).encode()
    return v2.tweet_events(content, beside or includes(), captured_at=captured_at, ingested_at=NOW)


def post(beside: v2.Includes | None = None, **changes: Any) -> Post:
    found = events(beside, **changes)[0]
    assert isinstance(found, Post)
    return found


ADA = {
    "id": "77",
    "username": "Ada_Example",
    "name": "Ada",
    "created_at": "2009-01-01T00:00:00.000Z",
    "public_metrics": {"followers_count": 5, "following_count": 6, "tweet_count": 7, "listed_count": 8},
}


def test_a_tweet_without_its_author_beside_it_is_a_post_alone() -> None:
    assert events() == [
        Post(
            network="x",
            id="1380000000000000001",
            occurred_at=AT,
            ingested_at=NOW,
            author="77",
            text="hello",
            language="en",
            conversation="1380000000000000000",
        )
    ]


def test_public_metrics_are_final_counts_and_absent_ones_are_unknown() -> None:
    stats = events(public_metrics=METRICS)[1]
    assert stats == PostStats(
        network="x",
        id="1380000000000000001",
        occurred_at=AT,
        ingested_at=NOW,
        likes=1,
        replies=2,
        reposts=3,
        quotes=4,
    )
    both = events(public_metrics={**METRICS, "impression_count": 0, "bookmark_count": 9})[1]
    assert (both.impressions, both.bookmarks) == (0, 9)


def test_the_author_beside_the_page_gives_handle_followers_and_a_snapshot() -> None:
    found = events(includes(users=[ADA]))
    assert (found[0].author_handle, found[0].followers_at_post) == ("Ada_Example", 5)
    assert found[1] == Profile(
        network="x",
        id="77",
        occurred_at=AT,
        ingested_at=NOW,
        handle="Ada_Example",
        name="Ada",
        followers=5,
        following=6,
        posts=7,
        listed=8,
        created_at=1_230_768_000_000,
    )


def test_a_snapshot_is_dated_by_its_capture_where_that_is_known() -> None:
    found = events(includes(users=[ADA]), captured_at=AT + 1000)
    assert [event.occurred_at for event in found] == [AT, AT + 1000]


def test_an_author_written_into_the_post_needs_no_includes() -> None:
    found = events(author=ADA, author_id=None)
    assert (found[0].author, found[0].author_handle) == ("77", "Ada_Example")
    assert isinstance(found[1], Profile)


def test_references_are_resolved_by_the_posts_beside_the_page() -> None:
    beside = includes(tweets=[{"id": "11", "author_id": "12"}, {"id": "21", "author_id": "22"}])
    found = post(
        beside,
        in_reply_to_user_id="13",
        referenced_tweets=[{"type": "replied_to", "id": "11"}, {"type": "quoted", "id": "21"}],
    )
    assert (found.reply_to_post, found.reply_to_account) == ("11", "13")
    assert (found.quote_of, found.quote_of_account) == ("21", "22")
    without = post(beside, referenced_tweets=[{"type": "replied_to", "id": "11"}])
    assert without.reply_to_account == "12"


def test_a_reference_that_is_not_beside_the_page_has_no_author() -> None:
    found = post(referenced_tweets=[{"type": "quoted", "id": "21"}])
    assert (found.quote_of, found.quote_of_account) == ("21", None)


def test_a_flattened_reference_names_its_author() -> None:
    found = post(referenced_tweets=[{"type": "retweeted", "id": "31", "author_id": "32", "text": "…"}])
    assert (found.repost_of, found.repost_of_account) == ("31", "32")


def test_a_repost_has_no_counts_of_its_own() -> None:
    found = events(public_metrics=METRICS, referenced_tweets=[{"type": "retweeted", "id": "31"}])
    assert [type(event) for event in found] == [Post]


def test_links_are_unwound_media_is_no_link_and_a_bare_one_stays() -> None:
    found = post(
        text="https://t.co/a https://t.co/b https://t.co/m https://t.co/z",
        entities={
            "urls": [
                {
                    "url": "https://t.co/a",
                    "expanded_url": "https://short.example",
                    "unwound_url": "https://a.example",
                },
                {"url": "https://t.co/b", "expanded_url": "https://b.example"},
                {"url": "https://t.co/m", "expanded_url": "https://twitter.com/ada/status/1/photo/1"},
                {
                    "url": "https://t.co/m",
                    "expanded_url": "https://x.com/ada/status/1/video/1",
                    "media_key": "3_1",
                },
            ]
        },
    )
    assert found.links == ("https://a.example", "https://b.example", "https://t.co/z")
    assert found.has_media


def test_an_attachment_is_media_a_poll_is_none() -> None:
    assert post(attachments={"media_keys": ["3_1"]}).has_media
    assert not post(attachments={"poll_ids": ["1"]}).has_media


def test_a_mention_without_an_id_is_resolved_by_handle() -> None:
    beside = includes(users=[ADA])
    found = post(
        beside,
        entities={"mentions": [{"username": "ada_example"}, {"username": "x", "id": "9"}, {"username": "q"}]},
    )
    assert found.mentions == (Mention("77", "ada_example"), Mention("9", "x"), Mention("", "q"))


def test_a_long_post_is_read_whole() -> None:
    note = {"text": "all of it &amp; more", "entities": {"hashtags": [{"tag": "long"}]}}
    found = post(note_tweet=note, entities={"hashtags": [{"tag": "short"}]})
    assert (found.text, found.hashtags) == ("all of it & more", ("long",))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"author_id": None}, "`$.author_id` is missing"),
        ({"id": None}, "`$.id` is missing"),
        ({"text": None}, "`$.text` is missing"),
        ({"created_at": "2021-13-08T16:31:18.000Z"}, "`$.created_at` is not a date"),
        ({"created_at": "1970-01-01T00:00:00Z"}, "`$.created_at` is before 2006"),
        ({"created_at": "2090-01-01T00:00:00Z"}, "`$.created_at` lies in the future"),
        ({"referenced_tweets": [{"type": "quoted"}]}, "`$.referenced_tweets[...].id` is missing"),
    ],
)
def test_a_broken_tweet_is_refused_with_its_field(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidEvent) as refusal:
        events(**changes)
    assert str(refusal.value).startswith(reason)


def test_a_post_five_minutes_ahead_of_our_clock_is_still_believed() -> None:
    content = json.dumps(TWEET).encode()
    assert v2.tweet_events(content, includes(), captured_at=None, ingested_at=AT - 300_000)
    with pytest.raises(InvalidEvent, match="future"):
        v2.tweet_events(content, includes(), captured_at=None, ingested_at=AT - 300_001)
