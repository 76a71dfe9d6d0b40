"""An erasure that is killed is finished by the next, and two at once are kept apart."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.forgetting import erase
from pipelines.settings import load_settings
from tests.integration.ghost import (
    GHOST,
    folded,
    minutes,
    proved,
    tell,
    told,
    untraced,
    verified,
)
from tests.integration.worker_run import Chain


def test_an_erasure_that_is_killed_is_finished_by_the_next(log: Chain, store: Path) -> None:
    worker = log.start()
    tell(log, told())
    folded(log)
    before = minutes(log)
    for point in ("order", "insert", "delete", "clear"):
        command = [sys.executable, "-c", KILLED, point, GHOST]
        killed = subprocess.run(command, env=log.environ, capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        if point in ("order", "insert"):
            worker.kill()
            worker.wait()
            worker = log.start()
    proved(erase(load_settings(log.environ), "x", GHOST))
    assert minutes(log) == before
    assert verified(log)
    untraced(store)
    log.finish(worker)


def test_of_two_erasures_at_once_one_is_refused(log: Chain) -> None:
    worker = log.start()
    tell(log, told())
    folded(log)
    command = [sys.executable, "-c", KILLED, "stand", GHOST]
    with subprocess.Popen(command, env=log.environ, text=True, stdout=subprocess.PIPE) as standing:
        assert standing.stdout is not None
        assert standing.stdout.readline() == "listed\n"
        try:
            with pytest.raises(
                UsageError, match=r"^another `rapport erase` is under way, begun on \S+ \d+ s ago"
            ):
                erase(load_settings(log.environ), "x", "z")
        finally:
            standing.kill()
    assert log.client.rows("SELECT count() FROM erasing WHERE value = 'z'") == [(0,)]
    proved(erase(load_settings(log.environ), "x", "z"))
    assert verified(log)
    log.finish(worker)


KILLED = """
import os, signal, sys, time
from pipelines.forgetting import erase, run, tables, worklist
from pipelines.settings import load_settings

point, account = sys.argv[1:]

def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)

def after(real, call):
    def both(*arguments, **more):
        real(*arguments, **more)
        call()
    return both

def quietly(client, sql, parameters=None):
    if sql.startswith(begins):
        die()
    return real(client, sql, parameters)

real = tables.quietly
begins = {"insert": "INSERT INTO `profiles`", "delete": "ALTER TABLE `profiles`"}.get(point, "nothing")
match point:
    case "order":
        run.wait_until_folded = after(run.wait_until_folded, die)
    case "stand":
        worklist.put = after(worklist.put, lambda: (print("listed", flush=True), time.sleep(600)))
    case "clear":
        worklist.clear = after(worklist.clear, die)
    case _:
        tables.quietly = quietly
erase(load_settings(), "x", account)
"""
