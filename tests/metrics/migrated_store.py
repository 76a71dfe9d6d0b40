"""A migrated database for tests: rows as the worker writes them, views as a reader sees them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from math import isclose
from typing import Any

from clickhouse_driver import Client

from infra.embedded import StoreAddress
from pipelines.metrics.definition import Context
from pipelines.metrics.intervals import Estimate
from pipelines.metrics.measures import NAMES
from pipelines.sinks.columns import Columns
from tests.metrics.vectors_of_measures import Vector
from tests.stores import connect


class MigratedStore:
    """A migrated database: what the worker would write, and what a reader sees."""

    def __init__(self, writer: Client, reader: Client) -> None:
        self._writer, self._reader = writer, reader

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Insert rows given by column; the columns are those of the first."""
        columns = list(rows[0])
        data = [tuple(row[column] for column in columns) for row in rows]
        names = ", ".join(f"`{column}`" for column in columns)
        self._writer.execute(f"INSERT INTO {table} ({names}) VALUES", data)

    def insert_block(self, table: str, columns: Columns) -> None:
        """Insert a block as the worker does."""
        names = ", ".join(f"`{column}`" for column in columns)
        data = [values if isinstance(values, list) else values.tolist() for values in columns.values()]
        self._writer.execute(f"INSERT INTO {table} ({names}) VALUES", data, columnar=True)

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._reader.execute(sql)
        return rows

    def explain(self, sql: str) -> list[str]:
        return [line for (line,) in self._writer.execute(f"EXPLAIN indexes = 1 {sql}")]


@contextmanager
def opened(address: StoreAddress, database: str) -> Iterator[MigratedStore]:
    """Open a migrated database."""
    writer, reader = (connect(address, user, database=database) for user in ("writer", "reader"))
    try:
        yield MigratedStore(writer, reader)
    finally:
        writer.disconnect()
        reader.disconnect()


def instant(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def measure_columns(vector: Vector) -> dict[str, int]:
    return {name: vector.get(name, 0) for name in NAMES}


def window_row(account: str, window: str, vector: Vector, context: Context) -> dict[str, Any]:
    return {
        "network": "x",
        "account_id": account,
        "window": window,
        "at": instant(context.end),
        "known_since": instant(context.known_since),
        "last_at": instant(context.end),
        "knows_promotion": context.knows_promotion,
        "knows_topics": context.knows_topics,
        "knows_channels": context.knows_channels,
        "version": 1,
        **measure_columns(vector),
    }


def checkpoint_row(account: str, kind: str, **columns: Any) -> dict[str, Any]:
    defaults = {"at": instant(0), "known_since": instant(0), "last_at": instant(0), "body": "", "version": 1}
    flags = {"knows_promotion": True, "knows_topics": True, "knows_channels": True}
    vector = columns.pop("vector", {})
    row = {"partition": 0, "network": "x", "account_id": account, "kind": kind}
    return {**row, **defaults, **flags, **columns, **measure_columns(vector)}


def minute_row(account: str, at: int, vector: Vector, version: int = 1) -> dict[str, Any]:
    return checkpoint_row(account, "minute", at=instant(at), vector=vector, version=version)


def header_row(account: str, known_since: int, last_at: int) -> dict[str, Any]:
    return checkpoint_row(account, "header", known_since=instant(known_since), last_at=instant(last_at))


def position_row(watermark: int) -> dict[str, Any]:
    body = f'{{"offset":1,"watermarks":{{"x":{watermark}}},"brand_hash":"","brand":""}}'
    return checkpoint_row("0", "position", network="", body=body)


ESTIMATE = "value, low, high, n, status, needed"


def same(estimate: Estimate, row: tuple[Any, ...]) -> bool:
    """Tell whether a row (value, low, high, n, status, needed) says what Python says, within 1e-9."""
    ours = (estimate.value, estimate.low, estimate.high)
    agree = all(
        a is b if a is None or b is None else isclose(a, b, rel_tol=1e-9)
        for a, b in zip(ours, row[:3], strict=True)
    )
    return agree and (estimate.n, estimate.status, estimate.needed) == row[3:]
