"""How long facts are kept follows the settings, on a schema that exists already too."""

from __future__ import annotations

import msgspec
import pytest

from infra.embedded import EmbeddedStack
from pipelines.settings import MIGRATE_USER, Settings, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.migrate import FACT_TABLES, migrate

_QUERIES = "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase()"


@pytest.mark.integration
def test_facts_are_kept_as_long_as_the_settings_say(stack: EmbeddedStack, database: str) -> None:
    settings: Settings = load_settings(stack.environ())
    clickhouse = msgspec.structs.replace(settings.clickhouse, database=database)
    for days in (400, 90):
        migrate(clickhouse, facts_ttl_days=days)
        with ClickHouse(clickhouse, MIGRATE_USER) as client:
            made = dict(client.rows(_QUERIES))
        assert all(f"written_at + toIntervalDay({days})" in made[table] for table in FACT_TABLES)
