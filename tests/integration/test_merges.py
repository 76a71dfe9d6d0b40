"""What merges cost: a large part is not written again at every INSERT."""

import time
from collections.abc import Iterator

import pytest
from clickhouse_driver import Client

from infra.embedded import EmbeddedStack
from pipelines.sinks.migrate import migrate
from tests.stores import connect, store_settings

pytestmark = pytest.mark.integration
LARGE, SMALL = 20_000, 10
INSERTS = 40
_PARTS = "SELECT rows, level FROM system.parts WHERE active AND database = %(database)s AND table = 'things'"
_BASES = r"""
SELECT name, toFloat64OrNull(extract(engine_full, 'merge_selector_base = ([0-9.]+)'))
FROM system.tables
WHERE database = %(database)s AND engine LIKE '%%MergeTree'
"""
_DEFAULT = "SELECT toFloat64(value) FROM system.merge_tree_settings WHERE name = 'merge_selector_base'"


@pytest.fixture
def client(stack: EmbeddedStack, database: str) -> Iterator[Client]:
    client = connect(stack.store, "migrate", database=database)
    yield client
    client.disconnect()


def test_a_large_part_is_not_written_again_at_every_insert(client: Client, database: str) -> None:
    client.execute(
        "CREATE TABLE things (thing UInt64, name String) ENGINE = ReplacingMergeTree ORDER BY thing"
    )
    client.execute(f"INSERT INTO things SELECT rand64(), randomString(20) FROM numbers({LARGE})")
    for number in range(INSERTS):
        rows = [(number * SMALL + row, "x" * (number % 7)) for row in range(SMALL)]
        client.execute("INSERT INTO things VALUES", rows)
        time.sleep(0.05)  # merges keep up
    parts = client.execute(_PARTS, {"database": database})
    times_written = max(level for rows, level in parts if rows >= LARGE)
    assert times_written <= 3
    assert len(parts) < INSERTS / 2, "small parts are merged"


def test_no_table_waits_for_a_whole_number_of_parts(
    client: Client, stack: EmbeddedStack, database: str
) -> None:
    migrate(store_settings(stack, database))
    default = client.execute(_DEFAULT)[0][0]
    bases = {table: base or default for table, base in client.execute(_BASES, {"database": database})}
    assert "checkpoints" in bases
    assert [table for table, base in bases.items() if base == int(base)] == []
