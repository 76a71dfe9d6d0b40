"""X's own archive: every post with what is told of it, whose it is, and what it never tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.events import HOUR_MS, Mention, Post, PostStats, Profile
from pipelines.sources.x_archive import XArchive
from tests.sources.archive_outcome import (
    MADE_AT,
    Files,
    archived,
    mention,
    read_part,
    script,
    unpacked,
    url,
    x_archive,
    zipped,
)
from tests.sources.file_outcome import MONDAY, NOW, Outcome

REPLY = archived(
    5,
    "@bob yes &amp; no",
    in_reply_to_status_id_str="4",
    in_reply_to_user_id_str="88",
    in_reply_to_screen_name="bob",
    entities={"user_mentions": [mention("88", "bob")], "urls": [], "hashtags": [{"text": "yes"}]},
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[[Files], Outcome]:
    return lambda files: read_part(XArchive(zipped(tmp_path / "twitter.zip", files)), tmp_path)


def posts(outcome: Outcome) -> list[Post]:
    return [event for event in outcome.events if isinstance(event, Post)]


def only(outcome: Outcome) -> Post:
    (post,) = posts(outcome)
    return post


def counts(outcome: Outcome) -> list[PostStats]:
    return [event for event in outcome.events if isinstance(event, PostStats)]


def test_a_post_is_its_owners_with_likes_and_reposts_and_nothing_else_told(read: Any) -> None:
    outcome = read(x_archive(archived(9, "see it", entities={"urls": [url("https://example.com/a")]})))
    post = only(outcome)
    assert (post.network, post.id, post.author, post.author_handle) == ("x", "9", "77", "ada_example")
    assert (post.occurred_at, post.text, post.links) == (MONDAY, "see it", ("https://example.com/a",))
    assert post.followers_at_post is None
    (stats,) = counts(outcome)
    assert (stats.likes, stats.reposts, stats.replies, stats.quotes, stats.impressions) == (
        2,
        1,
        None,
        None,
        None,
    )
    assert stats.observed_at is None
    assert outcome.inventory.authors == {("x", "77")}


def test_a_reply_names_whom_it_answers(read: Any) -> None:
    post = only(read(x_archive(REPLY)))
    assert (post.text, post.reply_to_post, post.reply_to_account) == ("@bob yes & no", "4", "88")
    assert (post.mentions, post.hashtags) == ((Mention("88", "bob"),), ("yes",))


def test_a_repost_is_told_by_its_text_and_has_no_counts(read: Any) -> None:
    repeated = archived(6, "RT @Bob: news", entities={"user_mentions": [mention("88", "bob")]})
    outcome = read(x_archive(repeated))
    post = only(outcome)
    assert (post.repost_of, post.repost_of_account, post.reply_to_account) == ("6", "88", None)
    assert counts(outcome) == []


def test_a_repost_with_a_picture_names_the_original(read: Any) -> None:
    media = {"media": [{"source_status_id_str": "4", "source_user_id_str": "88"}]}
    assert only(read(x_archive(archived(6, "RT @bob: look", extended_entities=media)))).repost_of == "4"


def test_a_link_to_a_post_at_the_end_is_a_quote(read: Any) -> None:
    quote = archived(
        7, "so true https://t.co/abc", entities={"urls": [url("https://x.com/bob/status/4?s=20")]}
    )
    own = archived(
        8, "again https://t.co/abc", entities={"urls": [url("https://twitter.com/Ada_Example/status/7")]}
    )
    first, second = posts(read(x_archive(quote, own)))
    assert (first.quote_of, first.quote_of_account) == ("4", None)
    assert (second.quote_of, second.quote_of_account) == ("7", "77")


def test_the_whole_text_of_a_long_post_stands_in_another_file(read: Any) -> None:
    whole = "A long story about bread and what came of it, with a link https://t.co/n and more words"
    core = {
        "text": whole,
        "urls": [{"shortUrl": "https://t.co/n", "expandedUrl": "https://example.com/n", "displayUrl": "…"}],
        "mentions": [{"screenName": "bob", "fromIndex": "1", "toIndex": "5"}],
        "hashtags": [],
        "styletags": [],
    }
    entry = {"noteTweet": {"noteTweetId": "1", "createdAt": "2012-09-24T03:35:21.000Z", "core": core}}
    cut = archived(9, "A long story about bread and what came of… https://t.co/zzz")
    other = archived(8, "A short one of the same second")
    files = x_archive(cut, other, **{"note-tweet.js": script("note_tweet", [entry])})
    texts = {post.id: (post.text, post.links, post.mentions) for post in posts(read(files))}
    assert texts["9"] == (whole, ("https://example.com/n",), (Mention("", "bob"),))
    assert texts["8"][0] == "A short one of the same second"


def test_parts_are_read_in_their_order_and_old_names_too(read: Any) -> None:
    parts = {f"tweets-part{n}.js": script("tweets", [archived(n + 1)], part=n) for n in (1, 2, 10)}
    assert read(x_archive(archived(1), **parts)).posts == ["1", "2", "3", "11"]
    files = x_archive()
    del files["data/tweets.js"]
    bare = archived(3)["tweet"]  # before 2019 the element is the post
    assert read({**files, "data/tweet.js": script("tweet", [bare])}).posts == ["3"]


def test_the_account_is_seen_when_the_archive_was_made(read: Any) -> None:
    profile = next(event for event in read(x_archive(archived(1))).events if isinstance(event, Profile))
    assert (profile.id, profile.handle, profile.name, profile.bio) == ("77", "ada_example", "Ada", "I bake")
    assert (profile.followers, profile.following, profile.occurred_at) == (3, 5, MADE_AT)


def test_without_lists_of_followers_they_are_unknown_and_not_none(read: Any) -> None:
    files = {name: each for name, each in x_archive(archived(1)).items() if "follow" not in name}
    profile = next(event for event in read(files).events if isinstance(event, Profile))
    assert (profile.followers, profile.following) == (None, None)


def test_a_post_younger_than_a_day_has_counts_of_that_age(read: Any) -> None:
    (stats,) = counts(read(x_archive(archived(1), made="2012-09-24T23:35:21.000Z")))
    assert (stats.observed_at, stats.occurred_at) == (MONDAY + 20 * HOUR_MS, MONDAY + 20 * HOUR_MS)


def test_a_version_that_was_edited_since_is_left_out(read: Any) -> None:
    initial = {"initial": {"editTweetIds": ["1", "2"], "editsRemaining": "4"}}
    last = {"edit": {"initialTweetId": "1", "editControlInitial": {"editTweetIds": ["1", "2"]}}}
    assert read(x_archive(archived(1, edit_info=initial), archived(2, edit_info=last))).posts == ["2"]


def test_counts_that_are_all_zero_are_believed(read: Any) -> None:
    outcome = read(x_archive(archived(1, favorite_count="0", retweet_count="0")))
    assert outcome.inventory.has_counts
    assert not outcome.inventory.all_counts_zero


def test_a_folder_and_a_zip_packed_anew_hold_the_same(tmp_path: Path, read: Any) -> None:
    files = x_archive(archived(1), REPLY)
    folder = read_part(XArchive(unpacked(tmp_path / "unpacked", files)), tmp_path)
    again = read({f"twitter-2014-01-01/{name}": content for name, content in files.items()})
    assert folder.events == again.events == read(files).events


def test_what_is_broken_is_named_with_its_file_and_element_and_the_rest_is_read(read: Any) -> None:
    no_id, no_date = archived(1), archived(2, created_at="yesterday")
    del no_id["tweet"]["id_str"], no_id["tweet"]["id"]
    many = archived(4, favorite_count="many")
    outcome = read(x_archive(no_id, no_date, archived(3), many))
    assert outcome.posts == ["3"]
    assert outcome.problems == [
        ("twitter.zip/data/tweets.js[0]", "`$.id_str` is missing"),
        ("twitter.zip/data/tweets.js[1]", "`$.created_at` is not a date: 'yesterday'"),
        ("twitter.zip/data/tweets.js[3]", "Expected `int | null`, got `str` - at `$.favorite_count`"),
    ]


def test_a_file_cut_in_the_middle_gives_what_came_before(read: Any) -> None:
    files = x_archive(archived(1), archived(2))
    files["data/tweets.js"] = files["data/tweets.js"][:-200]
    outcome = read(files)
    assert outcome.posts == ["1"]
    assert [bad.reason for bad in outcome.bad] == ["the file ends in the middle of a value"]


def test_a_zip_that_breaks_inside_a_file_says_so(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", x_archive(*(archived(n, hour=n % 24) for n in range(1, 200))))
    content = bytearray(path.read_bytes())
    at = content.index(b"data/tweets.js") + 400
    content[at : at + 8] = b"\0" * 8
    path.write_bytes(bytes(content))
    outcome = read_part(XArchive(path), tmp_path)
    assert any("the archive is broken here" in bad.reason for bad in outcome.bad)


@pytest.mark.parametrize(
    ("without", "said"),
    [("data/tweets.js", "holds no data/tweets.js"), ("data/account.js", "holds no data/account.js")],
)
def test_an_archive_without_its_posts_or_its_owner_is_refused(
    tmp_path: Path, without: str, said: str
) -> None:
    files = {name: content for name, content in x_archive(archived(1)).items() if name != without}
    with pytest.raises(UsageError, match=said):
        read_part(XArchive(unpacked(tmp_path / "archive", files)), tmp_path)


def test_what_is_private_is_never_read(read: Any) -> None:
    outcome = read(x_archive(archived(1)))
    told = json.dumps([str(event) for event in outcome.events])
    assert "secret" not in told
    assert "ada@example.com" not in told


def test_it_says_what_it_never_tells(read: Any) -> None:
    lacks = read(x_archive(archived(1))).inventory.lacks
    assert {name for lack in lacks for name in lack.metrics} == {
        *("replies_per_post", "quotes_per_post"),
        *("engagement_rate_impressions", "engagement_rate_followers"),
    }
    assert all(lack.brings for lack in lacks)


def test_an_archive_from_the_future_is_seen_now(read: Any) -> None:
    outcome = read(x_archive(archived(1), made="2099-01-01T00:00:00.000Z"))
    assert max(event.occurred_at for event in outcome.events) <= NOW
