"""Places in the log: a version, whose epoch is the first of all that folded the same topic.

A replay folds the same documents at the same offsets in an epoch of its own, and of a fact the tables keep
the first version: so what came before what is told by places, and not by versions.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from pipelines.rows import EPOCH_SHIFT
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.queries import query


class Epochs(Struct, frozen=True):
    """All epochs of the log. `bases`: the first of the same topic, for each; `begun_s`: when that began."""

    bases: dict[int, int]
    begun_s: dict[int, int]

    def base(self, epoch: int) -> int:
        """Return the epoch by which all epochs of the same topic are named."""
        return self.bases.get(epoch, epoch)

    def place(self, version: int) -> int:
        """Return a version as it would be in the first epoch of its topic."""
        epoch = version >> EPOCH_SHIFT
        return version - (epoch - self.base(epoch) << EPOCH_SHIFT)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what queries need to take epochs of one topic together."""
        return {"epochs": list(self.bases) or [0], "bases": list(self.bases.values()) or [0]}


def read_epochs(client: ClickHouse) -> Epochs:
    """Return the epochs that the tables know."""
    rows = client.rows(query("epochs"))
    return Epochs({epoch: base for epoch, base, _ in rows}, {base: begun_s for _, base, begun_s in rows})
