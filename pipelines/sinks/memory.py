"""The state of record in memory: the tables as the merged ReplacingMergeTree tables would read under FINAL.

A fake that we ship: it takes the same columns as ClickHouse does and loads accounts from the merged rows of
all checkpoints alone, so that tests and benchmarks need no server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pipelines.account import AccountState
from pipelines.checkpoint import Checkpoint, Position, PositionBody, StoredPost
from pipelines.frames import AccountFrame, BrandFlags
from pipelines.metrics.measures import INDEX, Counts
from pipelines.metrics.vectors import Vector, vector_of
from pipelines.restoring import restore
from pipelines.rows import Figure, Heartbeat, Rows
from pipelines.sinks.checkpoint_columns import checkpoint_block
from pipelines.sinks.columns import Columns, blocks_of
from pipelines.sinks.loading import AccountKey
from pipelines.sinks.state_store import Known
from pipelines.windows import HORIZON_MS, SavedMinutes

Row = dict[str, Any]
"""Column name to value; a measure that is not there is 0."""

_ACCOUNT = ("network", "account_id")
ORDER_BY: Mapping[str, tuple[str, ...]] = {
    "posts": (*_ACCOUNT, "id"),
    "post_stats": (*_ACCOUNT, "id", "final", "occurred_at"),
    "profiles": (*_ACCOUNT, "id", "occurred_at"),
    "interactions": (*_ACCOUNT, "kind", "id"),
    "post_edits": (*_ACCOUNT, "id", "occurred_at"),
    "deletions": (*_ACCOUNT, "id"),
    "matured": (*_ACCOUNT, "id", "age"),
    "alerts": (*_ACCOUNT, "alert", "since", "state"),
    "account_windows": (*_ACCOUNT, "window", "at"),
    "account_windows_latest": (*_ACCOUNT, "window"),
    "checkpoints": ("kind", *_ACCOUNT, "at", "id"),
    "batches": ("epoch", "partition", "offset"),
    "dead_letters": ("epoch", "partition", "offset", "index", "source", "place"),
    "brands": ("hash", "partition", "version"),
    "ingest_gaps": ("network", "source", "id"),
    "erasures": ("digest",),
    "recounts": (*_ACCOUNT, "minute", "version"),
}
"""The sorting key of each table: what makes two rows the same row."""
FIRST_STAYS = frozenset(
    {"posts", "post_stats", "profiles", "interactions", "post_edits", "deletions", "matured"}
)
"""Facts keep the row of the lowest version, but ages that a recount decided; of every other row the highest
(or the last written) stays."""


class MemorySink:
    """Tables as dictionaries, keyed by their sorting key; a `StateStore`."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[tuple[Any, ...], Row]] = {name: {} for name in ORDER_BY}
        self.figures: list[Figure] = []
        self.beats: dict[tuple[str, str, str], Heartbeat] = {}
        self.accepted: dict[tuple[int, int], int] = {}
        """Epoch and partition to the offset up to which any number of invalid documents is accepted."""
        self.refused_s = 0.0

    def insert(self, rows: Rows) -> None:
        """Insert facts and window rows, the ledger last."""
        for table, columns in blocks_of(rows):
            self._insert(table, columns)

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Save accounts and positions of some partitions."""
        self._insert("checkpoints", checkpoint_block(checkpoints))

    def tell(self, figures: Sequence[Figure]) -> None:
        """Keep the figures in order; they have no key."""
        self.figures += figures

    def beat(self, beats: Sequence[Heartbeat]) -> None:
        """Keep the last heartbeat of each part, name and network."""
        self.beats.update({(each.part, each.name, each.network): each for each in beats})

    def rows(self, table: str) -> list[Row]:
        """Return a table's rows in the order of its key."""
        return [row for _, row in sorted(self.tables[table].items(), key=lambda item: item[0])]

    def passed_over(self, partition: int, epoch: int) -> int:
        """Return the offset up to which any number of invalid documents is accepted; -1: none is."""
        return self.accepted.get((epoch, partition), -1)

    def position(self, partition: int) -> Position | None:
        """Return where a partition stands; None if nothing of it was ever saved."""
        row = self.tables["checkpoints"].get(("position", "", str(partition), 0, ""))
        if row is None:
            return None
        saved = msgspec.json.decode(row["body"], type=PositionBody)
        return Position(partition, row["version"], **msgspec.structs.asdict(saved))

    def known(self, partition: int) -> list[Known]:
        """Return all saved accounts of a partition."""
        return [
            Known(row["network"], row["account_id"], row["version"], row["next_due"])
            for row in self.tables["checkpoints"].values()
            if row["kind"] == "header" and row["partition"] == partition
        ]

    def load(self, keys: Sequence[AccountKey]) -> list[AccountState]:
        """Return the saved accounts among those named, each from its header, minutes and posts."""
        wanted = set(keys)
        saved: dict[AccountKey, list[Row]] = {}
        for row in self.tables["checkpoints"].values():
            key = (row["network"], row["account_id"])
            if key in wanted and row["kind"] != "position":
                saved.setdefault(key, []).append(row)
        return [state for rows in saved.values() if (state := _restored(rows)) is not None]

    def minutes(self, key: AccountKey, since: int, version: int) -> dict[int, Vector]:
        """Return an account's minutes from an instant on that were saved at a version or later."""
        return {
            row["at"]: vector_of(counts_in(row))
            for row in self.tables["checkpoints"].values()
            if row["kind"] == "minute"
            and (row["network"], row["account_id"]) == key
            and row["at"] >= since
            and row["version"] >= version
        }

    def erasures(self) -> list[str]:
        """Return the digests of everybody and everything that was erased."""
        return [row["digest"] for row in self.rows("erasures")]

    def _insert(self, table: str, columns: Columns) -> None:
        kept, key_of = self.tables[table], ORDER_BY[table]
        lists = [column if isinstance(column, list) else column.tolist() for column in columns.values()]
        for values in zip(*lists, strict=True):
            row = dict(zip(columns, values, strict=True))
            key = tuple(row[name] for name in key_of)
            if (old := kept.get(key)) is None or _replaces(table, row, old):
                kept[key] = row


def counts_in(row: Row) -> Counts:
    """Return a row's measures, zeros left out."""
    return {index: value for name, value in row.items() if value and (index := INDEX.get(name)) is not None}


def _replaces(table: str, row: Row, old: Row) -> bool:
    if table in FIRST_STAYS and not (table == "matured" and row["late"]):
        return bool(row["version"] < old["version"])
    return bool(row.get("version", 0) >= old.get("version", 0))


def _restored(rows: Iterable[Row]) -> AccountState | None:
    by_kind: dict[str, list[Row]] = {"header": [], "minute": [], "post": []}
    for row in rows:
        by_kind[row["kind"]].append(row)
    if not by_kind["header"]:
        return None
    header = by_kind["header"][0]
    oldest = msgspec.json.decode(header["body"])[0] - HORIZON_MS
    frame = AccountFrame(
        network=header["network"],
        account=header["account_id"],
        version=header["version"],
        known_since=header["known_since"],
        last_at=header["last_at"],
        brand=BrandFlags(
            header["brand"], header["knows_promotion"], header["knows_topics"], header["knows_channels"]
        ),
    )
    minutes = SavedMinutes.of(
        {row["at"]: vector_of(counts_in(row)) for row in by_kind["minute"] if row["at"] >= oldest}
    )
    posts = [StoredPost(row["id"], row["at"], row["body"]) for row in by_kind["post"] if row["at"] >= oldest]
    return restore(frame, header["body"], minutes, posts)
