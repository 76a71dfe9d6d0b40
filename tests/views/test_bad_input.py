"""Every view over what sources get wrong or do not tell: no crash, no NaN, NULL for what is unknown."""

from __future__ import annotations

from math import isfinite
from typing import Any

import pytest

from pipelines.brand import Brand
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_b_history import START, delete, like, post, profile, stats, store_history
from tests.views.reference_events import post as told
from tests.views.reference_events import store_events

pytestmark = pytest.mark.integration


def misfortunes() -> list[AnyEvent]:
    """An account each: with a single post, renamed, whose likes fall, whose snapshot is older than its post,
    with counts of one post in two, with a post that is gone, and one that only others speak of.
    """
    single = post(START, "single", "single")
    before, after = (
        post(START + n * DAY_MS, f"named{n}", "named", author_handle=f"name{n}") for n in range(2)
    )
    falling = post(START, "falling", "falling")
    early = post(START + HOUR_MS, "early", "early")
    some = [post(START + n, f"some{n}", "some", followers_at_post=0 if n else None) for n in range(2)]
    gone = post(START, "gone", "gone")
    return [
        single, before, after, profile(START, "named", followers=None), falling, early, *some, gone,
        stats(falling, HOUR_MS, likes=9), stats(falling, DAY_MS, likes=0),
        stats(early, -30 * MINUTE_MS, likes=9),
        stats(some[0], DAY_MS, likes=3, impressions=0), stats(some[1], DAY_MS, likes=None, replies=0),
        delete(gone, 1), like(single, 1, "fan"),
        post(START, "of", "spoken", author="fan", reply_to_account="spoken"),
    ]  # fmt: skip


def broken(value: Any) -> bool:
    """Tell whether a value, or one in it, is NaN or infinite."""
    if isinstance(value, list | tuple):
        return any(map(broken, value))
    return isinstance(value, float) and not isfinite(value)


def views(store: MigratedStore) -> list[str]:
    mine = "engine = 'View' AND database = currentDatabase()"
    names = store.read(f"SELECT name FROM system.tables WHERE {mine}")
    return [name for (name,) in names]


def test_no_view_gives_nan_or_infinity(store: MigratedStore) -> None:
    store_history(store, misfortunes(), until=START + 5 * DAY_MS)
    found = {view: store.read(f"SELECT * FROM {view}") for view in views(store)}
    assert {view: rows for view, rows in found.items() if broken(rows)} == {}
    of_accounts = ("concentration", "consistency", "engagement_depth", "post_half_life", "vanity_gap")
    assert all(len(found[view]) >= 7 for view in of_accounts)


def test_what_is_not_told_is_null_with_a_status_and_never_zero(store: MigratedStore) -> None:
    store_history(store, misfortunes(), until=START + 5 * DAY_MS)
    asked = (
        ("single", "gini", "status", "concentration", "unknown_input"),
        ("falling", "gini", "status", "concentration", "too_few"),
        ("early", "median", "status", "concentration", "unknown_input"),
        ("some", "depth_per_1000_followers", "status", "engagement_depth", "unknown_input"),
        ("named", "vanity_gap", "status", "vanity_gap", "too_few"),
        ("gone", "top_1_share", "status", "concentration", "no_posts"),
        ("spoken", "slope", "status", "consistency", "no_posts"),
        ("single", "ever_engaged_share", "status", "engagers", "unknown_input"),
    )
    for account, value, status, view, expected in asked:
        found = store.read(f"SELECT DISTINCT {value}, {status} FROM {view} WHERE account_id = '{account}'")
        assert found == [(None, expected)], (account, view)
    assert store.read("SELECT account FROM concentration WHERE account_id = 'named' AND window = '28d'") == [
        ("name1",)
    ]


def test_a_brand_without_topics_gives_no_relevance(store: MigratedStore) -> None:
    mine = told(START, "a", "me", "me", followers_at_post=None)
    store_events(
        store, [mine, told(START + 1, "b", "o1", "me", reply_to_post="a", reply_to_account="me")], Brand()
    )
    found = store.read(
        "SELECT metric, value, status FROM metrics_latest"
        " WHERE window = 'all' AND metric IN ('on_topic_share', 'topic_lift', 'engagement_rate_followers')"
        " ORDER BY metric"
    )
    assert found == [
        ("engagement_rate_followers", None, "unknown_input"),
        ("on_topic_share", None, "not_configured"),
        ("topic_lift", None, "not_configured"),
    ]
