"""The published ground truth: what a perfect metric would say about each simulated account."""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path

import msgspec
from msgspec import Struct

from pipelines.events import BLUESKY, HOUR_MS, MINUTE_MS, Network
from pipelines.sources.simulation.business import DROPPED, GIANT, PERSONAS, Persona, account_ids
from pipelines.sources.simulation.chance import HOURS_OF_WEEK, Arrival, rhythm

QUOTE_FACTOR = 0.8
LINK_FACTOR = 0.85
DROP_FACTOR = 0.5
COMPLETENESS = 0.96
HALF_LIFE_H = 0.9
POLL_AGES_MS = (15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS)
POLL_JITTER_MS = 4 * MINUTE_MS
THREAD_LENGTHS = (1, 2, 3)
DELETED_SHARE = 0.006
EDITED_SHARE = 0.01
CO_MENTIONS = 0.06
"""Of the mentions of the broadcaster, those that name the hollow giant too."""
AUDIENCE = rhythm(peak_h=18, night=0.45, weekend=0.9)
"""When people are there to react, by local hour of the week of the post, 1 on average."""


class AccountTruth(Struct, frozen=True, kw_only=True):
    """True rates of one account. Rates are a day, shares in [0, 1]; everything per post is at 24 h.

    What is per post and the shares of zero hold before a drop, those with `_since_drop` after it (equal where
    nothing dropped). `fast_share` is the share of the 24 h interactions that came within the first hour.
    `dispersion` is the negative binomial's k of one post given its features, `dispersion_overall` the k that
    gives all headline posts' mean and variance. `response_rate` is the probability that one conversation
    with one person is ever answered. `engagement_rate_followers` divides by the expected
    followers, on average over the history; it leaves the drop out. `followers_end` is expected at `end_at`.
    """

    id: str
    handle: str
    network: Network
    character: str
    posts_per_day: float
    headline_posts_per_day: float
    thread_posts_per_day: float
    reposts_per_day: float
    conversation_ratio: float
    promotion_share: float
    link_share: float
    broadcast_share: float
    question_share: float
    duplicate_share: float
    on_topic_share: float
    measured_share: float
    interactions_per_post: float
    interactions_per_post_since_drop: float
    interactions_per_reply: float
    likes_per_post: float
    replies_per_post: float
    reposts_per_post: float
    quotes_per_post: float
    fast_share: float
    zero_interaction_share: float
    zero_interaction_share_since_drop: float
    dispersion: float
    dispersion_overall: float
    topic_lift: float
    engagement_rate_followers: float
    engagement_rate_impressions: float | None
    direct_mentions_per_day: float
    response_rate: float
    followers_start: int
    followers_per_day: float
    followers_end: int
    bought_followers: int
    dropped: bool


class Truth(Struct, frozen=True, kw_only=True):
    """The truth about one simulated world; instants in milliseconds, UTC.

    The drop halves (`drop_factor`) the mean of every post that `drop_account` makes from `drop_at` on.
    `post_half_life_h`: age at which half of the 24 h interactions had arrived. `completeness`: share of polls
    that were made. The bought followers came evenly over the six hours from `bought_at`.
    """

    seed: int
    scale: float
    start_at: int
    end_at: int
    drop_account: str
    drop_at: int
    drop_factor: float
    bought_account: str
    bought_at: int
    post_half_life_h: float
    completeness: float
    deleted_share: float
    edited_share: float
    accounts: tuple[AccountTruth, ...]

    def of(self, handle: str) -> AccountTruth:
        """Return the truth about the account of that handle. Raises KeyError."""
        for account in self.accounts:
            if account.handle == handle:
                return account
        raise KeyError(handle)


def write_truth(truth: Truth, path: Path) -> None:
    """Write the truth as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=2) + b"\n")


def posting(persona: Persona) -> tuple[float, ...]:
    """Return the weight of each local hour of the week in the account's own posting, 1 on average."""
    return rhythm(peak_h=persona.peak_h, night=persona.night, weekend=persona.weekend)


def factor(persona: Persona, *, quote: bool, on_topic: bool, link: bool, hour: int) -> float:
    """Return how much more than the base a headline post with these features gets."""
    lift = persona.topic_lift if on_topic else 1.0
    return AUDIENCE[hour] * lift * (QUOTE_FACTOR if quote else 1.0) * (LINK_FACTOR if link else 1.0)


def _mixture(persona: Persona) -> list[tuple[float, float]]:
    """Return (probability, factor) of every combination of a headline post's features."""
    weights = posting(persona)
    chances = (persona.quote_share, persona.on_topic, persona.link)
    mixture = []
    for quote, on_topic, link in product((True, False), repeat=3):
        drawn = (quote, on_topic, link)
        chance = 1.0
        for p, yes in zip(chances, drawn, strict=True):
            chance *= p if yes else 1 - p
        for hour in range(HOURS_OF_WEEK):
            mean = factor(persona, quote=quote, on_topic=on_topic, link=link, hour=hour)
            mixture.append((chance * weights[hour] / HOURS_OF_WEEK, mean))
    return mixture


