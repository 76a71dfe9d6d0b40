"""Every query of README.md and docs/sql.md runs, as the reader, and finds something in a simulated store."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.embedded import EmbeddedStack
from pipelines.settings import READER_USER, ClickHouseSettings
from pipelines.sinks.migrate import migrate
from pipelines.sinks.query import asked
from tests.conftest import REPOSITORY
from tests.integration.command_line import environment, settings_of
from tests.integration.simulated_store import fill
from tests.stores import EMPTY, connect

README, SQL = REPOSITORY / "README.md", REPOSITORY / "docs" / "sql.md"
FENCED = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def queries(page: Path) -> list[str]:
    return FENCED.findall(page.read_text())


@pytest.fixture(scope="module")
def filled(stack: EmbeddedStack) -> Iterator[ClickHouseSettings]:
    """A database of this module alone, with 35 days that end now."""
    name = EMPTY[-1]
    client = connect(stack.store, "migrate", database="system")
    client.execute(f"DROP DATABASE IF EXISTS {name} SYNC")
    settings = settings_of(environment(stack, name, ""))
    migrate(settings.clickhouse)
    fill(settings, days=35)
    yield settings.clickhouse
    client.execute(f"DROP DATABASE IF EXISTS {name} SYNC")
    client.disconnect()


def test_the_readme_shows_at_least_five_queries_and_its_page_twenty() -> None:
    assert len(queries(README)) >= 5
    assert len(queries(SQL)) == 20


def test_the_snippet_for_a_notebook_runs(filled: ClickHouseSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_HOST", f"{filled.host}:{filled.http_port}")
    monkeypatch.setenv("RAPPORT_DATABASE", filled.database)
    monkeypatch.setenv("RAPPORT_PASSWORD", filled.password_of(READER_USER))
    names: dict[str, Any] = {}
    [snippet] = SNIPPET.findall(SQL.read_text())
    exec(snippet, names)
    assert {"account", "value", "n"} == set(names["rows"][0])


@pytest.mark.parametrize("query", [*queries(README), *queries(SQL)])
def test_a_query_for_readers_runs_and_finds_rows(filled: ClickHouseSettings, query: str) -> None:
    with asked(filled, query) as answer:
        assert list(answer.rows)


@pytest.mark.parametrize("view", ["accounts", "metrics_latest", "post_facts", "weekly_metrics", "metrics"])
def test_the_simulated_history_fills_the_views_for_people(filled: ClickHouseSettings, view: str) -> None:
    with asked(filled, f"SELECT count() FROM {view}") as answer:
        [(rows,)] = answer.rows
    assert rows >= 4
