"""What it costs to make resting accounts again from the real store, by how many are asked for at once.

    python -m tests.benchmarks.cold_load

The accounts are those of fold_cost: 1,000 after 28 days, by Zipf's law, saved in one checkpoint. Batches take
turns; what is printed is the median of the rounds in CPU time an account, of the worker and of the store.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from psutil import Process

from infra.embedded import EmbeddedStack
from pipelines.settings import WRITER_USER
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.migrate import migrate
from pipelines.sinks.state_store import ClickHouseStore
from tests.benchmarks.fold_cost import HOT, aged
from tests.benchmarks.view_speed import cpu_of, settings_of

BATCHES = (100, 250, 1_000)
ROUNDS = 5


def measure(
    store: ClickHouseStore, process: Process, keys: list[tuple[str, str]], size: int
) -> tuple[float, float]:
    """Load all accounts in batches; return the CPU milliseconds an account of worker and of store."""
    worker, server, loaded = time.process_time(), cpu_of(process), 0
    for begin in range(0, len(keys), size):
        loaded += len(store.load(keys[begin : begin + size]))
    if loaded != len(keys):
        raise AssertionError("an account is missing")
    return (time.process_time() - worker) * 1e3 / loaded, (cpu_of(process) - server) * 1e3 / loaded


def report(store: ClickHouseStore, process: Process) -> Iterator[str]:
    """Give the table."""
    checkpoint = aged().take_checkpoint()
    assert checkpoint is not None
    store.save([checkpoint])
    keys = [("x", f"a{number}") for number in range(HOT)]
    random.Random(1).shuffle(keys)
    found: dict[int, list[tuple[float, float]]] = {size: [] for size in BATCHES}
    for _ in range(ROUNDS):
        for size, times in found.items():
            times.append(measure(store, process, keys, size))
    yield "| accounts at once | worker, ms of CPU an account | store, ms of CPU an account |\n|---|---|---|"
    for size, times in found.items():
        worker, server = (median(each) for each in zip(*times, strict=True))
        yield f"| {size:,} | {worker:.2f} | {server:.2f} |"


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, EmbeddedStack(Path(folder), with_broker=False) as stack:
        settings = settings_of(stack.store)
        migrate(settings)
        with ClickHouse(settings, WRITER_USER) as client:
            for line in report(ClickHouseStore(client), Process(stack.pids["store"])):
                print(line, flush=True)  # noqa: T201 - its output


if __name__ == "__main__":
    main()
