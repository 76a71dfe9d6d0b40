"""The rules about the pipeline itself: what is missing fires, and a query that finds nothing is an alarm."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboards.rules import BEHIND_RECORDS, BUDGET_LIMIT, FIGURES_TOO_OLD_S, RULES
from tests.metrics.migrated_store import MigratedStore

pytestmark = pytest.mark.integration

BY_UID = {rule.uid.removeprefix("rapport-"): rule for rule in RULES}
PIPELINE = ("pipeline-stopped", "worker-behind", "documents-refused", "budget-spent")


def ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)


def beat(part: str, name: str) -> dict[str, Any]:
    now = ago(0)
    return {"part": part, "name": name, "network": "x", "every_s": 10.0, "watermark": now, "at": now}


def goes_live(store: MigratedStore) -> None:
    """Let a live source and the worker of one partition say that they are there."""
    store.insert("heartbeats", [beat("ingest", "x-stream"), beat("worker", "0")])


def figure(part: str, name: str, value: float, *, partition: int = -1, age_s: float = 1.0) -> dict[str, Any]:
    return {"at": ago(age_s), "part": part, "partition": partition, "name": name, "value": value}


def lag(partition: int, records: float, *, age_s: float = 1.0) -> dict[str, Any]:
    return figure("worker", "lag_records", records, partition=partition, age_s=age_s)


def spent(usd: float, *, days_ago: int = 0, month_budget: float = 100.0) -> dict[str, Any]:
    """Return what a source spent on one day; it may spend 10 dollars a day."""
    return {
        "source": "x-stream",
        "day": datetime.now(UTC).date() - timedelta(days=days_ago),
        "micros": int(usd * 1e6),
        "day_budget": 10_000_000,
        "month_budget": int(month_budget * 1e6),
    }


def fired(store: MigratedStore, name: str) -> dict[str, str]:
    """Return what the rule's own SQL finds beyond its limit: the labels of each alert."""
    rule = BY_UID[name]
    assert rule.above is not None
    rows = store.read(rule.sql)
    assert rows, "a rule about the pipeline always has a row"
    return {labels[0]: " ".join(labels[1:]) for *labels, number in rows if number > rule.above}


def test_no_row_at_all_is_an_alarm_of_the_pipeline_and_none_of_an_account() -> None:
    states = {name: (rule.no_data, rule.failed) for name, rule in BY_UID.items()}
    assert states.pop("pipeline-stopped") == ("Alerting", "Alerting"), "a store that does not answer, too"
    assert {states.pop(name) for name in PIPELINE[1:]} == {("Alerting", "Error")}
    assert set(states.values()) == {("OK", "Error")}


def test_an_empty_store_gives_each_rule_of_the_pipeline_a_row_below_its_limit(store: MigratedStore) -> None:
    assert [fired(store, name) for name in PIPELINE] == [{}] * 4


def test_a_worker_that_leaves_records_waiting_fires_for_that_partition(store: MigratedStore) -> None:
    goes_live(store)
    store.insert("pipeline_stats", [lag(0, BEHIND_RECORDS), lag(1, BEHIND_RECORDS + 1)])
    assert fired(store, "worker-behind") == {"1": "has more records waiting than the worker takes in"}


def test_only_the_latest_lag_counts(store: MigratedStore) -> None:
    goes_live(store)
    store.insert("pipeline_stats", [lag(0, 50_000.0, age_s=120), lag(0, 3.0)])
    assert fired(store, "worker-behind") == {}


def test_a_lag_that_nobody_tells_any_more_fires(store: MigratedStore) -> None:
    goes_live(store)
    store.insert("pipeline_stats", [lag(0, 0.0), lag(1, 0.0, age_s=FIGURES_TOO_OLD_S + 30)])
    assert fired(store, "worker-behind") == {"1": "does not say how far it is"}


def test_a_lag_that_nobody_ever_told_fires_once_a_source_is_live(store: MigratedStore) -> None:
    assert fired(store, "worker-behind") == {}
    goes_live(store)
    assert fired(store, "worker-behind") == {"of any worker": "does not say how far it is"}


def test_an_archive_has_time(store: MigratedStore) -> None:
    store.insert("pipeline_stats", [lag(0, 1e6), lag(1, 0.0, age_s=9_000)])
    assert fired(store, "worker-behind") == {}


@pytest.mark.parametrize(
    ("usd", "month_budget", "fires"),
    [(2.0, 100.0, False), (7.9, 100.0, False), (8.0, 100.0, True), (2.0, 2.5, True)],
)
def test_a_budget_fires_at_four_fifths_of_the_day_or_of_the_month(
    store: MigratedStore, usd: float, month_budget: float, fires: bool
) -> None:
    store.insert("spend", [spent(usd, month_budget=month_budget)])
    assert ("x-stream" in fired(store, "budget-spent")) is fires
    assert BUDGET_LIMIT == 0.8


def test_the_days_of_a_month_add_up_and_those_of_the_month_before_do_not(store: MigratedStore) -> None:
    store.insert("spend", [spent(79.0, days_ago=1), spent(2.0)])
    is_of_this_month = datetime.now(UTC).day > 1
    assert ("x-stream" in fired(store, "budget-spent")) is is_of_this_month


def test_a_source_that_costs_and_does_not_say_what_fires(store: MigratedStore) -> None:
    running = [figure(f"ingest {name}", "readings", 5.0) for name in ("x-stream", "mastodon")]
    store.insert("pipeline_stats", running)
    assert fired(store, "budget-spent") == {"x-stream": "does not say what it spent"}
    store.insert("spend", [spent(1.0)])
    assert fired(store, "budget-spent") == {}


def test_refused_documents_fire_for_a_quarter_of_an_hour(store: MigratedStore) -> None:
    letter = {"source": "worker", "place": "0/7/1", "reason": "no id"}
    store.insert("dead_letters", [letter | {"at": ago(901)}])
    assert fired(store, "documents-refused") == {}
    store.insert("dead_letters", [letter | {"place": "0/8/1", "at": ago(30)}])
    assert fired(store, "documents-refused") == {"worker": ""}
