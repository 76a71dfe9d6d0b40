"""Processes that crash, hang and end, looked after by a supervisor."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.births import forked, spawned
from pipelines.supervision import Backoff, supervise

QUICK = Backoff(first_s=0.05, longest_s=0.2)
BEATING = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
open(sys.argv[1], "a").write(f"{time.monotonic()} {os.getpid()}\\n")
fd = int(sys.argv[sys.argv.index("--beat-fd") + 1])
"""
CRASHES = BEATING + "sys.exit(70)"
HANGS = BEATING + "os.write(fd, b'.'); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
WORKS = BEATING + "\nwhile True: os.write(fd, b'.'); time.sleep(0.02)"


class Run:
    """A supervisor in a thread, and what its processes wrote down when they began."""

    def __init__(self, folder: Path, script: str, *, silent_s: float = 30.0) -> None:
        self._starts = folder / "starts"
        self._starts.touch()
        self.stop = threading.Event()
        self.code: int | None = None
        birth = spawned([sys.executable, "-c", script, str(self._starts)])

        def run() -> None:
            self.code = supervise(birth, 1, silent_s=silent_s, stop=self.stop, backoff=QUICK)

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def starts(self) -> list[float]:
        return [float(line.split()[0]) for line in self._starts.read_text().splitlines()]

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def end(self) -> int | None:
        self.stop.set()
        self._thread.join(15)
        return self.code


def test_a_crashed_process_starts_again_after_growing_pauses_with_the_reason_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        run = Run(tmp_path, CRASHES)
        run.wait(lambda: len(run.starts()) >= 4)
        run.end()
    said = [record.getMessage() for record in caplog.records]
    assert all("ended with code 70; it is started again in" in each for each in said)
    assert [each.rpartition(" in ")[2] for each in said[:3]] == ["0.1 s", "0.1 s", "0.2 s"]


def test_a_silent_process_is_killed_and_started_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        run = Run(tmp_path, HANGS, silent_s=0.5)
        run.wait(lambda: len(run.starts()) >= 2)
        run.wait(lambda: "hung: no sign of life" in caplog.text)
        run.end()


def test_told_to_end_it_ends_its_processes_in_order(tmp_path: Path) -> None:
    run = Run(tmp_path, WORKS)
    run.wait(lambda: len(run.starts()) == 1)
    assert run.end() == 0
    assert len(run.starts()) == 1


def test_a_pause_doubles_up_to_the_longest_and_begins_anew_after_a_steady_life() -> None:
    backoff = Backoff(first_s=1, longest_s=5, steady_s=60)
    pauses = [0.0]
    for _ in range(4):
        pauses.append(backoff.pause(pauses[-1], lived_s=2))
    assert pauses[1:] == [1, 2, 4, 5]
    assert backoff.pause(5, lived_s=61) == 1


def test_a_forked_process_ends_as_what_it_ran_and_is_waited_for_as_a_command(tmp_path: Path) -> None:
    beats, theirs = os.pipe()

    def run(beat_fd: int) -> int:
        os.write(beat_fd, b".")
        return 7

    child = forked(run)(theirs)
    assert child.wait(10) == child.poll() == 7
    assert os.read(beats, 1) == b"."
    child.kill()  # of one that has ended nothing comes
    os.close(beats)
    os.close(theirs)


def test_a_forked_process_that_raises_ends_with_1_and_never_goes_on_as_its_parent() -> None:
    def run(_: int) -> int:
        raise ValueError("no")

    assert forked(run)(0).wait(10) == 1


def test_a_forked_process_that_lasts_is_told_apart_and_killed() -> None:
    def run(_: int) -> int:
        time.sleep(60)
        return 0

    child = forked(run)(0)
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
    assert child.poll() is None
    child.kill()
    assert child.wait(10) == -9
