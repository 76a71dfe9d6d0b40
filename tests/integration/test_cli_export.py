"""`rapport export`: whole views as CSV and as Parquet, as the reader."""

import csv
import http.client
import io
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from infra.embedded import EmbeddedStack
from tests.integration.command_line import environment, rapport
from tests.stores import connect

FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def environ(stack: EmbeddedStack, migrated_database: str, topic_prefix: str) -> dict[str, str]:
    """A database with one account, whose name wants to be a formula."""
    client = connect(stack.store, "writer", database=migrated_database)
    client.execute(
        "INSERT INTO profiles (network, account_id, id, handle, name, occurred_at) VALUES",
        [("x", "1", "1", "sam", FORMULA, datetime(2026, 1, 5, 12, tzinfo=UTC))],
    )
    client.disconnect()
    return environment(stack, migrated_database, topic_prefix)


def read_parquet(stack: EmbeddedStack, database: str, content: bytes) -> list[tuple[object, ...]]:
    """Return the rows of a file, read by the real ClickHouse into a table of this test."""
    client = connect(stack.store, "migrate", database=database)
    client.execute(
        "CREATE TABLE read_back"
        " (network String, handle String, name String, first_at Nullable(DateTime64(3, 'UTC')))"
        " ENGINE = MergeTree ORDER BY tuple()"
    )
    query = urlencode(
        {
            "database": database,
            "query": "INSERT INTO read_back SETTINGS input_format_skip_unknown_fields = 1 FORMAT Parquet",
        }
    )
    connection = http.client.HTTPConnection(stack.store.host, stack.store.http_port)
    headers = {"X-ClickHouse-User": "rapport_migrate", "X-ClickHouse-Key": stack.store.migrate_password}
    connection.request("POST", f"/?{query}", body=content, headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()
    rows: list[tuple[object, ...]] = client.execute("SELECT network, handle, name, first_at FROM read_back")
    client.disconnect()
    return rows


def test_csv_holds_every_column_and_no_formula(environ: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    done = rapport(environ, "export", "accounts", "--to", str(file))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    [row] = csv.DictReader(io.StringIO(file.read_text()))
    assert list(row) == ["network", "account_id", "handle", "name", "first_at", "last_at"]
    assert row["name"] == f"'{FORMULA}"
    assert rapport(environ, "export", "accounts").stdout == file.read_text()
    assert list(tmp_path.iterdir()) == [file]


def test_parquet_is_read_back_by_clickhouse_with_its_types(
    stack: EmbeddedStack, migrated_database: str, environ: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "accounts.parquet"
    done = rapport(environ, "export", "accounts", "--format", "parquet", "--to", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert read_parquet(stack, migrated_database, file.read_bytes()) == [("x", "sam", FORMULA, None)]


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_what_fails_leaves_no_file(stack: EmbeddedStack, database: str, tmp_path: Path, format_: str) -> None:
    """In a database that was never migrated."""
    environ = environment(stack, database, "")
    file = tmp_path / "old"
    file.write_text("as before")
    done = rapport(environ, "export", "accounts", "--format", format_, "--to", str(file))
    assert done.returncode == 2, done.stderr
    assert "there is no view" in done.stderr
    assert [(each, each.read_text()) for each in tmp_path.iterdir()] == [(file, "as before")]
    away = {**environ, "RAPPORT_CLICKHOUSE_PORT": "1", "RAPPORT_CLICKHOUSE_HTTP_PORT": "1"}
    done = rapport(away, "export", "accounts", "--format", format_, "--to", str(file))
    assert done.returncode == 70
    assert "no ClickHouse answers" in done.stderr
