"""An upgrade while messages wait: a newer version adds a measure by a migration, and folds them."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from tests.faults.faults import Hurt
from tests.faults.nursery import ROOT
from tests.faults.system import Side, System
from tests.faults.tables import differences

PARTS = ("pipelines", "infra", "dashboards", "pyproject.toml")
MEASURE = "media_posts"
_ADDED = {
    "pipelines/metrics/measures.py": (
        (
            '    Measure(name="link_posts"',
            f'    Measure(name="{MEASURE}", counts="headline post with a picture, video or poll"),\n',
        ),
    ),
    "pipelines/own_posts.py": (
        ('        ("cross_posts", headline', f'        ("{MEASURE}", headline and post.has_media),\n'),
    ),
    "infra/clickhouse/verify/from_facts.sql": (
        ("('question_posts', headline AND asks)", f"('{MEASURE}', headline AND has_media), "),
        ("facts.asks AS asks,", "facts.has_media AS has_media, "),
        ("asks, cross_post,\n                near_duplicate", "has_media, "),
    ),
}
"""What a measure is, in front of what else is there: the definition, the fold, the recount from the facts."""
_COLUMN = "ADD COLUMN {} Int64 COMMENT 'headline post with a picture, video or poll' AFTER question_posts"
_TABLES = ("account_windows", "account_windows_latest", "checkpoints")
BACKLOG_POSTS = 300


def upgrade_with_backlog(system: System, folder: Path) -> Hurt:
    """Upgrade tables and workers while messages wait; everything is asserted here."""
    newer = _newer_version(folder)
    system.settle()
    system.end_workers()
    system.end_twin()
    system.load.world.media = True
    system.load.go()
    begun = system.load.posts
    system.wait(lambda: system.load.posts - begun >= BACKLOG_POSTS, "there is a backlog")
    system.load.rest()
    waiting = sum(system.ends().values()) - sum(system.tried.positions().values())
    for side in (system.tried, system.twin):
        _rapport(newer, side, "migrate")
    workers = [_start(newer, side, system) for side in (system.tried, system.tried, system.twin)]
    try:
        wanted = system.ends()
        system.wait(lambda: system.tried.positions() == wanted == system.twin.positions(), "it is folded")
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
    found = _rapport(newer, system.tried, "verify")
    unequal, places = differences(system.tried.client, system.tried.database, system.twin.database)
    sql = f"SELECT sum({MEASURE}) FROM checkpoints FINAL WHERE kind = 'minute'"
    counted = system.tried.client.rows(sql)[0][0]
    assert not unequal, places
    assert counted > 0, "the new measure counted nothing"
    return Hurt(
        1, None, f"{waiting} messages waited, {counted} posts in the new measure, {found.splitlines()[0]}"
    )


def _newer_version(folder: Path) -> Path:
    """Return a copy of the program that has one measure more."""
    newer = folder / "newer"
    newer.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, newer / part)
    for name, additions in _ADDED.items():
        text = (newer / name).read_text()
        for place, added in additions:
            assert place in text, f"{name} no longer holds {place}"
            text = text.replace(place, added + place, 1)
        (newer / name).write_text(text)
    statements = [f"ALTER TABLE {table} {_COLUMN.format(MEASURE)};" for table in _TABLES]
    migration = newer / "infra" / "clickhouse" / "migrations" / f"9999_{MEASURE}.sql"
    migration.write_text("-- Whether posts with a picture do better.\n\n" + "\n\n".join(statements) + "\n")
    return newer


def _rapport(newer: Path, side: Side, command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", command],
        cwd=newer, env=_environ(newer, side), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _start(newer: Path, side: Side, system: System) -> subprocess.Popen[bytes]:
    with system.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "pipelines", "--verbose", "work"],
            cwd=newer, env=_environ(newer, side), stdout=log, stderr=log,
        )  # fmt: skip


def _environ(newer: Path, side: Side) -> dict[str, str]:
    return {**side.environ, "PYTHONPATH": str(newer), "PYTHONDONTWRITEBYTECODE": "1"}
