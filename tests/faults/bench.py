"""Where faults are run and written down: a stack, systems of its databases, rows of a table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.embedded import EmbeddedStack
from tests.faults.faults import Hurt
from tests.faults.load import World
from tests.faults.system import Judgement, System, system
from tests.stores import connect

DATABASES = tuple(f"rapport_fault_{number}" for number in range(24))
HEAD = (
    "| fault | times | lost | twice | differing | unequal rows | recovery, s | took, s | |",
    "|---|--:|--:|--:|--:|--:|--:|--:|---|",
)


class Bench:
    """A stack with databases enough for a system, a twin and a spare each; use `stack` as a context."""

    def __init__(self, folder: Path, rate: float) -> None:
        self.folder, self.rate = folder, rate
        self.stack = EmbeddedStack(folder / "stack", databases=("rapport", *DATABASES))
        self._free = list(DATABASES)

    @contextmanager
    def fresh(self, *, rate: float | None = None, world: World | None = None) -> Iterator[System]:
        """Give a system that runs under load."""
        tried, twin, spare = names = [self._free.pop(0) for _ in range(3)]
        client = connect(self.stack.store, "migrate", database="system")
        for name in names:
            client.execute(f"CREATE DATABASE {name}")
        client.disconnect()
        folder = self.folder / tried
        folder.mkdir()
        with system(
            self.stack, (tried, twin), folder, prefix=f"{tried}.", rate=rate or self.rate, world=world
        ) as running:
            running.spare = {
                "RAPPORT_CLICKHOUSE_DATABASE": spare,
                "RAPPORT_CONSUMER_GROUP": f"{tried}.{spare}",
            }
            running.load.go()
            running.keep(2)
            running.recover()
            yield running


class Report:
    """Rows on the terminal and in a file as they come; `wrong` counts what is not as it should be."""

    def __init__(self, out: Path) -> None:
        out.parent.mkdir(parents=True, exist_ok=True)
        self._out = out
        self.wrong = 0
        out.write_text("")

    def line(self, text: str) -> None:
        """Write a line."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        with self._out.open("a") as file:
            file.write(text + "\n")

    def tried(
        self, name: str, run: Callable[[], tuple[Hurt, Judgement]], *, shall_be_clean: bool = True
    ) -> bool:
        """Run something and write its row; return whether it came to its end."""
        begun = time.monotonic()
        try:
            hurt, found = run()
        except Exception as error:  # said in the table; the others shall run all the same
            self.line(f"| {name} | failed: {(str(error) or repr(error)).splitlines()[0]} |")
            self.wrong += 1
            return False
        self.wrong += found.clean is not shall_be_clean or bool(hurt.broken)
        recovery_s = "" if hurt.recovery_s is None else f"{hurt.recovery_s:.1f}"
        cells: tuple[object, ...] = (
            name, hurt.faults, found.lost, found.twice, found.differing, found.unequal, recovery_s,
            f"{time.monotonic() - begun:.0f}",
            "; ".join(filter(None, (hurt.note, hurt.broken))),
        )  # fmt: skip
        self.line("| " + " | ".join(map(str, cells)) + " |")
        for place in found.places if found.clean is not shall_be_clean else ():
            self.line(f"    {place}")
        return True
