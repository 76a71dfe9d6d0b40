"""The numbers of an analysis, read as the read-only user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Struct, structs

from pipelines.settings import READER_USER, WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sources.base import BadInput, Lack


class MetricRow(Struct, frozen=True):
    """One metric of one account in one window. Instants are ISO 8601, UTC."""

    network: str
    account_id: str
    account: str
    metric: str
    window: str
    at: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    status: str
    needed: int | None


class Result(Struct, frozen=True, kw_only=True):
    """What `rapport analyze --json` prints."""

    posts: int
    accounts: int
    events: int
    dead_letters: int
    seconds: float
    metrics: list[MetricRow]
    lacks: tuple[Lack, ...] = ()


class Ledger(Struct, frozen=True):
    """How many documents were events, how many dead letters there are, and the first of them."""

    events: int
    dead: int
    first_dead: tuple[BadInput, ...]


class Span(Struct, frozen=True):
    """The time that is known of an account, and how many posts of its own."""

    network: str
    account_id: str
    account: str
    from_at: str
    to_at: str


_METRICS = """
SELECT network, account_id, account, metric, window, at, value, low, high, n, status, needed
FROM metrics_latest
ORDER BY network, account_id, window, metric
"""
_SPANS = """
SELECT DISTINCT network, account_id, account, from_at, at
FROM metrics_latest
WHERE window = 'all' AND metric = 'posts_per_day'
"""
_EVENTS = "SELECT sum(facts) FROM batches FINAL"
_DEAD = "SELECT count() FROM dead_letters FINAL"
_FIRST_DEAD = r"""
SELECT place, reason
FROM dead_letters FINAL
ORDER BY
    epoch,
    partition,
    offset,
    if(epoch = 0, 0, index),
    extract(place, '^[^:[]*') AS file,
    toUInt64OrZero(extract(place, '[:[](\\d+)')) AS line,
    place
LIMIT %(limit)s
"""


def read_metrics(settings: Settings) -> list[MetricRow]:
    """Return window `all` of every account, and its last non-empty row of the four windows."""
    with ClickHouse(settings.clickhouse, READER_USER) as client:
        rows = client.rows(_METRICS, settings={"max_result_rows": 1_000_000})
    names = MetricRow.__struct_fields__
    return [
        msgspec.convert(dict(zip(names, [*row[:5], _iso(row[5]), *row[6:]], strict=True)), MetricRow)
        for row in rows
    ]


def withheld(metrics: Sequence[MetricRow], lacks: Sequence[Lack]) -> list[MetricRow]:
    """Return the metrics; those that the input could only ever count as 0 are unknown instead."""
    silent = {(lack.network, name) for lack in lacks for name in lack.silent}
    return [_unknown(row) if (row.network, row.metric) in silent else row for row in metrics]


def _unknown(row: MetricRow) -> MetricRow:
    return structs.replace(row, value=None, low=None, high=None, status="unknown_input", needed=None)


def read_spans(settings: Settings) -> dict[tuple[str, str], Span]:
    """Return for each account from when to when it is known."""
    with ClickHouse(settings.clickhouse, READER_USER) as client:
        spans = [
            Span(network, account_id, account, _iso(from_at), _iso(to_at))
            for network, account_id, account, from_at, to_at in client.rows(_SPANS)
        ]
    return {(span.network, span.account_id): span for span in spans}


def read_ledger(settings: Settings, *, limit: int) -> Ledger:
    """Return how many documents were events, and what could not be counted, the first `limit` by name."""
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        events, dead = client.rows(_EVENTS)[0][0], client.rows(_DEAD)[0][0]
        first = client.rows(_FIRST_DEAD, {"limit": limit})
    return Ledger(events, dead, tuple(BadInput(where=place, reason=reason) for place, reason in first))


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
