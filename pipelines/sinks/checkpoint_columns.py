"""A checkpoint as the columns of one block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipelines.checkpoint import Checkpoint
from pipelines.frames import AccountFrame
from pipelines.metrics.vectors import ZERO, Vector
from pipelines.sinks.columns import Columns, frame_columns
from pipelines.sinks.measure_columns import vector_columns
from pipelines.sinks.packed_minutes import texts_of


class _CheckpointRow:
    """One row of a checkpoint while the block is put together."""

    __slots__ = ("at", "body", "frame", "id", "kind", "next_due", "sums")

    def __init__(
        self, kind: str, frame: AccountFrame, *, at: int = 0, id_: str = "", body: str = "",
        sums: Vector = ZERO, next_due: int | None = None,
    ) -> None:  # fmt: skip
        self.kind, self.frame, self.at, self.id = kind, frame, at, id_
        self.body, self.sums, self.next_due = body, sums, next_due


def _checkpoint_rows(checkpoint: Checkpoint) -> list[_CheckpointRow]:
    rows = [_CheckpointRow("position", checkpoint.position.frame, body=checkpoint.position.body)]
    for account in checkpoint.accounts:
        rows.append(_CheckpointRow("header", account.frame, body=account.header, next_due=account.next_due))
        rows += [
            _CheckpointRow("minute", account.frame, at=minute.minute, sums=minute.sums)
            for minute in account.minutes
        ]
        rows += [
            _CheckpointRow("post", account.frame, at=post.occurred_at, id_=post.id, body=post.body)
            for post in account.posts
        ]
    return rows


def checkpoint_block(checkpoints: Sequence[Checkpoint]) -> Columns:
    """Return the one block that saves accounts and positions together."""
    rows: list[_CheckpointRow] = []
    partitions: list[int] = []
    for checkpoint in checkpoints:
        some = _checkpoint_rows(checkpoint)
        rows += some
        partitions += [checkpoint.position.partition] * len(some)
    minutes = [row for row in rows if row.kind == "minute"]
    for row, text in zip(minutes, texts_of([row.sums for row in minutes]), strict=True):
        row.body = text
    return {
        "partition": partitions,
        **frame_columns([row.frame for row in rows], np.arange(len(rows))),
        "kind": [row.kind for row in rows],
        "at": [row.at for row in rows],
        "id": [row.id for row in rows],
        "body": [row.body for row in rows],
        "next_due": [row.next_due for row in rows],
        **vector_columns([np.stack([row.sums for row in rows])]),
    }
