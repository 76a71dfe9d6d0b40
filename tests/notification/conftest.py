"""A migrated database, and the notifier's view of it."""

from collections.abc import Iterator

import pytest

from infra.embedded import EmbeddedStack
from pipelines.settings import WRITER_USER
from pipelines.sinks.alert_store import AlertStore
from pipelines.sinks.clickhouse import ClickHouse
from tests.metrics.migrated_store import MigratedStore
from tests.stores import store_settings


@pytest.fixture
def alert_store(stack: EmbeddedStack, migrated_database: str, store: MigratedStore) -> Iterator[AlertStore]:
    with ClickHouse(store_settings(stack, migrated_database), WRITER_USER) as client:
        yield AlertStore(client)
