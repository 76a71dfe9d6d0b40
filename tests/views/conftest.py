"""A migrated store for each test of the views."""

from collections.abc import Iterator

import pytest

from infra.embedded import EmbeddedStack
from tests.metrics.migrated_store import MigratedStore, migrated


@pytest.fixture
def store(stack: EmbeddedStack, database: str) -> Iterator[MigratedStore]:
    """A migrated database of this test alone."""
    with migrated(stack.store, database) as store:
        yield store
