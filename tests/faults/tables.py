"""All tables of two databases compared, under FINAL, on key and value columns."""

from __future__ import annotations

from msgspec import Struct

from pipelines.sinks.clickhouse import ClickHouse


class Compared(Struct, frozen=True):
    """Rows of a table that must be equal, but for columns that tell something else."""

    table: str
    where: str = "1"
    left_out: frozenset[str] = frozenset()


LEFT_OUT = frozenset({"written_at", "precedence"})
"""When a row was written, and what follows from another column."""
OF_THE_ACCOUNT = frozenset(
    {"known_since", "last_at", "next_due", "brand", "knows_promotion", "knows_topics", "version"}
)
"""What a minute or a post repeats of its account as it was at that checkpoint; the header has it as it is."""
ALL = (
    *map(Compared, (
        "posts", "post_stats", "profiles", "interactions", "post_edits", "deletions", "matured", "alerts",
        "account_windows", "account_windows_latest", "batches", "brands", "ingest_gaps", "recounts",
    )),
    Compared("checkpoints", "kind IN ('header', 'position')"),
    Compared("checkpoints", "kind IN ('minute', 'post')", OF_THE_ACCOUNT),
    Compared("dead_letters", left_out=frozenset({"at"})),
)  # fmt: skip
_COLUMNS = """
SELECT name
FROM system.columns
WHERE database = %(database)s AND table = %(table)s
ORDER BY position
"""


def differences(
    client: ClickHouse,
    one: str,
    other: str,
    *,
    examples: int = 2,
    left_out: frozenset[str] = frozenset(),
) -> tuple[int, list[str]]:
    """Return how many rows are in one database only, and some of them; `left_out` are columns to ignore."""
    total, named = 0, []
    for each in ALL:
        columns = _columns(client, one, each, left_out)
        ours, theirs = (_select(each, name, columns) for name in (one, other))
        if _digest(client, ours, columns) == _digest(client, theirs, columns):
            continue
        for here, mine, others in ((one, ours, theirs), (other, theirs, ours)):
            rows = client.rows(f"{mine} EXCEPT {others}")
            total += len(rows)
            named += [f"{each.table}, in {here} only: {str(row)[:300]}" for row in rows[:examples]]
    return total, named


def _select(compared: Compared, database: str, columns: str) -> str:
    return f"SELECT {columns} FROM {database}.{compared.table} FINAL WHERE {compared.where}"


def _digest(client: ClickHouse, rows: str, columns: str) -> tuple[object, ...]:
    """Return a digest of rows in any order. A hash of columns would be NULL where one of them is."""
    return client.rows(f"SELECT count(), sum(cityHash64(formatRow('RowBinary', {columns}))) FROM ({rows})")[0]


def _columns(client: ClickHouse, database: str, compared: Compared, left_out: frozenset[str]) -> str:
    ignored = LEFT_OUT | compared.left_out | left_out
    names = [row[0] for row in client.rows(_COLUMNS, {"database": database, "table": compared.table})]
    return ", ".join(f"`{name}`" for name in names if name not in ignored)
