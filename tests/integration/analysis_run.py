"""`rapport analyze` as a user runs it: a process of its own, its output, and what it leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psutil
from msgspec import Struct

PATIENCE_S = 120.0


class Outcome(Struct, frozen=True):
    """Exit code and output of one run."""

    code: int
    out: str
    err: str

    @property
    def result(self) -> dict[str, Any]:
        """What `--json` printed: one JSON object and nothing else."""
        found: dict[str, Any] = msgspec.json.decode(self.out)
        return found

    def all_time(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Metrics of the window `all` by account id and name."""
        rows = self.result["metrics"]
        return {(row["account_id"], row["metric"]): row for row in rows if row["window"] == "all"}


def start(folder: Path, *arguments: str | Path, **settings: str) -> subprocess.Popen[str]:
    """Start `rapport` in `folder`, with no setting of ours in its environment but those given."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    return subprocess.Popen(
        [sys.executable, "-m", "pipelines", *map(str, arguments)],
        cwd=folder,
        env={**environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, *arguments: str | Path, **settings: str) -> Outcome:
    """Run `rapport` to its end."""
    process = start(folder, *arguments, **settings)
    out, err = process.communicate(timeout=PATIENCE_S)
    return Outcome(process.returncode, out, err)


def kill_when(process: subprocess.Popen[str], word: str, *, after_s: float) -> None:
    """Kill the process, and it alone, so long after it said the word on standard error."""
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            break
    else:
        raise AssertionError(f"it ended without saying {word!r}")
    time.sleep(after_s)
    assert process.poll() is None, "it ended before it was killed"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)


def left_over(data_dir: Path, *, within_s: float = 5.0) -> list[str]:
    """Command lines of the processes that still work on a data folder after so long."""
    deadline = time.monotonic() + within_s
    while found := list(_working_on(str(data_dir))):
        if time.monotonic() > deadline:
            return found
        time.sleep(0.1)
    return []


def _working_on(folder: str) -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            command, environ = process.cmdline(), process.environ()
        except psutil.Error:
            continue
        if process.pid != os.getpid() and (
            any(folder in word for word in command) or environ.get("RAPPORT_DATA_DIR") == folder
        ):
            yield " ".join(command)
