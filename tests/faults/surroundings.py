"""Faults of what surrounds the workers: store, broker, network, group, input."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from kafka import KafkaConsumer, TopicPartition

from infra.embedded import EmbeddedStack
from pipelines import topics
from pipelines.events import EARLIEST_AT, Follow, encode
from pipelines.settings import MIGRATE_USER
from pipelines.sinks.clickhouse import ClickHouse
from tests.faults.faults import Hurt, kill_at_random
from tests.faults.proxy import Mood, Proxy
from tests.faults.system import System

LONGEST_STAND_S = 30.0
MEMORY_MB = 50.0
AHEAD_AT = 3_786_912_000_000
"""2090-01-01."""


def rebalance_storm(system: System, changes: int, *, every_s: float = 5.0) -> Hurt:
    """Let a worker join or leave every few seconds; no partition may stand longer than 30 s meanwhile."""
    system.keep(2)
    stands = _Stands(system)
    for change in range(changes):
        if change % 2:
            leaving = system.workers.pop(0)
            leaving.signal(signal.SIGTERM)
            assert leaving.wait(15) == 0, system.said()
        else:
            system.work()
        until = time.monotonic() + every_s
        while time.monotonic() < until:
            stands.look()
            time.sleep(0.2)
    assert stands.longest_s < LONGEST_STAND_S, f"a partition stood for {stands.longest_s:.1f} s"
    return Hurt(changes, system.recover(), f"no partition stood longer than {stands.longest_s:.1f} s")


class _Stands:
    """How long the partition stood that stood longest though records waited."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._moved: dict[int, tuple[int, float]] = {}
        self.longest_s = 0.0

    def look(self) -> None:
        now = time.monotonic()
        ends = topics.end_offsets(self._system.tried.settings)
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
        memory = _Memory(system)
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


class _Memory:
    """The resident memory of the workers, compared with what it was."""

    def __init__(self, system: System) -> None:
        self._before = {each.pid: _resident_mb(each.pid) for each in system.workers}

    def grown_mb(self) -> float:
        return max(_resident_mb(pid) - before for pid, before in self._before.items())


def _resident_mb(pid: int) -> float:
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def refusing_store(system: System, setting: str, seconds: float) -> Hurt:
    """Let ClickHouse refuse INSERTs by a limit of the tables: too many parts, or no space left."""
    system.keep(2)
    system.recover()
    memory = _Memory(system)
    with _limited(system, setting):
        time.sleep(seconds)
        grown_mb = memory.grown_mb()
    recovery_s = system.recover()
    said = system.log.read_text(errors="replace")
    assert LIMITS[setting].word in said, f"ClickHouse never refused because of {setting}"
    assert not any(each.over.is_set() for each in system.workers), system.said()
    assert grown_mb < MEMORY_MB, f"a worker grew by {grown_mb:.0f} MB"
    return Hurt(1, recovery_s, f"{seconds:.0f} s, memory +{max(0.0, grown_mb):.0f} MB")


class _Limit:
    def __init__(self, setting: str, word: str) -> None:
        self.setting, self.word = setting, word


LIMITS = {
    "parts": _Limit("parts_to_throw_insert = 1, parts_to_delay_insert = 1", "Too many parts"),
    "space": _Limit("min_free_disk_bytes_to_perform_insert = 1000000000000000", "free bytes"),
}


@contextmanager
def _limited(system: System, name: str) -> Iterator[None]:
    """Limit the tables of the tried side, and take the limit away again."""
    settings = LIMITS[name].setting
    names = ", ".join(each.partition(" =")[0].strip() for each in settings.split(","))
    with ClickHouse(system.tried.settings.clickhouse, MIGRATE_USER) as client:
        tables = ("posts", "batches", "checkpoints")
        for table in tables:
            client.run(f"ALTER TABLE {table} MODIFY SETTING {settings}")
        try:
            yield
        finally:
            for table in tables:
                client.run(f"ALTER TABLE {table} RESET SETTING {names}")


def read_only_store(system: System, seconds: float) -> Hurt:
    """Let ClickHouse take no INSERT of the writer for a while: its profile is read-only."""
    file = _folder_of(system.stack) / "clickhouse" / "etc" / "users.d" / "zz_read_only.xml"
    profile = "<rapport_writer><readonly>1</readonly></rapport_writer>"
    system.keep(2)
    file.write_text(f"<clickhouse><profiles>{profile}</profiles></clickhouse>")
    _restart_store(system)
    time.sleep(seconds)
    said = system.log.read_text(errors="replace")
    file.unlink()
    _restart_store(system)
    system.keep_twin()
    recovery_s = system.recover()
    assert "readonly" in said, "ClickHouse never refused because it is read-only"
    return Hurt(1, recovery_s, f"{seconds:.0f} s")


def _restart_store(system: System) -> None:
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
    system.keep(2)
    return Hurt(1, system.recover(), f"{seconds:.0f} s")


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
    return Hurt(stalls, system.recover())


def dirty_input(system: System, kills: int) -> Hurt:
    """Let a third come twice, out of order, some hours late or absurd; kill workers at random meanwhile."""
    system.load.world.dirty = True
    try:
        hurt = kill_at_random(system, kills, workers=2)
    finally:
        system.load.world.dirty = False
    return hurt


def poison_among(system: System, messages: int) -> Hurt:
    """Write what is no document, one to about a hundred good ones; each becomes a dead letter."""
    system.keep(2)
    system.load.rest()
    corpus, partitions = poison(), system.tried.settings.partitions
    before, _ = _dead_letters(system)
    for number in range(messages):
        system.load.write(list(system.load.world.posts(40)))
        system.load.raw(number % partitions, corpus[number % len(corpus)])
    recovery_s = system.wait(lambda: _dead_letters(system)[0] - before >= messages, "all poison is buried")
    system.load.go()
    assert _dead_letters(system)[0] - before == messages
    return Hurt(messages, max(recovery_s, system.recover()), "dead letters one for one")


def _dead_letters(system: System) -> tuple[int, int]:
    rows = system.tried.client.rows("SELECT count() FROM dead_letters FINAL WHERE epoch > 0")[0][0]
    consumer = KafkaConsumer(bootstrap_servers=system.tried.settings.kafka_bootstrap, group_id=None)
    partition = TopicPartition(system.tried.settings.dead_letters_topic, 0)
    end = int(consumer.end_offsets([partition])[partition])
    consumer.close()
    return int(rows), end


def poison() -> list[bytes]:
    """Return messages of one document each that can never be counted."""
    at = 1_700_000_000_000
    when = b"%d" % at
    good = encode(Follow(network="x", id="f1", occurred_at=at, ingested_at=at, subject="a", actor="b"))
    return [
        b"{", b"null", b"\xff\xfe", b'{"kind":"telepathy"}', good.replace(b'"a"', b'""'), b"NaN",
        good.replace(b'"a"', b'"\\ud800"'), good.replace(b'"a"', b'"\\u0000"'), good[:-1],
        good.replace(b'"f1"', b"7"), good.replace(b'"id":"f1",', b""),
        good.replace(when, b"9" * 30), good.replace(when, b"%d" % (EARLIEST_AT - 1)),
        good.replace(when, b"0"), good.replace(when, b"%d" % AHEAD_AT, 1),
        b"[" * 2_000, b"[" * 100_000, b'{"kind":"follow","x":' + b"1" * 700_000 + b"}",
        b'"' + "é\u202e".encode() + b'"',
    ]  # fmt: skip


def _folder_of(stack: EmbeddedStack) -> Path:
    """Return the folder of a stack."""
    return Path(stack._data_dir.path)
