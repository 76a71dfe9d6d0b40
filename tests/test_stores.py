"""Migrated databases that go from test to test leave nothing of the one in the other."""

import pytest

from infra.embedded import EmbeddedStack
from tests.stores import MigratedDatabases, connect

pytestmark = pytest.mark.integration


def test_what_a_test_filled_is_empty_for_the_next_and_what_it_changed_is_made_anew(
    stack: EmbeddedStack, migrated_databases: MigratedDatabases
) -> None:
    admin = connect(stack.store, "migrate", database="system")
    with migrated_databases.one() as first:
        admin.execute(f"INSERT INTO {first}.profiles (network, account_id, id) VALUES", [("x", "1", "1")])
        admin.execute(f"CREATE VIEW {first}.more AS SELECT 1")
    with migrated_databases.one() as second:
        assert second == first
        assert admin.execute(f"EXISTS VIEW {second}.more") == [(0,)]
        admin.execute(f"INSERT INTO {second}.profiles (network, account_id, id) VALUES", [("x", "1", "1")])
    with migrated_databases.one() as third:
        assert third == first
        assert admin.execute(f"SELECT count() FROM {third}.profiles") == [(0,)]
        assert admin.execute(f"SELECT count() > 5 FROM {third}.migrations") == [(1,)]
    with migrated_databases.one() as one, migrated_databases.one() as other:
        assert one != other
    admin.disconnect()
