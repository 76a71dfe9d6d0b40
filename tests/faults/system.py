"""A system that keeps running while faults happen: broker, store, workers, load, and an undisturbed twin."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from infra.embedded import EmbeddedStack
from pipelines import offsets, topics
from pipelines.preparation import prepare
from pipelines.settings import WRITER_USER, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify import Report, verify
from tests.faults.failpoints import PASSES, Plan
from tests.faults.load import Load, World
from tests.faults.nursery import Forked, Nursery
from tests.faults.tables import differences

PACE = {"RAPPORT_INSERT_EVERY_S": "0.5", "RAPPORT_CHECKPOINT_EVERY_S": "1"}
"""An INSERT costs ClickHouse 10 ms of a core, and a worker has ten tables: quicker would starve the rest."""
TWIN_PACE = {"RAPPORT_INSERT_EVERY_S": "2", "RAPPORT_CHECKPOINT_EVERY_S": "4"}
"""Nobody kills the twin: it need not be quick, and leaves the machine to the others."""
PATIENCE_S = 600.0
CAUGHT_UP_S = 2.0
"""A worker that checkpoints every half second and is so little behind has no lag."""
_POSITIONS = """
SELECT toUInt32(account_id), JSONExtractInt(body, 'offset')
FROM checkpoints FINAL
WHERE kind = 'position'
"""


class Side:
    """A database that a group of workers folds the log into."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.settings = load_settings(environ)
        self.database = self.settings.clickhouse.database
        prepare(self.settings)
        self.client = ClickHouse(self.settings.clickhouse, WRITER_USER, patience_s=120)

    def positions(self) -> dict[int, int]:
        """Return the last offset in a checkpoint of each partition."""
        return dict(self.client.rows(_POSITIONS))

    def verified(self) -> Report:
        """Return what `rapport verify` finds."""
        return verify(self.client)


class Judgement(Struct, frozen=True):
    """What is wrong after a fault: by `verify`, and against the undisturbed twin."""

    lost: int
    twice: int
    differing: int
    unequal: int
    places: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.twice or self.differing or self.unequal)


