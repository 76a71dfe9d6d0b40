"""Columns in native form: read back from the real ClickHouse, and refused where they do not fit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from infra.embedded import EmbeddedStack
from pipelines.metrics.measures import INDEX
from pipelines.metrics.vectors import vector_of
from pipelines.sinks.measure_columns import vector_columns
from pipelines.sinks.native import Coded, Fixed, NativeClient

WIDE = [0, 1, -1, 2**63 - 1, 2**63, 2**90, -(2**70) - 5]


class Written:
    """What was written instead of being sent."""

    def __init__(self) -> None:
        self.bytes = b""

    def write(self, some: bytes) -> None:
        self.bytes += some


@pytest.fixture
def client(stack: EmbeddedStack, database: str) -> Iterator[NativeClient]:
    store = stack.store
    client = NativeClient(
        store.host,
        port=store.native_port,
        user="rapport_migrate",
        password=store.migrate_password,
        database=database,
    )
    yield client
    client.disconnect()


@pytest.mark.integration
def test_a_table_goes_along_with_a_query(client: NativeClient) -> None:
    few = {"name": "few", "structure": [("id", "String"), ("n", "Nullable(Int64)")]}
    rows = [{"id": "a", "n": 2}, {"id": "b", "n": None}]
    found = client.execute("SELECT id, n FROM few ORDER BY id", external_tables=[{**few, "data": rows}])
    assert found == [("a", 2), ("b", None)]


@pytest.mark.integration
def test_columns_in_native_form_are_read_back_as_they_were(
    client: NativeClient,
) -> None:
    rows = len(WIDE)
    client.execute(
        "CREATE TABLE forms (i Int64, u UInt64, wide Int128, flag Bool, at DateTime64(3, 'UTC'),"
        " few LowCardinality(String), text String, name String) ENGINE = MergeTree ORDER BY i"
    )
    square = INDEX["matured_interactions_sq"]
    squares = np.array([vector_of({square: value}) for value in WIDE])
    wide = vector_columns([squares])["matured_interactions_sq"]
    few = [["a", "", "☕"][number % 3] for number in range(rows)]
    texts = [f"text {number}" for number in range(rows)]
    numbers = np.arange(rows)
    columns = [
        Fixed(-numbers),
        Fixed(numbers.astype(np.uint64) + np.uint64(2**63)),
        wide,
        Fixed(numbers % 2 == 0),
        Fixed(numbers + 1_700_000_000_123),
        Coded.of(few),
        list(texts),
        Coded.of(few),
    ]
    names = "i, u, wide, flag, at, few, text, name"
    assert client.execute(f"INSERT INTO forms ({names}) VALUES", columns, columnar=True) == rows
    sql = "SELECT i, u, wide, flag, toUnixTimestamp64Milli(at), few, text, name FROM forms ORDER BY i DESC"
    assert client.execute(sql) == [
        (-n, n + 2**63, WIDE[n], n % 2 == 0, n + 1_700_000_000_123, few[n], texts[n], few[n])
        for n in range(rows)
    ]
    assert [wide.tolist(), columns[5].tolist()] == [WIDE, few]  # type: ignore[union-attr]


def test_more_strings_than_a_byte_counts_get_wider_codes() -> None:
    values = [str(number % 300) for number in range(1_000)]
    column = Coded.of(values)
    assert column.codes.dtype == np.uint16
    assert column.tolist() == values
    assert column[10:20].tolist() == values[10:20]


@pytest.mark.parametrize("type_", ["Int32", "Int128", "String", "Nullable(Int64)"])
def test_numbers_of_another_width_than_their_column_are_refused(type_: str) -> None:
    with pytest.raises(TypeError, match="is no column of"):
        Fixed(np.arange(3)).write(type_, Written())


def test_coded_strings_are_refused_by_a_column_that_holds_no_strings() -> None:
    with pytest.raises(TypeError, match="no column of Int64"):
        Coded.of(["a"]).write("Int64", Written())
