"""Processes that crash, hang and end, looked after by a supervisor."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

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
        command = [sys.executable, "-c", script, str(self._starts)]

        def run() -> None:
            self.code = supervise(command, 1, silent_s=silent_s, stop=self.stop, backoff=QUICK)

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
