"""Posts of an invented account: so many interactions each, at regular times, with chance of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pipelines.alerts.change import Change
from pipelines.alerts.engagement import Engagement
from pipelines.alerts.expectation import PostFacts
from pipelines.brand import Alerting

START = 1_700_000_000_000
HOUR, DAY = 3_600_000, 86_400_000
RULES = Alerting(false_alarm_days=3_000)
"""So seldom false that what a test finds is no accident."""


def overdispersed(rng: np.random.Generator, *, mean: float, dispersion: float, posts: int) -> list[int]:
    """Return negative binomial counts: variance mean + dispersion · mean²."""
    shape = 1 / dispersion
    return [int(y) for y in rng.negative_binomial(shape, shape / (shape + mean), posts)]


def posts_of(counts: list[int], *, every_ms: int = 8 * HOUR, start: int = START) -> Iterator[PostFacts]:
    """Return one post a step with these interactions."""
    for index, y in enumerate(counts):
        yield PostFacts(id=str(index), at=start + index * every_ms, interactions=y)


def changes_of(
    engagement: Engagement, posts: Iterator[PostFacts] | list[PostFacts], rules: Alerting = RULES
) -> list[tuple[str, Change]]:
    """Feed posts at age 24 h; return each change of state with the post's id."""
    changes = []
    for post in posts:
        before, at = engagement.state, post.at + DAY
        for change in (engagement.pass_time(at), engagement.take("24h", post, rules, at=at)):
            if change and change.state != before:
                changes.append((post.id, change))
                before = change.state
    return changes
