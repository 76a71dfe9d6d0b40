"""A sudden change of the mentions received: a surge within a minute, a drop within a day.

Mentions are counted in buckets of five minutes. With x = √count (Anscombe, 1948: what stabilises the variance
of counts) and its long mean m and variance s² (half-life 14 days, each value clipped at 4 s, so that a surge
is no part of what is usual), exponentially weighted means of x − m (Roberts, 1959, "Control chart tests based
on geometric moving averages", Technometrics 1) are held against s:

    surge:  mean over  5 min ≥ 4.5 s   or   mean over 40 min ≥ 2.5 s
    drop:   mean over 24 h below −¾ m, where a day has 24 mentions or more

After a surge the next one is told a day later at the earliest. The bucket that is not full yet is judged each
minute as it stands: what is too much already is too much for the whole of it.
"""

from __future__ import annotations

from math import sqrt

from msgspec import Struct

from pipelines.alerts.change import Change
from pipelines.alerts.evidence import Evidence, settled
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS

BUCKET_MS = 5 * MINUTE_MS
BUCKETS_A_DAY = DAY_MS // BUCKET_MS
LONG = 1.0 - 0.5 ** (1 / (14 * BUCKETS_A_DAY))
SHORT = 0.5
MIDDLE = 1.0 - 0.5 ** (1 / 8)
DAILY = 1.0 - 0.5 ** (1 / BUCKETS_A_DAY)
SHORT_LIMIT, MIDDLE_LIMIT = 4.5, 2.5
CLIP = 4.0
DROP_SHARE = 0.75
QUIET_MS = DAY_MS
LEARNING_BUCKETS = 2 * BUCKETS_A_DAY
MIN_A_DAY = 24.0
SMALLEST_VARIANCE = 0.1
LOOK_EVERY_MS = 6 * HOUR_MS
SURGED = 3.0
"""A surge of fewer times the usual, or of fewer mentions than three, is none."""
FEWEST = 3


