"""Where tests keep their stores: in memory where there is room for them, else where temporary files go.

ClickHouse and Kafka make and remove hundreds of small files a second under test; on ext4 to find an inode
that was not removed just now costs up to a third of all that the store does then.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import psutil

_MEMORY = Path("/dev/shm")
_PREFIX = "rapport-tests-"
_ROOM = 6_000_000_000


def memory() -> Path | None:
    """Return the folder whose files are in memory, or None where there is none with room."""
    if not _MEMORY.is_dir() or psutil.virtual_memory().available < _ROOM:
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ROOM else None


def make(folder: Path, pid: int) -> Path:
    """Make a folder for the files of a process. Those of processes that ended without removing theirs go."""
    for left in folder.glob(f"{_PREFIX}*"):
        owner = re.fullmatch(rf"{_PREFIX}(\d+)", left.name)
        if owner and not psutil.pid_exists(int(owner[1])):
            shutil.rmtree(left, ignore_errors=True)
    made = folder / f"{_PREFIX}{pid}"
    made.mkdir(mode=0o700)
    return made
