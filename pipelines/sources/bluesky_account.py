"""An account of Bluesky over the public AppView: its posts with their counts, and the replies to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from pipelines.errors import UsageError
from pipelines.events import AnyEvent
from pipelines.sources.account_posts import Access, AccountPart, Reading, answers, missing_answers
from pipelines.sources.base import Lack
from pipelines.sources.bluesky.records import NETWORK
from pipelines.sources.bluesky.views import (
    feed_decoder,
    item_decoder,
    item_events,
    profile_decoder,
    profile_event,
    thread_decoder,
    view_decoder,
    view_event,
)
from pipelines.sources.public_api import Exhausted, PublicApi, Refused, not_found
from pipelines.sources.sorted_input import SortedInput
from pipelines.sources.x.pages import UNREADABLE

_PAGE = 100
LACKS = (
    Lack(
        network=NETWORK,
        what="the posts that mention you without answering you, and who liked or reposted (only how many)",
        metrics=(),
        brings="`rapport ingest jetstream`, from the day on that it listens",
        silent=("direct_mentions_per_day",),
    ),
    Lack(
        network=NETWORK,
        what="how many followed you when you posted (only how many do now)",
        metrics=("engagement_rate_followers",),
        brings="rapport itself, from the day on that it watches the account",
    ),
    Lack(
        network=NETWORK,
        what="how often a post was seen",
        metrics=("engagement_rate_impressions",),
        brings="nothing: Bluesky does not count it",
    ),
)


class BlueskyAccount(AccountPart):
    """The newest posts of an account, its reposts, and the replies of others to them."""

    def __init__(self, handle: str, access: Access) -> None:
        super().__init__(NETWORK, handle, access)

    def gather(
        self, found: SortedInput, advance: Callable[[int], None], *, ingested_at: int
    ) -> Sequence[Lack]:
        """Page through the account's posts, then read the replies to those that have any."""
        with PublicApi(self._access.bluesky_url, self._access.patience) as api:
            reading = _Reading(api, found, f"@{self._handle}", ingested_at)
            account = reading.profile(self._handle)
            with found.track((NETWORK, account)):
                cut = reading.posts(account, self._access.most_posts, advance)
                missing = reading.replies(account, self._access)
        return (*LACKS, *cut, *missing_answers(NETWORK, missing))


class _Reading(Reading):
    """What was read of one account so far, and the posts that have replies."""

    network = NETWORK

    def __init__(self, api: PublicApi, found: SortedInput, name: str, seen_at: int) -> None:
        super().__init__(api, found, name, seen_at)
        self._answered: dict[str, None] = {}

    def profile(self, handle: str) -> str:
        """Add the account's snapshot; return its id. Raises UsageError if there is no such account."""
        try:
            content = self.api.get("/xrpc/app.bsky.actor.getProfile", {"actor": handle})
            view = profile_decoder.decode(content)
        except Refused as error:
            raise not_found(error, handle, "Bluesky", "look how the profile writes it") from error
        except Exhausted as error:
            raise UsageError(f"@{handle}: {error}: check the connection, or try again later") from error
        except UNREADABLE as error:
            raise UsageError(f"@{handle}: {self.api.server} answers with no profile ({error})") from error
        self.found.add(profile_event(view, seen_at=self.seen_at))
        return view.did

    def posts(self, account: str, most: int, advance: Callable[[int], None]) -> list[Lack]:
        """Add the newest posts and reposts, at most so many; return what lacks of them."""

        def take(number: int, raw: msgspec.Raw) -> bool:
            return self.attempt(f"[{number}]", raw, lambda: self._item(account, raw))

        return self.newest(self._items(account), most, take, advance)

    def _items(self, account: str) -> Iterator[msgspec.Raw]:
        asked: dict[str, str | int] = {"actor": account, "limit": _PAGE, "filter": "posts_with_replies"}
        seen: set[str] = set()
        while True:
            page = self.page("/xrpc/app.bsky.feed.getAuthorFeed", asked, feed_decoder)
            yield from page.feed
            if not page.cursor or page.cursor in seen:
                return
            seen.add(page.cursor)
            asked["cursor"] = page.cursor

    def _item(self, account: str, content: msgspec.Raw) -> list[AnyEvent]:
        item = item_decoder.decode(content)
        events = item_events(item, account, seen_at=self.seen_at)
        if len(events) > 1 and item.post.reply_count:
            self._answered[item.post.uri] = None
        return events

    def replies(self, account: str, access: Access) -> int:
        """Add the replies of others; return of how many posts they could not be read."""

        def read(uri: str) -> bytes:
            asked: dict[str, str | int] = {"uri": uri, "depth": 1, "parentHeight": 0}
            return self.api.get("/xrpc/app.bsky.feed.getPostThread", asked)

        missing = 0
        for uri, content in answers(self.api, self._answered, read, access.patience):
            if content is None:
                missing += 1
            elif content:
                self._replies_in(account, uri, content)
        return missing

    def _replies_in(self, account: str, uri: str, content: bytes) -> None:
        try:
            thread = thread_decoder.decode(content).thread
        except UNREADABLE as error:
            self.bad(f" replies to {uri}", content, error)
            return
        for number, answer in enumerate(thread.replies or ()):
            raw = answer.post
            if raw is not msgspec.UNSET:  # else it is blocked, or gone
                self.attempt(f" replies to {uri}[{number}]", raw, partial(self._reply, account, raw))

    def _reply(self, account: str, content: msgspec.Raw) -> list[AnyEvent]:
        view = view_decoder.decode(content)
        return [] if view.author.did == account else [view_event(view, seen_at=self.seen_at)]
