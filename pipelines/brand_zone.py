"""A guess at the time zone in which somebody lives, from the hours in which they post."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from math import log
from statistics import fmean
from zoneinfo import ZoneInfo

from msgspec import Struct

from pipelines.events import HOUR_MS

LEAST_POSTS = 50
"""Fewer posts than this say nothing about a day."""
LEAST_LEAD = 0.1
"""Nats a post by which the best zone must beat the mean of all: some accounts never sleep."""

_ZONES = """
Europe/London Europe/Berlin Europe/Athens Europe/Moscow Asia/Dubai Asia/Karachi Asia/Kolkata Asia/Dhaka
Asia/Bangkok Asia/Shanghai Asia/Tokyo Australia/Sydney Pacific/Auckland Pacific/Honolulu America/Anchorage
America/Los_Angeles America/Denver America/Chicago America/New_York America/Sao_Paulo
"""
COMMON_ZONES = tuple(_ZONES.split())
"""One for each offset in which many people live; which of a zone's names is right, only the owner knows."""

_HUMAN_DAY = (20, 11, 7, 5, 4, 5, 10, 22, 38, 50, 55, 57, 60, 58, 56, 56, 57, 58, 58, 60, 63, 63, 54, 36)
"""Weight of each local hour, 0 to 23: nearly nothing from 2 to 5, a rise from 7 on, busy from 9 to 22.
Drawn by hand; only where its night lies matters much."""
_TOTAL = sum(_HUMAN_DAY)


class ProposedZone(Struct, frozen=True, kw_only=True):
    """The zone that fits best. `awake_share` of the posts lie between 7 and 24 h there; None: no guess."""

    name: str = "UTC"
    posts: int = 0
    awake_share: float | None = None

    @property
    def evidence(self) -> str:
        """One sentence on how far the guess carries."""
        if self.awake_share is None:
            return f"Not guessed: {self.posts:,} posts are too few, or have no night. Write your own zone."
        share = f"{100 * self.awake_share:.0f} %"
        return (
            f"A guess: {share} of {self.posts:,} posts lie between 7:00 and 24:00 there. Write your own zone."
        )


def propose_zone(instants: Sequence[int]) -> ProposedZone:
    """Return the common zone in which these instants (ms since 1970, UTC) look most like a human day.

    The likelihood of the posts' local hours under a fixed day profile is compared between zones, daylight
    saving time included. UTC, without a share, where there are too few posts or no zone stands out.
    """
    if len(instants) < LEAST_POSTS:
        return ProposedZone(posts=len(instants))
    hours = Counter(instant // HOUR_MS for instant in instants)
    fits = {zone: _fit(_local_hours(hours, zone)) for zone in COMMON_ZONES}
    best = max(fits, key=fits.__getitem__)
    if fits[best] - fmean(fits.values()) < LEAST_LEAD:
        return ProposedZone(posts=len(instants))
    awake = sum(count for hour, count in _local_hours(hours, best).items() if hour >= 7)
    return ProposedZone(name=best, posts=len(instants), awake_share=awake / len(instants))


def _local_hours(hours: Counter[int], zone: str) -> Counter[int]:
    info, local = ZoneInfo(zone), Counter[int]()
    for hour, count in hours.items():
        local[datetime.fromtimestamp(hour * 3600, UTC).astimezone(info).hour] += count
    return local


def _fit(local: Counter[int]) -> float:
    total = sum(local.values())
    return sum(count * log(_HUMAN_DAY[hour] / _TOTAL) for hour, count in local.items()) / total
