"""The long form: `python -m tests.faults [--kills N] [--only WORD,…] [--out FILE]`, or `make faults`.

Every fault hurts one system that keeps running under load; after each it is settled and judged, by `verify`
and against its undisturbed twin. Then come the controls, each on a system of its own, and the recovery.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.embedded import EmbeddedStack
from tests.conftest import connect
from tests.faults.backups import backup_and_restore
from tests.faults.catalogue import CONTROLS, FAULTS
from tests.faults.controls import control
from tests.faults.faults import Hurt, Outcome, judged
from tests.faults.recovery import recovery
from tests.faults.system import System, system
from tests.faults.upgrade import upgrade_with_backlog

DATABASES = tuple(f"rapport_fault_{number}" for number in range(16))
HEAD = (
    "| fault | times | lost | twice | differing | unequal rows | recovery, s | took, s | |",
    "|---|--:|--:|--:|--:|--:|--:|--:|---|",
)


def main() -> int:
    """Run what is asked for; return 1 if anything was wrong, or a control found nothing."""
    asked = _arguments()
    logging.basicConfig(level=logging.CRITICAL)  # what is away is away on purpose
    report = _Report(asked.out)
    with tempfile.TemporaryDirectory(prefix="rapport-faults-") as folder:
        bench = _Bench(Path(folder))
        with bench.stack:
            wrong = _run_faults(bench, asked, report)
            wrong += _run_controls(bench, asked, report)
            if _wanted("recovery", asked.only):
                with bench.fresh(rate=1_000, step_ms=(1, 60)) as running:
                    report.line(f"recovery at 1,000 posts/s: {recovery(running, asked.kills or 5)}")
            if _wanted("upgrade", asked.only):
                with bench.fresh(rate=asked.rate) as running:
                    report.line(f"upgrade with a backlog: {upgrade_with_backlog(running, Path(folder))}")
        if _wanted("backup", asked.only):
            report.line(f"backup and restore: {backup_and_restore(Path(folder))}")
    report.line(f"{wrong} wrong" if wrong else "all as it should be")
    return 1 if wrong else 0


class _Bench:
    """A stack with databases enough for a system and a twin each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.stack = EmbeddedStack(folder / "stack", databases=("rapport", *DATABASES))
        self._free = list(DATABASES)

    @contextmanager
    def fresh(self, *, rate: float, step_ms: tuple[int, int] = (20_000, 60_000)) -> Iterator[System]:
        """Give a system that runs under load."""
        pair = (self._free.pop(0), self._free.pop(0))
        client = connect(self.stack.store, "migrate", database="system")
        for name in pair:
            client.execute(f"CREATE DATABASE {name}")
        client.disconnect()
        folder = self._folder / pair[0]
        folder.mkdir()
        with system(self.stack, pair, folder, prefix=f"{pair[0]}.", rate=rate, step_ms=step_ms) as running:
            running.load.go()
            running.keep(2)
            running.recover()
            yield running


class _Report:
    """Lines on the terminal and in a file as they come."""

    def __init__(self, out: Path) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        self._out = out
        out.write_text("")

    def line(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        with self._out.open("a") as file:
            file.write(text + "\n")


def _run_faults(bench: _Bench, asked: argparse.Namespace, report: _Report) -> int:
    wanted = [name for name in FAULTS if _wanted(name, asked.only)]
    if not wanted:
        return 0
    for line in HEAD:
        report.line(line)
    wrong = 0
    with bench.fresh(rate=asked.rate) as running:
        for name in wanted:
            fault = FAULTS[name]
            begun = time.monotonic()
            try:
                times = min(asked.kills or fault.times, fault.times)
                hurt = fault.hurt(running, times, min(asked.seconds, fault.seconds))
            except Exception as error:  # said in the table; the others shall run all the same
                report.line(f"| {name} | failed: {(str(error) or repr(error)).splitlines()[0]} |")
                wrong += 1
                running.end_workers()
                running.keep(2)
                running.load.go()
                continue
            outcome = judged(running, name, hurt, begun)
            report.line(_row(outcome))
            wrong += not outcome.judgement.clean
            for place in outcome.judgement.places:
                report.line(f"    {place}")
    return wrong


def _run_controls(bench: _Bench, asked: argparse.Namespace, report: _Report) -> int:
    wrong = 0
    for name in CONTROLS:
        if not _wanted(f"control {name}", asked.only):
            continue
        with bench.fresh(rate=asked.rate) as running:
            begun = time.monotonic()
            kills = min(asked.kills or 10, 10)
            found = control(running, name, kills)
            report.line(
                _row(Outcome(f"control: without {name}", Hurt(kills), found, time.monotonic() - begun))
            )
            wrong += found.clean
    return wrong


def _row(outcome: Outcome) -> str:
    hurt, found = outcome.hurt, outcome.judgement
    recovery_s = "" if hurt.recovery_s is None else f"{hurt.recovery_s:.1f}"
    cells: Sequence[object] = (
        outcome.name, hurt.faults, found.lost, found.twice, found.differing, found.unequal, recovery_s,
        f"{outcome.seconds:.0f}", hurt.note,
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def _wanted(name: str, only: str) -> bool:
    return not only or any(word.strip() in name for word in only.split(","))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=0, help="at most so many of each fault (default: all)")
    parser.add_argument("--seconds", type=float, default=600.0, help="no fault lasts longer (default: 600)")
    parser.add_argument("--only", default="", help="names that hold one of these words, separated by commas")
    parser.add_argument("--rate", type=float, default=60.0, help="posts a second (default: 60)")
    parser.add_argument("--out", type=Path, default=Path("build/faults.md"), help="where the table goes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
