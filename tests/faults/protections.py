"""One protection of the worker off at a time, in the process that shall go wrong.

What the other fault tests prove means something only if they see what goes wrong without.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from pipelines import partition
from pipelines.agents import folding
from pipelines.checkpoint import Checkpoint
from pipelines.rows import Rows
from pipelines.sinks import state_store
from pipelines.sinks.columns import Columns


def switch_off(name: str) -> None:
    """Switch a protection off in this process."""
    PROTECTIONS[name]()


def _skip() -> None:
    """Fold again what the checkpoint already holds: neither position nor header is looked at."""

    def check_offset(self: Any, offset: int) -> bool:
        return True

    real = partition.PartitionState._fold_event

    def fold_event(self: Any, event: Any, relevance: Any, version: int, rows: Any) -> str:
        state = self.accounts.get((event.network, event.subject))
        if state is not None:
            state.version = 0
        return real(self, event, relevance, version, rows)

    partition.PartitionState.check_offset = check_offset  # type: ignore[method-assign]
    partition.PartitionState._fold_event = fold_event  # type: ignore[method-assign]


def _order() -> None:
    """Checkpoint and commit first, insert later."""

    async def checkpoint(self: Any) -> None:
        self._since_checkpoint = 0
        assignment = self._assignment
        found = [each for state in self._partitions.values() if (each := state.take_checkpoint())]
        self._checkpoint_at = folding.clock.monotonic_s()
        if not found:
            return
        await self._in_thread(self._store.save, found)
        self.figures.checkpoints += 1
        if self._assignment == assignment:
            await self._commit(folding._next_offsets(found))
        await asyncio.sleep(0)
        await self._insert()
        await self._inserted()

    folding.Folding._checkpoint = checkpoint  # type: ignore[method-assign]


def _version() -> None:
    """Give all window rows and minutes of an account one version: the row that comes last stays."""
    real_blocks, real_checkpoint = state_store.blocks_of, state_store.checkpoint_block

    def blocks_of(rows: Rows) -> list[tuple[str, Columns]]:
        return [
            (table, _flat(columns) if table.startswith("account_windows") else columns)
            for table, columns in real_blocks(rows)
        ]

    def checkpoint_block(checkpoints: Sequence[Checkpoint]) -> Columns:
        columns = real_checkpoint(checkpoints)
        flat = [
            version if kind in ("position", "header") else version >> 56 << 56
            for kind, version in zip(_values(columns["kind"]), _values(columns["version"]), strict=True)
        ]
        return {**columns, "version": flat}

    state_store.blocks_of, state_store.checkpoint_block = blocks_of, checkpoint_block


def _values(column: Any) -> list[Any]:
    return column if isinstance(column, list) else column.tolist()


def _flat(columns: Columns) -> Columns:
    return {**columns, "version": [version >> 56 << 56 for version in _values(columns["version"])]}


PROTECTIONS: dict[str, Callable[[], None]] = {
    "skip": _skip,
    "order": _order,
    "version": _version,
}
