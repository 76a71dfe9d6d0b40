"""All faults by name: what each does to a running system, how often, and for how long, in the long form."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from tests.faults import faults, ingests, surroundings
from tests.faults.failpoints import INGEST_POINTS, RECOUNT_POINTS, WORKER_POINTS
from tests.faults.faults import Hurt
from tests.faults.protections import PROTECTIONS
from tests.faults.system import System


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


def _refusing(limit: str, seconds: float) -> Fault:
    return _lasting(lambda system, lasting: surroundings.refusing_store(system, limit, lasting), seconds)


FAULTS: dict[str, Fault] = {
    **{f"worker killed {point}": _worker(point) for point in WORKER_POINTS},
    **{f"ingest killed {point}": _ingest(point) for point in INGEST_POINTS},
    **{f"recount killed {point}": _recount(point) for point in RECOUNT_POINTS},
    "worker killed at random": _counted(faults.kill_at_random, 100),
    "worker frozen longer than its session": _counted(surroundings.zombies, 5),
    "store killed mid_insert": _counted(faults.kill_store_mid_insert, 20),
    "broker killed": _counted(faults.kill_broker, 10),
    "rebalance storm": _counted(surroundings.rebalance_storm, 60),
    "store away": _network("refuse", 600.0),
    "store connection cut": _network("cut", 30.0),
    "store connection stalls": _network("stall", 60.0),
    "store connection slow": _network("delay", 30.0),
    "store read-only": _lasting(surroundings.read_only_store, 20.0),
    "store out of parts": _refusing("parts", 30.0),
    "store out of space": _refusing("space", 30.0),
    "broker stands": _lasting(surroundings.standing_broker, 30.0),
    "input doubled, shuffled, late, absurd": _counted(surroundings.dirty_input, 20),
    "poison, one in a hundred": _counted(surroundings.poison_among, 1_000),
}
CONTROLS = tuple(PROTECTIONS)
