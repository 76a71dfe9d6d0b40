"""The views that operators read, beside the same counted in Python."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines import clock
from tests.metrics.migrated_store import MigratedStore, instant

pytestmark = pytest.mark.integration

AT = clock.now_ms() - 60_000
"""Figures are kept for 30 days only."""


def growth(told: list[tuple[int, float]]) -> list[tuple[float, float | None]]:
    """Return each value with its growth a second; None where it was told first, or fell."""
    found: list[tuple[float, float | None]] = []
    for number, (at, value) in enumerate(told):
        before = told[number - 1] if number else None
        grew = before is not None and value >= before[1] and at > before[0]
        found.append((value, (value - before[1]) / ((at - before[0]) / 1_000) if before and grew else None))
    return found


def test_a_figure_grows_until_its_process_begins_anew(store: MigratedStore) -> None:
    told = [(AT, 10.0), (AT + 2_000, 20.0), (AT + 4_000, 20.0), (AT + 6_000, 3.0), (AT + 8_000, 4.0)]
    figure = {"part": "worker", "partition": -1, "name": "documents"}
    other = figure | {"part": "worker 2", "at": instant(AT + 1_000), "value": 500.0}
    store.insert("pipeline_stats", [figure | {"at": instant(at), "value": value} for at, value in told[::-1]])
    store.insert("pipeline_stats", [other])
    rows = store.read("SELECT value, per_s FROM pipeline_history WHERE part = 'worker' ORDER BY at")
    assert rows == growth(told) == [(10.0, None), (20.0, 5.0), (20.0, 0.0), (3.0, None), (4.0, 0.5)]
    assert store.read("SELECT before_at, per_s FROM pipeline_history WHERE part = 'worker 2'") == [
        (None, None)
    ]


def letter(place: str, reason: str, seconds: int) -> dict[str, Any]:
    at = instant(AT) + timedelta(seconds=seconds)
    return {"source": "file", "place": place, "reason": reason, "at": at}


def test_refused_documents_are_counted_by_reason_with_the_latest_example(store: MigratedStore) -> None:
    letters = [letter("a:1", "no id", 0), letter("a:3", "no id", 2), letter("a:2", "no author", 1)]
    store.insert("dead_letters", letters)
    store.insert("dead_letters", letters[:1])
    found = store.read(
        "SELECT reason, documents, first_at, last_at, place FROM dead_letter_reasons ORDER BY documents DESC"
    )
    assert found == [
        ("no id", 2, letters[0]["at"], letters[1]["at"], "a:3"),
        ("no author", 1, letters[2]["at"], letters[2]["at"], "a:2"),
    ]


def test_parts_and_rows_of_a_table_are_seen(store: MigratedStore) -> None:
    for number in range(3):
        store.insert("dead_letters", [letter(f"a:{number}", "no id", number)])
    found = store.read(
        "SELECT parts >= most_parts, most_parts >= 1, rows, bytes > 0"
        " FROM store_parts WHERE table = 'dead_letters'"
    )
    assert found == [(1, 1, 3, 1)]


def test_what_reading_costs_is_told_against_its_budgets_and_at_the_rate_of_today(
    store: MigratedStore,
) -> None:
    now = datetime.now(UTC)
    budgets = {"source": "x-stream", "day_budget": 2_000_000, "month_budget": 9_000_000}
    days = [(0, 500_000), (0, 400_000), (1, 1_000_000), (39, 7_000_000)]
    told = [budgets | {"day": (now - timedelta(days=ago)).date(), "micros": micros} for ago, micros in days]
    store.insert("spend", told)
    found = store.read(
        "SELECT source, today_usd, left_today_usd, day_budget_usd, month_usd, month_budget_usd FROM spending"
    )
    month = 0.5 + (1.0 if now.day > 1 else 0.0)
    assert found == [("x-stream", 0.5, 1.5, 2.0, month, 9.0)]
    [(rate,)] = store.read("SELECT day_at_this_rate_usd FROM spending")
    passed_s = (datetime.now(UTC) - now.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    assert rate is None if passed_s < 290 else rate == pytest.approx(0.5 * 86_400 / passed_s, rel=0.01)


def test_a_budget_that_is_used_up_leaves_nothing(store: MigratedStore) -> None:
    spent = {"source": "x-stream", "day": datetime.now(UTC).date(), "micros": 900, "month_budget": 500}
    store.insert("spend", [spent | {"day_budget": 1_000}])
    assert store.read("SELECT left_today_usd FROM spending") == [(0.0,)]
