"""When the counts of an own post are read again: at fixed ages, many posts at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS

AGES_MS = (15 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS)
FORGET_AFTER_MS = DAY_MS
"""So long after its last age a post that could not be read is let go."""


class _Watched(Struct):
    posted_at: int
    looked_at: int


class Looks:
    """Posts, and when each was looked at last. After a downtime one look serves all ages that passed."""

    def __init__(self) -> None:
        self._posts: dict[str, _Watched] = {}

    def __len__(self) -> int:
        return len(self._posts)

    def add(self, post: str, posted_at: int, looked_at: Iterable[int] = ()) -> None:
        """Watch a post; one that is watched already keeps what is known of it."""
        self._posts.setdefault(post, _Watched(posted_at, max(looked_at, default=0)))

    def due(self, now: int, ages_ms: Iterable[int] = AGES_MS) -> list[str]:
        """Return the posts of which one of these ages has passed since they were looked at last."""
        last = AGES_MS[-1]
        for post in [
            post
            for post, each in self._posts.items()
            if now > each.posted_at + last + FORGET_AFTER_MS or each.looked_at >= each.posted_at + last
        ]:
            del self._posts[post]
        wanted = tuple(ages_ms)
        return [
            post
            for post, each in self._posts.items()
            if any(each.looked_at < each.posted_at + age <= now for age in wanted)
        ]

    def looked(self, post: str, at: int) -> None:
        """Note that a post was looked at."""
        if post in self._posts:
            self._posts[post].looked_at = at

    def forget(self, post: str) -> None:
        """Let go of a post: it is gone."""
        self._posts.pop(post, None)
