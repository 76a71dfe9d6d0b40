"""What reading an account over a public API has in common: its bounds, and the answers to its posts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from pipelines.errors import UsageError
from pipelines.events import AnyEvent, Network
from pipelines.sources.base import Lack
from pipelines.sources.json_faults import reason_for
from pipelines.sources.public_api import Exhausted, Patience, PublicApi, Refused
from pipelines.sources.sorted_input import SortedInput, bad_input
from pipelines.sources.x.pages import UNREADABLE

MOST_POSTS = 1_000
AT_ONCE = 6
"""Requests under way at once while the answers to posts are read."""
ANSWERS_WITHIN_S = 40.0
"""So long are answers to posts asked for; what is left then is said to be missing."""
_Post = TypeVar("_Post")
_Decoded = TypeVar("_Decoded")


class Access(Struct, frozen=True):
    """How accounts are read: where the servers are, how many posts at most, and how time passes.

    `mastodon_url` is empty where each instance is asked at its own address.
    """

    patience: Patience
    bluesky_url: str
    mastodon_url: str = ""
    most_posts: int = MOST_POSTS


class AccountPart:
    """An account as a part of the input: its newest posts, so many at most, of this instant."""

    counts_may_be_unripe = False

    def __init__(self, network: Network, handle: str, access: Access) -> None:
        self._handle, self._access = handle, access
        self.read_now = f"{network}:{handle} {access.most_posts} {access.patience.now()}"
        self.names = (f"@{handle}",)
        self.paths: tuple[Path, ...] = ()
        self.size = access.most_posts


class Reading:
    """What was read of one account so far (`name` in messages), and where it goes."""

    network: Network

    def __init__(self, api: PublicApi, found: SortedInput, name: str, seen_at: int) -> None:
        self.api, self.found, self.name, self.seen_at = api, found, name, seen_at

    def attempt(self, place: str, content: bytes | msgspec.Raw, read: Callable[[], list[AnyEvent]]) -> bool:
        """Add the events that `read` gives, or bad input; tell whether it was anything."""
        try:
            events = read()
        except UNREADABLE as error:
            self.bad(place, bytes(content), error)
            return True
        for event in events:
            self.found.add(event)
        return bool(events)

    def page(
        self, path: str, asked: Mapping[str, str | int], decoder: msgspec.json.Decoder[_Decoded]
    ) -> _Decoded:
        """Return a page of posts; one that cannot be read is asked for once more.

        Raises Exhausted where it cannot be read again, Refused where the server will not give it.
        """
        content = self.api.get(path, asked)
        try:
            return decoder.decode(content)
        except UNREADABLE:
            content = self.api.get(path, asked)
        try:
            return decoder.decode(content)
        except UNREADABLE as error:
            self.bad(f" {path}", content, error)
            raise Exhausted(f"{self.api.server} gives a page that cannot be read") from error

    def newest(
        self,
        items: Iterator[_Post],
        most: int,
        take: Callable[[int, _Post], bool],
        advance: Callable[[int], None],
    ) -> list[Lack]:
        """Take the newest posts, at most so many; return that older ones lack if the server ended it."""
        taken = 0
        try:
            for number, item in enumerate(items):
                if take(number, item):
                    taken += 1
                    advance(1)
                if taken >= most:
                    break
        except (Exhausted, Refused) as error:
            if taken == 0:
                raise UsageError(f"{self.name}: {error}: try again later") from error
            what = f"the posts older than the newest {taken:,}: the server gives no more for now"
            return [
                Lack(network=self.network, what=what, metrics=(), brings="the same command in some minutes")
            ]
        return []

    def bad(self, place: str, content: bytes, error: Exception) -> None:
        """Add a piece of an answer that is no event."""
        self.found.add_bad(bad_input(self.name + place, reason_for(error, content), content))


def answers(
    api: PublicApi, posts: Iterable[_Post], read: Callable[[_Post], bytes], patience: Patience
) -> Iterator[tuple[_Post, bytes | None]]:
    """Give each post with the body that `read` brings; None where it could not be had in time.

    A post that is gone meanwhile has an empty body.
    """
    until_s = patience.monotonic() + ANSWERS_WITHIN_S

    def attempt(post: _Post) -> bytes | None:
        if patience.monotonic() > until_s:
            api.spent.set()
        try:
            return read(post)
        except Refused:
            return b""
        except Exhausted:
            return None

    waiting = list(posts)
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="answers") as pool:
        yield from zip(waiting, pool.map(attempt, waiting), strict=True)


def missing_answers(network: Network, count: int) -> list[Lack]:
    """Return that the replies to so many posts could not be read; nothing if it is none."""
    if count == 0:
        return []
    return [
        Lack(
            network=network,
            what=f"the replies to {count:,} of the posts: the server gives no more for now",
            metrics=(),
            brings="the same command in some minutes, or fewer posts with --posts",
        )
    ]
