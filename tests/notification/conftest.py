"""A migrated database, and the notifier's view of it."""

from collections.abc import Iterator

import pytest

from infra.embedded import EmbeddedStack
from pipelines.settings import WRITER_USER, ClickHouseSettings
from pipelines.sinks.alert_store import AlertStore
from pipelines.sinks.clickhouse import ClickHouse
from tests.metrics.migrated_store import MigratedStore


@pytest.fixture
def alert_store(stack: EmbeddedStack, migrated_database: str, store: MigratedStore) -> Iterator[AlertStore]:
    settings = ClickHouseSettings(
        host=stack.store.host,
        port=stack.store.native_port,
        http_port=stack.store.http_port,
        database=migrated_database,
        writer_password=stack.store.writer_password,
    )
    with ClickHouse(settings, WRITER_USER) as client:
        yield AlertStore(client)
