"""The databases of tests: connections to them, and migrated ones that go from test to test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_driver import Client

from infra.embedded import EmbeddedStack, StoreAddress
from pipelines.settings import ClickHouseSettings, load_settings
from pipelines.sinks.migrate import migrate

# ClickHouse grants single views by the database's name and learns the names at its start: tests take turns.
EMPTY = tuple(f"rapport_test_{number}" for number in range(16))
MIGRATED = tuple(f"rapport_test_migrated_{number}" for number in range(4))
_SCHEMA = "SELECT sum(cityHash64(name, create_table_query)) FROM system.tables WHERE database = %(name)s"
_FILLED = """
SELECT name
FROM system.tables
WHERE database = %(name)s AND name != 'migrations' AND total_rows > 0
"""


def connect(store: StoreAddress, user: str, *, database: str = "rapport") -> Client:
    """Return a client of the store as the user "migrate", "writer" or "reader"."""
    return Client(
        store.host,
        port=store.native_port,
        user=f"rapport_{user}",
        password=getattr(store, f"{user}_password"),
        database=database,
    )


def store_settings(stack: EmbeddedStack, database: str) -> ClickHouseSettings:
    """Return how our own parts find a database of the stack."""
    return load_settings({**stack.environ(), "RAPPORT_CLICKHOUSE_DATABASE": database}).clickhouse


class MigratedDatabases:
    """Databases with all our tables and views, made where one is wanted and none is free.

    To migrate costs half a second, to empty what a test has filled some milliseconds. A test that changed
    the schema leaves a database that is made anew.
    """

    def __init__(self, stack: EmbeddedStack) -> None:
        self._stack = stack
        self._free = list(MIGRATED)
        self._schemas: dict[str, int] = {}

    @contextmanager
    def one(self) -> Iterator[str]:
        """Give the name of one whose tables are empty."""
        name = self._free.pop()
        admin = connect(self._stack.store, "migrate", database="system")
        try:
            if name not in self._schemas:
                admin.execute(f"DROP DATABASE IF EXISTS {name} SYNC")
                migrate(store_settings(self._stack, name))
                self._schemas[name] = _schema(admin, name)
            yield name
        finally:
            if _schema(admin, name) == self._schemas.get(name):
                _empty(admin, name)
            else:
                self._schemas.pop(name, None)
            admin.disconnect()
            self._free.append(name)


def _schema(admin: Client, name: str) -> int:
    return int(admin.execute(_SCHEMA, {"name": name})[0][0])


def _empty(admin: Client, name: str) -> None:
    for (table,) in admin.execute(_FILLED, {"name": name}):
        admin.execute(f"TRUNCATE TABLE {name}.{table} SYNC")