def base_mean(persona: Persona) -> float:
    """Return the mean at 24 h of a post whose factor is 1, so that the mean over all is the persona's."""
    return persona.interactions / sum(chance * mean for chance, mean in _mixture(persona))


def _zero_share(persona: Persona, scale: float) -> float:
    base, k = base_mean(persona) * scale, persona.dispersion
    return math.fsum(chance * (1 + base * mean / k) ** -k for chance, mean in _mixture(persona))


def _dispersion_overall(persona: Persona) -> float:
    base, k = base_mean(persona), persona.dispersion
    second = sum(chance * (base * mean) ** 2 for chance, mean in _mixture(persona))
    variance = persona.interactions + second * (1 + 1 / k) - persona.interactions**2
    squared: float = persona.interactions**2
    return squared / (variance - persona.interactions)


def _followers(persona: Persona, *, days: float, bought_day: float) -> tuple[float, float]:
    """Return the expected followers at the end and on average over the history."""
    growth = persona.follows - persona.unfollows
    end = persona.followers + growth * days + persona.bought
    mean = persona.followers + growth * days / 2 + persona.bought * max(0.0, days - bought_day) / days
    return end, mean


def account_truth(
    persona: Persona, *, account: str, scale: float, days: float, bought_day: float, mentions: float
) -> AccountTruth:
    """Return what follows from how the account was made."""
    p, dropped = persona, persona.character == DROPPED
    headline = p.posts * scale * (1 - p.reply_share)
    threads = headline * (1 - p.quote_share) * p.thread_share * sum(THREAD_LENGTHS) / len(THREAD_LENGTHS)
    since = DROP_FACTOR if dropped else 1.0
    followers_end, followers_mean = _followers(p, days=days, bought_day=bought_day)
    likes, replies, reposts, quotes = (p.interactions * share for share in p.acts)
    curve = Arrival(half_life_h=HALF_LIFE_H)
    return AccountTruth(
        id=account,
        handle=p.handle,
        network=p.network,
        character=p.character,
        posts_per_day=p.posts * scale + threads,
        headline_posts_per_day=headline,
        thread_posts_per_day=threads,
        reposts_per_day=p.reposts * scale,
        conversation_ratio=p.reply_share,
        promotion_share=1 - (1 - p.link * p.own_link) * (1 - p.offer),
        link_share=p.link,
        broadcast_share=p.link * (1 - p.mention),
        question_share=p.question,
        duplicate_share=p.repeat * headline / (p.posts * scale + threads),
        on_topic_share=p.on_topic,
        measured_share=1.0 if p.network == BLUESKY else COMPLETENESS,
        interactions_per_post=p.interactions,
        interactions_per_post_since_drop=p.interactions * since,
        interactions_per_reply=p.interactions_reply,
        likes_per_post=likes,
        replies_per_post=replies,
        reposts_per_post=reposts,
        quotes_per_post=quotes,
        fast_share=curve.share(1.0) / curve.share(24.0),
        zero_interaction_share=_zero_share(p, 1.0),
        zero_interaction_share_since_drop=_zero_share(p, since),
        dispersion=p.dispersion,
        dispersion_overall=_dispersion_overall(p),
        topic_lift=p.topic_lift,
        engagement_rate_followers=p.interactions / followers_mean,
        engagement_rate_impressions=p.impressions_rate,
        direct_mentions_per_day=mentions,
        response_rate=p.response,
        followers_start=p.followers,
        followers_per_day=p.follows - p.unfollows,
        followers_end=round(followers_end),
        bought_followers=p.bought,
        dropped=dropped,
    )


def truth_of(*, seed: int, scale: float, start_at: int, end_at: int, drop_at: int, bought_at: int) -> Truth:
    """Return the truth about the world that these numbers make."""
    ids, day = account_ids(seed), 24 * HOUR_MS
    by_character = {persona.character: persona for persona in PERSONAS}
    broadcast_mentions = next(p.mentions for p in PERSONAS if p.handle == "fernhilldeals") * scale
    accounts = tuple(
        account_truth(
            persona,
            account=ids[persona.handle],
            scale=scale,
            days=(end_at - start_at) / day,
            bought_day=(bought_at - start_at) / day,
            mentions=persona.mentions * scale
            + (CO_MENTIONS * broadcast_mentions if persona.character == GIANT else 0.0),
        )
        for persona in PERSONAS
    )
    return Truth(
        seed=seed,
        scale=scale,
        start_at=start_at,
        end_at=end_at,
        drop_account=ids[by_character[DROPPED].handle],
        drop_at=drop_at,
        drop_factor=DROP_FACTOR,
        bought_account=ids[by_character[GIANT].handle],
        bought_at=bought_at,
        post_half_life_h=HALF_LIFE_H,
        completeness=COMPLETENESS,
        deleted_share=DELETED_SHARE,
        edited_share=EDITED_SHARE,
        accounts=accounts,
    )
