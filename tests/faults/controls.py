"""The control: with one protection off, the same faults must lose, double or change something."""

from __future__ import annotations

import signal
import time

from tests.faults.failpoints import Plan
from tests.faults.system import Judgement, System

OLD_DAYS = 40
"""An event is remembered for 28 days of its own time; what comes again later is a fact a second time."""


def control(system: System, name: str, kills: int) -> Judgement:
    """Run a system with the protection off; return what was wrong in the end."""
    {"skip": _skip, "order": _order, "version": _version, "first": _first}[name](system, kills)
    _settle(system, name)
    return system.judge()


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
    """Freeze a worker in the middle of its work, let another go on, and thaw the first."""
    system.end_workers()
    for _ in range(kills):
        frozen = system.work(
            Plan("before_insert", str(system.fired), "stop", passes=system.chance.randrange(8, 20)),
            without="version",
        )
        fired = system.times_fired("before_insert")
        system.wait(lambda fired=fired: system.times_fired("before_insert") > fired, "the worker is frozen")
        system.work(without="version")
        time.sleep(9.0)
        frozen.signal(signal.SIGCONT)
        time.sleep(0.7)
        system.end_workers()


def _first(system: System, kills: int) -> None:
    """Let what was counted come again when nobody remembers it."""
    system.keep(1, without="first")
    system.recover()
    system.load.rest()
    old = list(system.load.world.recent)
    system.load.world.jump(OLD_DAYS)
    system.load.write([system.load.world.tick()])
    system.load.write(list(system.load.world.posts(200)))
    system.load.write([system.load.world.tick()])
    system.load.write(old)
    system.load.go()
    for _ in range(kills):
        system.keep(1, without="first")
        time.sleep(system.chance.uniform(0.2, 1.0))
        system.workers[0].signal(signal.SIGKILL)
        system.workers[0].wait(10)


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
