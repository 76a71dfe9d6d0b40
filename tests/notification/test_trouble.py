"""What is wrong with the pipeline, from what its parts tell of themselves to a message at a web hook."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboards.troubles import troubles
from pipelines.brand import NO_BRAND
from pipelines.clock import now_ms
from pipelines.notification.apprise_delivery import AppriseDelivery
from pipelines.notification.decision import Surroundings, is_too_old
from pipelines.notification.teller import Round, Teller
from pipelines.notification.trouble import Links, Trouble, TroubleNotifier, compose_trouble
from pipelines.sinks.alert_store import AlertStore
from tests.metrics.migrated_store import MigratedStore, instant
from tests.notification.web_hook import web_hook

MINUTE, HOUR = 60_000, 3_600_000
LINKS = Links("https://g.example", "https://r.example/runbook.html")


def watch_of(alert_store: AlertStore, address: str) -> TroubleNotifier:
    """A watch that was just started."""
    teller = Teller(alert_store, AppriseDelivery({"team": address}))
    return TroubleNotifier(alert_store, teller, lambda: troubles(alert_store.rows), LINKS)


def beats(network: str, ingest_at: int, watermark: int) -> list[dict[str, Any]]:
    """What ingest and worker of a network said last."""
    same = {"network": network, "watermark": instant(watermark), "every_s": 10.0}
    return [
        same | {"part": "ingest", "name": f"{network}-live", "at": instant(ingest_at)},
        same | {"part": "worker", "name": "0", "at": instant(now_ms())},
    ]


def lags(store: MigratedStore, records: float) -> None:
    """Let the worker say how many records wait."""
    told = {"part": "worker", "partition": 0, "name": "lag_records", "value": records}
    store.insert("pipeline_stats", [told | {"at": datetime.now(UTC)}])


def titles(received: Sequence[dict[str, Any]]) -> list[str]:
    return [message["title"] for message in received]


@pytest.mark.integration
def test_a_part_that_stopped_is_told_once_and_one_that_stopped_long_ago_never(
    store: MigratedStore, alert_store: AlertStore
) -> None:
    now = now_ms()
    lags(store, 0)
    store.insert("heartbeats", beats("x", now - 2 * HOUR, now - 2 * HOUR))
    store.insert("heartbeats", beats("bluesky", now - 7 * HOUR, now - 7 * HOUR))
    with web_hook() as (address, received):
        first = watch_of(alert_store, address).look(now)
        second = watch_of(alert_store, address).look(now + MINUTE)
    assert (first.sent, first.too_old) == (1, 1)
    assert (second.sent, second.too_old) == (0, 0)
    assert titles(received) == ["Rapport: Nothing is counted any more"]
    assert received[0]["message"].startswith("x: the ingest stopped, the numbers stand still.\nSince ")
    assert "Runbook: https://r.example/runbook.html#pipeline-stopped" in received[0]["message"]
    assert "https://g.example/d/rapport-health?viewPanel=" in received[0]["message"]


@pytest.mark.integration
def test_a_lag_is_told_after_ten_minutes_once_and_again_when_it_comes_back(
    store: MigratedStore, alert_store: AlertStore
) -> None:
    now = now_ms()
    store.insert("heartbeats", beats("x", now, now))
    lags(store, 5_000)
    with web_hook() as (address, received):
        watch = watch_of(alert_store, address)
        looks = [watch.look(now + minutes * MINUTE) for minutes in (0, 9, 11)]
        assert [(each.waiting, each.sent) for each in looks] == [(1, 0), (1, 0), (0, 1)]
        assert watch_of(alert_store, address).look(now + 20 * MINUTE) == Round()
        lags(store, 10)
        assert watch.look(now + 21 * MINUTE) == Round()
        lags(store, 5_000)
        assert [watch.look(now + minutes * MINUTE).sent for minutes in (22, 33)] == [0, 1]
    assert titles(received) == ["Rapport: The worker falls behind"] * 2
    assert received[0]["message"].startswith(
        "Partition 0 has more records waiting than the worker takes in.\n"
    )


@pytest.mark.integration
def test_a_budget_that_is_nearly_spent_and_refused_documents_are_told(
    store: MigratedStore, alert_store: AlertStore
) -> None:
    now = datetime.now(UTC)
    lags(store, 0)
    budget = {"day_budget": 1_000_000, "month_budget": 100_000_000}
    store.insert("spend", [{"source": "x-poll", "day": now.date(), "micros": 850_000, **budget}])
    place = {"epoch": 0, "partition": 0, "offset": 1, "index": 0, "source": "worker", "place": "events"}
    store.insert("dead_letters", [{**place, "reason": "no JSON", "document": "{", "at": now}])
    with web_hook() as (address, received):
        watch = watch_of(alert_store, address)
        assert [watch.look(now_ms()).sent for _ in range(2)] == [2, 0]
    said = {message["title"]: message["message"] for message in received}
    assert set(said) == {
        "Rapport: The budget for reading is nearly spent", "Rapport: Documents are refused",
    }  # fmt: skip
    budgets = said["Rapport: The budget for reading is nearly spent"]
    assert budgets.startswith("x-poll has spent most of its budget.\n")
    assert "#budget-spent" in budgets
    assert "1 in all" in said["Rapport: Documents are refused"]


@pytest.mark.integration
def test_an_empty_store_and_one_with_an_archive_tell_nothing(alert_store: AlertStore) -> None:
    assert troubles(alert_store.rows) == []


def test_a_message_without_addresses_has_no_links() -> None:
    trouble = Trouble(
        rule="worker-behind",
        part="0",
        title="The worker falls behind",
        what="Partition 0 waits.",
        do="Start more.",
        panel="/d/rapport-health?viewPanel=2",
        since=1_772_625_600_000,
    )
    message = compose_trouble(trouble, "Europe/Berlin", Links())
    assert message.title == "Rapport: The worker falls behind"
    assert message.body == "Partition 0 waits.\nSince Wed 04 Mar 2026, 13:00 (Europe/Berlin).\n\nStart more."


def test_what_began_more_than_six_hours_ago_is_too_old() -> None:
    around = Surroundings(brand=NO_BRAND, now=10 * HOUR)
    assert [is_too_old(since, around) for since in (4 * HOUR - 1, 4 * HOUR)] == [True, False]
