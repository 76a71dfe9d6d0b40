"""Vectors of measures for the tests: consistent ones, drawn post by post, and edges."""

from __future__ import annotations

import random

from pipelines.metrics.measures import FAMILIES, NAMES, Family

Vector = dict[str, int]

OWN_LIMITS = {
    "headline_posts": ("question_posts", "link_posts", "promotional_posts", "broadcast_posts", "cross_posts"),
    "posts_addressed": ("replies_to_others",),
    "scored_posts": ("on_topic_posts",),
    "posts": ("duplicate_posts",),
}


def drawn(chance: random.Random) -> Vector:
    """Draw an account's sums: shares within their totals, counts of posts with heavy tails."""
    vector = {"headline_posts": chance.randrange(60), "replies_made": chance.randrange(60)}
    vector["posts"] = vector["headline_posts"] + vector["replies_made"] + chance.randrange(10)
    vector["posts_sq"] = int(vector["posts"] * (1 + chance.choice((0, 0, 1, 20)) * chance.random()))
    vector["posts_addressed"] = chance.randint(0, vector["headline_posts"] + vector["replies_made"])
    vector["scored_posts"] = chance.choice((0, vector["posts"], vector["posts"] // 2))
    vector["direct_mentions_received"] = chance.randrange(100)
    for limit, names in OWN_LIMITS.items():
        for name in names:
            vector[name] = chance.randint(0, vector[limit])
    for family in FAMILIES:
        _draw_family(chance, family, vector)
    return {name: value for name, value in vector.items() if value}


def _draw_family(chance: random.Random, family: Family, vector: Vector) -> None:
    mean, dispersion = 10 ** chance.uniform(-2, 3), 10 ** chance.uniform(-1, 1)
    told = {name: chance.choice((0.0, 0.5, 0.9, 1.0)) for name in ("followers", "impressions", "scored")}
    vector[family.unmeasured_posts] = chance.choice((0, 0, chance.randrange(20)))
    for _ in range(chance.choice((0, 1, 5, 15, 40, 120))):
        kinds = ("likes", "replies", "reposts", "quotes")
        counts = {kind: int(mean * chance.gammavariate(1 / dispersion, dispersion)) for kind in kinds}
        counts["interactions"] = sum(counts.values())
        _add_post(vector, family, counts)
        for name, scale in (("followers", 10_000), ("impressions", 300)):
            if chance.random() < told[name]:
                x = int(scale * chance.lognormvariate(0.0, 1.0))
                _add_exposure(vector, family.prefix, name, x=x, y=counts["interactions"])
        if chance.random() < told["scored"]:
            side = chance.choice(("on_topic", "off_topic"))
            _add(vector, f"{family.prefix}{side}_posts", 1)
            _add_with_square(vector, f"{family.prefix}{side}_interactions", counts["interactions"])


def _add_post(vector: Vector, family: Family, counts: Vector) -> None:
    _add(vector, f"{family.prefix}posts", 1)
    _add(vector, family.zero_interaction_posts, int(counts["interactions"] == 0))
    for name, value in counts.items():
        _add_with_square(vector, f"{family.prefix}{name}", value)


def _add_exposure(vector: Vector, prefix: str, name: str, *, x: int, y: int) -> None:
    _add(vector, f"{prefix}posts_with_{name}", 1)
    _add_with_square(vector, f"{prefix}{name}", x)
    _add_with_square(vector, f"{prefix}interactions_with_{name}", y)
    _add(vector, f"{prefix}interactions_by_{name}", x * y)


def _add_with_square(vector: Vector, name: str, value: int) -> None:
    _add(vector, name, value)
    _add(vector, f"{name}_sq", value * value)


def _add(vector: Vector, name: str, value: int) -> None:
    vector[name] = vector.get(name, 0) + value


def edges() -> list[Vector]:
    """Return nothing at all, one post, one of everything, posts that nobody measured, and a celebrity."""
    one_post: Vector = {"posts": 1, "headline_posts": 1, "posts_addressed": 1, "scored_posts": 1}
    for family in FAMILIES:
        _add_post(one_post, family, {"likes": 3, "interactions": 3})
    celebrity: Vector = {"posts": 40, "headline_posts": 40, "posts_addressed": 40}
    chance = random.Random(7)
    for _ in range(40):
        y, x = chance.randint(10**6, 10**7), 3 * 10**8 + chance.randrange(10**6)
        for family in FAMILIES:
            _add_post(celebrity, family, {"likes": y, "replies": y // 9, "interactions": y + y // 9})
            _add_exposure(celebrity, family.prefix, "followers", x=x, y=y + y // 9)
            _add_exposure(celebrity, family.prefix, "impressions", x=7 * x, y=y + y // 9)
    unmeasured = {"posts": 9, "headline_posts": 9, "replies_made": 3}
    unmeasured |= {family.unmeasured_posts: 9 for family in FAMILIES}
    return [{}, one_post, dict.fromkeys(NAMES, 1), unmeasured, celebrity, _wide(), {"posts": 5}]


def _wide() -> Vector:
    """Return 40 posts whose sums of squares and products need 128 bits."""
    vector: Vector = {"posts": 40, "headline_posts": 40, "posts_addressed": 40}
    for post in range(40):
        y, x = 10**16 + post * 10**15, 2 * 10**17 - post * 10**14
        for family in FAMILIES:
            _add_post(vector, family, {"likes": y, "interactions": y})
            _add_exposure(vector, family.prefix, "followers", x=x, y=y)
            _add_exposure(vector, family.prefix, "impressions", x=x, y=y)
    return vector
