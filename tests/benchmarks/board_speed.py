"""How long each query of each board takes on ten million facts, and whether the primary key finds its rows.

    python -m tests.benchmarks.board_speed [--accounts 1000] [--data-dir DIR] [--all]

The store is that of view_speed (10,000 facts an account, made by SQL from numbers) with states of alerts
and figures of the pipeline beside them (facts/boards.sql). Every query of both faces is run as the reader:
panels, variables, annotations, and the rules' queries; with two accounts chosen (one of each network), with
ten, and with All (once each, not thrice: for a thousand accounts they take seconds). Ends with exit code 1
where a query with two accounts chosen, or a rule, takes more than a second of the store's processors, or
where one with chosen accounts reads a large table without its key.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from clickhouse_driver import Client
from clickhouse_driver.errors import ErrorCodes, ServerException
from msgspec import Struct
from psutil import Process

from dashboards import DASHBOARDS
from dashboards.check import Asked, queries
from dashboards.panels import DEFAULT_WINDOW
from dashboards.rules import RULES
from infra.embedded import EmbeddedStack
from pipelines.sinks.migrate import migrate, statements
from tests.benchmarks.view_speed import SMALL_BLOCKS, cpu_of, fill, say, settings_of
from tests.stores import connect

FACTS = Path(__file__).with_name("facts") / "boards.sql"
END_AT: Final = 1_734_650_000_000
LIMIT_S: Final = 1.0
LARGE: Final = 100
"""Granules from which on a table is large: the key must find its rows."""
AGAIN: Final = 3
TOO_MUCH: Final = (ErrorCodes.TIMEOUT_EXCEEDED, ErrorCodes.TOO_SLOW, ErrorCodes.MEMORY_LIMIT_EXCEEDED)
SHOWN: Final = 12
TWO: Final = "two accounts"


class Measured(Struct, frozen=True):
    """One query: seconds on the clock and of processors, rows read and given, and granules of large tables.

    `keyless` are the large tables of which it reads everything because no condition meets their key.
    """

    asked: Asked
    wall_s: float
    cpu_s: float
    read_rows: int
    rows: int
    granules: tuple[int, int]
    keyless: tuple[str, ...]

    @property
    def name(self) -> str:
        """Board, face and panel."""
        return f"{self.asked.board.removeprefix('rapport-')}, {self.asked.face}: {self.asked.asker}"

    @property
    def is_slow(self) -> bool:
        """Tell whether it needs more than a second of processors, whatever else runs on the machine."""
        return self.cpu_s > LIMIT_S


def fill_boards(client: Client, accounts: int) -> None:
    """Make what the boards show beside facts, unless it is there."""
    if client.execute("SELECT count() FROM alerts")[0][0]:
        return
    for statement in statements(FACTS.read_text(encoding="utf-8")):
        client.execute(statement, {"accounts": accounts}, settings=SMALL_BLOCKS)


def ask(reader: Client, explainer: Client, store: Process, asked: Asked, *, times: int) -> Measured:
    """Run a query so many times and return the median, with what its plan says."""
    found = sorted((_once(reader, store, asked) for _ in range(times)), key=lambda each: each[1])[times // 2]
    granules, keyless = plan_of(explainer, asked)
    return Measured(asked, *found, granules, keyless)


def _once(reader: Client, store: Process, asked: Asked) -> tuple[float, float, int, int]:
    """Run a query; one that takes longer than a reader may is told with the time that it had, and no rows."""
    began, cpu = time.perf_counter(), cpu_of(store)
    try:
        rows = reader.execute(asked.sql, asked.parameters)
    except ServerException as error:
        if error.code not in TOO_MUCH:
            raise
        return time.perf_counter() - began, cpu_of(store) - cpu, 0, 0
    taken = time.perf_counter() - began
    return taken, cpu_of(store) - cpu, reader.last_query.progress.rows, len(rows)


def plan_of(client: Client, asked: Asked) -> tuple[tuple[int, int], tuple[str, ...]]:
    """Return granules that are read and held of large tables, and those that are read without their key."""
    [(text,)] = client.execute(f"EXPLAIN indexes = 1, json = 1 {asked.sql}", asked.parameters)
    read = held = 0
    keyless = []
    for table, index in _keys(json.loads(text)):
        if index["Initial Granules"] < LARGE:
            continue
        read, held = read + index["Selected Granules"], held + index["Initial Granules"]
        if index["Condition"] == "true":
            keyless.append(table)
    return (read, held), tuple(dict.fromkeys(keyless))


def _keys(tree: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the table and the primary key of every reading in a plan."""
    if isinstance(tree, dict):
        for index in tree.get("Indexes", ()):
            if index["Type"] == "PrimaryKey":
                yield str(tree.get("Description", "")), index
    for each in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _keys(each)


