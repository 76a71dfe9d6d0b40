"""How long each view takes for one account among ten million facts, as a reader asks for it.

    python -m tests.benchmarks.view_speed [--accounts 1000] [--data-dir DIR]

10,000 facts an account are made by the store itself (facts/facts.sql); with a folder they are made once and
kept. Every view is asked three times for one account of each network; what is printed is the slower network's
median: wall time, CPU time of the store's threads, rows and bytes read.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from clickhouse_driver import Client
from psutil import Process

from infra.embedded import EmbeddedStack, StoreAddress
from pipelines.settings import ClickHouseSettings
from pipelines.sinks.migrate import migrate, statements
from pipelines.sql_files import sql_files
from tests.stores import connect

FACTS = Path(__file__).with_name("facts") / "facts.sql"
AGAIN = 3
SMALL_BLOCKS = {
    "max_threads": 1,
    "max_insert_threads": 1,
    "max_block_size": 16_384,
    "min_insert_block_size_rows": 32_768,
    "min_insert_block_size_bytes": 32_000_000,
}
"""With its many columns, a block of the usual size is more than a writer may hold."""
WITHOUT_ACCOUNT = frozenset({"brand_versions", "gaps", "pipeline_health", "pipeline_freshness"})


class Asked(msgspec.Struct, frozen=True):
    """One query: seconds on the clock and of processors, what it read, and what it gave."""

    wall_s: float
    cpu_s: float
    read_rows: int
    read_bytes: int
    rows: int


def fill(client: Client, accounts: int) -> None:
    """Make the facts, unless they are there, and let the store put its parts together."""
    if client.execute("SELECT count() FROM account_windows_latest")[0][0]:
        return
    for statement in statements(FACTS.read_text(encoding="utf-8")):
        client.execute(statement, {"accounts": accounts}, settings=SMALL_BLOCKS)


def ask(reader: Client, store: Process, view: str, network: str, account: str) -> Asked:
    """Ask a view for everything of one account."""
    began, cpu = time.perf_counter(), cpu_of(store)
    rows = reader.execute(
        f"SELECT * FROM {view} WHERE network = %(network)s AND account_id = %(account)s",
        {"network": network, "account": account},
    )
    read = reader.last_query.progress
    return Asked(time.perf_counter() - began, cpu_of(store) - cpu, read.rows, read.bytes, len(rows))


def cpu_of(store: Process) -> float:
    """Return the CPU seconds that the store has taken so far."""
    times = store.cpu_times()
    return float(times.user + times.system)


def views() -> Iterator[str]:
    """Give the views that tell of accounts."""
    for file in sql_files("views"):
        name = file.name.removesuffix(".sql")
        if (
            name not in WITHOUT_ACCOUNT
            and "account_id" in file.read_text(encoding="utf-8").partition("AS SELECT")[0]
        ):
            yield name


def measure(reader: Client, store: Process, accounts: int) -> Iterator[tuple[str, Asked]]:
    """Give the figures of each view, asked for an account of each network in the middle of all."""
    middle = accounts // 4 * 2
    subjects = (("x", f"a{middle}"), ("bluesky", f"a{middle + 1}"))
    for view in views():
        slowest = [
            sorted(
                (ask(reader, store, view, network, account) for _ in range(AGAIN)),
                key=lambda each: each.wall_s,
            )[AGAIN // 2]
            for network, account in subjects
        ]
        yield view, max(slowest, key=lambda each: each.wall_s)


def settings_of(store: StoreAddress) -> ClickHouseSettings:
    """Return how to reach the store as the one who migrates, and as the one who writes."""
    return ClickHouseSettings(
        host=store.host,
        port=store.native_port,
        http_port=store.http_port,
        database="rapport",
        migrate_password=store.migrate_password,
        writer_password=store.writer_password,
    )


def run(folder: Path, accounts: int) -> None:
    """Fill a store and print the table."""
    with EmbeddedStack(folder, with_broker=False) as stack:
        migrate(settings_of(stack.store))
        writer, reader = (connect(stack.store, user) for user in ("writer", "reader"))
        fill(writer, accounts)
        [(facts,)] = writer.execute(
            "SELECT sum(total_rows) FROM system.tables WHERE database = 'rapport'"
            " AND name IN ('posts', 'interactions', 'post_stats', 'profiles', 'deletions')"
        )
        say(f"{facts:,} facts of {accounts:,} accounts\n")
        say("| view | seconds | CPU seconds | rows read | MB read | rows |\n|---|---|---|---|---|---|")
        for view, each in measure(reader, Process(stack.pids["store"]), accounts):
            say(
                f"| `{view}` | {each.wall_s:.2f} | {each.cpu_s:.2f} | {each.read_rows:,} |"
                f" {each.read_bytes / 1e6:.0f} | {each.rows:,} |"
            )


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - its output


def main() -> None:
    """Read the options and run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=1_000)
    options.add_argument("--data-dir", type=Path)
    chosen = options.parse_args()
    if chosen.data_dir is not None:
        run(chosen.data_dir, chosen.accounts)
        return
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), chosen.accounts)


if __name__ == "__main__":
    main()
