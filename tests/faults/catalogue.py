"""All faults by name: what each does to a running system, how often, and for how long, in the long form."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from tests.faults import backups, disks, faults, ingests, poison, replays, surroundings
from tests.faults.failpoints import INGEST_POINTS, RECOUNT_POINTS, WORKER_POINTS
from tests.faults.faults import Hurt
from tests.faults.system import Judgement, System


class Fault(Struct, frozen=True):
    """`hurt` is called with the system, the number of times, and the seconds that it shall last."""

    hurt: Callable[[System, int, float], Hurt]
    times: int = 1
    seconds: float = 0.0


def _worker(point: str) -> Fault:
    return Fault(lambda system, kills, _: faults.kill_workers_at(system, *[point] * kills), 30)


def _ingest(point: str) -> Fault:
    return Fault(lambda system, kills, _: ingests.kill_ingest_at(system, point, kills), 30)


def _recount(point: str) -> Fault:
    return Fault(lambda system, kills, _: faults.kill_recount_at(system, point, kills), 30)


def _counted(hurt: Callable[[System, int], Hurt], times: int) -> Fault:
    return Fault(lambda system, kills, _: hurt(system, kills), times)


def _lasting(hurt: Callable[[System, float], Hurt], seconds: float) -> Fault:
    return Fault(lambda system, _, lasting: hurt(system, lasting), 1, seconds)


def _network(mood: surroundings.Mood, seconds: float) -> Fault:
    return _lasting(lambda system, lasting: surroundings.bad_network(system, mood, lasting), seconds)


_REPLAY = Fault(lambda system, _, __: replays.replay_into_empty_tables(system))
KILLS: dict[str, Fault] = {
    # A recount looks at all that was ever stored: it comes first, when that is little.
    **{f"recount killed {point}": _recount(point) for point in RECOUNT_POINTS},
    **{f"worker killed {point}": _worker(point) for point in WORKER_POINTS},
    **{f"ingest killed {point}": _ingest(point) for point in INGEST_POINTS},
    "worker killed at random": _counted(faults.kill_at_random, 100),
    "worker frozen longer than its session": _counted(surroundings.zombies, 5),
    "store killed mid_insert": _counted(faults.kill_store_mid_insert, 20),
    "broker killed": _counted(faults.kill_broker, 10),
    "replay of all that into empty tables": _REPLAY,
}
SURROUNDINGS: dict[str, Fault] = {
    "store away": _network("refuse", 600.0),
    "rebalance storm": _counted(surroundings.rebalance_storm, 60),
    "store connection cut": _network("cut", 30.0),
    "store connection stalls": _network("stall", 60.0),
    "store connection slow": _network("delay", 30.0),
    "store connection at 1 kB/s": _network("drip", 30.0),
    "store read-only": _lasting(surroundings.read_only_store, 20.0),
    "store out of parts": _lasting(surroundings.crowded_store, 30.0),
    "broker stands": _lasting(surroundings.standing_broker, 30.0),
    "input doubled, shuffled, late, absurd": _counted(surroundings.dirty_input, 20),
    "poison, one in a hundred": _counted(poison.poison_among, 1_000),
    "replay of all this into empty tables": _REPLAY,
}
ALONE: dict[str, Callable[[Path, float, float], tuple[Hurt, Judgement]]] = {
    "disk of the store full": disks.with_full_store,
    "disk of the broker full": disks.with_full_broker,
    "backup and restore, both parts stopped": backups.copy_of_both,
    "backup and restore, tables under way": backups.tables_under_way,
}
"""Called with a folder, posts a second, and seconds: a stack of its own is started there."""