def chosen(accounts: int) -> Iterator[tuple[str, Mapping[str, Sequence[str]]]]:
    """Give what a reader chooses: two accounts in the middle of all, ten, all."""
    middle = accounts // 4 * 2
    yield TWO, {"account": [f"a{middle + each}" for each in range(2)]}
    yield "ten accounts", {"account": [f"a{middle + each}" for each in range(10)]}
    yield "All", {}


def rules() -> list[Asked]:
    """Return the rules' queries, each once."""
    asked = {rule.sql: Asked("rules", "grafana", rule.title, rule.sql) for rule in RULES}
    return list(asked.values())


def measure(asked: Iterable[Asked], stack: EmbeddedStack, *, times: int = AGAIN) -> list[Measured]:
    """Run queries one after the other, each told on stderr; return them with the slowest first."""
    reader, explainer = connect(stack.store, "reader"), connect(stack.store, "migrate")
    store = Process(stack.pids["store"])
    found = []
    for each in asked:
        found.append(ask(reader, explainer, store, each, times=times))
        print(f"{found[-1].name}: {found[-1].cpu_s:.2f} s", file=sys.stderr, flush=True)  # noqa: T201
    return sorted(found, key=lambda each: -each.cpu_s)


def tell(title: str, found: Sequence[Measured], shown: int) -> None:
    """Print the slowest queries as a table, and what holds for all of them."""
    walls, cpus = ([getattr(each, name) for each in found] for name in ("wall_s", "cpu_s"))
    slow = sum(each.is_slow for each in found)
    say(
        f"\n{title}: {len(found)} queries, CPU at most {max(cpus):.2f} s, {sum(cpus):.1f} s in all;"
        f" on the clock at most {max(walls):.2f} s; over {LIMIT_S:.0f} s of CPU: {slow}\n"
    )
    say("| query | seconds | CPU seconds | rows read | granules of large tables | rows |")
    say("|---|---|---|---|---|---|")
    for each in found[:shown]:
        read, held = each.granules
        without = f", without key: {', '.join(each.keyless)}" if each.keyless else ""
        say(
            f"| {each.name} | {each.wall_s:.2f} | {each.cpu_s:.2f} | {each.read_rows:,} |"
            f" {read:,} of {held:,}{without} | {each.rows:,} |"
        )


def run(folder: Path, accounts: int, shown: int) -> bool:
    """Fill a store, print the tables, and tell whether all that should hold does."""
    with EmbeddedStack(folder, with_broker=False) as stack:
        migrate(settings_of(stack.store))
        writer = connect(stack.store, "writer")
        fill(writer, accounts)
        fill_boards(writer, accounts)
        say(f"{accounts:,} accounts, 10,000 facts each")
        of_rules = measure(rules(), stack)
        tell("Rules", of_rules, shown)
        held = not any(each.is_slow for each in of_rules)
        for title, values in chosen(accounts):
            asked = queries(DASHBOARDS, values, accounts=["a1"], window=DEFAULT_WINDOW, to_at=END_AT)
            found = measure(asked, stack, times=AGAIN if values else 1)
            tell(title, found, shown)
            held = held and not (title == TWO and any(each.is_slow for each in found))
            held = held and not (values and any(each.keyless for each in found))
    return held


def main() -> None:
    """Read the options and run."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--accounts", type=int, default=1_000)
    options.add_argument("--data-dir", type=Path, help="keep the store there, and go on with it")
    options.add_argument("--all", action="store_true", help="print every query, not the slowest alone")
    given = options.parse_args()
    shown = 1_000 if given.all else SHOWN
    if given.data_dir is not None:
        sys.exit(not run(given.data_dir, given.accounts, shown))
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not run(Path(folder), given.accounts, shown))


if __name__ == "__main__":
    main()
