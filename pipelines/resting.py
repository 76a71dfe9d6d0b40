"""The accounts of a partition that are saved and not in memory. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from pipelines.dues import Dues, Key
from pipelines.events import AnyEvent, Tick


class Resting:
    """Which accounts are elsewhere, and at which version each was saved."""

    def __init__(self) -> None:
        self._versions: dict[Key, int] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._versions

    def add(self, key: Key, version: int) -> None:
        """Note that an account is saved at a version, and not here."""
        self._versions[key] = version

    def discard(self, key: Key) -> None:
        """Note that an account is here, or is gone."""
        self._versions.pop(key, None)

    def needed_by(self, events: Iterable[AnyEvent | None], dues: Dues) -> list[Key]:
        """Return those that must be here before these events are folded: named, or due at a tick."""
        keys: set[Key] = set()
        clocks: dict[str, int] = {}
        for event in events:
            if isinstance(event, Tick):
                clocks[event.network] = max(event.occurred_at, clocks.get(event.network, 0))
            elif event is not None and event.subject:
                keys.add((event.network, event.subject))
        for network, at in clocks.items():
            keys.update(dues.up_to(network, at))
        return [key for key in keys if key in self._versions]

    def recent(self, most: int) -> list[Key]:
        """Return those that changed last: the likeliest to be needed."""
        return heapq.nlargest(most, self._versions, key=self._versions.__getitem__)
