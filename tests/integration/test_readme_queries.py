"""Every query of README.md runs, as the reader, and finds something in a store that the simulator filled."""

import re
from collections.abc import Iterator

import pytest

from infra.embedded import EmbeddedStack
from pipelines.settings import ClickHouseSettings
from pipelines.sinks.migrate import migrate
from pipelines.sinks.query import asked
from tests.conftest import DATABASES, REPOSITORY, connect
from tests.integration.command_line import environment, settings_of
from tests.integration.simulated_store import fill

README = REPOSITORY / "README.md"
FENCED = re.compile(r"^```sql\n(.*?)^```", re.MULTILINE | re.DOTALL)
LEAST = 5


def queries() -> list[str]:
    return FENCED.findall(README.read_text()) if README.is_file() else []


@pytest.fixture(scope="module")
def filled(stack: EmbeddedStack) -> Iterator[ClickHouseSettings]:
    """A database of this module alone, with 35 days that end now."""
    name = DATABASES[-1]
    client = connect(stack.store, "migrate", database="system")
    client.execute(f"DROP DATABASE IF EXISTS {name} SYNC")
    settings = settings_of(environment(stack, name, ""))
    migrate(settings.clickhouse)
    fill(settings, days=35)
    yield settings.clickhouse
    client.execute(f"DROP DATABASE IF EXISTS {name} SYNC")
    client.disconnect()


def test_the_readme_shows_at_least_five_queries() -> None:
    assert len(queries()) >= LEAST


@pytest.mark.parametrize("query", queries())
def test_a_query_of_the_readme_runs_and_finds_rows(filled: ClickHouseSettings, query: str) -> None:
    with asked(filled, query) as answer:
        assert list(answer.rows)


@pytest.mark.parametrize("view", ["accounts", "metrics_latest", "post_facts", "weekly_metrics", "metrics"])
def test_the_simulated_history_fills_the_views_for_people(filled: ClickHouseSettings, view: str) -> None:
    with asked(filled, f"SELECT count() FROM {view}") as answer:
        [(rows,)] = answer.rows
    assert rows >= 4
