"""Headline posts of real accounts, and of made-up ones, as the detector compares them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipelines.alerts.expectation import PostFacts
from pipelines.events import DAY_MS, HOUR_MS


def donald_trump(data: Path, *, since: str, until: str = "2100-01-01") -> list[PostFacts]:
    """Return originals and quotes of the archive between two days: likes and reposts, final counts."""
    with gzip.open(data / "trump_timeline" / "trump_timeline.csv.gz", "rt") as file:
        return _in_order(_of_archive(csv.DictReader(file), since, until))


def barack_obama(data: Path) -> list[PostFacts]:
    """Return the posts of @BarackObama: replies, reposts and likes."""
    return _of_ratio(data, "BarackObama")


def ratio_trump(data: Path) -> list[PostFacts]:
    """Return the posts of @realDonaldTrump in the same collection."""
    return _of_ratio(data, "realDonaldTrump")


def simulated(
    dispersion: float, mean: float, *, posts: int = 20_000, every_ms: int = 8 * HOUR_MS
) -> list[PostFacts]:
    """Return posts of negative binomial interactions, later in the day and at weekends with more of them.

    So many that alarms can be counted: one in a year is expected.
    """
    rng = np.random.default_rng(20_140_801)
    shape = 1.0 / dispersion
    start = 1_600_000_000_000
    made = []
    for number in range(posts):
        at = start + number * every_ms + int(rng.integers(0, every_ms))
        busy = mean * (1.3 if at % DAY_MS > DAY_MS // 2 else 0.8) * (1.2 if at // DAY_MS % 7 > 4 else 1.0)
        made.append(
            PostFacts(
                id=str(number), at=at, interactions=int(rng.negative_binomial(shape, shape / (shape + busy)))
            )
        )
    return _in_order(made)


def _of_archive(rows: Iterable[dict[str, str]], since: str, until: str) -> Iterator[PostFacts]:
    for row in rows:
        text = row["text"] or ""
        if None in row or not row["created_at"] or row["retweet_count"] is None:
            continue
        if row["is_retweet"] == "True" or row["reply_to_user_id"] or text.startswith(("RT @", "@")):
            continue
        if not since <= row["created_at"] < until:
            continue
        yield PostFacts(
            id=row["status_id"],
            at=_instant(row["created_at"], "%Y-%m-%d %H:%M:%S"),
            interactions=int(float(row["favorite_count"] or 0) + float(row["retweet_count"] or 0)),
            quotes=row["is_quote"] == "True",
            links=bool(row["urls_expanded_url"]),
            shows=bool(row["media_type"]),
            mentions="@" in text,
        )


def _of_ratio(data: Path, name: str) -> list[PostFacts]:
    path = data / "fivethirtyeight_ratio" / "twitter-ratio" / f"{name}.csv"
    with path.open(encoding="utf-8", errors="replace") as file:
        return _in_order(
            PostFacts(
                id=row["url"].rsplit("/", 1)[-1],
                at=_instant(row["created_at"], "%m/%d/%y %H:%M"),
                interactions=sum(int(row[count] or 0) for count in ("replies", "retweets", "favorites")),
                links="http" in row["text"],
                shows="pic.twitter" in row["text"],
                mentions="@" in row["text"],
            )
            for row in csv.DictReader(file)
            if row["created_at"] and not row["text"].startswith(("RT @", "@"))
        )


def _instant(text: str, form: str) -> int:
    return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()) * 1_000


def _in_order(posts: Iterable[PostFacts]) -> list[PostFacts]:
    """Return posts by time; of some at the same instant with the same id, one."""
    ordered = sorted(posts, key=lambda post: (post.at, post.id))
    return ordered[:1] + [post for before, post in pairwise(ordered) if post.id != before.id]
