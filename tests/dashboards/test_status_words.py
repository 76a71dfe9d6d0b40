"""What a status says in words: by hand, run on the real store."""

from __future__ import annotations

import pytest

from dashboards.status_words import Pace, words_sql
from pipelines.settings import READER_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse

pytestmark = pytest.mark.integration

ROW = """
SELECT {words}
FROM
(
    SELECT
        %(status)s AS status,
        toNullable(toInt64(%(needed)s)) AS needed,
        toInt64(%(n)s) AS n,
        %(metric)s AS metric,
        'x' AS network,
        toDateTime64(1760000000, 3, 'UTC') AS at,
        at - toIntervalDay(%(known_days)s) AS known_since
)
"""


@pytest.fixture(scope="module")
def reader(unfilled: ClickHouseSettings) -> ClickHouse:
    return ClickHouse(unfilled, READER_USER)


def said(
    reader: ClickHouse,
    status: str,
    *,
    needed: int = 0,
    n: int = 0,
    window: str = "7d",
    known_days: int = 35,
    metric: str = "interactions_per_post",
) -> str:
    words = words_sql(pace=Pace(window=f"'{window}'"))
    row = {"status": status, "needed": needed, "n": n, "metric": metric, "known_days": known_days}
    with reader as client:
        [(text,)] = client.rows(ROW.format(words=words), row)
    return str(text)


@pytest.mark.parametrize(
    ("window", "known_days", "n", "needed", "words"),
    [
        ("all", 14, 4, 10, "cannot tell yet, about 5 more weeks"),  # 14 d · 14/4 = 49 d, less 14 d
        ("all", 2, 3, 9, "cannot tell yet, about 6 more days"),  # 2 d · 12/3 = 8 d
        ("7d", 3, 11, 1, "cannot tell yet, about 1 more day"),  # 3 d · 12/11 = 3.3 d
        ("7d", 35, 4, 8, "cannot tell from 7 days: choose 28 days"),  # 7 d · 12/4 = 21 d
        ("1h", 35, 1, 11, "cannot tell from an hour: choose 7 days"),  # 1 h · 12
        ("7d", 90, 2, 10, "cannot tell from 7 days: choose everything"),  # 42 d of 90
        ("28d", 35, 7, 5, "cannot tell yet, about 2 more weeks"),  # 28 d · 12/7 = 48 d, less 35 d
        ("28d", 35, 1, 99, "cannot tell at this pace: more than two years"),  # 2,800 d
    ],
)
def test_what_is_missing_is_told_in_time_at_the_present_pace(
    reader: ClickHouse, window: str, known_days: int, n: int, needed: int, words: str
) -> None:
    assert said(reader, "too_few", window=window, known_days=known_days, n=n, needed=needed) == words


def test_without_a_pace_it_is_told_in_posts(reader: ClickHouse) -> None:
    assert said(reader, "too_few", n=0, needed=12) == "cannot tell yet, about 12 more posts"
    lift = said(reader, "too_few", n=40, needed=1, metric="topic_lift")
    assert lift == "cannot tell yet, about 1 more post"


def test_of_a_rate_the_missing_threads_count_and_not_the_posts(reader: ClickHouse) -> None:
    # 12 threads are needed, 6 are there within 14 days though they have 60 posts: 14 days more
    words = said(reader, "too_few", n=60, needed=6, window="all", known_days=14, metric="posts_per_day")
    assert words == "cannot tell yet, about 2 more weeks"


@pytest.mark.parametrize(
    ("status", "metric", "words"),
    [
        ("unknown_input", "interactions_per_post", "this archive has no counts"),
        ("unknown_input", "engagement_rate_followers", "this archive has no counts or followers"),
        ("unknown_input", "conversation_ratio", "this archive has no addressees"),
        ("not_configured", "promotion_share", "name your domains or offers in the brand file"),
        ("not_configured", "on_topic_share", "name your topics in the brand file"),
        ("no_posts", "posts_per_day", "no posts in this window"),
        ("no_data", "posts_per_day", "the source was not listening"),
        ("ok", "posts_per_day", ""),
    ],
)
def test_other_silences_say_what_is_missing(reader: ClickHouse, status: str, metric: str, words: str) -> None:
    assert said(reader, status, metric=metric, n=5) == words
