"""Any series of counts, scored by the detector of mentions, so that anybody can judge it.

Each value gets a score from 0 to 1 as it comes, from those before it alone: a half and above is an alarm. For
a day after an alarm the score stays below a half: an alarm is told once.
"""

from __future__ import annotations

from pipelines.alerts.mentions import BUCKET_MS, QUIET_MS, Mentions

ALARM = 0.5
_BELOW = 0.499999


class SeriesScorer:
    """Score the counts of buckets that follow each other; negative values count as 0."""

    def __init__(self, *, bucket_ms: int = BUCKET_MS) -> None:
        self._mentions = Mentions()
        self._quiet_buckets = max(1, QUIET_MS // bucket_ms)
        self._quiet = 0

    def score(self, value: float) -> float:
        """Return the score of the next bucket, then learn from it."""
        count = max(0.0, value)
        strength = self._mentions.strength(count)
        self._mentions.close(count)
        score = strength / (1.0 + strength)
        self._quiet -= 1
        if score < ALARM:
            return score
        if self._quiet > 0:
            return _BELOW
        self._quiet = self._quiet_buckets
        return score
