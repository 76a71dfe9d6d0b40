"""The control: with one protection off, the same faults must lose, double or change something."""

from __future__ import annotations

import signal
import time

from pipelines.settings import MIGRATE_USER
from pipelines.sinks.clickhouse import ClickHouse
from tests.faults.failpoints import Plan
from tests.faults.protections import PROTECTIONS
from tests.faults.system import Judgement, System

FACTS = ("posts", "post_stats", "profiles", "interactions", "post_edits", "deletions", "matured")
CONTROLS = ("skip", "order", "version", "first")
SLOW_PACE = {"RAPPORT_INSERT_EVERY_S": "1.0", "RAPPORT_CHECKPOINT_EVERY_S": "2.0"}
"""Enough rows at a time that somebody else has written some of them anew meanwhile."""
OLD_DAYS = 40
"""An event is remembered for 28 days of its own time; what comes again later is a fact a second time."""


def control(system: System, name: str, kills: int) -> Judgement:
    """Run a system with the protection off; return what was wrong in the end."""
    {"skip": _skip, "order": _order, "version": _version, "first": _first}[name](system, kills)
    _settle(system, name if name in PROTECTIONS else "")
    return system.judge(left_out=frozenset({"version"}))  # what is told, not how it is numbered


def _skip(system: System, kills: int) -> None:
    _kill(system, "skip", "after_checkpoint", kills)


def _order(system: System, kills: int) -> None:
    _kill(system, "order", "after_commit", kills)


def _kill(system: System, name: str, point: str, kills: int) -> None:
    """Kill a lone worker so often at a point behind a checkpoint; one that gives up counts as well."""
    system.end_workers()
    for _ in range(kills):
        worker = system.work(system.plan(point, passes=system.chance.randrange(2, 6)), without=name)
        system.wait(worker.over.is_set, f"{point} is reached")
    system.workers = []


def _version(system: System, kills: int) -> None:
    """Freeze a worker in the middle of its work, let another go on, thaw the first, and kill both."""
    system.end_workers()
    for _ in range(kills):
        frozen = system.work(
            Plan("before_insert", str(system.fired), "stop", passes=system.chance.randrange(2, 5)),
            without="version",
            **SLOW_PACE,
        )
        fired = system.times_fired("before_insert")
        system.wait(lambda fired=fired: system.times_fired("before_insert") > fired, "the worker is frozen")
        system.work(without="version")
        time.sleep(9.0)
        frozen.signal(signal.SIGCONT)
        time.sleep(0.7)
        system.end_workers()


def _first(system: System, kills: int) -> None:
    """Let the fact that came last stay, and what was counted come again when nobody remembers it."""
    with ClickHouse(system.tried.settings.clickhouse, MIGRATE_USER) as client:
        for table in FACTS:
            client.run(f"ALTER TABLE {table} MODIFY COLUMN precedence UInt64 MATERIALIZED version")
    system.recover()
    for _ in range(kills):
        system.load.rest()
        old = list(system.load.world.recent)
        system.load.world.jump(OLD_DAYS)
        system.load.write([system.load.world.tick()])
        system.load.write(old)
        system.load.go()
        time.sleep(system.chance.uniform(0.2, 1.0))
        system.workers[0].signal(signal.SIGKILL)
        system.workers[0].wait(10)
        system.keep(2)


def _settle(system: System, name: str) -> None:
    """Wait as long as it makes sense: without a protection the end may never be reached."""
    system.load.rest()
    until = time.monotonic() + 60.0
    wanted = system.ends()
    while time.monotonic() < until:
        system.keep(1, without=name)
        system.keep_twin()
        if system.twin.positions() == wanted and system.tried.positions() == wanted:
            return
        time.sleep(0.1)
