"""What reading costs, on a real ClickHouse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from infra.embedded import EmbeddedStack
from pipelines.settings import WRITER_USER
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.spend import ClickHouseSpend, spent
from tests.stores import store_settings

pytestmark = pytest.mark.integration


def test_the_greatest_figure_of_a_day_stays_and_the_standing_is_that_of_today(
    stack: EmbeddedStack, migrated_database: str
) -> None:
    settings = store_settings(stack, migrated_database)
    now = datetime.now(UTC)
    today, before = f"{now:%Y-%m-%d}", f"{now - timedelta(days=1):%Y-%m-%d}"
    with ClickHouse(settings, WRITER_USER) as client:
        table = ClickHouseSpend(client)
        for day, micros in ((before, 900_000), (today, 300_000), (today, 100_000)):
            table.tell("x-stream", day, micros, (1_000_000, 1_500_000))
        assert table.told("x-stream") == {before: 900_000, today: 300_000}
        assert table.told("another") == {}
        (standing,) = spent(client)
    same_month = now.day > 1
    assert (standing.source, standing.today) == ("x-stream", 300_000)
    assert standing.this_month == (1_200_000 if same_month else 300_000)
    assert standing.left_today == (300_000 if same_month else 700_000)
