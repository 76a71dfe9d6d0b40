"""The view `hour_of_week`: best time to post, each hour's mean drawn towards the account's own."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from statistics import fmean
from zoneinfo import ZoneInfo

import pytest

from pipelines.events import DAY_MS, HOUR_MS, AnyEvent
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_b_history import (
    DAYS,
    SKY_ACCOUNT,
    START,
    X_ACCOUNT,
    ZONE,
    drawn_history,
    post,
    stats,
    store_history,
)
from tests.views.reference_b_posts import agree, assert_reads_by_account, matured

pytestmark = pytest.mark.integration

COLUMNS = "hour_of_week, n, interactions, mean, shrunk, weight, mean_of_account, posts, status, needed"


def test_two_hours_of_ten_posts_each(store: MigratedStore) -> None:
    """Ten Mondays at 15:00 UTC, Tuesday midnight in Tokyo, with 4 or 6 interactions; ten five hours later
    with 0 or 2. Means 5 and 1, 3 over all.

    Within hours: 20 squares of 1 / (20 − 2) = 1.11. Between: (20 · 2² − 1.11) / (20 − 200 / 20) = 7.89. Their
    ratio 0.14 is raised to the floor of 2: (50 + 2 · 3) / 12 and (10 + 2 · 3) / 12.
    """
    weeks = [START + 7 * DAY_MS * week for week in range(10)]
    good = [post(monday + 15 * HOUR_MS, f"good{n}") for n, monday in enumerate(weeks)]
    bad = [post(monday + 20 * HOUR_MS, f"bad{n}") for n, monday in enumerate(weeks)]
    events: list[AnyEvent] = [*good, *bad]
    events += [stats(each, DAY_MS, likes=4 + n % 2 * 2) for n, each in enumerate(good)]
    events += [stats(each, DAY_MS, likes=n % 2 * 2) for n, each in enumerate(bad)]
    store_history(store, events, until=START + 70 * DAY_MS)
    found = store.read(
        f"SELECT day_of_week, hour, time_zone, {COLUMNS} FROM hour_of_week ORDER BY hour_of_week"
    )
    assert agree(found[0], (2, 0, ZONE, 24, 10, 50, 5.0, 56 / 12, 10 / 12, 3.0, 20, "ok", None))
    assert agree(found[1], (2, 5, ZONE, 29, 10, 10, 1.0, 16 / 12, 10 / 12, 3.0, 20, "ok", None))
    assert len(found) == 2


def test_nineteen_posts_or_posts_that_never_share_an_hour_tell_no_best_time(store: MigratedStore) -> None:
    """Ada lacks one post. Bob's 20 posts lie in hours of their own: hours cannot be told from luck."""
    ada = [post(START, f"a{n}") for n in range(19)]
    bob = [post(START + n * HOUR_MS, f"b{n}", "bob") for n in range(20)]
    events: list[AnyEvent] = [
        *ada,
        *bob,
        *(stats(each, DAY_MS, likes=n) for n, each in enumerate([*ada, *bob])),
    ]
    store_history(store, events, until=START + 4 * DAY_MS)
    assert store.read("SELECT mean, shrunk, status, needed FROM hour_of_week WHERE account = 'ada'") == [
        (9.0, None, "too_few", 1)
    ]
    found = store.read("SELECT shrunk, mean_of_account FROM hour_of_week WHERE account = 'bob'")
    assert len(found) == 20
    assert all(shrunk == pytest.approx(mean, abs=0.002) for shrunk, mean in found)


def test_a_drawn_history_gives_what_a_recount_gives(store: MigratedStore) -> None:
    events, until = drawn_history(5), START + DAYS * DAY_MS
    store_history(store, events, until=until)
    for account in (X_ACCOUNT, SKY_ACCOUNT):
        hours: dict[int, list[int]] = defaultdict(list)
        for each in matured(events, account, until):
            if each.counts is not None and each.post.occurred_at >= until - 90 * DAY_MS:
                hours[hour_of(each.post.occurred_at)].append(each.interactions)
        found = store.read(
            f"SELECT {COLUMNS} FROM hour_of_week WHERE account = '{account}' ORDER BY hour_of_week"
        )
        expected = reference(hours)
        assert len(found) == len(expected) > 20
        assert all(agree(row, wanted) for row, wanted in zip(found, expected, strict=True)), account
    assert_reads_by_account(store, "hour_of_week")


def hour_of(at: int) -> int:
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(ZONE))
    return local.weekday() * 24 + local.hour


def reference(hours: dict[int, list[int]]) -> list[tuple[object, ...]]:
    """Analysis of variance of one factor, its components by the method of moments."""
    everything = [count for counts in hours.values() for count in counts]
    posts, mean = len(everything), fmean(everything)
    within = sum((y - fmean(counts)) ** 2 for counts in hours.values() for y in counts) / (posts - len(hours))
    spread = sum(len(counts) * (fmean(counts) - mean) ** 2 for counts in hours.values())
    size = posts - sum(len(counts) ** 2 for counts in hours.values()) / posts
    between = (spread - (len(hours) - 1) * within) / size
    k = min(max(within / between, 2), 10_000) if between > 1e-9 else 10_000
    rows: list[tuple[object, ...]] = []
    for hour, counts in sorted(hours.items()):
        n, total = len(counts), sum(counts)
        shrunk = (total + k * mean) / (n + k)
        rows.append((hour, n, total, total / n, shrunk, n / (n + k), mean, posts, "ok", None))
    return rows
