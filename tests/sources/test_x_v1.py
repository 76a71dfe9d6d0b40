"""Posts and accounts of the X API v1.1."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from pipelines.errors import InvalidEvent
from pipelines.events import Delete, Mention, Post, PostStats, Profile
from pipelines.sources.x import v1

NOW = 1_700_000_000_000
AT = 1_348_457_721_000  # Mon Sep 24 03:35:21 +0000 2012
USER: dict[str, Any] = {
    "id_str": "77",
    "screen_name": "ada_example",
    "name": "Ada",
    "description": "Engines",
    "url": "http://t.co/u",
    "entities": {"url": {"urls": [{"url": "http://t.co/u", "expanded_url": "http://ada.example"}]}},
    "followers_count": 120,
    "friends_count": 30,
    "statuses_count": 900,
    "listed_count": 4,
    "created_at": "Thu Jan 01 00:00:00 +0000 2009",
    "verified": True,
    "protected": False,
}
STATUS: dict[str, Any] = {
    "id": 250000000000000000,
    "id_str": "250000000000000001",
    "created_at": "Mon Sep 24 03:35:21 +0000 2012",
    "text": "hello",
    "lang": "en",
    "user": USER,
    "favorite_count": 3,
    "retweet_count": 2,
}


def events(**changes: Any) -> list[Any]:
    return v1.status_events(json.dumps({**STATUS, **changes}).encode(), ingested_at=NOW)


def post(**changes: Any) -> Post:
    found = events(**changes)[0]
    assert isinstance(found, Post)
    return found


def test_a_status_is_a_post_its_counts_and_its_author() -> None:
    assert events() == [
        Post(
            network="x",
            id="250000000000000001",
            occurred_at=AT,
            ingested_at=NOW,
            author="77",
            author_handle="ada_example",
            text="hello",
            language="en",
            followers_at_post=120,
        ),
        PostStats(network="x", id="250000000000000001", occurred_at=AT, ingested_at=NOW, likes=3, reposts=2),
        Profile(
            network="x",
            id="77",
            occurred_at=AT,
            ingested_at=NOW,
            handle="ada_example",
            name="Ada",
            bio="Engines",
            url="http://ada.example",
            followers=120,
            following=30,
            posts=900,
            listed=4,
            created_at=1_230_768_000_000,
            verified=True,
        ),
    ]


def test_counts_that_are_absent_are_unknown_and_not_zero() -> None:
    stats = events(favorite_count=None, retweet_count=0)[1]
    assert isinstance(stats, PostStats)
    assert (stats.likes, stats.replies, stats.reposts, stats.quotes) == (None, None, 0, None)


def test_a_status_without_any_count_gives_no_counts() -> None:
    assert [type(event) for event in events(favorite_count=None, retweet_count=None)] == [Post, Profile]


def test_a_reply_names_the_post_and_the_account_it_answers() -> None:
    reply = post(in_reply_to_status_id_str="11", in_reply_to_user_id_str="12")
    assert (reply.reply_to_post, reply.reply_to_account) == ("11", "12")


def test_a_quote_names_the_quoted_author() -> None:
    quote = post(quoted_status_id_str="21", quoted_status={"id_str": "21", "user": {"id_str": "22"}})
    assert (quote.quote_of, quote.quote_of_account) == ("21", "22")


def test_a_quote_of_a_post_that_is_gone_has_no_author() -> None:
    quote = post(quoted_status_id_str="21")
    assert (quote.quote_of, quote.quote_of_account) == ("21", None)


def test_a_repost_of_a_quote_is_only_a_repost_and_has_no_counts_of_its_own() -> None:
    found = events(
        retweeted_status={"id_str": "31", "user": {"id_str": "32"}},
        quoted_status_id_str="21",
        quoted_status={"id_str": "21"},
    )
    assert [type(event) for event in found] == [Post, Profile]
    assert (found[0].repost_of, found[0].repost_of_account, found[0].quote_of) == ("31", "32", None)


def test_the_numeric_id_is_used_where_the_text_is_absent() -> None:
    assert post(id_str=None).id == "250000000000000000"


def test_an_extended_tweet_gives_the_whole_text_and_its_entities() -> None:
    extended = {
        "full_text": "the whole text http://t.co/a",
        "entities": {"urls": [{"url": "http://t.co/a", "expanded_url": "http://long.example/a"}]},
    }
    whole = post(text="the whole…", truncated=True, extended_tweet=extended)
    assert (whole.text, whole.links) == ("the whole text http://t.co/a", ("http://long.example/a",))


def test_full_text_wins_over_text_and_leading_mentions_stay() -> None:
    assert post(full_text="@bob hi", display_text_range=[5, 7]).text == "@bob hi"


def test_links_are_expanded_media_is_no_link_and_a_bare_one_stays() -> None:
    found = post(
        text="see http://t.co/a http://t.co/m http://t.co/z http://t.co/cut…",
        entities={
            "urls": [{"url": "http://t.co/a", "expanded_url": "http://a.example/1"}],
            "media": [{"url": "http://t.co/m", "expanded_url": "http://twitter.com/ada/status/1/photo/1"}],
        },
    )
    assert found.links == ("http://a.example/1", "http://t.co/z")
    assert found.has_media


def test_entities_of_html_are_unescaped_once() -> None:
    assert post(text="R&amp;D &lt;3 &amp;lt;").text == "R&D <3 &lt;"


def test_mentions_and_hashtags_come_from_the_entities() -> None:
    found = post(
        entities={
            "user_mentions": [
                {"id_str": "5", "screen_name": "bob"},
                {"id": 6, "screen_name": "eve"},
                {"id": None, "id_str": None, "screen_name": "gone"},
            ],
            "hashtags": [{"text": "engines"}],
        }
    )
    assert found.mentions == (Mention("5", "bob"), Mention("6", "eve"), Mention("", "gone"))
    assert found.hashtags == ("engines",)


def test_a_language_that_x_could_not_tell_is_unknown() -> None:
    assert post(lang="und").language == ""


def test_without_a_date_the_time_is_in_the_id() -> None:
    assert post(created_at=None, id_str="1000000000000000000").occurred_at == 1_527_253_553_758


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"user": None}, "`$.user` is missing"),
        ({"user": {"screen_name": "a"}}, "`$.user.id_str` is missing"),
        ({"id_str": None, "id": None}, "`$.id_str` is missing"),
        ({"text": None}, "`$.text` is missing"),
        ({"created_at": None, "id_str": "20"}, "`$.created_at` is missing: the id holds no time either"),
        ({"created_at": "Thu Jan 01 00:00:00 +0000 1970"}, "`$.created_at` is before 2006"),
        ({"created_at": "Sun Jan 01 00:00:00 +0000 2090"}, "`$.created_at` lies in the future"),
        ({"created_at": "yesterday"}, "`$.created_at` is not a date: 'yesterday'"),
        ({"created_at": "Mon Sep 31 03:35:21 +0000 2012"}, "`$.created_at` is not a date"),
        ({"created_at": "Mon Sep 24 25:35:21 +0000 2012"}, "`$.created_at` is not a date"),
        ({"user": {**USER, "created_at": "x"}}, "`$.user.created_at` is not a date"),
        ({"retweeted_status": {}}, "`$.retweeted_status.id_str` is missing"),
    ],
)
def test_a_broken_status_is_refused_with_its_field(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidEvent) as refusal:
        events(**changes)
    assert str(refusal.value).startswith(reason)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"favorite_count": -1}, "$.favorite_count"),
        ({"favorite_count": "many"}, "$.favorite_count"),
        ({"retweet_count": 10**30}, "$.retweet_count"),
        ({"user": {**USER, "followers_count": 1.5}}, "$.user.followers_count"),
        ({"entities": {"urls": [{"url": 7}]}}, "$.entities.urls[0].url"),
        ({"id_str": "1" * 65}, "$.id_str"),
    ],
)
def test_a_wrong_type_is_refused_with_its_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refusal:
        events(**changes)
    assert f"`{field}`" in str(refusal.value)


def test_a_time_zone_other_than_utc_is_reckoned() -> None:
    assert post(created_at="Mon Sep 24 05:35:21 +0200 2012").occurred_at == AT
    assert post(created_at="Sun Sep 23 22:35:21 -0500 2012").occurred_at == AT


def test_a_deletion_names_the_post_and_its_author() -> None:
    notice = {"status": {"id_str": "9", "user_id_str": "77"}, "timestamp_ms": str(AT)}
    found = v1.delete_events(json.dumps(notice).encode(), latest_at=None, ingested_at=NOW)
    assert found == [Delete(network="x", id="9", author="77", occurred_at=AT, ingested_at=NOW)]


def test_a_deletion_without_a_time_happened_after_the_post_before_it() -> None:
    notice = json.dumps({"status": {"id": 9, "user_id": 77}}).encode()
    assert v1.delete_events(notice, latest_at=AT, ingested_at=NOW)[0].occurred_at == AT
    with pytest.raises(InvalidEvent, match="timestamp_ms"):
        v1.delete_events(notice, latest_at=None, ingested_at=NOW)
