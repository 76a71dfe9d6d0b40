"""Backups, tried as the runbook says: of both parts, stopped, and of the tables alone, under way."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

from pipelines.settings import MIGRATE_USER
from pipelines.sinks.clickhouse import ClickHouse
from tests.faults.commands import rapport
from tests.faults.faults import Hurt
from tests.faults.load import World
from tests.faults.stacks import own_system
from tests.faults.system import Judgement, System

SAVED_POSTS = 600
BACKUP = (
    "BACKUP TABLE {database}.checkpoints TO File('monday/checkpoints')",
    "BACKUP DATABASE {database} EXCEPT TABLES {database}.checkpoints TO File('monday/others')",
)
"""Checkpoints first: what is newer than they are is folded again and written as it was."""
RESTORE = (
    "DROP DATABASE IF EXISTS {database} SYNC",
    "CREATE DATABASE {database}",
    "RESTORE TABLE {database}.checkpoints FROM File('monday/checkpoints')",
    "RESTORE DATABASE {database} FROM File('monday/others')",
)
FURTHER = 100_000
"""Posts that the copy is given have numbers from here on."""


def copy_of_both(folder: Path, rate: float, _: float) -> tuple[Hurt, Judgement]:
    """Save a stack under way, and go on from the copy. The original goes."""
    original, copy = folder / "original", folder / "copy"
    with own_system(original, folder / "before", rate=rate, keep_topics=True) as running:
        running.wait(lambda: running.load.posts >= SAVED_POSTS, "there is something to save")
        running.load.rest()
        for each in running.workers:
            each.signal(signal.SIGTERM)
            each.wait(60)
        saved = running.tried.positions()
    shutil.copytree(original, copy, symlinks=True)  # ClickHouse links a database's name to its folder
    shutil.rmtree(original)
    with own_system(copy, folder / "after", rate=rate, world=World(first=FURTHER)) as running:
        running.wait(lambda: running.load.posts >= SAVED_POSTS, "the copy goes on")
        running.settle()
        judgement = running.judge()
        ends = running.tried.positions()
    assert all(ends[partition] > at for partition, at in saved.items()), "the copy is not where it was"
    return Hurt(
        1, None, f"{sum(saved.values()):,} messages saved, {sum(ends.values()):,} in the end"
    ), judgement


def tables_under_way(folder: Path, rate: float, _: float) -> tuple[Hurt, Judgement]:
    """Back the tables up while workers fold, lose them, restore them, and go on from the log."""
    with own_system(folder / "stack", folder / "work", rate=rate) as running:
        running.wait(lambda: running.load.posts >= SAVED_POSTS, "there is something to save")
        _run(running, BACKUP)
        running.wait(lambda: running.load.posts >= 2 * SAVED_POSTS, "much happens after the backup")
        running.end_workers()
        lost = running.tried.positions()
        _run(running, RESTORE)
        restored = running.tried.positions()
        said = rapport(running.tried, "replay", "--from", "checkpoint")
        running.keep(2)
        running.settle()
        assert sum(restored.values()) < sum(lost.values()), "the backup is as new as what was lost"
        return Hurt(1, None, said.splitlines()[0]), running.judge()


def _run(system: System, script: tuple[str, ...]) -> None:
    with ClickHouse(system.tried.settings.clickhouse, MIGRATE_USER, database="system") as client:
        for statement in script:
            client.run(statement.format(database=system.tried.database))
