"""How far the tables can be judged: where each partition stands, and what a TTL may have cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from pipelines.checkpoint import PositionBody
from pipelines.rows import EPOCH_SHIFT
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.epochs import Epochs, read_epochs
from pipelines.verify.queries import query

DAY_S = 86_400
MARGIN_S = DAY_S
"""A TTL cuts some time after it is due; a row is written some time after what it was made from."""
REACH_S = 30 * DAY_S
"""So much older facts may be that a number needs: the longest window, and what an account remembers."""
WINDOW_TTL_DAYS: Mapping[str, int] = {"1h": 14, "24h": 90}


class Standing(Struct, frozen=True):
    """One partition: the last offset folded, the place of its last document, its clocks."""

    partition: int
    epoch: int
    offset: int
    place: int
    watermarks: dict[str, int]


class Span(Struct, frozen=True, kw_only=True):
    """What is judged. `since_at`: event time, ms; the others: when a row was written, seconds."""

    since_at: int
    now_s: int
    lifetime_days: int
    epochs: Epochs

    @property
    def kept_from(self) -> int:
        """Return from when on no fact and no line of the ledger can have been cut."""
        return self.now_s - self.lifetime_days * DAY_S + MARGIN_S

    @property
    def whole_from(self) -> int:
        """Return from when on all that a row was made from is there."""
        if min(self.epochs.begun_s.values(), default=self.now_s) >= self.kept_from:
            return 0
        return self.kept_from + REACH_S

    def window_from(self, window: str) -> int:
        """Return from when on no row of this window can have been cut."""
        days = WINDOW_TTL_DAYS.get(window, self.lifetime_days)
        return max(self.now_s - days * DAY_S + MARGIN_S, self.whole_from)


class Standings(Struct, frozen=True):
    """All partitions, and the epochs of their log."""

    partitions: tuple[Standing, ...]
    epochs: Epochs

    @property
    def lowest(self) -> int:
        """Return the place that every partition has passed."""
        return min((each.place for each in self.partitions), default=0)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what queries need to tell what lies beyond the last checkpoint."""
        return {
            "partitions": [each.partition for each in self.partitions] or [0],
            "bounds": [each.place for each in self.partitions] or [0],
            "lowest": self.lowest,
            **self.epochs.parameters,
        }

    def watermark(self, partition: int, network: str) -> int | None:
        """Return the clock of a network in a partition; None: it never ticked there."""
        return next(
            (each.watermarks.get(network) for each in self.partitions if each.partition == partition), None
        )


def read_standings(client: ClickHouse) -> Standings:
    """Return where each partition stands now."""
    epochs = read_epochs(client)
    return Standings(tuple(_standing(epochs, *row) for row in client.rows(query("positions"))), epochs)


def _standing(epochs: Epochs, partition: int, version: int, body: str) -> Standing:
    saved = msgspec.json.decode(body, type=PositionBody)
    return Standing(partition, version >> EPOCH_SHIFT, saved.offset, epochs.place(version), saved.watermarks)


def read_span(client: ClickHouse, *, since_at: int, now_s: int) -> Span:
    """Return what can be judged of the tables."""
    [(days,)] = client.rows(query("lifetimes")) or [(400,)]
    return Span(since_at=since_at, now_s=now_s, lifetime_days=days, epochs=read_epochs(client))
