"""`rapport sql` against the real server, running or started on a stopped folder."""

import json
from pathlib import Path

import pytest

from infra.embedded import EmbeddedStack
from pipelines.settings import load_settings
from pipelines.sinks.migrate import migrate
from tests.integration.command_line import environment, rapport


@pytest.fixture
def environ(stack: EmbeddedStack, migrated_database: str, topic_prefix: str) -> dict[str, str]:
    return environment(stack, migrated_database, topic_prefix)


def test_answers_go_to_standard_output_alone_in_each_format(environ: dict[str, str]) -> None:
    query = "SELECT 1 AS n, '=x' AS text, toDateTime64('2026-01-05 12:00:00', 3, 'UTC') AS at"
    table = rapport(environ, "sql", query)
    assert (table.returncode, table.stderr) == (0, "")
    assert [line.split() for line in table.stdout.splitlines()] == [
        ["n", "text", "at"],
        ["1", "=x", "2026-01-05", "12:00:00Z"],
    ]
    assert rapport(environ, "sql", "--format", "csv", query).stdout == (
        "n,text,at\n1,'=x,2026-01-05T12:00:00Z\n"
    )
    found = rapport(environ, "sql", "--format", "json", "-", stdin=f"{query};\n")
    assert json.loads(found.stdout) == [{"n": 1, "text": "=x", "at": "2026-01-05T12:00:00Z"}]


def test_a_million_rows_stream_and_one_more_is_refused(environ: dict[str, str]) -> None:
    found = rapport(environ, "sql", "--format", "csv", "SELECT number FROM numbers(1000000)")
    assert found.returncode == 0
    assert found.stdout.endswith("\n999999\n")
    refused = rapport(environ, "sql", "--format", "csv", "SELECT number FROM numbers(1000001)")
    assert refused.returncode == 2
    assert "too large" in refused.stderr


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT 1 FORM accounts", "cannot be read"),
        ("SELECT handl FROM accounts", "no column handl; maybe you meant handle"),
        ("SELECT 1 FROM acounts", "no view acounts; maybe you meant"),
        ("SELECT id FROM posts", "not allowed: rapport_reader reads views and nothing else"),
        ("SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'n UInt8')", "not allowed"),
        ("DROP VIEW accounts", "not allowed"),
        ("INSERT INTO posts (id) VALUES ('1')", "not allowed"),
        ("SET readonly = 0", "not allowed: rapport_reader only reads"),
        ("SELECT 1; SELECT 2", "one statement at a time"),
        ("SELECT nothing_of_this_name(1)", "Function with name `nothing_of_this_name` does not exist"),
    ],
)
def test_a_wrong_query_ends_with_2_and_one_line(environ: dict[str, str], query: str, words: str) -> None:
    found = rapport(environ, "sql", query)
    assert (found.returncode, found.stdout) == (2, "")
    assert words in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_an_unreachable_server_ends_with_70_and_the_way_out(environ: dict[str, str]) -> None:
    found = rapport({**environ, "RAPPORT_CLICKHOUSE_PORT": "1"}, "sql", "SELECT 1")
    assert (found.returncode, found.stdout) == (70, "")
    assert "rapport: no ClickHouse answers at 127.0.0.1:1: start it" in found.stderr


def test_a_wrong_password_ends_with_2(tmp_path: Path) -> None:
    """In a server of its own: libchdb 26.7 now and then aborts after a failed login."""
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        found = rapport({**stack.environ(), "RAPPORT_CLICKHOUSE_READER_PASSWORD": "no"}, "sql", "SELECT 1")
    assert found.returncode == 2
    assert "check RAPPORT_CLICKHOUSE_READER_PASSWORD" in found.stderr


def test_a_stopped_folder_is_asked_by_starting_its_store(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        migrate(load_settings(stack.environ()).clickhouse)
        running = rapport(
            {}, "sql", "--data-dir", str(tmp_path), "--format", "csv", "SELECT count() FROM accounts"
        )
    stopped = rapport(
        {}, "sql", "--data-dir", str(tmp_path), "--format", "csv", "SELECT count() FROM accounts"
    )
    assert running.stdout == stopped.stdout == "count()\n0\n"
    other = rapport({}, "sql", "--data-dir", str(tmp_path / "other"), "SELECT 1")
    assert other.returncode == 2
    assert "holds no data of rapport" in other.stderr
