"""The faults: each hurts a running system in one way and says how often, and how long recovery took."""

from __future__ import annotations

import time
from collections import deque

from msgspec import Struct

from tests.faults.system import System

KILL_PATIENCE_S = 300.0


class Hurt(Struct, frozen=True):
    """What was done: how many faults, each proven, and the seconds until there was no lag again.

    `broken` is the promise that was not kept, though nothing is wrong in the tables.
    """

    faults: int
    recovery_s: float | None = None
    note: str = ""
    broken: str = ""


def kill_workers_at(system: System, *points: str, workers: int = 2, without: str = "") -> Hurt:
    """Let workers kill themselves, once at each of the failpoints; begin and end with unharmed ones."""
    fired = {point: system.times_fired(point) for point in points}
    system.end_workers()
    waiting, dead, last = deque(points), 0, time.monotonic()
    while dead < len(points):
        for each in [each for each in system.workers if each.over.is_set()]:
            assert each.code == -9, (
                f"a worker ended with {each.code} instead of being killed\n{system.said()}"
            )
            system.workers.remove(each)
            dead, last = dead + 1, time.monotonic()
        while len(system.workers) < workers:
            system.work(system.plan(waiting.popleft()) if waiting else None, without=without)
        system.keep_twin()
        assert time.monotonic() - last < KILL_PATIENCE_S, f"not reached: {points}\n{system.said()}"
        time.sleep(0.02)
    for point, before in fired.items():
        assert system.times_fired(point) - before == points.count(point), point
    system.keep(workers, without=without)
    return Hurt(len(points), system.recover() if not without else None)


def kill_store_mid_insert(system: System, kills: int) -> Hurt:
    """Kill ClickHouse when a worker has sent it a block of rows and not yet its end."""
    fired = system.times_fired("mid_insert")
    system.end_workers()
    for _ in range(2):
        system.work(system.plan("mid_insert", action="victim", passes=5))
    for kill in range(1, kills + 1):
        pid = system.wait_for_part("store")
        system.victim.write_text(str(pid))
        system.wait(lambda kill=kill: system.times_fired("mid_insert") - fired >= kill, "the store is hit")
        system.wait(lambda pid=pid: system.stack.pids["store"] not in (pid, None), "the store is back")
        time.sleep(system.chance.uniform(0.2, 1.0))
    recovery_s = system.recover()
    system.end_workers()
    system.keep(2)
    return Hurt(kills, recovery_s)


def kill_broker(system: System, kills: int) -> Hurt:
    """Kill the broker under load."""
    system.keep(2)
    for _ in range(kills):
        before = system.wait_for_part("broker")
        system.kill_part("broker")
        system.wait(
            lambda before=before: system.stack.pids["broker"] not in (before, None), "the broker is back"
        )
        time.sleep(system.chance.uniform(1.0, 4.0))
        system.keep(2)
    return Hurt(kills, system.recover(keep=2))


def kill_recount_at(system: System, point: str, kills: int) -> Hurt:
    """Let a recount kill itself while it sends, so often; then let one end in peace."""
    fired = system.times_fired(point)
    system.keep(2)
    while system.times_fired(point) - fired < kills:
        code = system.backfill(system.plan(point)).wait(KILL_PATIENCE_S)
        assert code in (-9, 0), f"the recount ended with {code}: {_said(system)}"
        if code == 0:
            system.recover()
            time.sleep(2.0)
    assert system.backfill().wait(KILL_PATIENCE_S) == 0, _said(system)
    return Hurt(kills, system.recover())


def _said(system: System) -> str:
    return (system.folder / "backfill.log").read_text(errors="replace")[-2_000:]


def kill_at_random(system: System, kills: int, *, workers: int = 3) -> Hurt:
    """Kill one of the workers every 0.05 to 1.2 s, wherever it is."""
    for _ in range(kills):
        system.keep(workers)
        time.sleep(system.chance.uniform(0.05, 1.2))
        system.chance.choice(system.workers).signal(9)
    system.keep(workers)
    return Hurt(kills, system.recover())
