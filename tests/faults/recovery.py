"""How long a killed worker takes until there is no lag again, with its supervisor and a cold start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil

from tests.faults.nursery import ROOT
from tests.faults.system import System

ALLOWED_S = 20.0


def recovery(system: System, kills: int) -> str:
    """Kill one of two supervised workers, so often; return what was measured. Fails above 20 s."""
    system.end_workers()
    with system.log.open("ab") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "pipelines", "--verbose", "work", "--processes", "2"],
            env=system.tried.environ, cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        took = [_one(system, supervisor) for _ in range(kills)]
    finally:
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(15) == 0
    assert max(took) < ALLOWED_S, f"a worker took {max(took):.1f} s to recover"
    return f"{kills} kills, longest {max(took):.1f} s, mean {sum(took) / len(took):.1f} s"


def _one(system: System, supervisor: subprocess.Popen[bytes]) -> float:
    system.wait(lambda: len(psutil.Process(supervisor.pid).children()) == 2, "two workers run")
    system.recover()
    time.sleep(3.0)
    victim = system.chance.choice(psutil.Process(supervisor.pid).children())
    os.kill(victim.pid, signal.SIGKILL)
    killed, there = time.monotonic(), system.load.offsets
    system.wait(
        lambda: all(
            at >= there[number] for number, at in system.tried.positions().items() if number in there
        ),
        "what was there when it died is folded",
    )
    system.recover()
    return time.monotonic() - killed
