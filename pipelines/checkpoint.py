"""What a checkpoint saves together: accounts with what changed of them, and where their partition stands."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from pipelines.frames import AccountFrame, BrandFlags
from pipelines.metrics.vectors import Vector


class MinuteSums(Struct, frozen=True):
    """An account's measures in one minute, absolute."""

    minute: int
    sums: Vector


class StoredPost(Struct, frozen=True):
    """What is remembered of one own post; `body` is the account's business."""

    id: str
    occurred_at: int
    body: str


class AccountCheckpoint(Struct, frozen=True, kw_only=True):
    """An account as it is saved: the header, and the minutes and posts that changed since the last time."""

    frame: AccountFrame
    next_due: int | None
    header: str
    minutes: tuple[MinuteSums, ...] = ()
    posts: tuple[StoredPost, ...] = ()


class PositionBody(Struct, frozen=True):
    """A partition's clocks and brand, as they are saved."""

    offset: int
    watermarks: dict[str, int]
    brand_hash: str
    brand: str
    fresh: int = 0
    whole_from: int = 0


class Position(Struct, frozen=True):
    """Where a partition stands: `offset` is the last one folded, `version` its last document's.

    A replay begins anew: accounts saved before the epoch `fresh` are not known, and windows that begin before
    `whole_from` are not written, since the log does not hold all of them.
    """

    partition: int
    version: int
    offset: int
    watermarks: dict[str, int]
    brand_hash: str
    brand: str
    fresh: int = 0
    whole_from: int = 0

    @property
    def frame(self) -> AccountFrame:
        """Return the position as the account `partition` of no network."""
        return AccountFrame(
            network="",
            account=str(self.partition),
            version=self.version,
            known_since=0,
            last_at=0,
            brand=BrandFlags(self.brand_hash),
        )

    @property
    def body(self) -> str:
        """Return what is saved of it as JSON."""
        saved = PositionBody(
            self.offset, self.watermarks, self.brand_hash, self.brand, self.fresh, self.whole_from
        )
        return msgspec.json.encode(saved).decode()


class Checkpoint(Struct, frozen=True):
    """What one INSERT saves together of one partition."""

    accounts: tuple[AccountCheckpoint, ...]
    position: Position
