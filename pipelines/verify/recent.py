"""The own posts that an account remembers, held for deciding again: by their ids, in plain collections."""

from __future__ import annotations

from collections import deque

from pipelines.recent import REMEMBERED_MS, REMEMBERED_POSTS


class Recent:
    """The account's last own posts, in the order of the log."""

    def __init__(self) -> None:
        self._posts: deque[tuple[str, int, int]] = deque()
        self._times: dict[str, int] = {}
        self._said: dict[int, deque[tuple[str, int]]] = {}
        self._deleted: set[str] = set()

    def __contains__(self, post: str) -> bool:
        return post in self._times

    def remember(self, post: str, words: int, at: int) -> None:
        """Add a post; the oldest goes where there are too many."""
        self._posts.append((post, words, at))
        self._times.setdefault(post, at)
        self._said.setdefault(words, deque()).append((post, at))
        if len(self._posts) > REMEMBERED_POSTS:
            oldest, said, _ = self._posts.popleft()
            self._times.pop(oldest, None)
            self._said[said].popleft()

    def mark_deleted(self, post: str, at: int) -> None:
        """Take note of a deletion: what stands no more is not repeated."""
        known = self._times.get(post)
        if known is not None and at - known <= REMEMBERED_MS:
            self._deleted.add(post)

    def holds(self, post: str | None, at: int) -> bool:
        """Tell whether a post is among them, and at most 28 days older than `at`."""
        known = None if post is None else self._times.get(post)
        return known is not None and at - known <= REMEMBERED_MS

    def repeats(self, words: int, at: int) -> bool:
        """Tell whether these words at `at` repeat a post that stands."""
        return bool(words) and any(
            at - time <= REMEMBERED_MS and post not in self._deleted
            for post, time in self._said.get(words, ())
        )
