"""What waits on disk for Kafka, as each ingest told it last."""

from __future__ import annotations

from msgspec import Struct

from pipelines.sinks.clickhouse import ClickHouse

_TOLD = """
SELECT
    substring(part, 8) AS source,
    toUInt64(argMaxIf(value, at, name = 'spool_bytes')) AS waiting,
    toUInt64(argMaxIf(value, at, name = 'spool_limit_bytes')) AS most,
    argMaxIf(value, at, name = 'spool_full') > 0 AS is_full,
    toUnixTimestamp64Milli(max(pipeline_stats.at)) AS told_at
FROM pipeline_stats
WHERE startsWith(part, 'ingest ') AND name IN ('spool_bytes', 'spool_limit_bytes', 'spool_full')
    AND at > now() - toIntervalDay(1)
GROUP BY part
ORDER BY source
"""


class Spooled(Struct, frozen=True, kw_only=True):
    """What a source gave and Kafka does not have yet. `is_full`: the source is not read for that reason."""

    source: str
    waiting_bytes: int
    most_bytes: int
    is_full: bool
    told_at: int


def spooled(client: ClickHouse) -> tuple[Spooled, ...]:
    """Return what waits for each source that told it within a day."""
    return tuple(
        Spooled(source=source, waiting_bytes=waiting, most_bytes=most, is_full=bool(full), told_at=told_at)
        for source, waiting, most, full, told_at in client.rows(_TOLD)
    )
