"""What is stored already, as those may ask who bring more: implemented by sinks, used by sources."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from msgspec import Struct

from pipelines.events import Network


class OwnPost(Struct, frozen=True):
    """A post of a tracked account, when it was made, and when its counts were read already."""

    id: str
    occurred_at: int
    looked_at: tuple[int, ...] = ()


class Facts(Protocol):
    """What is stored already, for a source that must know it: to look again, or to let go of it."""

    def own_posts(self, network: Network, accounts: Collection[str], since: int) -> list[OwnPost]:
        """Return the posts that the accounts themselves made since then."""
        ...

    def post_ids(self, network: Network, since: int) -> list[str]:
        """Return the ids of all posts stored that were made since then, whoever wrote them."""
        ...


class Spend(Protocol):
    """A second memory of what a source has paid, that people may ask; the source's own journal decides."""

    def told(self, source: str) -> dict[str, int]:
        """Return what was spent by day (`2026-11-22`), in millionths of a dollar."""
        ...

    def tell(self, source: str, day: str, micros: int, budgets: tuple[int, int]) -> None:
        """Note what a day has cost so far, and what a day and a month may cost."""
        ...
