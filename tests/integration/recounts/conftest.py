"""A migrated store for all tests of a file, and an empty log with empty tables for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.embedded import EmbeddedStack
from pipelines.settings import MIGRATE_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from tests.integration.folded_log import migrated_database
from tests.integration.recounted_log import Log


@pytest.fixture(scope="module")
def store(stack: EmbeddedStack) -> Iterator[Settings]:
    """A migrated database of these tests alone."""
    with migrated_database(stack, "rapport_recount") as settings:
        yield settings


@pytest.fixture
def keeper(store: Settings) -> Iterator[ClickHouse]:
    """The user who may change rows."""
    with ClickHouse(store.clickhouse, MIGRATE_USER) as client:
        yield client


@pytest.fixture
def log(store: Settings, keeper: ClickHouse) -> Log:
    """An empty log with empty tables."""
    return Log(store, keeper)
