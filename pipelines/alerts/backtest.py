"""How good the alerts would have been on an account's own history: drops are injected, and what is found
counted.

The history is replayed once as it was: every drop that it finds there is a false alarm, unless something did
happen; a person must look. From many days of it a copy goes on with every later post's interactions cut, and
is stopped at the first drop it finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec
from msgspec import Struct

from pipelines.alerts.change import Change
from pipelines.alerts.engagement import Engagement, Saved
from pipelines.alerts.expectation import PostFacts
from pipelines.brand import Alerting
from pipelines.events import DAY_MS

AGE = "24h"
PATIENCE_POSTS = 100
"""A drop that is not found within so many posts is not found."""
STARTS = 150
REST_POSTS = 20
"""Starts lie where at least so many posts follow."""


class Found(Struct, frozen=True):
    """An injected drop: where it began, and the posts and days until it was found; None: it was not."""

    began_at: int
    posts: int | None
    days: float | None


class Backtest(Struct, frozen=True, kw_only=True):
    """What injected drops and the untouched history showed.

    posts and days: the median and the 90th percentile of the injected drops, those not found counted as
    longer than all others; None: more than that share was not found.
    """

    drop: float
    injected: int
    found: int
    posts_median: float | None
    posts_90: float | None
    days_median: float | None
    days_90: float | None
    alarms: tuple[Change, ...]
    """Drops found in the untouched history."""
    days: float
    """Length of that history, from where it can be judged."""
    each: tuple[Found, ...]

    @property
    def alarms_a_month(self) -> float:
        """Return drops found a month of 30.4 days in the untouched history."""
        return len(self.alarms) / max(self.days / 30.4, 1e-9)


def backtest(posts: Sequence[PostFacts], rules: Alerting, *, drop: float, starts: int = STARTS) -> Backtest:
    """Replay headline posts at age 24 h, in order, with drops of this share (0 to 1) from `starts` days."""
    chosen = _starts(len(posts), starts)
    engagement = Engagement()
    alarms: list[Change] = []
    each: list[Found] = []
    judged_from: int | None = None
    for index, post in enumerate(posts):
        if index in chosen and engagement.state == "ok":
            saved = msgspec.json.encode(engagement.save())
            copy = Engagement(msgspec.json.decode(saved, type=Saved))
            each.append(_until_found(copy, posts[index : index + PATIENCE_POSTS], rules, drop))
        alarms += _drops(engagement, post, rules)
        if judged_from is None and engagement.state == "ok":
            judged_from = post.at
    span = 0 if judged_from is None else posts[-1].at - judged_from
    return _summary(each, alarms, drop=drop, days=span / DAY_MS)


def cut(post: PostFacts, share: float) -> PostFacts:
    """Return the post with this share of its interactions taken away."""
    return msgspec.structs.replace(post, interactions=int(post.interactions * (1.0 - share)))


def _starts(posts: int, starts: int) -> set[int]:
    """Return where drops begin: evenly spread, less where too few posts follow."""
    last = posts - REST_POSTS
    return {round(last * (step + 1) / (starts + 1)) for step in range(starts)} if last > 0 else set()


def _drops(engagement: Engagement, post: PostFacts, rules: Alerting) -> list[Change]:
    at = post.at + DAY_MS
    engagement.pass_time(at)
    before = engagement.state
    change = engagement.take(AGE, post, rules, at=at)
    return [change] if change is not None and change.state == "drop" and before != "drop" else []


def _until_found(engagement: Engagement, posts: Sequence[PostFacts], rules: Alerting, drop: float) -> Found:
    began_at = posts[0].at
    for number, post in enumerate(posts, 1):
        if _drops(engagement, cut(post, drop), rules):
            return Found(began_at, number, (post.at + DAY_MS - began_at) / DAY_MS)
    return Found(began_at, None, None)


def _summary(each: list[Found], alarms: list[Change], *, drop: float, days: float) -> Backtest:
    posts = sorted(float(found.posts) for found in each if found.posts is not None)
    spans = sorted(found.days for found in each if found.days is not None)
    return Backtest(
        drop=drop,
        injected=len(each),
        found=len(posts),
        posts_median=_quantile(posts, len(each), 0.5),
        posts_90=_quantile(posts, len(each), 0.9),
        days_median=_quantile(spans, len(each), 0.5),
        days_90=_quantile(spans, len(each), 0.9),
        alarms=tuple(alarms),
        days=days,
        each=tuple(each),
    )


def _quantile(found: list[float], of: int, share: float) -> float | None:
    """Return a quantile of `of` values of which the largest, not found, are left out; None: among those.

    >>> _quantile([1.0, 2.0, 3.0], 4, 0.5), _quantile([1.0], 4, 0.5)
    (2.5, None)
    """
    if not of:
        return None
    if share == 0.5:
        whole = [*found, *[float("inf")] * (of - len(found))]
        middle = median(whole)
        return middle if middle != float("inf") else None
    place = int(share * of)
    return found[place] if place < len(found) else None