class System:
    """Everything that a fault needs. `fired` is where failpoints say that they were reached."""

    def __init__(
        self, stack: EmbeddedStack, nursery: Nursery, folder: Path, tried: Side, twin: Side, load: Load
    ) -> None:
        self.stack, self.folder, self.tried, self.twin, self.load = stack, folder, tried, twin, load
        self._nursery = nursery
        self.fired, self.victim, self.log = folder / "fired", folder / "victim", folder / "workers.log"
        self.chance = random.Random(11)
        self.most_passes = 1_000
        self.workers: list[Forked] = []
        self._twin_worker: Forked | None = None
        self.spare: dict[str, str] = {}
        """What names a third database, empty, and a group of its own."""
        self.keep_twin()

    # ---- processes -------------------------------------------------------------------------------

    def keep_twin(self) -> None:
        """See that the undisturbed worker runs."""
        if self._twin_worker is None or self._twin_worker.over.is_set():
            self._twin_worker = self.make_worker(self.twin)

    def make_worker(self, side: Side) -> Forked:
        """Start a worker of another side that nothing is done to."""
        return self._nursery.make("work", environ=side.environ, log=self.folder / f"{side.database}.log")

    def work(self, plan: Plan | None = None, *, without: str = "", **environ: str) -> Forked:
        """Start a worker."""
        worker = self._nursery.make(
            "--verbose",
            "work",
            environ={**self.tried.environ, **environ},
            log=self.log,
            plan=plan,
            without=without,
        )
        self.workers.append(worker)
        return worker

    def ingest(self, *arguments: str, environ: dict[str, str], plan: Plan | None = None) -> Forked:
        """Start an ingest."""
        return self._nursery.make(
            "ingest", *arguments, environ=environ, log=self.folder / "ingest.log", plan=plan
        )

    def backfill(self, plan: Plan | None = None) -> Forked:
        """Start a recount of everything."""
        return self._nursery.make(
            "backfill", "--no-wait", environ=self.tried.environ, log=self.folder / "backfill.log", plan=plan
        )

    def keep(self, count: int, *, without: str = "") -> None:
        """See that so many workers run, none of which shall fail."""
        self.workers = [each for each in self.workers if not each.over.is_set()]
        while len(self.workers) < count:
            self.work(without=without)

    def end_workers(self) -> None:
        """Kill the workers that still run."""
        for each in self.workers:
            each.signal(signal.SIGCONT)
            each.signal(signal.SIGKILL)
            each.wait(10)
        self.workers = []

    def end_twin(self) -> None:
        """End the undisturbed worker in order."""
        if self._twin_worker is not None:
            self._twin_worker.signal(signal.SIGTERM)
            self._twin_worker.wait(120)

    @contextmanager
    def twin_resting(self) -> Iterator[None]:
        """Spare the twin what is done to store or broker: it folds the log afterwards, in peace."""
        self.end_twin()
        try:
            yield
        finally:
            self.keep_twin()

    def plan(self, point: str, *, action: str = "kill", passes: int | None = None) -> Plan:
        """Return a plan that fires after a number of passes drawn anew."""
        most = min(PASSES.get(point, 4), self.most_passes)
        drawn = self.chance.randrange(most + 1) if passes is None else passes
        return Plan(point, str(self.fired), action, drawn, str(self.victim))

    def times_fired(self, point: str) -> int:
        """Return how often a failpoint has said that it was reached."""
        if not self.fired.exists():
            return 0
        return sum(line.split()[0] == point for line in self.fired.read_text().splitlines())

    def said(self) -> str:
        """Return the last words of the workers."""
        return self.log.read_text(errors="replace")[-3_000:] if self.log.exists() else ""

    # ---- waiting and judging ---------------------------------------------------------------------

    def wait(self, condition: Callable[[], bool], what: str, *, patience_s: float = PATIENCE_S) -> float:
        """Wait until something holds; return the seconds that it took."""
        begun = time.monotonic()
        while not condition():
            self.load.check()
            assert time.monotonic() - begun < patience_s, f"not within {patience_s} s: {what}\n{self.said()}"
            time.sleep(0.05)
        return time.monotonic() - begun

    def recover(self, *, keep: int = 0, patience_s: float = PATIENCE_S) -> float:
        """Wait until the workers are as far as the load; return the seconds that it took.

        With `keep`, workers that end meanwhile are started again, as their supervisor does.
        """

        def caught_up() -> bool:
            if keep:
                self.keep(keep)
            return self.load.lag_s(self.tried.positions()) < CAUGHT_UP_S

        return self.wait(caught_up, "the lag is gone", patience_s=patience_s)

    def settle(self, *, keep: int = 2, without: str = "") -> None:
        """Let the load rest, and wait until both sides have saved all of it."""
        self.load.rest()
        wanted = self.ends()

        def both() -> bool:
            self.keep(keep, without=without)
            self.keep_twin()
            return self.tried.positions() == wanted == self.twin.positions()

        self.wait(both, "both sides have folded the whole log")

    def ends(self) -> dict[int, int]:
        """Return the last offset of each partition of the log."""
        return {number: end - 1 for number, end in offsets.end_offsets(self.tried.settings).items()}

    def judge(self, *, left_out: frozenset[str] = frozenset()) -> Judgement:
        """Compare both sides as they are, settled; `left_out` are columns to ignore."""
        report = self.tried.verified()
        unequal, places = differences(
            self.tried.client, self.tried.database, self.twin.database, left_out=left_out
        )
        return Judgement(
            report.count("lost"),
            report.count("twice"),
            report.count("differing"),
            unequal,
            (*map(str, report.findings[:5]), *places[:6]),
        )

    def kill_part(self, part: str) -> None:
        """Kill the store or the broker, which is then started again by its supervisor."""
        pid = self.wait_for_part(part)
        os.kill(pid, signal.SIGKILL)

    def wait_for_part(self, part: str) -> int:
        """Return the process of the store or the broker, once it runs."""
        self.wait(lambda: self.stack.pids[part] is not None, f"the {part} runs")
        pid = self.stack.pids[part]
        assert pid is not None
        return pid


@contextmanager
def system(
    stack: EmbeddedStack,
    databases: tuple[str, str],
    folder: Path,
    *,
    prefix: str,
    partitions: int = 8,
    rate: float = 60.0,
    world: World | None = None,
    keep_topics: bool = False,
) -> Iterator[System]:
    """Run a system with its twin; both databases are there, and empty or of the log with this prefix."""
    tried, twin = (
        Side({**environment(stack, database, folder, prefix=prefix, partitions=partitions), **pace})
        for database, pace in zip(databases, (PACE, TWIN_PACE), strict=True)
    )
    load = Load(tried.settings, world or World(), rate=rate)
    with Nursery() as nursery:
        try:
            yield System(stack, nursery, folder, tried, twin, load)
        finally:
            load.stop()
            for side in (tried, twin):
                side.client.close()
    time.sleep(0.2)
    with ClickHouse(tried.settings.clickhouse, WRITER_USER) as client:
        client.rows("SELECT 1")  # libchdb may abort when a client is killed: wait until it is back
    if not keep_topics:
        topics.delete_topics(tried.settings)


def environment(
    stack: EmbeddedStack, database: str, folder: Path, *, prefix: str, partitions: int
) -> dict[str, str]:
    """Return the whole environment of a process of one side."""
    data_dir = folder / database
    data_dir.mkdir(exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        **stack.environ(),
        "RAPPORT_CLICKHOUSE_DATABASE": database,
        "RAPPORT_TOPIC_PREFIX": prefix,
        "RAPPORT_CONSUMER_GROUP": f"{prefix}{database}",
        "RAPPORT_PARTITIONS": str(partitions),
        "RAPPORT_DATA_DIR": str(data_dir),
        "RAPPORT_METRICS_PORT": "off",
    }
