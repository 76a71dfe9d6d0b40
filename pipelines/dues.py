"""When time alone makes accounts do something: a heap for each network's clock. Pure."""

from __future__ import annotations

import heapq

Key = tuple[str, str]
"""Network and account id."""


class Dues:
    """The next due instant of each account that has one. A tick costs what is due, not what is known."""

    def __init__(self) -> None:
        self._heaps: dict[str, list[tuple[int, Key]]] = {}
        self._due_of: dict[Key, int] = {}

    def set(self, key: Key, due: int | None) -> None:
        """Note when an account is due next; None: never. What was noted before no longer holds."""
        if due is None:
            self._due_of.pop(key, None)
        elif self._due_of.get(key) != due:
            self._due_of[key] = due
            heapq.heappush(self._heaps.setdefault(key[0], []), (due, key))

    def take(self, network: str, at: int) -> list[Key]:
        """Return the accounts of a network that are due up to an instant, earliest first, and forget them."""
        return [key for key, _ in self._pop(network, at)]

    def up_to(self, network: str, at: int) -> list[Key]:
        """Return the accounts that `take` would."""
        popped = self._pop(network, at)
        for key, due in popped:
            self.set(key, due)
        return [key for key, _ in popped]

    def _pop(self, network: str, at: int) -> list[tuple[Key, int]]:
        heap = self._heaps.get(network, [])
        popped = []
        while heap and heap[0][0] <= at:
            due, key = heapq.heappop(heap)
            if self._due_of.get(key) == due:
                del self._due_of[key]
                popped.append((key, due))
        return popped
