"""What an own post adds to its account at an age: counts, and the squares that intervals need. Pure."""

from __future__ import annotations

from pipelines.maturity import FAST_AGE_MS, Maturing, Pending, Reactions
from pipelines.metrics.measures import (
    FAMILIES,
    FAST,
    FAST_REPLY,
    INDEX,
    MATURED,
    MATURED_REPLY,
    Counts,
    Family,
)


def family_of(kind: str, age_ms: int) -> Family:
    """Return the measures that a post of this kind adds to at this age."""
    if kind == "reply":
        return FAST_REPLY if age_ms == FAST_AGE_MS else MATURED_REPLY
    return FAST if age_ms == FAST_AGE_MS else MATURED


def measures_of(maturing: Maturing) -> Counts:
    """Return what the post adds to its account in the minute of its due instant."""
    post, reactions = maturing.post, maturing.reactions
    places = _PLACES[family_of(post.kind, maturing.age_ms).prefix]
    if reactions is None:
        return {places["unmeasured_posts"]: 1}
    return _known(places, _values(post, reactions))


def _values(post: Pending, reactions: Reactions) -> dict[str, int]:
    """Return the values that are summed, by the name that they have in each family."""
    y = reactions.interactions
    values = {
        "posts": 1,
        "likes": reactions.likes or 0,
        "replies": reactions.replies or 0,
        "reposts": reactions.reposts or 0,
        "quotes": reactions.quotes or 0,
        "posts_with_replies": int(reactions.replies is not None),
        "posts_with_quotes": int(reactions.quotes is not None),
        "interactions": y,
        "zero_interaction_posts": int(y == 0),
    }
    if (x := post.followers) is not None:
        values["posts_with_followers"] = 1
        values["followers"] = x
        values["interactions_with_followers"] = y
        values["interactions_by_followers"] = x * y
    if (x := reactions.impressions) is not None:
        values["posts_with_impressions"] = 1
        values["impressions"] = x
        values["interactions_with_impressions"] = y
        values["interactions_by_impressions"] = x * y
    if post.relevance_milli is not None:
        side = "on_topic" if post.on_topic else "off_topic"
        values[f"{side}_posts"] = 1
        values[f"{side}_interactions"] = y
    return values


def _known(places: dict[str, int], values: dict[str, int]) -> Counts:
    """Return the values, and the squares, that the family has: only one age of one kind has them all."""
    counts: Counts = {}
    squares = _SQUARES[places["posts"]]
    for name, value in values.items():
        if value:
            if (place := places.get(name)) is not None:
                counts[place] = value
            if (place := squares.get(name)) is not None:
                counts[place] = value * value
    return counts


def _places_of(family: Family) -> dict[str, int]:
    """Return the place of each measure of a family by its name without the prefix."""
    own = {name.removeprefix(family.prefix): place for name, place in _named(family)}
    return own | {
        "zero_interaction_posts": INDEX[family.zero_interaction_posts],
        "unmeasured_posts": INDEX[family.unmeasured_posts],
    }


def _named(family: Family) -> list[tuple[str, int]]:
    """Return the measures that begin with the family's prefix, and with no longer one."""
    longer = [other.prefix for other in FAMILIES if len(other.prefix) > len(family.prefix)]
    return [
        (name, place)
        for name, place in INDEX.items()
        if name.startswith(family.prefix) and not name.startswith(tuple(longer))
    ]


_PLACES = {family.prefix: _places_of(family) for family in FAMILIES}
_SQUARES = {
    places["posts"]: {
        name.removesuffix("_sq"): place for name, place in places.items() if name.endswith("_sq")
    }
    for places in _PLACES.values()
}
