"""Faults of what surrounds the workers: store, broker, network, group, input."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from infra.embedded import EmbeddedStack
from pipelines import offsets
from pipelines.settings import MIGRATE_USER
from pipelines.sinks.clickhouse import ClickHouse
from tests.faults.faults import Hurt, kill_at_random
from tests.faults.proxy import Mood, Proxy
from tests.faults.system import System

LONGEST_STAND_S = 30.0
MEMORY_MB = 50.0
TOO_MANY = "Too many parts"


def rebalance_storm(system: System, changes: int, *, every_s: float = 5.0) -> Hurt:
    """Let a worker join or leave every few seconds; no partition may stand longer than 30 s meanwhile."""
    system.keep(2)
    stands, slowest_s = _Stands(system), 0.0
    for change in range(changes):
        if change % 2:
            slowest_s = max(slowest_s, _leave(system))
        else:
            system.work()
        until = time.monotonic() + every_s
        while time.monotonic() < until:
            stands.look()
            time.sleep(0.2)
    note = f"no partition stood longer than {stands.longest_s:.1f} s; to leave took {slowest_s:.1f} s at most"
    broken = "a partition stood too long" if stands.longest_s > LONGEST_STAND_S else ""
    return Hurt(changes, system.recover(), note, broken)


def _leave(system: System) -> float:
    """Tell the oldest worker to end, and see that it does so in order; return the seconds that it took."""
    begun = time.monotonic()
    leaving = system.workers.pop(0)
    leaving.signal(signal.SIGTERM)
    assert leaving.wait(60) == 0, system.said()
    return time.monotonic() - begun


class _Stands:
    """How long the partition stood that stood longest though records waited."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._moved: dict[int, tuple[int, float]] = {}
        self.longest_s = 0.0

    def look(self) -> None:
        now = time.monotonic()
        ends = offsets.end_offsets(self._system.tried.settings)
        for partition, position in self._system.tried.positions().items():
            known = self._moved.get(partition)
            if known is None or known[0] != position or ends[partition] - 1 <= position:
                self._moved[partition] = (position, now)
            else:
                self.longest_s = max(self.longest_s, now - known[1])


def bad_network(system: System, mood: Mood, seconds: float) -> Hurt:
    """Put a proxy before ClickHouse that refuses, cuts, stalls or delays for a while."""
    system.end_workers()
    proxy = Proxy(system.tried.settings.clickhouse.port)
    through = {"RAPPORT_CLICKHOUSE_PORT": str(proxy.port)}
    try:
        for _ in range(2):
            system.work(**through)
        system.recover()
        memory = Memory(system)
        proxy.mood = mood
        time.sleep(seconds)
        grown_mb = memory.grown_mb()
        proxy.mood = "pass"
        recovery_s = system.recover()
        assert not any(each.over.is_set() for each in system.workers), system.said()
        assert grown_mb < MEMORY_MB, f"a worker grew by {grown_mb:.0f} MB"
    finally:
        system.end_workers()
        proxy.close()
    system.keep(2)
    return Hurt(1, recovery_s, f"{seconds:.0f} s, memory +{max(0.0, grown_mb):.0f} MB, {proxy.cuts} cuts")


class Memory:
    """The resident memory of the workers, compared with what it was."""

    def __init__(self, system: System) -> None:
        self._before = {each.pid: _resident_mb(each.pid) for each in system.workers}

    def grown_mb(self) -> float:
        """Return by how much the one has grown that has grown most."""
        return max(_resident_mb(pid) - before for pid, before in self._before.items())


def _resident_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def crowded_store(system: System, seconds: float) -> Hurt:
    """Let ClickHouse refuse INSERTs because a partition has too many parts: more than one is, for a while."""
    system.keep(2)
    system.recover()
    memory, before = Memory(system), said_of(system, TOO_MANY)
    with _few_parts(system):
        time.sleep(seconds)
        grown_mb = memory.grown_mb()
    recovery_s = system.recover()
    refused = said_of(system, TOO_MANY) - before
    assert refused, "ClickHouse never had too many parts"
    assert not any(each.over.is_set() for each in system.workers), system.said()
    assert grown_mb < MEMORY_MB, f"a worker grew by {grown_mb:.0f} MB"
    return Hurt(
        1, recovery_s, f"{seconds:.0f} s, refused {refused} times, memory +{max(0.0, grown_mb):.0f} MB"
    )


@contextmanager
def _few_parts(system: System) -> Iterator[None]:
    """Limit the tables of the tried side, and take the limit away again."""
    with ClickHouse(system.tried.settings.clickhouse, MIGRATE_USER) as client:
        tables, names = (
            ("posts", "batches", "checkpoints"),
            ("parts_to_throw_insert", "parts_to_delay_insert"),
        )
        for table in tables:
            client.run(f"ALTER TABLE {table} MODIFY SETTING {', '.join(f'{name} = 1' for name in names)}")
        try:
            yield
        finally:
            for table in tables:
                client.run(f"ALTER TABLE {table} RESET SETTING {', '.join(names)}")


def read_only_store(system: System, seconds: float) -> Hurt:
    """Let ClickHouse take no INSERT of the writer for a while: its profile is read-only."""
    file = _folder_of(system.stack) / "clickhouse" / "etc" / "users.d" / "zz_read_only.xml"
    profile = "<rapport_writer><readonly>1</readonly></rapport_writer>"
    system.keep(2)
    system.recover()
    with system.twin_resting():
        before = said_of(system, "readonly")
        file.write_text(f"<clickhouse><profiles>{profile}</profiles></clickhouse>")
        restart_store(system)
        time.sleep(seconds)
        refused = said_of(system, "readonly") - before
        file.unlink()
        restart_store(system)
        recovery_s = system.recover()
    assert refused, "ClickHouse never refused because it is read-only"
    assert not any(each.over.is_set() for each in system.workers), system.said()
    return Hurt(1, recovery_s, f"{seconds:.0f} s, refused {refused} times")


def said_of(system: System, word: str) -> int:
    """Return how often the workers have said a word."""
    return system.log.read_text(errors="replace").count(word) if system.log.exists() else 0


def restart_store(system: System) -> None:
    """Kill ClickHouse and wait until its supervisor has started it again."""
    before = system.wait_for_part("store")
    os.kill(before, signal.SIGKILL)
    system.wait(lambda: system.stack.pids["store"] not in (before, None), "the store is back")


def standing_broker(system: System, seconds: float) -> Hurt:
    """Stop the broker for a while as a machine does that swaps: it accepts and does not answer."""
    system.keep(2)
    pid = system.wait_for_part("broker")
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)
    return Hurt(1, system.recover(keep=2), f"{seconds:.0f} s")


def zombies(system: System, stalls: int, *, stall_s: float = 9.0) -> Hurt:
    """Stop a worker for longer than its session, then let it go on behind its successor's back."""
    system.keep(2)
    for _ in range(stalls):
        system.recover()
        victim = system.chance.choice(system.workers)
        victim.signal(signal.SIGSTOP)
        time.sleep(stall_s)
        victim.signal(signal.SIGCONT)
        time.sleep(1.0)
        system.keep(2)
    return Hurt(stalls, system.recover(keep=2))


def dirty_input(system: System, kills: int) -> Hurt:
    """Let a third come twice, out of order, some hours late or absurd; kill workers at random meanwhile."""
    system.load.world.dirty = True
    try:
        hurt = kill_at_random(system, kills, workers=2)
    finally:
        system.load.world.dirty = False
    return hurt


def _folder_of(stack: EmbeddedStack) -> Path:
    """Return the folder of a stack."""
    return Path(stack._data_dir.path)
