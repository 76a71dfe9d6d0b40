"""The tables without a person: clean rows in, rows that name them out, and the subject's own rows out."""

from __future__ import annotations

import threading

from pipelines import clock
from pipelines.errors import Fatal, Retriable, UsageError
from pipelines.forgetting.queries import clean, names, query, quietly, tables
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sql_files import filled, sql_file

PATIENCE_S = 1_800.0
"""How long the tables may take to be rewritten, and old parts to leave the disk."""
_PAUSE_S = 0.2


def rewrite(client: ClickHouse, network: str) -> None:
    """Take everybody on the work list out of all tables. Done twice it changes nothing.

    A clean row has the key or the place of the one it stands for, and no longer names anybody; only then
    every row that does is deleted.
    """
    parameters = {"network": network}
    for table in tables():
        if (rows := clean(table)) is not None:
            _check(client, table, rows, network)
            quietly(client, f"INSERT INTO `{table}`\n{rows}", parameters)
        elif table == "checkpoints":
            _check_positions(client, network)
        _delete(client, table, names(table), network)
    for (table,) in client.rows(query("subject_tables")):
        _delete(client, table, query("subjects"), network)
    wait_until_rewritten(client)


def _check(client: ClickHouse, table: str, rows: str, network: str) -> None:
    """Make sure that what is to stay does not look like what is to go. Raises Fatal."""
    sql = f"SELECT count() FROM\n(\n{rows}\n)\nWHERE {names(table)}"
    [(left,)] = quietly(client, sql, {"network": network})
    if left:
        raise Fatal(f"{left} rows of {table} would still name the account: nothing was changed in it")


def _check_positions(client: ClickHouse, network: str) -> None:
    """Make sure that no position that holds names anybody, by its brand file. Raises UsageError."""
    sql = filled(sql_file("erase", "positions_told"), {"names": names("checkpoints")})
    [(told,)] = quietly(client, sql, {"network": network})
    if told:
        raise UsageError("the brand file names somebody who is being erased: take them out there, then go on")


def _delete(client: ClickHouse, table: str, which: str, network: str) -> None:
    quietly(client, f"ALTER TABLE `{table}` DELETE WHERE {which}", {"network": network})


def wait_until_rewritten(client: ClickHouse) -> None:
    """Wait until no part of a table waits to be rewritten. Raises Retriable after half an hour."""
    _wait(client, "mutations", "still being rewritten")


def drop_old_parts(client: ClickHouse) -> None:
    """Wait until the parts that were replaced are gone from the disk. Raises Retriable after half an hour."""
    _wait(client, "old_parts", "still on the disk in their old form")


def _wait(client: ClickHouse, what: str, said: str) -> None:
    """Wait until nothing is left of what there was at the beginning: more comes all the time."""
    deadline, pause = clock.monotonic_s() + PATIENCE_S, threading.Event()
    left = set(client.rows(query(what)))
    while left := left & set(client.rows(query(what))):
        if clock.monotonic_s() > deadline:
            listed = ", ".join(sorted({str(row[0]) for row in left}))
            raise Retriable(f"these tables are {said}: {listed}; run the same command again to go on")
        pause.wait(_PAUSE_S)
