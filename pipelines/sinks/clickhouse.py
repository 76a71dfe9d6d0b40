"""ClickHouse over its native protocol: columns in, rows out, and patience while it is away."""

from __future__ import annotations

import logging
import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from clickhouse_driver.errors import Error, NetworkError, ServerException, SocketTimeoutError
from msgspec import Struct

from pipelines.clock import monotonic_s
from pipelines.errors import Fatal, NoDatabase, Retriable, UsageError
from pipelines.settings import READER_USER, ClickHouseSettings
from pipelines.sinks.columns import Columns
from pipelines.sinks.native import Column, NativeClient

logger = logging.getLogger(__name__)

T = TypeVar("T")

INSERT_SETTINGS = {
    "async_insert": 0,
    "insert_deduplicate": 0,  # rows are absolute and versioned; a token could drop one in silence
    "max_partitions_per_insert_block": 0,  # an archive of ten years comes in one block
    "max_insert_block_size": 1_048_449,
    "optimize_on_insert": 0,  # a block is not merged with itself: that costs more than to write it
    "input_format_null_as_default": 0,
}
RETRIABLE_CODES = frozenset(
    {3, 107, 159, 164, 202, 203, 209, 210, 236, 241, 242, 243, 252, 285, 319, 425, 999}
)
"""Codes after which the same INSERT may succeed later: away, overloaded, too many parts, no space."""
LIMIT_CODES = frozenset({158, 159, 160, 241, 307, 396})
"""Codes of a query that takes more rows, time, memory or bytes than its user may: it would again."""
_NO_DATABASE, _NAMED = 81, re.compile(r"Database `?(\w+)`? does not exist")
_BROKEN = (NetworkError, SocketTimeoutError, EOFError, ConnectionError, OSError)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 10.0


class ExternalTable(Struct, frozen=True):
    """A table that is sent along with a query: its name, its columns with their types, its rows by column."""

    name: str
    structure: Sequence[tuple[str, str]]
    rows: Sequence[Mapping[str, Any]]


class ClickHouse:
    """One connection of one user; threads that share it take turns."""

    def __init__(
        self,
        settings: ClickHouseSettings,
        user: str,
        *,
        database: str | None = None,
        patience_s: float = 60.0,
        stop: threading.Event | None = None,
    ) -> None:
        self.settings = settings
        self.user = user
        self.patience_s = patience_s
        self._stop = stop or threading.Event()
        self._refused_since: float | None = None
        self._turn = threading.Lock()
        self._client = NativeClient(
            settings.host,
            port=settings.port,
            user=user,
            password=settings.password_of(user),
            database=settings.database if database is None else database,
            connect_timeout=5,
            send_receive_timeout=60,
            sync_request_timeout=5,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._client.disconnect()

    @property
    def refused_s(self) -> float:
        """Seconds since ClickHouse began to refuse what is asked of it again and again; 0: it does not."""
        since = self._refused_since
        return 0.0 if since is None else monotonic_s() - since

    def insert(self, table: str, columns: Columns) -> None:
        """Insert one block; an INSERT whose outcome is unknown is sent again. Raises Retriable or Fatal.

        Without rows nothing is sent: the server takes an empty block for the end and refuses what follows.
        """
        if not len(next(iter(columns.values()), ())):
            return
        names = ", ".join(f"`{name}`" for name in columns)
        statement = f"INSERT INTO {table} ({names}) VALUES"
        data = list(columns.values())

        def send() -> None:
            self._client.execute(
                statement, [_fresh(c) for c in data], columnar=True, settings=INSERT_SETTINGS
            )

        self._patiently(send, f"insert into {table}")

    def rows(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        tables: Sequence[ExternalTable] = (),
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a query. Raises Retriable or Fatal; UsageError where a reader asks too much."""
        sent = [{"name": each.name, "structure": each.structure, "data": each.rows} for each in tables]

        def read() -> list[tuple[Any, ...]]:
            found: list[tuple[Any, ...]] = self._client.execute(
                sql,
                dict(parameters) if parameters else None,
                settings=dict(settings or {}),
                external_tables=sent,
            )
            return found

        return self._patiently(read, "query")

    def table(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
        """Return the columns of a query, name and type, and its rows. Raises as `rows` does."""

        def read() -> tuple[list[tuple[str, str]], list[tuple[Any, ...]]]:
            rows, columns = self._client.execute(
                sql, dict(parameters) if parameters else None, with_column_types=True
            )
            return columns, rows

        return self._patiently(read, "query")

    def run(self, statement: str) -> None:
        """Run one statement that returns nothing. Raises Retriable or Fatal."""
        self._patiently(lambda: self._client.execute(statement), "statement")

    def version(self) -> str:
        """Return the server's version."""
        return str(self.rows("SELECT version()")[0][0])

    def _patiently(self, call: Callable[[], T], what: str) -> T:
        deadline = monotonic_s() + self.patience_s
        pause = FIRST_PAUSE_S
        while True:
            try:
                with self._turn, self._dropped_on_error():
                    found = call()
                self._refused_since = None
                return found
            except ServerException as error:
                reason = _reason(error)
                if error.code not in RETRIABLE_CODES or _is_beyond_limits(error, self.user):
                    raise _final(error, self.user, what) from error
            except (*_BROKEN, Error) as error:
                reason = str(error) or type(error).__name__
            if monotonic_s() + pause > deadline or self._stop.is_set():
                where = f"{self.settings.host}:{self.settings.port}"
                raise Retriable(f"ClickHouse at {where} refused the {what}: {reason}")
            self._refused_since = self._refused_since or monotonic_s()
            logger.warning("ClickHouse refused the %s, again in %.1f s: %s", what, pause, reason)
            self._stop.wait(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    @contextmanager
    def _dropped_on_error(self) -> Iterator[None]:
        """Close the connection after whatever went wrong on it: what it would say next is of no call."""
        try:
            yield
        except BaseException:
            self._client.disconnect()
            raise


def _fresh(column: Column) -> Column:
    """Return a column that the driver may change: it puts what it sends into the list that it was given."""
    return list(column) if isinstance(column, list) else column


def _reason(error: ServerException) -> str:
    return str(error.message).split("Stack trace")[0].strip()[:500]


def _is_beyond_limits(error: ServerException, user: str) -> bool:
    """Tell whether a reader asked for too much; the memory of the whole server may be free again soon."""
    return user == READER_USER and error.code in LIMIT_CODES and "(total)" not in str(error.message)


def _final(error: ServerException, user: str, what: str) -> Exception:
    if error.code in (192, 193, 194, 516):
        return UsageError(f"ClickHouse refuses the user {user}: check its password ({_reason(error)})")
    if error.code == _NO_DATABASE and (named := _NAMED.search(str(error.message))):
        return NoDatabase(named[1])
    if _is_beyond_limits(error, user):
        return UsageError(
            f"this takes more of ClickHouse than {user} may take: choose fewer accounts or a shorter time"
            f" range ({_reason(error)})"
        )
    return Fatal(f"ClickHouse refused the {what}: code {error.code}, {_reason(error)}")
