"""How long to wait before the next attempt."""

from __future__ import annotations

import random


class Pauses:
    """Growing pauses in seconds, by a factor or by a step, up to a bound; `reset` after a success.

    `jitter` 0.2 draws each pause between 80 and 100 % of its length, so that not all come back at once.
    `scale` shortens all of them (tests).

    >>> linear = Pauses(first_s=0.25, most_s=0.6, step_s=0.25, jitter=0)
    >>> [linear.next(), linear.next(), linear.next(), linear.next()]
    [0.25, 0.5, 0.6, 0.6]
    """

    def __init__(
        self,
        *,
        first_s: float,
        most_s: float,
        factor: float = 2.0,
        step_s: float | None = None,
        jitter: float = 0.2,
        scale: float = 1.0,
    ) -> None:
        self._first_s, self._most_s = first_s, most_s
        self._factor, self._step_s = factor, step_s
        self._jitter, self._scale = jitter, scale
        self._pause_s = first_s

    def next(self) -> float:
        """Return the pause before the next attempt; the one after it is longer."""
        pause_s = min(self._pause_s, self._most_s)
        grown = pause_s * self._factor if self._step_s is None else pause_s + self._step_s
        self._pause_s = min(grown, self._most_s)
        return pause_s * self._scale * (1 - self._jitter * random.random())

    def reset(self) -> None:
        """Begin with the first pause again."""
        self._pause_s = self._first_s
