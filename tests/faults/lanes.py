"""What is run beside each other: lanes with a stack each. Most of a fault's time is spent in waiting."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from tests.faults.bench import Bench, Report
from tests.faults.catalogue import ALONE, KILLS, SURROUNDINGS, Fault
from tests.faults.controls import CONTROLS, control
from tests.faults.faults import Hurt
from tests.faults.load import World
from tests.faults.recovery import ACCOUNTS, POSTS_A_SECOND, STEP_MS, recovery
from tests.faults.system import Judgement
from tests.faults.upgrade import upgrade_with_backlog

CONTROL_KILLS, RECOVERY_KILLS, DISK_SECONDS = 10, 5, 30.0
CONTROL = "control: without {}"
CLEAN = Judgement(0, 0, 0, 0)


class Asked(Struct, frozen=True):
    """What is asked for: at most so many kills and seconds of each, and which of them."""

    kills: int
    seconds: float
    only: str
    rate: float

    def times(self, most: int) -> int:
        """Return how often something is done that is done so often in the long form."""
        return min(self.kills or most, most)

    def wants(self, name: str) -> bool:
        """Tell whether something is asked for."""
        return not self.only or any(word.strip() in name for word in self.only.split(","))


def kills(folder: Path, asked: Asked, report: Report) -> None:
    """Kill the parts; then let protections off."""
    wanted = [name for name in (*KILLS, *(CONTROL.format(name) for name in CONTROLS)) if asked.wants(name)]
    if not wanted:
        return
    bench = Bench(folder, asked.rate)
    with bench.stack:
        _on_one_system(bench, KILLS, asked, report)
        for name in CONTROLS:
            _control(bench, name, asked, report)


def surroundings(folder: Path, asked: Asked, report: Report) -> None:
    """Hurt what is around the workers; then what needs a stack of its own."""
    bench = Bench(folder, asked.rate)
    if any(map(asked.wants, (*SURROUNDINGS, "upgrade with a backlog"))):
        with bench.stack:
            _on_one_system(bench, SURROUNDINGS, asked, report)
            _upgrade(bench, asked, report)
    for name, run in ALONE.items():
        if asked.wants(name):
            place = folder / name.replace(",", "").replace(" ", "-")  # Kafka takes a comma for two folders
            place.mkdir()
            report.tried(
                name, lambda run=run, place=place: run(place, asked.rate, min(asked.seconds, DISK_SECONDS))
            )


def restarts(folder: Path, asked: Asked, report: Report) -> None:
    """Measure how long a killed worker takes, with nothing beside."""
    name = "recovery of a killed worker"
    if not asked.wants(name):
        return
    bench = Bench(folder, asked.rate)
    world = World(accounts=ACCOUNTS, step_ms=STEP_MS, tick_ms=10_000)

    def run() -> tuple[Hurt, Judgement]:
        with bench.fresh(rate=POSTS_A_SECOND, world=world) as running:
            hurt = recovery(running, asked.times(RECOVERY_KILLS))
            running.settle()
            return hurt, running.judge()

    with bench.stack:
        report.tried(name, run)


LANES: dict[str, Callable[[Path, Asked, Report], None]] = {
    "kills": kills,
    "surroundings": surroundings,
    "restarts": restarts,
}
BESIDE = ("kills", "surroundings")
"""These run at the same time, the others after them, one by one."""


def _on_one_system(bench: Bench, faults: dict[str, Fault], asked: Asked, report: Report) -> None:
    wanted = {name: fault for name, fault in faults.items() if asked.wants(name)}
    if not wanted:
        return
    with bench.fresh() as running:
        for name, fault in wanted.items():

            def run(fault: Fault = fault) -> tuple[Hurt, Judgement]:
                hurt = fault.hurt(running, asked.times(fault.times), min(asked.seconds, fault.seconds))
                running.settle()
                return hurt, running.judge()

            if not report.tried(name, run):
                running.end_workers()
            running.keep(2)
            running.load.go()


def _control(bench: Bench, name: str, asked: Asked, report: Report) -> None:
    if not asked.wants(CONTROL.format(name)):
        return
    kills = asked.times(CONTROL_KILLS)

    def run() -> tuple[Hurt, Judgement]:
        with bench.fresh() as running:
            return Hurt(kills), control(running, name, kills)

    report.tried(CONTROL.format(name), run, shall_be_clean=False)


def _upgrade(bench: Bench, asked: Asked, report: Report) -> None:
    if not asked.wants("upgrade with a backlog"):
        return

    def run() -> tuple[Hurt, Judgement]:
        with bench.fresh() as running:
            return upgrade_with_backlog(running, bench.folder), CLEAN

    report.tried("upgrade with a backlog", run)
