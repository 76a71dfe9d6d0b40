"""Disks that are full: store and broker on small file systems of their own, filled up under load for real."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.faults import Hurt
from tests.faults.stacks import own_system
from tests.faults.surroundings import Memory
from tests.faults.system import Judgement, System

MEGABYTES = 700
KEPT_FREE_BYTES = 256 << 20
"""With less than this ClickHouse begins to write nothing: `keep_free_space_bytes` of its configuration."""
LEFT_BYTES = (KEPT_FREE_BYTES // 2, 3_000_000, 0, 600_000)
"""So much is left in turn: of a disk that fills up, so that what was begun is written; then of a full one."""
NO_SPACE = re.compile(r"(not enough space|No space left on device)", re.IGNORECASE)


@contextmanager
def small_file_system(folder: Path, megabytes: int = MEGABYTES) -> Iterator[None]:
    """Mount an empty file system of so many megabytes in memory. Raises PermissionError where we may not."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "rapport-faults", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise PermissionError(f"no small file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class Ballast:
    """A file that takes the rest of a file system."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ballast"

    def leave(self, left_bytes: int) -> None:
        """Grow or shrink until so many bytes are left, or as near as others let it."""
        size = self._file.stat().st_size if self._file.exists() else 0
        wanted = max(0, size + self.free_bytes() - left_bytes)
        with self._file.open("ab") as file:
            file.truncate(min(size, wanted))
            if wanted > size:
                try:
                    os.posix_fallocate(file.fileno(), 0, wanted)
                except OSError:  # somebody else was quicker: then it is as full as can be
                    return

    def remove(self) -> None:
        """Free everything."""
        self._file.unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """Return how much is left."""
        found = os.statvfs(self._file.parent)
        return found.f_bavail * found.f_frsize


def with_full_store(folder: Path, rate: float, seconds: float) -> tuple[Hurt, Judgement]:
    """Run a stack whose store has a small disk, and fill it."""
    return _on_small_disk(folder, "clickhouse", rate, seconds, _fill_store)


def with_full_broker(folder: Path, rate: float, seconds: float) -> tuple[Hurt, Judgement]:
    """Run a stack whose broker has a small disk, and fill it."""
    return _on_small_disk(folder, "kafka", rate, seconds, _fill_broker)


def _on_small_disk(
    folder: Path, part: str, rate: float, seconds: float, fill: Callable[[System, Path, float], Hurt]
) -> tuple[Hurt, Judgement]:
    disk = folder / "stack" / part / "data"
    with small_file_system(disk), own_system(folder / "stack", folder / "work", rate=rate) as running:
        hurt = fill(running, disk, seconds)
        running.settle()
        return hurt, running.judge()


def _fill_store(system: System, disk: Path, seconds: float) -> Hurt:
    """Fill the disk of ClickHouse up, leaving now nothing and now a little, and free it again."""
    system.recover()
    ballast, memory = Ballast(disk), Memory(system)
    restarts = system.stack.restarts["store"]
    with system.twin_resting():
        begun = _refusals(system)
        _keep_full(ballast, seconds)
        grown_mb = memory.grown_mb()
        ballast.remove()
        recovery_s = system.recover()
    refused = _refusals(system) - begun
    assert refused, f"ClickHouse never ran out of space\n{system.said()}"
    assert not any(each.over.is_set() for each in system.workers), system.said()
    died = system.stack.restarts["store"] - restarts
    words = ", ".join(f"{count} times {word!r}" for word, count in refused.most_common())
    return Hurt(
        1, recovery_s, f"{seconds:.0f} s, {words}, store died {died} times, memory +{grown_mb:.0f} MB"
    )


def _fill_broker(system: System, disk: Path, seconds: float) -> Hurt:
    """Fill the disk of the broker up, which ends it again and again, and free it."""
    system.recover()
    ballast, died = Ballast(disk), system.stack.restarts["broker"]
    _keep_full(ballast, seconds)
    ballast.remove()
    system.wait_for_part("broker")
    died = system.stack.restarts["broker"] - died
    assert died, "the broker did not notice that its disk is full"
    return Hurt(1, system.recover(keep=2), f"{seconds:.0f} s, the broker ended {died} times")


def _keep_full(ballast: Ballast, seconds: float) -> None:
    until, turn = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        ballast.leave(LEFT_BYTES[turn % len(LEFT_BYTES)])
        turn += 1
        time.sleep(2.0)
    ballast.leave(0)


def _refusals(system: System) -> Counter[str]:
    said = system.log.read_text(errors="replace")
    return Counter(found.group(1).lower() for found in NO_SPACE.finditer(said))
