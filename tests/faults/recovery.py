"""How long a killed worker takes until there is no lag again: supervised, started cold, at the usual pace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from tests.faults.faults import Hurt
from tests.faults.nursery import ROOT
from tests.faults.system import CAUGHT_UP_S, PACE, System

POSTS_A_SECOND = 1_000.0
STEP_MS = (0, 2)
"""Between two posts: the time of the events is that of the clock."""
ACCOUNTS = 1_000
ALLOWED_S = 20.0
BETWEEN_KILLS_S = 15.0
"""At the usual pace that is long enough for much to lie behind the last checkpoint."""
_FOLDED = "SELECT toUInt32(partition), max(offset) FROM batches GROUP BY partition"
_LOADS = """
SELECT maxIf(value, name = 'loads'), maxIf(value, name = 'loaded_accounts')
FROM pipeline_stats
WHERE startsWith(part, 'worker ')
"""


def recovery(system: System, kills: int) -> Hurt:
    """Kill one of two supervised workers, so often, and measure until what comes in is stored within 2 s."""
    system.end_workers()
    with system.twin_resting():
        with _supervised(system) as supervisor:
            took = [_one(system, supervisor) for _ in range(kills)]
        loads, accounts = system.tried.client.rows(_LOADS)[0]
    late = sum(seconds > ALLOWED_S for seconds in took)
    times = ", ".join(f"{seconds:.1f}" for seconds in took)
    return Hurt(
        kills,
        max(took),
        f"at {system.load.rate:.0f} posts/s: {times} s; {late} above {ALLOWED_S:.0f} s;"
        f" a worker loaded at most {accounts:.0f} accounts, by {loads:.0f} queries",
        "that is too long" if late else "",
    )


@contextmanager
def _supervised(system: System) -> Iterator[subprocess.Popen[bytes]]:
    usual = {name: value for name, value in system.tried.environ.items() if name not in PACE}
    with system.log.open("ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "pipelines", "--verbose", "work", "--processes", "2"],
            env=usual, cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield supervisor
    finally:
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(60) == 0, system.said()


def _one(system: System, supervisor: subprocess.Popen[bytes]) -> float:
    system.wait(lambda: len(_workers(supervisor)) == 2, "two workers run")
    system.wait(lambda: _lag_s(system) < CAUGHT_UP_S, "there is no lag")
    time.sleep(system.chance.uniform(0.5, 1.0) * BETWEEN_KILLS_S)
    victim = system.chance.choice(_workers(supervisor))
    os.kill(victim, signal.SIGKILL)
    killed = time.monotonic()
    time.sleep(1.0)
    there = system.load.offsets  # the victim folded none of what came last
    system.wait(lambda: _is_folded(system, there), "what was there is folded")
    system.wait(lambda: _lag_s(system) < CAUGHT_UP_S, "the lag is gone")
    return time.monotonic() - killed


def _workers(supervisor: subprocess.Popen[bytes]) -> list[int]:
    return [each.pid for each in psutil.Process(supervisor.pid).children()]


def _folded(system: System) -> dict[int, int]:
    """Return the last offset of each partition whose rows are stored; a checkpoint comes later."""
    return dict(system.tried.client.rows(_FOLDED))


def _is_folded(system: System, wanted: dict[int, int]) -> bool:
    folded = _folded(system)
    return all(folded.get(partition, -1) >= offset for partition, offset in wanted.items())


def _lag_s(system: System) -> float:
    return system.load.lag_s(dict.fromkeys(range(system.tried.settings.partitions), -1) | _folded(system))
