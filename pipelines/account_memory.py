"""How an account's state is written into a checkpoint, beside its minutes."""

from __future__ import annotations

import base64
from array import array

from msgspec import Struct

from pipelines.alerts.account_alerts import Saved as SavedAlerts
from pipelines.followers import Reading
from pipelines.maturity import Pending
from pipelines.recent import Remembered
from pipelines.waiting import EarlyAct


class Header(Struct, frozen=True, array_like=True):
    """The small part: how far time has passed, the gauges, what changed since, what was seen lately."""

    head: int
    known_since: int | None
    last_at: int
    followers: int | None
    touched: int | None
    """The earliest minute that changed since time passed last; None: nothing changed."""
    seen: str
    followers_at: int
    early: list[EarlyAct]
    alerts: SavedAlerts | None = None
    recounted: int = 0
    """The version up to which facts were read for the last recount."""
    readings: list[Reading] = []
    """What profiles told of the followers lately; an older header has only the last, apart."""

    def __post_init__(self) -> None:
        if not self.readings and self.followers is not None:
            self.readings.append(Reading(self.followers_at, self.followers))


class PostMemory(Struct, frozen=True, array_like=True):
    """One own post: what is remembered of it, and what it still waits for. Both None: nothing any more."""

    own: Remembered | None
    pending: Pending | None


def dump_seen(seen: dict[int, int]) -> str:
    """Return the identities seen and their instants as base64 of 16 bytes each."""
    packed = array("Q", (number for pair in seen.items() for number in pair))
    return base64.b64encode(packed.tobytes()).decode()


def load_seen(text: str) -> dict[int, int]:
    """Return what `dump_seen` was given."""
    packed = array("Q")
    packed.frombytes(base64.b64decode(text))
    return dict(zip(packed[::2], packed[1::2], strict=True))
