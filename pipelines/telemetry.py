"""What a part counts of itself, under which names, and whether it makes progress. Pure.

One `Sample` feeds both readers: Prometheus (`rapport_worker_lag_records{partition="3"}`) and the table
`pipeline_stats`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from pipelines.rows import Figure

MAX_REASONS = 100
"""Reasons of dead letters that are counted apart; further ones are counted as `other`."""
MAX_REASON_CHARACTERS = 120

HELP = {
    "batch_rows": "rows of one INSERT round, all tables together",
    "bytes": "bytes of the messages sent",
    "checkpoint_age_s": "seconds since this process saved a checkpoint",
    "checkpoints": "checkpoints saved",
    "cursor_age_s": "seconds since the source's cursor was saved",
    "dead_letters": "documents that can never be counted, by reason",
    "documents": "documents read or written, a control event once a partition",
    "event_age_s": "seconds between the latest event's own time and now",
    "insert_s": "seconds of one INSERT round, all tables together, retries included",
    "lag_records": "records of the log behind the last one folded",
    "loaded_accounts": "accounts whose state was loaded from checkpoints",
    "loads": "queries that loaded states",
    "messages": "messages folded or sent",
    "partitions": "partitions assigned to this process",
    "readings": "events that the source gave",
    "refused_s": "seconds since ClickHouse began to refuse what is asked of it; 0: it does not",
    "spool_bytes": "bytes that a live source gave and that wait on disk for Kafka",
    "spool_full": "1: no more may wait on disk, so the source is not read; 0: it is",
    "spool_limit_bytes": "bytes that may wait on disk",
    "standing_s": "seconds without progress in the partition that stands longest though records wait",
    "ticks": "ticks sent",
    "unacknowledged": "messages that Kafka has not acknowledged yet",
    "watermark_age_s": "seconds between the watermark and now",
}
"""What each figure means; a name ends in its unit where it has one."""
COUNTERS = frozenset(
    {
        "bytes", "checkpoints", "dead_letters", "documents", "loaded_accounts", "loads", "messages",
        "readings", "ticks",
    }
)  # fmt: skip
"""Figures that only grow while the process lives."""

Labels = tuple[tuple[str, str], ...]


class Sample(Struct, frozen=True):
    """One figure as it is now. Labels: `partition`, `network`, `reason`."""

    name: str
    value: float
    labels: Labels = ()


class Distribution:
    """How values are distributed: counts up to each bound, as Prometheus' histograms have it.

    >>> sizes = Distribution("batch_rows", (10, 100))
    >>> sizes.observe(10); sizes.observe(11)
    >>> sizes.buckets()
    [('10', 1), ('100', 2), ('+Inf', 2)]
    """

    def __init__(self, name: str, bounds: Sequence[float]) -> None:
        self.name = name
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0
        self.last = 0.0

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self._counts)

    def observe(self, value: float) -> None:
        """Add a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value
        self.last = value

    def buckets(self) -> list[tuple[str, float]]:
        """Return each bound with the number of values up to it."""
        found: list[tuple[str, float]] = []
        total = 0
        for bound, count in zip((*map(str, self._bounds), "+Inf"), self._counts, strict=True):
            total += count
            found.append((bound, total))
        return found


Reading = Sample | Distribution


class Reasons:
    """Counts by reason, bounded in number and length: reasons may quote what strangers wrote."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def count(self, reason: str) -> None:
        """Count one more."""
        short = reason[:MAX_REASON_CHARACTERS]
        key = short if short in self.counts or len(self.counts) < MAX_REASONS else "other"
        self.counts[key] = self.counts.get(key, 0) + 1


class WorkerFigures(Struct):
    """What a worker counts of itself. Times are ms since the Unix epoch; 0: never."""

    messages: int = 0
    documents: int = 0
    checkpoints: int = 0
    checkpoint_at: int = 0
    loads: int = 0
    loaded_accounts: int = 0
    lag: dict[int, int] = {}
    standing_s: float = 0.0
    refused_s: float = 0.0
    dead: Reasons = field(default_factory=Reasons)
    batch_rows: Distribution = field(
        default_factory=lambda: Distribution("batch_rows", (10, 100, 1_000, 10_000, 100_000, 1_000_000))
    )
    insert_s: Distribution = field(
        default_factory=lambda: Distribution("insert_s", (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 60, 600))
    )


def of_worker(
    figures: WorkerFigures, watermarks: Mapping[tuple[int, str], int], *, now_at: int
) -> list[Reading]:
    """Return all that a worker tells."""
    return [
        *(Sample(name, getattr(figures, name)) for name in _WORKER_COUNTS),
        *(
            Sample("dead_letters", count, (("reason", reason),))
            for reason, count in figures.dead.counts.items()
        ),
        *_age("checkpoint_age_s", figures.checkpoint_at, now_at),
        *(Sample("lag_records", lag, _partition(number)) for number, lag in sorted(figures.lag.items())),
        *(
            Sample("watermark_age_s", (now_at - at) / 1_000, (*_partition(number), ("network", network)))
            for (number, network), at in sorted(watermarks.items())
        ),
        figures.batch_rows,
        figures.insert_s,
    ]


_WORKER_COUNTS = (
    "messages", "documents", "checkpoints", "loads", "loaded_accounts", "standing_s", "refused_s",
)  # fmt: skip


def _age(name: str, at: int, now_at: int) -> list[Sample]:
    return [Sample(name, (now_at - at) / 1_000)] if at else []


def _partition(number: int) -> Labels:
    return (("partition", str(number)),)


def stored(readings: Iterable[Reading], *, part: str, process: str, at: int) -> list[Figure]:
    """Return readings as rows of `pipeline_stats`: of a partition under `part`, of the process under its own.

    A distribution becomes its count, its sum and its last value.
    """
    figures = []
    for each in readings:
        if isinstance(each, Distribution):
            told = {f"{each.name}_count": each.count, f"{each.name}_sum": each.sum, each.name: each.last}
            figures += [Figure(at=at, part=process, name=name, value=value) for name, value in told.items()]
            continue
        labels = dict(each.labels)
        number = int(labels.pop("partition", "-1"))
        name = "_".join((each.name, *labels.values()))
        owner = process if number < 0 else part
        figures.append(Figure(at=at, part=owner, name=name, value=each.value, partition=number))
    return figures


class Progress:
    """Since when each partition stands though records wait."""

    def __init__(self) -> None:
        self._moved: dict[int, tuple[int, float]] = {}
        self._folded_s = float("-inf")

    def look(self, positions: Mapping[int, int], ends: Mapping[int, int], *, now_s: float) -> dict[int, int]:
        """Take the last offsets folded and the ends of the log; return the lag of each partition."""
        lag = {
            number: max(0, ends[number] - position - 1)
            for number, position in positions.items()
            if number in ends
        }
        if any(position > self._moved.get(number, (position,))[0] for number, position in positions.items()):
            self._folded_s = now_s
        self._moved = {
            number: known
            if (known := self._moved.get(number)) is not None and known[0] == positions[number] and waiting
            else (positions[number], now_s)
            for number, waiting in lag.items()
        }
        return lag

    def longest(self, *, now_s: float) -> tuple[int, float] | None:
        """Return the partition that stands longest and for how many seconds; None without any."""
        if not self._moved:
            return None
        number = min(self._moved, key=lambda each: self._moved[each][1])
        return number, now_s - self._moved[number][1]

    def since_any_moved(self, *, now_s: float) -> float:
        """Return the seconds since any partition was last seen to move; endless if none ever was."""
        return now_s - self._folded_s
