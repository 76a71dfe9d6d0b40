"""The own posts of one account that wait for their ages, and the acts on posts that have not arrived yet."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from msgspec import Struct

from pipelines.events import PostStats
from pipelines.maturity import (
    Maturing,
    Pending,
    count_act,
    decide_due,
    observe,
    reply_oneself,
    take_back_reply,
    tell_followers,
    withdraw,
)

MAX_EARLY = 1_000
"""Acts on unknown posts that an account keeps; what comes beyond is a post that nobody will tell us."""
OWN_REPLY, REPLY_GONE, SNAPSHOT = "own_reply", "reply_gone", "snapshot"


class EarlyAct(Struct, frozen=True, array_like=True):
    """Something that happens to a post. `act`: the name of a count, or one of the above."""

    post: int
    at: int
    act: str
    stats: PostStats | None = None


class WaitingPosts:
    """Posts by the hash of their id, a heap of their due instants, and which of them changed."""

    __slots__ = ("_dues", "_early", "_posts", "changed")

    def __init__(self, early: Iterable[EarlyAct] = ()) -> None:
        self._posts: dict[int, Pending] = {}
        self._dues: list[tuple[int, int]] = []
        self._early = list(early)
        self.changed: dict[int, int] = {}
        """Hash and time of the posts that must be saved again."""

    def __contains__(self, post: int) -> bool:
        return post in self._posts

    def get(self, post: int) -> Pending | None:
        """Return the post if it still waits for something."""
        return self._posts.get(post)

    @property
    def early(self) -> list[EarlyAct]:
        """Acts on posts that have not arrived."""
        return self._early

    def begin(self, key: int, post: Pending) -> None:
        """Let a post wait, with all that has happened to it already."""
        self._posts[key] = post
        self.changed[key] = post.occurred_at
        if self._early:
            mine = [act for act in self._early if act.post == key]
            self._early = [act for act in self._early if act.post != key]
            for act in mine:
                _take(post, act)
        self._schedule(key, post)

    def resume(self, key: int, post: Pending) -> None:
        """Let a post wait that was saved while it waited."""
        self._posts[key] = post
        self._schedule(key, post)

    def act(self, act: EarlyAct) -> bool:
        """Count an act on a post; False if the post is not waiting."""
        post = self._posts.get(act.post)
        if post is None:
            return False
        due = post.next_due()
        _take(post, act)
        self.changed[act.post] = post.occurred_at
        if post.next_due() != due:
            self._schedule(act.post, post)
        return True

    def keep(self, act: EarlyAct) -> None:
        """Keep an act until its post arrives."""
        if len(self._early) < MAX_EARLY:
            self._early.append(act)

    def forget_early(self, oldest: int) -> None:
        """Drop acts whose posts can no longer arrive in time."""
        if self._early:
            self._early = [act for act in self._early if act.at >= oldest]

    def withdraw(self, key: int, at: int) -> None:
        """Note that a post was deleted."""
        if (post := self._posts.get(key)) is not None:
            withdraw(post, at)
            self.changed[key] = post.occurred_at
            self._schedule(key, post)

    def followers(self, at: int, followers: int) -> None:
        """Tell the waiting posts what a profile read at `at` says."""
        for key, post in self._posts.items():
            if tell_followers(post, at, followers):
                self.changed[key] = post.occurred_at

    def next_due(self) -> int | None:
        """Return the next instant at which a post is decided."""
        while self._dues:
            due, key = self._dues[0]
            post = self._posts.get(key)
            if post is not None and post.next_due() == due:
                return due
            heapq.heappop(self._dues)
        return None

    def take_due(self, watermark: int) -> list[Maturing]:
        """Decide what is due, in the order of the due instants."""
        decided: list[Maturing] = []
        while (due := self.next_due()) is not None and due <= watermark:
            _, key = heapq.heappop(self._dues)
            post = self._posts[key]
            decided.extend(decide_due(post, due))
            self.changed[key] = post.occurred_at
            self._schedule(key, post)
        return decided

    def _schedule(self, key: int, post: Pending) -> None:
        due = post.next_due()
        if due is None:
            del self._posts[key]
        else:
            heapq.heappush(self._dues, (due, key))


def _take(post: Pending, act: EarlyAct) -> None:
    if act.stats is not None:
        observe(post, act.stats)
    elif act.act == OWN_REPLY:
        reply_oneself(post, act.at)
    elif act.act == REPLY_GONE:
        take_back_reply(post, act.at)
    else:
        count_act(post, act.act, act.at)
