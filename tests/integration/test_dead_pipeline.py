"""A dead pipeline is never well: each part is killed in turn, and the rule of Grafana fires."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dashboards.rule import INTERVAL
from dashboards.rules import RULES
from infra.embedded import EmbeddedStack
from pipelines import clock
from pipelines.events import DAY_MS, HOUR_MS, Post, PostStats, encode
from pipelines.ingest.batches import partition_of
from pipelines.settings import READER_USER, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from tests.integration.worker_run import PARTITIONS, Chain, chain, ticks

TICK_S = 0.5
NETWORKS = {"x", "bluesky"}
"""Of ada and bob, and of the accounts of the living ingest."""
POSTS, DROPPED = 72, 12
RULE = next(rule for rule in RULES if rule.uid == "rapport-pipeline-stopped")
FRESHNESS = Path(__file__).parents[2] / "infra" / "clickhouse" / "views" / "pipeline_freshness.sql"
ENGAGEMENT = "SELECT account_id, state, stopped FROM alert_state WHERE alert = 'engagement'"
ADA_DROPPED_AND_BOB_DID_NOT = {"ada": ("drop", ""), "bob": ("ok", "")}


class Live:
    """A worker and an ingest of a living network, and two accounts whose history the log already holds."""

    def __init__(self, log: Chain) -> None:
        self.log = log
        self._ingest: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._reader = ClickHouse(log.settings.clickhouse, READER_USER)

    def keep(self) -> None:
        """Start what does not run, as whoever looks after the parts would."""
        if self._worker is None or self._worker.poll() is not None:
            self._worker = self.log.start(RAPPORT_TICK_EVERY_S=str(TICK_S))
        if self._ingest is None or self._ingest.poll() is not None:
            command = [sys.executable, "-m", "pipelines", "ingest", "simulator"]
            options = ["-o", "history_days=4", "-o", "scale=0.02"]
            with self.log.log.open("ab") as output:
                self._ingest = subprocess.Popen(
                    [*command, *options],
                    env={**self.log.environ, "RAPPORT_TICK_EVERY_S": str(TICK_S)},
                    stdout=output,
                    stderr=output,
                )

    def kill_ingest(self) -> None:
        self._kill(self._ingest)

    def kill_worker(self) -> None:
        self._kill(self._worker)

    @staticmethod
    def _kill(process: subprocess.Popen[bytes] | None) -> None:
        assert process is not None
        process.kill()
        process.wait()

    def stop(self) -> None:
        if self._ingest is not None and self._ingest.poll() is None:
            self.kill_ingest()
        self._reader.close()

    def fired(self) -> dict[str, str]:
        """Return the part that stopped of each network for which the rule's own SQL passes its bound."""
        assert RULE.above is not None
        return {network: part for network, part, number in self._reader.rows(RULE.sql) if number > RULE.above}

    def states(self) -> dict[str, tuple[str, str]]:
        """Return the state of engagement and the part that stopped, by account."""
        return {account: (state, stopped) for account, state, stopped in self._reader.rows(ENGAGEMENT)}

    def is_well(self) -> bool:
        """Keep everything running; tell whether both accounts are what they are and no rule fires."""
        self.keep()
        return not self.fired() and ADA_DROPPED_AND_BOB_DID_NOT.items() <= self.states().items()

    def none_is_well(self, suspects: set[str]) -> bool:
        """Tell whether the rule and every account name one of these; none may be well while the rule fires.

        A broker that was killed is started again, so that the rule may stop firing between two reads: the
        accounts count where it fires before and after them.
        """
        if set(self.fired()) != NETWORKS:
            return False
        states, fired = self.states(), self.fired()
        if set(fired) != NETWORKS:
            return False
        assert {state for state, _ in states.values()} == {"no_data"}, states
        return {stopped for _, stopped in states.values()} | set(fired.values()) <= suspects


@pytest.fixture
def live(stack: EmbeddedStack, database: str, topic_prefix: str, tmp_path: Path) -> Iterator[Live]:
    with chain(stack, database, topic_prefix, tmp_path) as log:
        log.send(history())
        running = Live(log)
        try:
            yield running
        finally:
            running.stop()


def history() -> Iterator[tuple[int, bytes]]:
    """Give three weeks of two accounts, a tick after each post; ada gets little for the last ones."""
    rng = np.random.default_rng(3)
    start = clock.now_ms() - 5 * DAY_MS - POSTS * 8 * HOUR_MS
    for number in range(POSTS):
        at = start + number * 8 * HOUR_MS
        for name in ("ada", "bob"):
            mean = 8.0 if name == "ada" and number >= POSTS - DROPPED else 60.0
            likes = int(rng.negative_binomial(8, 8 / (8 + mean)))
            yield partition_of("x", name, PARTITIONS), told(name, f"{name}{number}", at, likes)
        yield from ticks(at + HOUR_MS)


def told(name: str, id_: str, at: int, likes: int) -> bytes:
    post = Post(network="x", subject=name, author=name, id=id_, text="hello", occurred_at=at, ingested_at=at)
    counts = PostStats(
        network="x", subject=name, id=id_, occurred_at=at, ingested_at=at, observed_at=None, likes=likes
    )
    return encode(post) + b"\n" + encode(counts)


def test_whichever_part_is_killed_the_rule_fires_and_no_account_is_well(
    stack: EmbeddedStack, live: Live
) -> None:
    def kill_broker() -> None:
        if (pid := stack.pids["broker"]) is not None:
            os.kill(pid, signal.SIGKILL)

    cases: tuple[tuple[Callable[[], None], set[str]], ...] = (
        (live.kill_ingest, {"ingest"}),
        (live.kill_worker, {"worker"}),
        (kill_broker, {"broker", "ingest", "worker"}),
    )

    def is_told(kill: Callable[[], None], suspects: set[str]) -> bool:
        kill()
        return live.none_is_well(suspects)

    live.log.wait(live.is_well)
    for kill, suspects in cases:
        live.log.wait(partial(is_told, kill, suspects))
        live.log.wait(live.is_well)


def test_with_the_settings_that_everybody_has_it_takes_less_than_two_minutes() -> None:
    tick_s = load_settings({}).tick_every_s
    assert "2 * sources.every_s + least(30, 3 * sources.every_s) AS allowed_s" in FRESHNESS.read_text()
    assert (INTERVAL, RULE.wait) == ("1m", "0s")
    assert 2 * tick_s + min(30, 3 * tick_s) + 60 < 120
