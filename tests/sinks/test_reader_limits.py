"""A reader who asks for more than a reader may take is told so at once, and what to do."""

from __future__ import annotations

import pytest

from infra.embedded import EmbeddedStack
from pipelines.clock import monotonic_s
from pipelines.errors import UsageError
from pipelines.settings import READER_USER, load_settings
from pipelines.sinks.clickhouse import ClickHouse

pytestmark = pytest.mark.integration

PATIENCE_S = 60.0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT length(range(400000000))",
        "SELECT number FROM (SELECT arrayJoin(range(3000000)) AS number) WHERE number % 2 = 0",
    ],
    ids=["memory", "rows"],
)
def test_too_large_a_question_is_no_reason_to_wait(stack: EmbeddedStack, sql: str) -> None:
    settings = load_settings(stack.environ()).clickhouse
    began = monotonic_s()
    with (
        ClickHouse(settings, READER_USER, patience_s=PATIENCE_S) as reader,
        pytest.raises(UsageError, match="choose fewer accounts or a shorter time range"),
    ):
        reader.rows(sql)
    assert monotonic_s() - began < PATIENCE_S / 2
