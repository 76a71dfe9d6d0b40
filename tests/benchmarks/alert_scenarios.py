"""What is no drop, and a drop that comes slowly, in the posts of real accounts.

Each scenario begins at one of many points of the history. What counts is a drop that is found within the next
ten posts (a ramp: within a hundred) and that the untouched history does not have there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from pipelines.alerts.backtest import AGE, PATIENCE_POSTS
from pipelines.alerts.engagement import Engagement, Saved
from pipelines.alerts.expectation import PostFacts
from pipelines.brand import Alerting
from pipelines.events import DAY_MS, HOUR_MS

STARTS = 100
FEWEST_BEFORE = 120
RAMP_POSTS = 40
NEAR_POSTS = 10

Told = tuple[PostFacts, bool]
"""A post, and whether anybody told its counts."""
Scenario = Callable[[Sequence[PostFacts]], Iterator[Told]]


def untouched(posts: Sequence[PostFacts]) -> Iterator[Told]:
    """Give the posts as they were."""
    return ((post, True) for post in posts)


def ramp(posts: Sequence[PostFacts]) -> Iterator[Told]:
    """Let interactions fall to a half, evenly over forty posts."""
    for number, post in enumerate(posts, 1):
        left = 0.5 ** min(1.0, number / RAMP_POSTS)
        yield msgspec.structs.replace(post, interactions=int(post.interactions * left)), True


def silent_night(posts: Sequence[PostFacts]) -> Iterator[Told]:
    """Let twelve hours pass without a post: what was posted then does not exist."""
    return ((post, True) for post in posts if post.at >= posts[0].at + 12 * HOUR_MS)


def silent_week(posts: Sequence[PostFacts]) -> Iterator[Told]:
    """Let everything come a week later."""
    return ((msgspec.structs.replace(post, at=post.at + 7 * DAY_MS), True) for post in posts)


def failed_poller(posts: Sequence[PostFacts]) -> Iterator[Told]:
    """Let nobody read counts for two days."""
    return ((post, post.at >= posts[0].at + 2 * DAY_MS) for post in posts)


def thrice_as_often(posts: Sequence[PostFacts]) -> Iterator[Told]:
    """Let the same posts come in a third of the time."""
    return _paced(posts, 1 / 3)


def a_third_as_often(posts: Sequence[PostFacts]) -> Iterator[Told]:
    """Let the same posts take three times as long."""
    return _paced(posts, 3.0)


def _paced(posts: Sequence[PostFacts], factor: float) -> Iterator[Told]:
    began = posts[0].at
    for post in posts:
        yield msgspec.structs.replace(post, at=began + int((post.at - began) * factor)), True


def viral_post(posts: Sequence[PostFacts]) -> Iterator[Told]:
    """Let one post get a hundred times as much, and the others what they got."""
    first = msgspec.structs.replace(posts[0], interactions=posts[0].interactions * 100)
    return ((post, True) for post in (first, *posts[1:]))


SCENARIOS: dict[str, Scenario] = {
    "falls to a half over 40 posts": ramp,
    "a night without posts": silent_night,
    "a week without posts": silent_week,
    "nobody reads counts for two days": failed_poller,
    "posts three times as often": thrice_as_often,
    "posts a third as often": a_third_as_often,
    "one post goes viral": viral_post,
}


def outcomes(posts: Sequence[PostFacts], rules: Alerting) -> tuple[int, dict[str, list[int]]]:
    """Return how many tries there were, and for each scenario after how many posts drops were found."""
    last = len(posts) - PATIENCE_POSTS
    chosen = {FEWEST_BEFORE + (last - FEWEST_BEFORE) * step // STARTS for step in range(STARTS)}
    engagement, tries = Engagement(), 0
    found: dict[str, list[int]] = {name: [] for name in SCENARIOS}
    for index, post in enumerate(posts):
        if index in chosen and engagement.state == "ok":
            saved, tail = msgspec.json.encode(engagement.save()), posts[index : index + PATIENCE_POSTS]
            if _until_drop(saved, untouched(tail), rules) is None:
                tries += 1
                for name, scenario in SCENARIOS.items():
                    near = tail if scenario is ramp else tail[:NEAR_POSTS]
                    delay = _until_drop(saved, scenario(near), rules)
                    found[name] += [] if delay is None else [delay]
        at = post.at + DAY_MS
        engagement.pass_time(at)
        engagement.take(AGE, post, rules, at=at)
    return tries, found


def _until_drop(saved: bytes, told: Iterator[Told], rules: Alerting) -> int | None:
    engagement = Engagement(msgspec.json.decode(saved, type=Saved))
    for number, (post, measured) in enumerate(told, 1):
        at = post.at + DAY_MS
        engagement.pass_time(at)
        if measured:
            engagement.take(AGE, post, rules, at=at)
        else:
            engagement.take_unmeasured(at)
        if engagement.state == "drop":
            return number
    return None
