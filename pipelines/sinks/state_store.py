"""The state of record: what the fold gives is inserted here, and what it needs is loaded from here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec
from msgspec import Struct

from pipelines.account import AccountState
from pipelines.checkpoint import Checkpoint, Position, PositionBody
from pipelines.metrics.measures import NAMES
from pipelines.metrics.vectors import Vector, vector_of
from pipelines.rows import Figure, Heartbeat, Rows
from pipelines.sinks.checkpoint_columns import checkpoint_block
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.columns import Columns, blocks_of
from pipelines.sinks.cursors import accepted_up_to
from pipelines.sinks.loading import AccountKey, load_accounts

MAX_BLOCK_ROWS = 50_000
"""A block of windows holds a column a measure; the server takes no more memory than this many rows need."""

KEYS_A_QUERY = 1_000
"""Accounts loaded by one query: a tick may need very many, and the text of a query is bounded."""


class Known(Struct, frozen=True):
    """An account that has been saved: its version, and when time alone changes something (None: never)."""

    network: str
    account: str
    version: int
    next_due: int | None


class StateStore(Protocol):
    """Where rows go and states come from."""

    def insert(self, rows: Rows) -> None:
        """Insert facts and window rows, the ledger last."""
        ...

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Save accounts and positions of some partitions in one INSERT."""
        ...

    def tell(self, figures: Sequence[Figure]) -> None:
        """Keep what a part counts of itself, for people who look after it."""
        ...

    def passed_over(self, partition: int, epoch: int) -> int:
        """Return the offset up to which any number of invalid documents is accepted; -1: none is."""
        ...

    @property
    def refused_s(self) -> float:
        """Seconds since the store began to refuse what is asked of it; 0: it does not."""
        ...

    def beat(self, beats: Sequence[Heartbeat]) -> None:
        """Say that a part is alive, and until when it knows everything."""
        ...

    def position(self, partition: int) -> Position | None:
        """Return where a partition stands; None if nothing of it was ever saved."""
        ...

    def known(self, partition: int) -> list[Known]:
        """Return all saved accounts of a partition."""
        ...

    def load(self, keys: Sequence[AccountKey]) -> list[AccountState]:
        """Return the saved accounts among those named."""
        ...

    def minutes(self, key: AccountKey, since: int, version: int) -> dict[int, Vector]:
        """Return an account's minutes from an instant on that were saved at a version or later."""
        ...

    def erasures(self) -> list[str]:
        """Return the digests of everybody and everything that was erased."""
        ...


def erasures(client: ClickHouse) -> list[str]:
    """Return the digests of everybody and everything that was erased."""
    return [digest for (digest,) in client.rows("SELECT DISTINCT digest FROM erasures")]


class ClickHouseStore:
    """The state of record in ClickHouse."""

    def __init__(self, client: ClickHouse) -> None:
        self._client = client

    def insert(self, rows: Rows) -> None:
        """Insert facts and window rows, the ledger last."""
        for table, columns in blocks_of(rows):
            for piece in pieces_of(columns, MAX_BLOCK_ROWS):
                self._client.insert(table, piece)

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Save accounts and positions of some partitions in one INSERT."""
        self._client.insert("checkpoints", checkpoint_block(checkpoints))

    def tell(self, figures: Sequence[Figure]) -> None:
        """Keep what a part counts of itself, for people who look after it."""
        names = Figure.__struct_fields__
        self._client.insert(
            "pipeline_stats", {name: [getattr(each, name) for each in figures] for name in names}
        )

    def beat(self, beats: Sequence[Heartbeat]) -> None:
        """Say that a part is alive, and until when it knows everything."""
        names = Heartbeat.__struct_fields__
        self._client.insert("heartbeats", {name: [getattr(each, name) for each in beats] for name in names})

    def passed_over(self, partition: int, epoch: int) -> int:
        """Return the offset up to which any number of invalid documents is accepted; -1: none is."""
        return accepted_up_to(self._client, partition, epoch)

    @property
    def refused_s(self) -> float:
        """Seconds since ClickHouse began to refuse what is asked of it; 0: it does not."""
        return self._client.refused_s

    def position(self, partition: int) -> Position | None:
        """Return where a partition stands; None if nothing of it was ever saved."""
        found = self._client.rows(_POSITION, {"partition": str(partition)})
        if not found:
            return None
        version, body = found[0]
        saved = msgspec.json.decode(body, type=PositionBody)
        return Position(partition, version, **msgspec.structs.asdict(saved))

    def known(self, partition: int) -> list[Known]:
        """Return all saved accounts of a partition."""
        return [Known(*row) for row in self._client.rows(_KNOWN, {"partition": partition})]

    def load(self, keys: Sequence[AccountKey]) -> list[AccountState]:
        """Return the saved accounts among those named."""
        return [
            state
            for begin in range(0, len(keys), KEYS_A_QUERY)
            for state in load_accounts(self._client, keys[begin : begin + KEYS_A_QUERY])
        ]

    def minutes(self, key: AccountKey, since: int, version: int) -> dict[int, Vector]:
        """Return an account's minutes from an instant on that were saved at a version or later."""
        network, account = key
        parameters = {"network": network, "account": account, "since": since, "version": version}
        return {at: vector_of(dict(counts)) for at, counts in self._client.rows(_MINUTES, parameters)}

    def erasures(self) -> list[str]:
        """Return the digests of everybody and everything that was erased."""
        return erasures(self._client)


def pieces_of(columns: Columns, size: int) -> Iterator[Columns]:
    """Cut a block into blocks of at most `size` rows, in order."""
    length = len(next(iter(columns.values())))
    if length <= size:
        yield columns
        return
    for begin in range(0, length, size):
        yield {name: values[begin : begin + size] for name, values in columns.items()}


_MEASURES = ", ".join(f"toInt128({name})" for name in NAMES)
_POSITION = """
SELECT version, body
FROM checkpoints FINAL
WHERE kind = 'position' AND network = '' AND account_id = %(partition)s
"""
_KNOWN = """
SELECT network, account_id, version, toUnixTimestamp64Milli(next_due)
FROM checkpoints FINAL
WHERE kind = 'header' AND partition = %(partition)s
"""
_COUNTS = f"arrayFilter(pair -> pair.2 != 0, arrayZip(range({len(NAMES)}), [{_MEASURES}]))"
_MINUTES = f"""
SELECT toUnixTimestamp64Milli(at), {_COUNTS}
FROM checkpoints FINAL
WHERE kind = 'minute' AND network = %(network)s AND account_id = %(account)s
    AND toUnixTimestamp64Milli(at) >= %(since)s AND version >= %(version)s
"""  # noqa: S608 - column names of ours, never input
