"""A store of these tests alone, filled once with the simulated business."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboards.sample import fill
from infra.embedded import EmbeddedStack
from pipelines.settings import READER_USER, WRITER_USER, ClickHouseSettings, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.migrate import migrate
from pipelines.sinks.state_store import ClickHouseStore
from tests.dashboards.filled_store import DAYS, END_AT, Filled


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Four weeks of four accounts, up to END_AT."""
    with EmbeddedStack(tmp_path_factory.mktemp("boards"), with_broker=False) as stack:
        settings = load_settings(stack.environ()).clickhouse
        migrate(settings)
        with ClickHouse(settings, WRITER_USER) as writer:
            fill(ClickHouseStore(writer), end_at=END_AT, days=DAYS)
        with ClickHouse(settings, READER_USER) as reader:
            accounts = tuple(str(row[0]) for row in reader.rows("SELECT account_id FROM accounts ORDER BY 1"))
        yield Filled(settings, accounts)


@pytest.fixture(scope="session")
def unfilled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseSettings]:
    """A migrated store that holds nothing."""
    with EmbeddedStack(tmp_path_factory.mktemp("nothing"), with_broker=False) as stack:
        settings = load_settings(stack.environ()).clickhouse
        migrate(settings)
        yield settings
