"""`rapport demo` as a user runs it: a picture, an orderly end, and nothing left behind however it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

PICTURE_S = 240.0
SEED = "3"


@contextmanager
def demo(data_dir: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-m",
        "pipelines",
        "demo",
        "--data-dir",
        str(data_dir),
        "--seed",
        SEED,
        *options,
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def processes_of(data_dir: Path) -> list[str]:
    """Return the command lines of all processes that work on the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            mine = str(data_dir) in line or process.environ().get("RAPPORT_DATA_DIR") == str(data_dir)
        except psutil.Error:
            continue
        if mine:
            found.append(line)
    return found


def gone(data_dir: Path, *, within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while processes_of(data_dir):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def wait_for_line(process: subprocess.Popen[str], text: str) -> list[str]:
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line.rstrip())
        if text in line:
            return lines
    raise AssertionError(f"ended without saying {text!r}: {lines}")


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_demo_draws_a_picture_and_leaves_nothing_behind_however_it_ends(tmp_path: Path) -> None:
    data_dir = tmp_path / "demo"

    with demo(data_dir, "--for", "2") as first:
        _, said = first.communicate(timeout=PICTURE_S + 60)
        assert first.returncode == 0, said
    assert "http://127.0.0.1:" in said
    assert gone(data_dir)

    with demo(data_dir) as killed:
        wait_for_line(killed, "worker, ingest and page")
        time.sleep(2)
        assert len(processes_of(data_dir)) >= 4
        killed.kill()
        killed.wait()
    assert gone(data_dir), processes_of(data_dir)

    with demo(data_dir) as asked:
        wait_for_line(asked, "the page")
        asked.send_signal(signal.SIGTERM)
        asked.communicate(timeout=60)
        assert asked.returncode == 0
    assert gone(data_dir)


@pytest.mark.integration
def test_demo_that_is_stopped_before_the_picture_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    data_dir = tmp_path / "demo"
    with demo(data_dir) as process:
        wait_for_line(process, "store")
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 1
    assert "stopped" in said
    assert gone(data_dir)
