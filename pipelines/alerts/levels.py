"""The two levels of an account's posts: what they got lately, and what they get usually.

Exponentially weighted means (Roberts, 1959, "Control chart tests based on geometric moving averages",
Technometrics 1) of ln(y + ½) without known effects, of the last 20 and the last 100 posts or so. A post is
low where it is below both, so that what falls back from a rise is measured by what was usual.
"""

from __future__ import annotations

from math import log

from msgspec import Struct

RECENT_SHARE = 0.05
USUAL_SHARE = 0.01
"""How much of a level each post makes; of the first posts each makes the same."""
UNIT = 100_000
_FIRST = 100


class Levels(Struct, array_like=True):
    """Both levels in hundred thousandths of a natural logarithm; `learnt`: posts they know, at most 100."""

    recent: int = 0
    usual: int = 0
    learnt: int = 0

    def to_leave(self, *, towards: float) -> int:
        """Return the level that a change down (-1) must be below, a change up (1) above."""
        both = (self.recent, self.usual)
        return min(both) if towards < 0 else max(both)

    def begin(self, level: float) -> None:
        """Take the first level."""
        self.recent = self.usual = round(level * UNIT)

    def learn(self, *, beside_recent: float, beside_usual: float) -> None:
        """Take a post that lies so far from each level."""
        self.learnt = min(self.learnt + 1, _FIRST)
        first = 1.0 / self.learnt
        self.recent += round(max(RECENT_SHARE, first) * beside_recent * UNIT)
        self.usual += round(max(USUAL_SHARE, first) * beside_usual * UNIT)

    def hold(self, level: int, *, towards: float) -> None:
        """Keep a level as that which a change has left, while the change is on."""
        self.recent = level
        self.usual = max(self.usual, level) if towards < 0 else min(self.usual, level)

    def before(self, ratio: float) -> int:
        """Return the level of which the recent one is so much."""
        return self.recent - round(log(ratio) * UNIT)

    def shift(self, by: float) -> None:
        """Take a change of the recent level as what is usual."""
        self.recent += round(by * UNIT)
        self.usual = self.recent
