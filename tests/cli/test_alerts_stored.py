"""`rapport alerts` on a real store: listed, shown, silenced, told once, and replayed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from infra.embedded import EmbeddedStack
from pipelines.cli.alerts import command
from pipelines.clock import now_ms
from pipelines.errors import UsageError
from pipelines.events import DAY_MS, HOUR_MS
from tests.metrics.migrated_store import MigratedStore, header_row, instant
from tests.notification.web_hook import web_hook

pytestmark = pytest.mark.integration

Run = Callable[..., str]
POSTS = 120


@pytest.fixture
def run(stack: EmbeddedStack, migrated_database: str, store: MigratedStore) -> Run:
    """Run `rapport alerts …` against the store, as whoever has its address in the environment."""
    environ = stack.environ() | {"RAPPORT_CLICKHOUSE_DATABASE": migrated_database}

    def ran(*arguments: str, **more: str) -> str:
        result = CliRunner().invoke(command, list(arguments), env=environ | more)
        if isinstance(result.exception, UsageError):
            raise result.exception
        assert result.exit_code == 0, result
        return result.output

    return ran


def dropped(store: MigratedStore) -> None:
    """Store two accounts, one of which dropped an hour ago."""
    now = now_ms()
    store.insert("checkpoints", [header_row(account, now - 90 * DAY_MS, now) for account in ("7", "8")])
    well = {"network": "x", "account_id": "8", "alert": "engagement", "state": "ok", "version": 1}
    fell = well | {"account_id": "7", "state": "drop", "measure": "24h", "posts": 8, "p_value": 0.001}
    evidence = {"expected": 40.0, "observed": 18.0, "ratio": 0.45, "low": 0.3, "high": 0.67}
    at = {"since": instant(now - HOUR_MS), "at": instant(now - HOUR_MS)}
    store.insert("alerts", [fell | evidence | at])
    store.insert("alerts", [well | at])


def test_what_is_on_is_listed_and_with_all_what_is_well(run: Run, store: MigratedStore) -> None:
    assert "no alert is on; 0 accounts are watched" in run("list")
    dropped(store)
    [line] = [line for line in run("list").splitlines() if "engagement" in line]
    assert "7 (x)" in line
    assert "drop" in line
    assert "18 instead of 40" in line
    assert {"7 (x)", "8 (x)"} <= {line.strip()[:5] for line in run("list", "--all").splitlines()}


def test_an_account_is_shown_as_it_would_be_told(run: Run, store: MigratedStore) -> None:
    dropped(store)
    shown = run("show", "7", RAPPORT_DASHBOARDS_URL="https://g.example")
    assert "7 (x): interactions dropped by 55%" in shown
    assert "55% less (95% interval 33% to 70%), from 8 posts" in shown
    assert "https://g.example/d/rapport-alerts?" in shown
    with pytest.raises(UsageError, match="no account is called nobody"):
        run("show", "nobody")


def test_a_drop_is_told_once_and_not_while_it_is_silenced(run: Run, store: MigratedStore) -> None:
    dropped(store)
    with web_hook() as (address, received):
        assert "7 is silent until" in run("silence", "7", "--for", "3d")
        assert "sent 0" in run("watch", "--once", RAPPORT_CHANNEL_TEAM=address)
        run("silence", "7", "--for", "0d")
        assert "sent 1" in run("watch", "--once", RAPPORT_CHANNEL_TEAM=address)
        assert "sent 0" in run("watch", "--once", RAPPORT_CHANNEL_TEAM=address)
    assert [message["title"] for message in received] == ["7 (x): interactions dropped by 55%"]


def test_without_a_channel_nobody_could_be_told_and_that_is_said(run: Run) -> None:
    with pytest.raises(UsageError, match="set RAPPORT_CHANNEL_NAME"):
        run("watch", "--once")


def history(store: MigratedStore) -> None:
    """Store 120 posts of an account with the counts that they had after a day."""
    counts = [int(each) for each in np.random.default_rng(3).negative_binomial(8, 8 / 68, POSTS)]
    begin = now_ms() - 60 * DAY_MS
    own = [
        {
            "network": "x",
            "account_id": "7",
            "id": f"p{number}",
            "kind": "original",
            "occurred_at": instant(begin + number * 8 * HOUR_MS),
        }
        for number in range(POSTS)
    ]
    store.insert("posts", [each | {"relation": "own"} for each in own])
    aged = {"age": "24h", "measured": True, "version": 1}
    store.insert(
        "matured",
        [
            each | aged | {"due_at": each["occurred_at"] + timedelta(days=1), "interactions": count}
            for each, count in zip(own, counts, strict=True)
        ],
    )


def test_a_history_is_replayed_as_a_sentence_as_json_and_as_a_plot(
    run: Run, store: MigratedStore, tmp_path: Path
) -> None:
    assert "there are no original or quote posts" in run("backtest")
    history(store)
    plot = tmp_path / "backtest.html"
    said = run("backtest", "--drop", "80%", "--plot", str(plot))
    assert "7: a drop by 80% would have been found in" in said
    assert "false alarms in the last 180 days: 0" in said
    assert plot.stat().st_size > 10_000
    [told] = json.loads(run("backtest", "--drop", "80%", "--json"))
    assert told["posts"] == POSTS
    assert 0 < told["result"]["found"] <= told["result"]["injected"]
    with pytest.raises(UsageError, match="write a share from 10% to 90%"):
        run("backtest", "--drop", "100%")
