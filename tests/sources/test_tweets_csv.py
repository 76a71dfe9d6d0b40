"""Tables of posts: columns told by their names or by a person, each bad row named by line and column."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.events import Mention, Post, PostStats
from pipelines.sources.csv_columns import parse_columns
from pipelines.sources.recognition import recognised
from pipelines.sources.tweets_csv import TweetsCsv
from tests.sources.archive_outcome import read_part
from tests.sources.file_outcome import MONDAY, Outcome

AT = "2012-09-24T03:35:21.000Z"
TWARC = (
    "id,conversation_id,referenced_tweets.replied_to.id,referenced_tweets.retweeted.id,"
    "referenced_tweets.quoted.id,author_id,in_reply_to_user_id,retweeted_user_id,quoted_user_id,created_at,"
    "text,lang,public_metrics.impression_count,public_metrics.reply_count,public_metrics.retweet_count,"
    "public_metrics.quote_count,public_metrics.like_count,entities.mentions,entities.urls,entities.hashtags,"
    "author.username,author.public_metrics.followers_count,__twarc.retrieved_at"
)


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Outcome]:
    def read(table: str | bytes, columns: str = "", name: str = "posts.csv") -> Outcome:
        path = tmp_path / name
        path.write_bytes(table.encode() if isinstance(table, str) else table)
        return read_part(TweetsCsv(path, parse_columns(columns)), tmp_path)

    return read


def posts(outcome: Outcome) -> list[Post]:
    return [event for event in outcome.events if isinstance(event, Post)]


def test_a_table_of_twarc_tells_everything(read: Any) -> None:
    mentions = '"[{""username"": ""bob"", ""id"": ""88""}]"'
    urls = '"[{""url"": ""https://t.co/a"", ""expanded_url"": ""https://example.com/a""}]"'
    row = (
        f'9,4,4,,,77,88,,,{AT},"@bob yes &amp; no, ""quite""\nnew line",en,100,3,1,2,5,{mentions},{urls},'
        '"[{""tag"": ""yes""}]",ada_example,50,2013-01-01T00:00:00+00:00'
    )
    outcome = read(f"{TWARC}\n{row}\n")
    (post,) = posts(outcome)
    assert (post.id, post.author, post.author_handle, post.occurred_at) == ("9", "77", "ada_example", MONDAY)
    assert post.text == '@bob yes & no, "quite"\nnew line'
    assert (post.reply_to_post, post.reply_to_account, post.conversation) == ("4", "88", "4")
    assert (post.mentions, post.links, post.hashtags) == (
        *((Mention("88", "bob"),), ("https://example.com/a",), ("yes",)),
    )
    assert post.followers_at_post == 50
    (stats,) = [event for event in outcome.events if isinstance(event, PostStats)]
    assert (stats.likes, stats.replies, stats.reposts, stats.quotes, stats.impressions) == (5, 3, 1, 2, 100)
    assert stats.observed_at is None


def test_a_repost_and_a_quote_are_told_by_what_they_refer_to(read: Any) -> None:
    repost = f"8,8,,4,,77,,88,,{AT},RT @bob: news,en,0,0,7,0,0,,,,ada_example,,"
    quote = f"9,9,,,4,77,,,88,{AT},so true,en,0,0,0,0,0,,,,ada_example,,"
    outcome = read(f"{TWARC}\n{repost}\n{quote}\n")
    told = {post.id: (post.repost_of, post.repost_of_account, post.quote_of) for post in posts(outcome)}
    assert told == {"8": ("4", "88", None), "9": (None, None, "4")}
    assert [event.id for event in outcome.events if isinstance(event, PostStats)] == ["9"]


def test_without_entities_they_are_found_in_the_text(read: Any) -> None:
    outcome = read(f"tweet_id,user,date,content\n9,Ann,{AT},@bob see #bread at example.com/a\n")
    (post,) = posts(outcome)
    assert (post.author, post.author_handle, post.reply_to_account) == ("@ann", "Ann", "@bob")
    assert (post.mentions, post.links, post.hashtags) == (
        *((Mention("@bob", "bob"),), ("http://example.com/a",), ("bread",)),
    )
    assert not outcome.inventory.has_counts


def test_an_answer_to_oneself_is_a_thread(read: Any) -> None:
    (post,) = posts(read(f"id,author_id,username,created_at,text\n9,77,Ann,{AT},@ann and more\n"))
    assert post.reply_to_account == post.author == "77"


def test_columns_can_be_named_by_a_person_and_one_author_given_for_all(read: Any) -> None:
    table = f"number;said;when;hearts\n9;hello;{AT};1,234\n"
    outcome = read(table, "id=number,text=said,created_at=when,likes=hearts,author=@ann")
    (stats,) = [event for event in outcome.events if isinstance(event, PostStats)]
    assert (posts(outcome)[0].author, stats.likes) == ("@ann", 1234)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("Mon Sep 24 03:35:21 +0000 2012", MONDAY),
        ("2012-09-24 05:35:21 +0200", MONDAY),
        ("2012-09-24 03:35:21", MONDAY),
        ("2012-09-24 03:35:21 UTC", MONDAY),
        ("1348457721", MONDAY),
        ("1348457721000", MONDAY),
        ("9/24/2012 3:35", MONDAY - 21_000),
    ],
)
def test_dates_are_read_as_tables_write_them(read: Any, written: str, at: int) -> None:
    (post,) = posts(read(f"id,user,date,text\n9,ann,{written},hello\n"))
    assert post.occurred_at == at


def test_what_is_bad_is_named_by_line_and_column_and_the_rest_is_read(read: Any) -> None:
    rows = [
        f"1,ann,{AT},hello,x",
        f",ann,{AT},hello,1",
        "3,ann,yesterday,hello,1",
        f"1.23E+17,ann,{AT},hello,1",
        f"5,,{AT},hello,1",
        f"6,ann,{AT},good,1",
        f"7,ann,{AT},hello,-1",
        "8,ann",
    ]
    outcome = read("tweet_id,user,date,text,likes\n" + "\n".join(rows) + "\n")
    assert outcome.posts == ["6"]
    assert outcome.problems == [
        ("posts.csv:2", "`likes` is no count: 'x'"),
        ("posts.csv:3", "`tweet_id` is empty"),
        ("posts.csv:4", "`date` is not a date: 'yesterday'"),
        ("posts.csv:5", "`tweet_id` has lost its digits in a spreadsheet: 1.23E+17"),
        ("posts.csv:6", "`user` is empty"),
        ("posts.csv:8", "`likes` is no count: '-1'"),
        ("posts.csv:9", "`date` is missing: the id holds no time either"),
    ]


def test_bytes_that_are_no_utf8_are_named_and_the_rest_is_read(read: Any) -> None:
    table = f"id,user,date,text\n1,ann,{AT},caf".encode() + b"\xe9\n" + f"2,ann,{AT},caf\u00e9\n".encode()
    outcome = read(b"\xef\xbb\xbf" + table)
    assert (outcome.posts, outcome.problems) == (
        ["2"],
        [("posts.csv:2", "not UTF-8: save the table as UTF-8")],
    )


def test_tables_are_read_packed_and_with_tabs(tmp_path: Path, read: Any) -> None:
    table = f"id\tuser\tdate\ttext\n9\tann\t{AT}\thello, you\n".encode()
    outcome = read(gzip.compress(table), name="posts.tsv.gz")
    assert [post.text for post in posts(outcome)] == ["hello, you"]
    assert recognised(tmp_path / "posts.tsv.gz") == "tweets-csv"
    cut = read(gzip.compress(table * 500)[:-30], name="posts.csv.gz")
    assert "the compressed data is broken" in cut.problems[-1][1]


@pytest.mark.parametrize(
    ("table", "columns", "said"),
    [
        ("a,b\n1,2\n", "", r"which column holds id, text, author\? Say it with --columns"),
        ("", "", "which column holds id, text, author"),
        ("id,text,user\n", "likes=hearts", "has no column 'hearts'; it has: id, text, user"),
        ("id,text,user\n", "stars=x", "there is no field 'stars'"),
        ("id,text,user\n", "likes", "columns are written field=column"),
    ],
)
def test_columns_that_are_not_there_are_asked_for(read: Any, table: str, columns: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(table, columns)


def test_real_tables_are_read_whole(shared_data: Path, tmp_path: Path) -> None:
    airline = read_part(TweetsCsv(shared_data / "airline_sentiment" / "Tweets.csv"), tmp_path)
    assert (len(airline.posts), airline.problems) == (14_640, [])
    assert sum(post.reply_to_account == "@virginamerica" for post in posts(airline)) > 400
