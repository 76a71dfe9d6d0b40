"""The views of alerts: how each account is now, and that a pipeline that stands still is never well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboards.rules import RULES
from pipelines.brand import Account, Alerting, Brand, encode_brand
from tests.metrics.migrated_store import MigratedStore, header_row, instant, position_row

pytestmark = pytest.mark.integration

AT = 1_700_000_000_000
HOUR, DAY = 3_600_000, 86_400_000
STATE = "SELECT account_id, alert, state, stopped, firing FROM alert_state ORDER BY account_id, alert"


def alert(account: str, state: str, **columns: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "network": "x",
        "account_id": account,
        "alert": "engagement",
        "state": state,
        "since": instant(AT),
        "at": instant(AT),
        "ratio": 0.5 if state == "drop" else None,
        "posts": 8 if state == "drop" else None,
        "reason": "",
        "version": 1,
    }
    return row | columns


def beat(
    part: str, name: str, *, age_s: float = 0, watermark_age_s: float = 0, poll_s: float | None = None
) -> dict[str, Any]:
    return {
        "part": part,
        "name": name,
        "network": "x",
        "every_s": 10.0,
        "poll_s": poll_s,
        "snapshot_at": timedelta(seconds=151),
        "watermark": timedelta(seconds=watermark_age_s),
        "at": timedelta(seconds=age_s),
    }


def told(beats: list[dict[str, Any]], network: str = "x") -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    instants = ("watermark", "snapshot_at", "at")
    return [each | {"network": network} | {name: now - each[name] for name in instants} for each in beats]


def test_an_archive_is_judged_at_its_last_watermark(store: MigratedStore) -> None:
    store.insert("checkpoints", [header_row("7", AT, AT), header_row("8", AT, AT), position_row(AT + DAY)])
    store.insert("alerts", [alert("7", "ok"), alert("7", "drop", since=instant(AT + HOUR), version=2)])
    assert store.read(STATE) == [
        ("7", "engagement", "drop", "", 1),
        ("8", "engagement", "no_posts", "", 0),
    ]
    assert store.read("SELECT ratio, posts, watermark FROM alert_state WHERE account_id = '7'") == [
        (0.5, 8, instant(AT + DAY))
    ]


def test_newer_evidence_of_the_same_drop_replaces_the_older(store: MigratedStore) -> None:
    store.insert("checkpoints", [header_row("7", AT, AT)])
    store.insert("alerts", [alert("7", "drop"), alert("7", "drop", ratio=0.4, posts=9, version=2)])
    assert store.read("SELECT ratio, posts FROM alert_state") == [(0.4, 9)]
    assert store.read("SELECT count() FROM incidents") == [(1,)]


def test_the_part_that_stopped_is_named_and_nothing_reads_ok_or_drop(store: MigratedStore) -> None:
    ingest, worker = beat("ingest", "jetstream"), beat("worker", "0")
    late_worker = beat("worker", "0", watermark_age_s=55)
    cases = (
        ([ingest], "worker"),
        ([ingest, worker], ""),
        ([ingest, late_worker], "broker"),
        ([ingest, beat("worker", "0", age_s=55, watermark_age_s=55)], "worker"),
        ([beat("ingest", "jetstream", age_s=55, watermark_age_s=55), late_worker], "ingest"),
        ([beat("ingest", "jetstream", watermark_age_s=55), late_worker], "source"),
        ([beat("ingest", "jetstream", poll_s=60.0), worker], "poller"),
    )
    for number, (beats, _) in enumerate(cases):
        network = {"network": f"network {number}"}
        headers = [header_row("7", AT, AT) | network, header_row("8", AT, AT) | network]
        store.insert("checkpoints", headers)
        store.insert("alerts", [alert("7", "ok", **network), alert("8", "drop", **network)])
        store.insert("heartbeats", told(beats, **network))
    found = store.read("SELECT state, stopped, firing FROM alert_state ORDER BY network, account_id")
    said = [
        [("no_data", stopped, 0)] * 2 if stopped else [("ok", "", 0), ("drop", "", 1)] for _, stopped in cases
    ]
    assert found == [row for rows in said for row in rows]


def test_a_partition_that_nobody_works_on_is_no_data(store: MigratedStore) -> None:
    store.insert("checkpoints", [header_row("7", AT, AT)])
    store.insert("alerts", [alert("7", "ok")])
    store.insert("heartbeats", told([beat("ingest", "jetstream"), beat("worker", "1")]))
    assert store.read(STATE) == [("7", "engagement", "no_data", "worker", 0)]


def test_a_live_network_says_nothing_about_another(store: MigratedStore) -> None:
    store.insert("checkpoints", [header_row("7", AT, AT) | {"network": "mastodon"}])
    store.insert("alerts", [alert("7", "ok", network="mastodon")])
    store.insert("heartbeats", told([beat("ingest", "jetstream", age_s=900, watermark_age_s=900)]))
    assert store.read("SELECT state FROM alert_state") == [("ok",)]


def test_where_the_brand_file_says_of_whom_the_rule_fires_for_no_other(store: MigratedStore) -> None:
    rule = next(rule for rule in RULES if rule.uid == "rapport-engagement-drop")
    told_of = (Account(network="x", handle="nobody"), Account(network="x", id="8"))
    store.insert("checkpoints", [header_row("7", AT, AT), header_row("8", AT, AT)])
    store.insert("alerts", [alert("7", "drop"), alert("8", "drop")])
    assert [row[1] for row in store.read(rule.sql) if row[-1] == 1.0] == ["7", "8"]
    content = encode_brand(Brand(alerts=Alerting(accounts=told_of)))
    store.insert("brands", [{"hash": "h", "occurred_at": instant(AT), "content": content}])
    assert [row[1] for row in store.read(rule.sql) if row[-1] == 1.0] == ["8"]
    assert store.read("SELECT count() FROM alert_state WHERE firing") == [(2,)]


def test_an_incident_ends_where_the_next_state_begins(store: MigratedStore) -> None:
    store.insert(
        "alerts",
        [
            alert("7", "drop"),
            alert("7", "ok", since=instant(AT + DAY), reason="back to what was usual before", version=2),
            alert("7", "breakout", since=instant(AT + 2 * DAY), version=3),
        ],
    )
    incidents = store.read(
        "SELECT state, began_at, ended_at, ended_as, end_reason FROM incidents ORDER BY began_at"
    )
    assert incidents == [
        ("drop", instant(AT), instant(AT + DAY), "ok", "back to what was usual before"),
        ("breakout", instant(AT + 2 * DAY), None, "", ""),
    ]
