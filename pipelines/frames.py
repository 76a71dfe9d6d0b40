"""What holds for all rows that an account gives at one instant. Pure."""

from __future__ import annotations

from msgspec import Struct


class BrandFlags(Struct, frozen=True):
    """The brand by which an account's posts were judged last, and what it lets us tell."""

    hash: str = ""
    knows_promotion: bool = False
    knows_topics: bool = False
    knows_channels: bool = False


class AccountFrame(Struct, frozen=True, kw_only=True):
    """What holds for all rows that an account gives at one tick."""

    network: str
    account: str
    version: int
    known_since: int
    last_at: int
    brand: BrandFlags
