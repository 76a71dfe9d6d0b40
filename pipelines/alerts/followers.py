"""A jump of the followers that nothing explains: bought, purged, or crawled wrongly.

The change between two snapshots is held against the account's own pace: its mean a day and the variance
around it, both learnt from the snapshots before, as for a random walk that is read at any intervals. A jump
counts where it is beyond six standard deviations, 2 % of the followers and 20 of them, and where the next
snapshot still shows at least half of it: a glitch that is gone with the next reading is none. A surge of
mentions or a breakout of engagement at the time explains it.
"""

from __future__ import annotations

from math import sqrt

from msgspec import Struct

from pipelines.alerts.change import Change
from pipelines.alerts.evidence import Evidence, settled
from pipelines.events import DAY_MS, HOUR_MS

MIN_SNAPSHOTS = 10
DEVIATIONS = 6.0
SMALLEST_SHARE = 0.02
FEWEST = 20
LASTS_MS = 7 * DAY_MS
MEMORY = 60
APART_MS = HOUR_MS


class Followers(Struct, array_like=True):
    """What must be known to judge the next snapshot of one account's followers."""

    at: int = 0
    followers: int = 0
    snapshots: int = 0
    pace: float = 0.0
    variance: float = 0.0
    doubted_at: int = 0
    doubted: int = 0
    state: str = ""
    since: int = 0

    def take(self, at: int, followers: int, *, explained: bool) -> Change | None:
        """Take a snapshot; snapshots less than an hour apart are one."""
        if not self.snapshots:
            self.at, self.followers, self.snapshots = at, followers, 1
            return None
        if self.doubted_at:
            return self._confirm(at, followers, explained=explained)
        if at - self.at < APART_MS:
            return None
        if self._is_jump(at, followers):
            self.doubted_at, self.doubted = at, followers
            return None
        self._learn(at, followers)
        return None

    def next_due(self) -> int | None:
        """Return when a jump is over; None: there is none."""
        return self.since + LASTS_MS if self.state == "jump" else None

    def pass_time(self, watermark: int) -> Change | None:
        """End a jump after a week: its level is the new one."""
        due = self.next_due()
        if due is None or due > watermark:
            return None
        self.state, self.since = "ok", due
        return Change(alert="followers", state="ok", since=due, at=due)

    def _away(self, at: int, followers: int) -> tuple[float, float]:
        """Return how far the change is from what was expected, and the days it took."""
        days = (at - self.at) / DAY_MS
        return followers - self.followers - self.pace * days, days

    def _is_jump(self, at: int, followers: int) -> bool:
        away, days = self._away(at, followers)
        if self.snapshots < MIN_SNAPSHOTS:
            return False
        spread = sqrt(max(self.variance * days, 1.0))
        return abs(away) > max(DEVIATIONS * spread, SMALLEST_SHARE * self.followers, FEWEST)

    def _confirm(self, at: int, followers: int, *, explained: bool) -> Change | None:
        if at - self.doubted_at < APART_MS:
            return None
        jump, self.doubted_at = self.doubted - self.followers, 0
        if (followers - self.followers) / jump < 0.5:
            return None
        expected, observed = self.followers, self.doubted
        self.at, self.followers = at, followers
        if explained:
            return None
        self.state, self.since = "jump", at
        evidence = Evidence(
            expected=float(expected),
            observed=float(observed),
            ratio=observed / max(expected, 1),
            low=None,
            high=None,
            p_value=None,
            posts=0,
        )
        reason = f"{jump:+,} followers at once, and nothing that explains it"
        return Change(alert="followers", state="jump", since=at, at=at, evidence=evidence, reason=reason)

    def _learn(self, at: int, followers: int) -> None:
        away, days = self._away(at, followers)
        share = max(1.0 / self.snapshots, 1.0 / MEMORY)
        self.pace = settled(self.pace + share * away / max(days, 1.0))
        if self.snapshots > 1:
            self.variance = settled(self.variance + share * (away * away / days - self.variance))
        self.at, self.followers = at, followers
        self.snapshots = min(self.snapshots + 1, MEMORY)
