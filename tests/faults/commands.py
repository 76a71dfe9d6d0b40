"""`rapport` as somebody calls it who looks after the system."""

from __future__ import annotations

import subprocess
import sys

from tests.faults.nursery import ROOT
from tests.faults.system import Side


def rapport(side: Side, *arguments: str) -> str:
    """Run a command on a side, and return what it says. It must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "pipelines", *arguments],
        cwd=ROOT, env=side.environ, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
