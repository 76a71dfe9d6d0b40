"""The view `consistency`: how regularly an account is present."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from math import floor, sqrt
from statistics import median
from zoneinfo import ZoneInfo

import pytest

from pipelines.events import DAY_MS, AnyEvent, Delete, Post
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_b_history import (
    DAYS,
    SKY_ACCOUNT,
    START,
    X_ACCOUNT,
    ZONE,
    delete,
    drawn_history,
    post,
    store_history,
)
from tests.views.reference_b_posts import agree, assert_reads_by_account

pytestmark = pytest.mark.integration

COLUMNS = (
    "weeks, active_weeks, posts, slope, slope_low, slope_high, longest_gap_days, days_since_last_post,"
    " status, needed"
)


def test_ten_posts_in_six_weeks_of_which_one_is_empty(store: MigratedStore) -> None:
    """Posts on days 0 1 3 | 7 9 | 14 15 | – | 28 30 | 35 of an account known from a Monday on: 3 2 2 0 2 1
    a week. It is day 44 now, in the seventh week.

    The 15 slopes in order: −2 −1 −1 −1 −1 −.5 −.4 −1/3 −.25 −.25 0 0 0 .5 2, the middle one −1/3. Sen's
    interval leaves (15 − 1.96 · √(6 · 5 · 17 / 18)) / 2 = 2.28, so the second of each side: −1 and 0.5. The
    longest gap is from day 15 to 28. Reposts, threads, repeated answers and deleted posts are no presence.
    """
    days = (0, 1, 3, 7, 9, 14, 15, 28, 30, 35)
    same = {"reply_to_account": "zoe", "text": "many thanks for your kind words about our tea class"}
    events: list[AnyEvent] = [post(START + day * DAY_MS, f"p{day}") for day in days if day != 9]
    deleted = post(START + 22 * DAY_MS, "deleted")
    events += [
        post(START + 9 * DAY_MS, "p9", **same),
        post(START + 19 * DAY_MS, "again", **same),
        post(START + 20 * DAY_MS, "repost", repost_of="elsewhere"),
        post(START + 21 * DAY_MS, "thread", reply_to_post="p15", reply_to_account="ada"),
        deleted,
        delete(deleted, 1),
    ]
    store_history(store, events, until=START + 44 * DAY_MS, zone="UTC")
    assert store.read(f"SELECT {COLUMNS} FROM consistency") == [
        (6, 5, 10, pytest.approx(-1 / 3), -1.0, 0.5, 13.0, 9.0, "ok", None)
    ]


def test_an_account_known_for_two_full_weeks_has_no_trend_yet(store: MigratedStore) -> None:
    """Bob came on a Tuesday: his first week is not known in full. Eve only ever reposted."""
    events = [post(START, "a"), post(START + DAY_MS, "b", "bob"), post(START, "e", "eve", repost_of="z")]
    store_history(store, events, until=START + 15 * DAY_MS, zone="UTC")
    found = store.read(
        "SELECT account, weeks, active_weeks, slope, longest_gap_days, status, needed FROM consistency"
        " ORDER BY account"
    )
    assert found == [
        ("ada", 2, 1, None, 15.0, "too_few", 2),
        ("bob", 1, 0, None, 14.0, "too_few", 3),
        ("eve", 2, 0, None, None, "no_posts", None),
    ]


def test_a_drawn_history_gives_what_a_recount_gives(store: MigratedStore) -> None:
    events, until = drawn_history(4), START + DAYS * DAY_MS
    store_history(store, events, until=until)
    for account in (X_ACCOUNT, SKY_ACCOUNT):
        [found] = store.read(f"SELECT {COLUMNS} FROM consistency WHERE account = '{account}'")
        assert agree(found, reference(presence(events, account), until)), account
    assert_reads_by_account(store, "consistency")


def presence(events: list[AnyEvent], account: str) -> list[int]:
    deleted = {event.id for event in events if isinstance(event, Delete)}
    return sorted(
        event.occurred_at
        for event in events
        if isinstance(event, Post)
        and event.author == account
        and event.reply_to_account != account
        and event.id not in deleted
    )


def reference(posted: list[int], until: int) -> tuple[object, ...]:
    """Twelve calendar weeks of Tokyo before the one that goes on."""
    now = datetime.fromtimestamp(until / 1000, UTC).astimezone(ZoneInfo(ZONE))
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
    edges = [round((monday - timedelta(weeks=back)).timestamp() * 1000) for back in range(12, -1, -1)]
    weekly = [sum(begin <= at < end for at in posted) for begin, end in pairwise(edges)]
    slopes = sorted((weekly[j] - weekly[i]) / (j - i) for i, j in combinations(range(12), 2))
    outside = floor((66 - 1.959963984540054 * sqrt(12 * 11 * 29 / 18)) / 2)
    stations = [edges[0], *(at for at in posted if at >= edges[0]), until]
    longest = max(later - earlier for earlier, later in pairwise(stations)) / DAY_MS
    slope = (median(slopes), slopes[outside - 1], slopes[-outside])
    since = (until - posted[-1]) / DAY_MS
    return (12, sum(map(bool, weekly)), sum(weekly), *slope, longest, since, "ok", None)
