"""What an account remembers of its own recent posts: enough for near-duplicates and threads."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pipelines.events import DAY_MS

REMEMBERED_POSTS = 1_000
REMEMBERED_MS = 28 * DAY_MS

HEADLINE, LINKS, PROMOTES, MENTIONS, DELETED, ANSWERS = 1, 2, 4, 8, 16, 32
"""Bits of what is known of a post. For the root of a thread, LINKS and PROMOTES include its thread posts.

ANSWERS: it replies to the root of its thread itself, or to a post that came after it.
"""


@lru_cache(maxsize=100_000)
def id_hash(id_: str) -> int:
    """Return 64 bits of an id: by these, a thing is recognised among those an account remembers."""
    return int.from_bytes(hashlib.blake2b(id_.encode(), digest_size=8).digest(), "little")


class Remembered(Struct, frozen=True, array_like=True):
    """One own post: its arrival, its id's hash, its fingerprint, its thread's root, its time, its bits."""

    version: int
    post: int
    fingerprint: int
    root: int
    at: int
    bits: int
    ahead_of: int = 0
    """The own post that it replies to, where this came after it."""

    @property
    def answers(self) -> int | None:
        """Return the own post that it replies to, if that may wait for an age: no thread post does."""
        return (self.ahead_of or self.root) if self.bits & ANSWERS else None


class RecentPosts:
    """The last 1,000 own posts in the order of the log, at most 28 days old; columns, 33 bytes a post."""

    __slots__ = ("_ahead_of", "_at", "_bits", "_fingerprint", "_post", "_root", "_version")

    def __init__(self, posts: Iterable[Remembered] = ()) -> None:
        self._version, self._post, self._fingerprint = (array("Q") for _ in range(3))
        self._root: dict[int, int] = {}
        """Of thread posts alone: any other is its own root."""
        self._ahead_of: dict[int, int] = {}
        self._at = array("q")
        self._bits = array("B")
        for post in posts:
            self.remember(post)

    def __len__(self) -> int:
        return len(self._post)

    def __contains__(self, post: int) -> bool:
        return self._place(post) is not None

    def _place(self, post: int) -> int | None:
        found = np.flatnonzero(_values(self._post, np.uint64) == post)
        return int(found[0]) if len(found) else None

    def remember(self, post: Remembered) -> None:
        """Add a post; the oldest goes where there are more than 1,000."""
        self._version.append(post.version)
        self._post.append(post.post)
        self._fingerprint.append(post.fingerprint)
        if post.root != post.post:
            self._root[post.post] = post.root
        if post.ahead_of:
            self._ahead_of[post.post] = post.ahead_of
        self._at.append(post.at)
        self._bits.append(post.bits)
        if len(self._post) > REMEMBERED_POSTS:
            self._drop_oldest()

    def repeats(self, fingerprint: int, at: int) -> bool:
        """Tell whether a post at `at` repeats one at most 28 days older that was not deleted."""
        if not fingerprint:
            return False
        same = np.flatnonzero(_values(self._fingerprint, np.uint64) == fingerprint)
        return any(
            at - self._at[index] <= REMEMBERED_MS and not self._bits[index] & DELETED for index in same
        )

    def find(self, post: int, at: int) -> Remembered | None:
        """Return the post, if it is remembered and at most 28 days older than `at`."""
        index = self._place(post)
        if index is None or at - self._at[index] > REMEMBERED_MS:
            return None
        return Remembered(
            self._version[index],
            post,
            self._fingerprint[index],
            self._root.get(post, post),
            self._at[index],
            self._bits[index],
            self._ahead_of.get(post, 0),
        )

    def size_of_thread(self, root: int) -> int:
        """Return how many of the remembered posts belong to the thread."""
        threads = sum(each == root for each in self._root.values())
        return threads + int(root not in self._root and root in self)

    def add_bits(self, post: int, bits: int) -> None:
        """Note what a later thread post adds to its root."""
        if (index := self._place(post)) is not None:
            self._bits[index] |= bits

    def _drop_oldest(self) -> None:
        self._root.pop(self._post[0], None)
        self._ahead_of.pop(self._post[0], None)
        for column in (self._version, self._post, self._fingerprint, self._at, self._bits):
            del column[0]


def _values(column: array[int], type_: type[np.integer[Any]]) -> NDArray[Any]:
    """Return the column as numpy sees it: a search takes 2 us among 1,000 values, in Python 25."""
    return np.frombuffer(column, type_) if column else np.empty(0, type_)
