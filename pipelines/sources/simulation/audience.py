"""How people react to one post: who, how, when; and what a poller sees of it."""

from __future__ import annotations

import random
from bisect import bisect_right

from msgspec import Struct

from pipelines.events import DAY_MS, HOUR_MS, PostStats
from pipelines.sources.simulation.chance import Arrival, poisson
from pipelines.sources.simulation.truth import COMPLETENESS, HALF_LIFE_H, POLL_AGES_MS, POLL_JITTER_MS

LIKE, REPLY, REPOST, QUOTE = range(4)
CURVE = Arrival(half_life_h=HALF_LIFE_H)
LAST_ACT_MS = 7 * DAY_MS


class Reception(Struct, frozen=True, kw_only=True):
    """What one post gets: the sorted instants of each kind of act, and the impressions it has at 24 h."""

    acts: tuple[list[int], list[int], list[int], list[int]]
    impressions: float | None

    def until(self, kind: int, at: int) -> int:
        """Return how many acts of the kind came up to that instant."""
        return bisect_right(self.acts[kind], at)


def receive(
    rng: random.Random,
    *,
    at: int,
    mean: float,
    dispersion: float,
    shares: tuple[float, float, float, float],
    impressions_rate: float | None,
    until: int,
) -> Reception:
    """Draw the reception of a post: negative binomial (gamma-mixed Poisson) with that mean at 24 h.

    Acts after `until` (the post is gone) or after seven days do not happen. Impressions share the gamma
    factor: what is seen more gets more.
    """
    strength = mean / CURVE.share(24.0) * rng.gammavariate(dispersion, 1 / dispersion)
    acts: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    for _ in range(poisson(rng, strength)):
        age, kind = CURVE.draw_ms(rng), rng.choices(range(4), shares)[0]
        if age < LAST_ACT_MS and at + age < until:
            acts[kind].append(at + age)
    for instants in acts:
        instants.sort()
    impressions = None
    if impressions_rate is not None:
        impressions = strength * CURVE.share(24.0) / impressions_rate * rng.lognormvariate(-0.045, 0.3)
    return Reception(acts=acts, impressions=impressions)


def polls(rng: random.Random, *, at: int, until: int) -> list[int]:
    """Return when the poller looked at a post of `at`: a little after each age, some polls are missing."""
    looks = []
    for age in POLL_AGES_MS:
        observed_at = at + age + rng.randrange(3_000, POLL_JITTER_MS)
        if rng.random() < COMPLETENESS and observed_at < until:
            looks.append(observed_at)
    return looks


def snapshot(
    reception: Reception,
    *,
    subject: str,
    post: str,
    at: int,
    observed_at: int,
    delay_ms: int,
    own_replies: list[int],
) -> PostStats:
    """Return the counts at that instant; `replies` holds the account's own, as the network counts."""
    likes, replies, reposts, quotes = (reception.until(kind, observed_at) for kind in range(4))
    replies += bisect_right(own_replies, observed_at)
    impressions = None
    if reception.impressions is not None:
        share = CURVE.share((observed_at - at) / HOUR_MS) / CURVE.share(24.0)
        impressions = max(round(reception.impressions * share), likes + replies + reposts + quotes)
    return PostStats(
        network="x",
        subject=subject,
        id=post,
        occurred_at=observed_at,
        ingested_at=observed_at + delay_ms,
        observed_at=observed_at,
        likes=likes,
        replies=replies,
        reposts=reposts,
        quotes=quotes,
        bookmarks=likes // 9,
        impressions=impressions,
    )
