"""How the values of metrics read, for people and for panels."""

from __future__ import annotations

from msgspec import Struct


class Unit(Struct, frozen=True):
    """How a value reads: in words, as Grafana's unit id, and with how many decimals."""

    words: str
    grafana: str
    decimals: int


SHARE = Unit("share, 0 to 1", "percentunit", 0)
ENGAGEMENT_PER_FOLLOWER = Unit("interactions per follower reached by a post", "percentunit", 3)
ENGAGEMENT_PER_IMPRESSION = Unit("interactions per impression", "percentunit", 2)
PER_POST = Unit("per post", "short", 2)
PER_DAY = Unit("per day", "short", 2)
FOLLOWERS = Unit("followers", "short", 0)
TIMES = Unit("times", "short", 2)
