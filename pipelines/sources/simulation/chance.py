"""Randomness and rhythm of the simulated world: Poisson draws, hour of the week, arrival of interactions."""

from __future__ import annotations

import math
import random
from datetime import datetime
from zoneinfo import ZoneInfo

from pipelines.events import HOUR_MS

HOURS_OF_WEEK = 168
DAY_H = 24.0


def poisson(rng: random.Random, mean: float) -> int:
    """Return a Poisson draw, by Knuth's product of uniforms (The Art of Computer Programming 2, 3.4.1)."""
    drawn = 0
    while mean > 30.0:  # the sum of two Poisson draws is one: halves keep the product away from underflow
        drawn += poisson(rng, 15.0)
        mean -= 15.0
    limit = math.exp(-mean)
    product = rng.random()
    while product > limit:
        drawn += 1
        product *= rng.random()
    return drawn


def hour_of_week(at: int, zone: ZoneInfo) -> int:
    """Return the local hour of the week, 0 = Monday from midnight to one, 167 = Sunday's last."""
    local = datetime.fromtimestamp(at / 1_000, zone)
    return local.weekday() * 24 + local.hour


def rhythm(*, peak_h: float, night: float, weekend: float) -> tuple[float, ...]:
    """Return a weight for each hour of the week, 1 on average.

    `peak_h` is the busiest hour of a day, `night` the weight of the quietest hour against it, `weekend` the
    weight of Saturday and Sunday against a weekday.
    """
    raw = []
    for hour in range(HOURS_OF_WEEK):
        swing = (1 + math.cos((hour % 24 - peak_h) / 24 * 2 * math.pi)) / 2
        raw.append((night + (1 - night) * swing) * (weekend if hour >= 5 * 24 else 1.0))
    mean = sum(raw) / HOURS_OF_WEEK
    return tuple(weight / mean for weight in raw)


class Arrival:
    """How interactions arrive after a post: the share up to age t is t / (t + scale), a heavy tail.

    `half_life_h` is the age at which half of what a post has at 24 h had arrived.

    >>> curve = Arrival(half_life_h=1.0)
    >>> round(curve.share(1.0) / curve.share(24.0), 12)
    0.5
    """

    def __init__(self, *, half_life_h: float) -> None:
        self.half_life_h = half_life_h
        self.scale_h = half_life_h * DAY_H / 2 / (DAY_H / 2 - half_life_h)

    def share(self, age_h: float) -> float:
        """Return the share of all interactions ever that arrive up to that age, 0 to 1."""
        return age_h / (age_h + self.scale_h)

    def draw_ms(self, rng: random.Random) -> int:
        """Return the age in milliseconds at which one interaction arrives; at least one second."""
        uniform = rng.random()
        return 1_000 + int(self.scale_h * uniform / (1 - uniform) * HOUR_MS)


def instants(rng: random.Random, start: int, mean: float) -> list[int]:
    """Return the sorted instants of a Poisson process within the hour from `start`; `mean` is per hour."""
    return sorted(start + rng.randrange(1, HOUR_MS) for _ in range(poisson(rng, mean)))
