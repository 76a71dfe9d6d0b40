"""Where tests keep their stores."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import scratch


def test_a_process_that_was_killed_leaves_nothing_for_long(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    (left := scratch.make(tmp_path, child.pid)).joinpath("part").write_text("rows")
    mine = scratch.make(tmp_path, os.getpid())
    assert not left.exists()
    scratch.make(tmp_path, os.getppid())
    assert mine.is_dir()


def test_what_is_somebody_elses_stays(tmp_path: Path) -> None:
    (other := tmp_path / "rapport-tests-of-mine").mkdir()
    scratch.make(tmp_path, os.getpid())
    assert other.is_dir()


def test_memory_is_used_where_there_is_room_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "_MEMORY", tmp_path)
    monkeypatch.setattr(scratch, "_ROOM", 0)
    assert scratch.memory() == tmp_path
    monkeypatch.setattr(scratch, "_ROOM", 2**62)
    assert scratch.memory() is None
    monkeypatch.setattr(scratch, "_MEMORY", tmp_path / "missing")
    monkeypatch.setattr(scratch, "_ROOM", 0)
    assert scratch.memory() is None
