"""The view `window_ends`: at which instants the view `metrics` has a row of an account and window."""

from __future__ import annotations

import pytest

from pipelines.events import DAY_MS, HOUR_MS
from tests.metrics.migrated_store import MigratedStore, instant
from tests.views.reference_b_history import START, profile, store_history

pytestmark = pytest.mark.integration

CHANGED = {"network": "x", "account_id": "ada", "window": "1h", "at": instant(START + HOUR_MS), "version": 1}
"""A row of a window whose measures changed."""


def test_an_end_stands_where_measures_changed_and_where_followers_did(store: MigratedStore) -> None:
    """A reading at noon is in the windows of an hour that end from a minute later to an hour after that."""
    noon = START + DAY_MS // 2
    store_history(store, [profile(noon, followers=100)], until=START + 2 * DAY_MS)
    store.insert("account_windows", [CHANGED])
    ends = store.read("SELECT changed, at FROM window_ends WHERE window = '1h' ORDER BY at")
    entered = noon + 60_000
    assert ends == [
        ("measures", instant(START + HOUR_MS)),
        ("followers", instant(entered)),
        ("followers", instant(entered + HOUR_MS)),
    ]


def test_the_ends_are_those_at_which_metrics_has_rows(store: MigratedStore) -> None:
    store_history(store, [profile(START + HOUR_MS, followers=100)], until=START + 2 * DAY_MS)
    store.insert("account_windows", [CHANGED])
    ends = store.read("SELECT DISTINCT network, account_id, window, at FROM window_ends ORDER BY ALL")
    rows = store.read("SELECT DISTINCT network, account_id, window, at FROM metrics ORDER BY ALL")
    assert ends == rows
    assert ends
