"""The short form: each failpoint once, a few other faults, and controls that prove that the harness sees."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.embedded import EmbeddedStack
from pipelines.settings import MIGRATE_USER, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from tests.faults.controls import control
from tests.faults.failpoints import INGEST_POINTS, WORKER_POINTS
from tests.faults.faults import kill_workers_at
from tests.faults.ingests import kill_ingest_at
from tests.faults.system import System, system

pytestmark = pytest.mark.integration
PARTITIONS, POSTS_A_SECOND = 8, 10.0


@contextmanager
def running_system(stack: EmbeddedStack, folder: Path) -> Iterator[System]:
    """Run a system under load in two databases of its own."""
    pair = ("rapport_fault_tried", "rapport_fault_twin")
    with ClickHouse(load_settings(stack.environ()).clickhouse, MIGRATE_USER, database="system") as client:
        for name in pair:
            client.run(f"DROP DATABASE IF EXISTS {name} SYNC")
            client.run(f"CREATE DATABASE {name}")
        with system(
            stack, pair, folder, prefix=f"{folder.name}.", partitions=PARTITIONS, rate=POSTS_A_SECOND
        ) as running:
            running.most_passes = 2
            running.load.go()
            running.keep(2)
            yield running
        for name in pair:
            client.run(f"DROP DATABASE IF EXISTS {name} SYNC")


def test_killed_once_at_each_failpoint_the_tables_are_those_of_an_undisturbed_run(
    stack: EmbeddedStack, tmp_path: Path
) -> None:
    with running_system(stack, tmp_path) as running:
        kill_workers_at(running, *WORKER_POINTS)
        for point in INGEST_POINTS:
            kill_ingest_at(running, point, 1, posts=200)
        for point in (*WORKER_POINTS, *INGEST_POINTS):
            assert running.times_fired(point) >= 1, point
        running.settle()
        judgement = running.judge()
        assert judgement.clean, judgement


def test_a_worker_that_hangs_ends_itself_with_a_word(stack: EmbeddedStack, tmp_path: Path) -> None:
    with running_system(stack, tmp_path) as running:
        running.end_workers()
        worker = running.work(running.plan("after_decode", action="hang", passes=5), RAPPORT_STALLED_S="8")
        assert worker.wait(60) == 70
        assert "it hangs: the event loop has not turned for" in running.said()


@pytest.mark.parametrize("without", ["order"])
def test_without_a_protection_the_same_kills_are_seen_to_do_harm(
    stack: EmbeddedStack, tmp_path: Path, without: str
) -> None:
    with running_system(stack, tmp_path) as running:
        until = time.monotonic() + 2.0
        running.wait(lambda: time.monotonic() > until, "there is something to lose")
        assert not control(running, without, 2).clean
