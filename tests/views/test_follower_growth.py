"""The view `follower_growth`: what the profile told first and last in a window."""

from __future__ import annotations

import pytest

from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, Profile
from pipelines.metrics.view_sql import WINDOW_LENGTHS_MS
from tests.metrics.migrated_store import MigratedStore, instant
from tests.views.reference_b_history import (
    DAYS,
    SKY_ACCOUNT,
    START,
    X_ACCOUNT,
    drawn_history,
    profile,
    store_history,
)
from tests.views.reference_b_posts import assert_reads_by_account

pytestmark = pytest.mark.integration

GROWTH = "net_follower_growth, first_at, first_followers, last_at, last_followers, n, status, needed"
LENGTHS_MS = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS, "28d": 28 * DAY_MS, "all": 1 << 42}


def test_four_readings_of_a_profile_by_window(store: MigratedStore) -> None:
    """100 at the beginning, 130 on day 20, 128 at noon of the last of 28 days, 140 in its last half hour.

    The last hour holds one reading, the last day and week two: 140 − 128 = 12; 28 days: 140 − 100 = 40.
    Lists were told on day 20 only; another profile in the account's log does not count.
    """
    end = START + 28 * DAY_MS
    events = [
        profile(START, followers=100, following=7),
        profile(START + 20 * DAY_MS, followers=130, listed=3),
        profile(end - 12 * HOUR_MS, followers=128, following=9),
        profile(end - 30 * MINUTE_MS, followers=140, posts=55),
        Profile(network="x", subject="ada", id="zoe", occurred_at=START, ingested_at=START, followers=9),
    ]
    store_history(store, events, until=end)
    first, noon, last = instant(START), instant(end - 12 * HOUR_MS), instant(end - 30 * MINUTE_MS)
    assert dict_of(store, "ada") == {
        "1h": (None, last, 140, last, 140, 1, "too_few", 1),
        "24h": (12, noon, 128, last, 140, 2, "ok", None),
        "7d": (12, noon, 128, last, 140, 2, "ok", None),
        "28d": (40, first, 100, last, 140, 4, "ok", None),
        "all": (40, first, 100, last, 140, 4, "ok", None),
    }
    gauges = store.read(
        "SELECT DISTINCT followers, followers_at, following, following_at, listed, listed_at, posts_total,"
        " posts_total_at FROM follower_growth"
    )
    assert gauges == [(140, last, 9, noon, 3, instant(START + 20 * DAY_MS), 55, last)]


def test_followers_that_nobody_told_are_unknown(store: MigratedStore) -> None:
    store_history(store, [profile(START, following=3)], until=START + DAY_MS)
    found = store.read("SELECT net_follower_growth, followers, followers_at, status FROM follower_growth")
    assert found == [(None, None, None, "unknown_input")] * 5


def test_a_drawn_history_gives_what_a_recount_gives(store: MigratedStore) -> None:
    events, until = drawn_history(3), START + DAYS * DAY_MS
    store_history(store, events, until=until)
    readings = sorted((e.occurred_at, e.followers) for e in events if isinstance(e, Profile))
    for window, found in dict_of(store, X_ACCOUNT).items():
        inside = [reading for reading in readings if until - LENGTHS_MS[window] <= reading[0] < until]
        growth = (inside[-1][1] or 0) - (inside[0][1] or 0) if len(inside) > 1 else None
        assert found[0] == growth, window
        assert found[5] == len(inside)
    assert {row[6] for row in dict_of(store, SKY_ACCOUNT).values()} == {"unknown_input"}
    assert_reads_by_account(store, "follower_growth")


def test_metric_follows_the_readings_through_every_window(store: MigratedStore) -> None:
    """100, half an hour later 130, a day later 128: the hour grows by 30 from the minute after the second
    reading on, until an hour after the first; the day falls by 2 where it holds the last two alone.
    """
    second, third = START + 30 * MINUTE_MS, START + 30 * MINUTE_MS + DAY_MS - HOUR_MS
    events = [profile(START, followers=100), profile(second, followers=130), profile(third, followers=128)]
    store_history(store, events, until=START + 3 * DAY_MS)
    assert growth(store, "1h") == [
        (START + MINUTE_MS, None, 1, "too_few"),
        (second + MINUTE_MS, 30.0, 2, "ok"),
        (START + HOUR_MS + MINUTE_MS, None, 1, "too_few"),
        (second + HOUR_MS + MINUTE_MS, None, 0, "unknown_input"),
        (third + MINUTE_MS, None, 1, "too_few"),
        (third + HOUR_MS + MINUTE_MS, None, 0, "unknown_input"),
    ]
    quarter = 15 * MINUTE_MS
    assert growth(store, "24h")[:4] == [
        (START + quarter, None, 1, "too_few"),
        (second + quarter, 30.0, 2, "ok"),
        (third + quarter, 28.0, 3, "ok"),
        (START + DAY_MS + quarter, -2.0, 2, "ok"),
    ]


def test_metric_of_a_drawn_history_is_the_last_reading_less_the_first_at_every_end(
    store: MigratedStore,
) -> None:
    events, until = drawn_history(3), START + DAYS * DAY_MS
    store_history(store, events, until=until)
    told = sorted((e.occurred_at, e.followers or 0) for e in events if isinstance(e, Profile))
    checked = 0
    for window, length in WINDOW_LENGTHS_MS.items():
        for at, value, n, status in growth(store, window):
            inside = [followers for when, followers in told if at - length <= when < at]
            expected = float(inside[-1] - inside[0]) if len(inside) > 1 else None
            assert (value, n) == (expected, len(inside)), (window, at)
            assert status == ("unknown_input" if not inside else "too_few" if len(inside) == 1 else "ok")
            checked += 1
    assert checked > 50
    latest = "SELECT value, n FROM metrics_latest WHERE metric = 'net_follower_growth' AND account = '{}'"
    [everything] = store.read(latest.format(X_ACCOUNT) + " AND window = 'all'")
    assert everything == (float(told[-1][1] - told[0][1]), len(told))
    [days] = store.read(
        "SELECT sum(n), countIf(status = 'ok' AND isNull(value)) FROM daily_metrics"
        f" WHERE metric = 'net_follower_growth' AND account = '{X_ACCOUNT}'"
    )
    assert 0 < days[0] <= len(told)
    assert days[1] == 0
    for view in ("metrics", "follower_windows"):
        assert_reads_by_account(store, view)


def growth(store: MigratedStore, window: str) -> list[tuple[object, ...]]:
    return store.read(
        "SELECT toUnixTimestamp64Milli(at), value, n, status FROM metrics"
        f" WHERE metric = 'net_follower_growth' AND window = '{window}' ORDER BY at"
    )


def dict_of(store: MigratedStore, account: str) -> dict[str, tuple[object, ...]]:
    rows = store.read(f"SELECT window, {GROWTH} FROM follower_growth WHERE account = '{account}'")
    return {row[0]: row[1:] for row in rows}
