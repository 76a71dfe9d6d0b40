"""All tables of two databases compared, under FINAL, on key and value columns."""

from __future__ import annotations

from pipelines.sinks.clickhouse import ClickHouse

TABLES = (
    "posts", "post_stats", "profiles", "interactions", "post_edits", "deletions", "matured", "alerts",
    "account_windows", "account_windows_latest", "checkpoints", "batches", "brands", "ingest_gaps",
    "dead_letters", "recounts",
)  # fmt: skip
LEFT_OUT = frozenset({"written_at", "precedence"})
"""When a row was written, and what follows from another column."""
LEFT_OUT_OF = {"dead_letters": frozenset({"at"})}
_COLUMNS = """
SELECT name
FROM system.columns
WHERE database = %(database)s AND table = %(table)s
ORDER BY position
"""


def differences(client: ClickHouse, one: str, other: str, *, examples: int = 2) -> tuple[int, list[str]]:
    """Return how many rows are in one database only, and some of them."""
    total, named = 0, []
    for table in TABLES:
        columns = _columns(client, one, table)
        if _digest(client, one, table, columns) == _digest(client, other, table, columns):
            continue
        for here, there in ((one, other), (other, one)):
            ours, theirs = (f"SELECT {columns} FROM {name}.{table} FINAL" for name in (here, there))
            rows = client.rows(f"{ours} EXCEPT {theirs}")
            total += len(rows)
            named += [f"{table}, in {here} only: {row}" for row in rows[:examples]]
    return total, named


def _digest(client: ClickHouse, database: str, table: str, columns: str) -> tuple[object, ...]:
    return client.rows(f"SELECT count(), sum(cityHash64({columns})) FROM {database}.{table} FINAL")[0]


def _columns(client: ClickHouse, database: str, table: str) -> str:
    left_out = LEFT_OUT | LEFT_OUT_OF.get(table, frozenset())
    names = [row[0] for row in client.rows(_COLUMNS, {"database": database, "table": table})]
    return ", ".join(f"`{name}`" for name in names if name not in left_out)
