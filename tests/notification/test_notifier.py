"""From a row in `alerts` to a message at a web hook: once, and never one that is old."""

import time
from typing import Any

import pytest

from pipelines.clock import now_ms
from pipelines.errors import UsageError
from pipelines.notification.apprise_delivery import AppriseDelivery
from pipelines.notification.notifier import Notifier
from pipelines.notification.teller import Teller
from pipelines.sinks.alert_store import AlertStore
from tests.metrics.migrated_store import MigratedStore, header_row, instant
from tests.notification.web_hook import web_hook

pytestmark = pytest.mark.integration

HOUR = 3_600_000


def notifier_of(alert_store: AlertStore, address: str) -> Notifier:
    return Notifier(alert_store, Teller(alert_store, AppriseDelivery({"team": address})))


def drop(account: str, since: int) -> dict[str, Any]:
    return {
        "network": "x",
        "account_id": account,
        "alert": "engagement",
        "state": "drop",
        "since": instant(since),
        "at": instant(since),
        "measure": "24h",
        "expected": 40.0,
        "observed": 18.0,
        "ratio": 0.45,
        "low": 0.3,
        "high": 0.67,
        "p_value": 0.001,
        "posts": 8,
        "version": 1,
    }


def test_a_drop_is_told_once_and_an_old_one_never(store: MigratedStore, alert_store: AlertStore) -> None:
    now = now_ms()
    store.insert("checkpoints", [header_row(account, now, now) for account in ("7", "8")])
    store.insert("alerts", [drop("7", now - HOUR), drop("8", now - 7 * HOUR)])
    with web_hook() as (address, received):
        notifier = notifier_of(alert_store, address)
        first = notifier.look(now)
        second = notifier.look(now + 60_000)
    assert (first.sent, first.too_old, second.sent, second.too_old) == (1, 1, 0, 0)
    assert [message["title"] for message in received] == ["7 (x): interactions dropped by 55%"]
    told = store.read("SELECT account_id, channel, outcome FROM alert_outcomes ORDER BY account_id")
    assert told == [("7", "team", "sent"), ("8", "team", "too_old")]


def test_a_message_that_failed_is_tried_again(store: MigratedStore, alert_store: AlertStore) -> None:
    now = now_ms()
    store.insert("checkpoints", [header_row("7", now, now)])
    store.insert("alerts", [drop("7", now - HOUR)])
    with web_hook(status=500) as (address, _):
        assert notifier_of(alert_store, address).look(now).failed == 1
    with web_hook() as (address, received):
        assert notifier_of(alert_store, address).look(now + 1).sent == 1
    assert len(received) == 1


def test_a_silence_holds_back_and_ends(store: MigratedStore, alert_store: AlertStore) -> None:
    now = now_ms()
    store.insert("checkpoints", [header_row("7", now, now)])
    store.insert("alerts", [drop("7", now - HOUR)])
    assert alert_store.find("7") == [("x", "7")]
    alert_store.silence("x", "7", until_at=now + HOUR, at=now)
    with web_hook() as (address, received):
        notifier = notifier_of(alert_store, address)
        assert notifier.look(now).waiting == 1
        time.sleep(0.002)
        alert_store.silence("x", "7", until_at=now, at=now_ms())
        assert notifier.look(now).sent == 1
    assert len(received) == 1


def test_an_address_that_apprise_does_not_know_is_refused_and_not_shown() -> None:
    with pytest.raises(UsageError, match="RAPPORT_CHANNEL_TEAM") as caught:
        AppriseDelivery({"team": "nothing-such://hidden"})
    assert "hidden" not in str(caught.value)