class Mentions(Struct, array_like=True):
    """What must be known to judge the next mention of one account. `bucket_at`: where the open one begins."""

    bucket_at: int = -1
    count: int = 0
    buckets: int = 0
    mean: float = 0.0
    variance: float = 0.0
    short: float = 0.0
    middle: float = 0.0
    daily: float = 0.0
    quiet_until: int = 0
    state: str = ""
    since: int = 0

    def take(self, minute: int, count: int) -> list[Change]:
        """Take the mentions of a minute that has passed; minutes come in order, empty ones left out."""
        changes = self.pass_time(minute)
        if self.bucket_at < 0:
            self.bucket_at = minute - minute % BUCKET_MS
            changes.append(
                self._enter("learning", minute, reason="two days are needed to know what is usual")
            )
        self.count += count
        if (change := self._judge_open(minute + MINUTE_MS)) is not None:
            changes.append(change)
        return changes

    def next_due(self) -> int | None:
        """Return the next instant at which silence alone may change something; None: never."""
        if self.bucket_at < 0 or (self.state == "ok" and self.a_day < MIN_A_DAY):
            return None
        due = self.bucket_at + LOOK_EVERY_MS
        return min(due, self.quiet_until + BUCKET_MS) if self.state == "surge" else due

    def pass_time(self, watermark: int) -> list[Change]:
        """Close the buckets that end by this watermark; those after the first are empty."""
        if self.bucket_at < 0:
            return []
        ended = (watermark - self.bucket_at) // BUCKET_MS
        if ended <= 0:
            return []
        self.close(self.count)
        if ended > 1:
            self._close_empty(ended - 1)
        self.count = 0
        self.bucket_at += ended * BUCKET_MS
        change = self._judge_closed()
        return [] if change is None else [change]

    @property
    def a_day(self) -> float:
        """Return the usual number of mentions a day: mean² + variance of √count is the mean of the counts."""
        return (self.mean**2 + self.variance) * BUCKETS_A_DAY

    def strength(self, count: float) -> float:
        """Return how much of a surge the open bucket is with this count: 1 and above is one."""
        if self.buckets == 0:
            return 0.0
        away, spread = sqrt(count) - self.mean, self._spread
        short = self.short + SHORT * (away - self.short)
        middle = self.middle + MIDDLE * (away - self.middle)
        return max(short / SHORT_LIMIT, middle / MIDDLE_LIMIT, 0.0) / spread

    # ---- one bucket ------------------------------------------------------------------------------

    @property
    def _spread(self) -> float:
        return sqrt(max(self.variance, SMALLEST_VARIANCE))

    def close(self, count: float) -> None:
        """Learn from a full bucket."""
        x, spread = sqrt(count), self._spread
        away = x - self.mean if self.buckets else 0.0
        self.short = settled(self.short + SHORT * (away - self.short))
        self.middle = settled(self.middle + MIDDLE * (away - self.middle))
        self.daily = settled(self.daily + DAILY * (away - self.daily))
        share = max(LONG, 1.0 / (self.buckets + 1))
        step = max(-CLIP * spread, min(CLIP * spread, away)) if self.buckets else x
        self.mean = settled(self.mean + share * step)
        if self.buckets:
            self.variance = settled(self.variance + share * (step * step - self.variance))
        self.buckets = min(self.buckets + 1, 2 * LEARNING_BUCKETS + BUCKETS_A_DAY * 30)

    def _close_empty(self, buckets: int) -> None:
        """Close so many empty buckets at once: each decays geometrically towards no mention at all."""
        mean, known = self.mean, self.buckets
        kept = min(known / (known + buckets), (1.0 - LONG) ** buckets)
        self.mean = settled(mean * kept)
        for name, share in (("short", SHORT), ("middle", MIDDLE), ("daily", DAILY)):
            stays = (1.0 - share) ** buckets
            setattr(self, name, settled(stays * getattr(self, name) - (1.0 - stays) * self.mean))
        self.variance = settled(self.variance * kept + (1.0 - kept) * kept * mean * mean)
        self.buckets = min(self.buckets + buckets, 2 * LEARNING_BUCKETS + BUCKETS_A_DAY * 30)

    # ---- states ----------------------------------------------------------------------------------

    def _judge_open(self, at: int) -> Change | None:
        usual = self.a_day / BUCKETS_A_DAY
        if self.state not in ("ok", "drop") or at < self.quiet_until or self.count < FEWEST:
            return None
        if self.strength(self.count) < 1.0 or self.count < SURGED * usual:
            return None
        self.quiet_until = at + QUIET_MS
        evidence = _evidence(expected=usual, observed=float(self.count))
        return self._enter("surge", at, evidence=evidence, measure="5min")

    def _judge_closed(self) -> Change | None:
        at = self.bucket_at
        if self.state == "learning":
            return self._enter("ok", at) if self.buckets >= LEARNING_BUCKETS else None
        if self.state == "surge":
            return self._enter("ok", at, reason="the surge is over") if at >= self.quiet_until else None
        low = self.daily < -DROP_SHARE * self.mean
        if self.state == "ok" and low and self.a_day >= MIN_A_DAY:
            usual = self.a_day
            observed = max(0.0, self.mean + self.daily) ** 2 * BUCKETS_A_DAY
            return self._enter(
                "drop", at, evidence=_evidence(expected=usual, observed=observed), measure="24h"
            )
        if self.state == "drop" and self.a_day < MIN_A_DAY / 2:
            return self._enter("ok", at, reason="so few mentions are usual now")
        if self.state == "drop" and self.daily > -DROP_SHARE / 2 * self.mean:
            return self._enter("ok", at, reason="as many as usual again")
        return None

    def _enter(
        self,
        state: str,
        since: int,
        *,
        evidence: Evidence | None = None,
        measure: str = "",
        reason: str = "",
    ) -> Change:
        self.state, self.since = state, since
        return Change(
            alert="mentions",
            state=state,
            since=since,
            at=since,
            measure=measure,
            evidence=evidence,
            reason=reason,
        )


def _evidence(*, expected: float, observed: float) -> Evidence | None:
    if expected <= 0.0:
        return None
    return Evidence(
        expected=expected,
        observed=observed,
        ratio=observed / expected,
        low=None,
        high=None,
        p_value=None,
        posts=round(observed),
    )
