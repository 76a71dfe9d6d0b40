"""An account of Mastodon over its instance's public API: its posts with their counts, and the replies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import msgspec
from msgspec import Struct

from pipelines.brand_names import WrongName, normal_handle
from pipelines.errors import UsageError
from pipelines.events import AnyEvent
from pipelines.scoring.links import host
from pipelines.sources.account_posts import Access, AccountPart, Reading, answers, missing_answers
from pipelines.sources.base import Lack
from pipelines.sources.fediverse.statuses import (
    NETWORK,
    account_decoder,
    account_event,
    status_decoder,
    status_events,
    status_post,
)
from pipelines.sources.public_api import Exhausted, PublicApi, Refused, not_found
from pipelines.sources.sorted_input import SortedInput
from pipelines.sources.x.pages import UNREADABLE

_PAGE = 40
_WHOLE_TREE = 60
"""Replies below a post that an instance tells without a login; a tree of fewer is whole."""
LACKS = (
    Lack(
        network=NETWORK,
        what="the posts that mention you without answering you, and who favoured or boosted (only how many)",
        metrics=(),
        brings="`rapport ingest mastodon` with a token, from the day on that it listens",
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
        brings="nothing: Mastodon does not count it",
    ),
)
_UNQUOTED = Lack(
    network=NETWORK,
    what="how often you were quoted: this instance does not count it",
    metrics=("quotes_per_post",),
    brings="an instance of Mastodon 4.5 or newer",
)


class Context(Struct, gc=False):
    descendants: list[msgspec.Raw] | None = None


class Page(Struct, gc=False):
    """What tells one status apart in a page."""

    id: str


class Finger(Struct, gc=False):
    rel: str = ""
    href: str = ""


class Fingers(Struct, gc=False):
    links: list[Finger] | None = None


_page_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_id_decoder = msgspec.json.Decoder(Page)
_context_decoder = msgspec.json.Decoder(Context)
_fingers_decoder = msgspec.json.Decoder(Fingers)


class MastodonAccount(AccountPart):
    """The newest public posts of an account (`user@host`), its boosts, and the replies of others to them."""

    def __init__(self, handle: str, access: Access) -> None:
        super().__init__(NETWORK, handle, access)

    def gather(
        self, found: SortedInput, advance: Callable[[int], None], *, ingested_at: int
    ) -> Sequence[Lack]:
        """Page through the account's posts, then read the replies to those that have any."""
        user, _, server = self._handle.partition("@")
        with PublicApi(self._address(user, server), self._access.patience) as api:
            reading = _Reading(api, found, f"@{self._handle}", ingested_at, server)
            account = reading.profile(user)
            with found.track((NETWORK, account)):
                cut = reading.posts(account, self._access.most_posts, advance)
                missing = reading.replies(account, self._access)
            unquoted = [] if reading.tells_quotes else [_UNQUOTED]
        return (*LACKS, *unquoted, *cut, *missing_answers(NETWORK, missing))

    def _address(self, user: str, server: str) -> str:
        """Return where the API is: some servers have it at another name than the one in their handles.

        https://docs.joinmastodon.org/spec/webfinger
        """
        if self._access.mastodon_url:
            return self._access.mastodon_url
        with PublicApi(f"https://{server}", self._access.patience) as api:
            try:
                content = api.get("/.well-known/webfinger", {"resource": f"acct:{user}@{server}"})
            except Refused as error:
                raise not_found(error, self._handle, server, "look how the profile writes it") from error
            except Exhausted as error:
                raise UsageError(f"@{self._handle}: {error}: check the handle and the connection") from error
        return f"https://{server_named_in(content, server)}"


def server_named_in(content: bytes, server: str) -> str:
    """Return the server that an answer of WebFinger sends to; `server` where it names none that may be."""
    try:
        links = _fingers_decoder.decode(content).links or []
    except UNREADABLE:
        return server
    for link in links:
        name = host(link.href) if link.rel == "self" and link.href.startswith("https://") else None
        try:
            if name and normal_handle(NETWORK, f"a@{name}"):
                return name
        except WrongName:  # an address in numbers, or a name without a dot, may be a machine of one's own
            continue
    return server


class _Reading(Reading):
    """What was read of one account so far, and the posts that have replies, those to others first."""

    network = NETWORK

    def __init__(self, api: PublicApi, found: SortedInput, name: str, seen_at: int, server: str) -> None:
        super().__init__(api, found, name, seen_at)
        self._server = server
        self._roots: dict[str, None] = {}
        self._inner: dict[str, None] = {}
        self._told: set[str] = set()
        self.tells_quotes = False

    def profile(self, user: str) -> str:
        """Add the account's snapshot; return its id. Raises UsageError if there is no such account."""
        handle = f"{user}@{self._server}"
        try:
            view = account_decoder.decode(self.api.get("/api/v1/accounts/lookup", {"acct": user}))
        except Refused as error:
            raise not_found(error, handle, self._server, "look how the profile writes it") from error
        except Exhausted as error:
            raise UsageError(f"@{handle}: {error}: check the connection, or try again later") from error
        except UNREADABLE as error:
            raise UsageError(f"@{handle}: {self._server} answers with no account ({error})") from error
        self.found.add(account_event(view, self._server, seen_at=self.seen_at))
        return view.id

    def posts(self, account: str, most: int, advance: Callable[[int], None]) -> list[Lack]:
        """Add the newest posts and boosts, at most so many; return what lacks of them."""

        def take(number: int, raw: msgspec.Raw) -> bool:
            return self.attempt(f"[{number}]", raw, lambda: self._status(account, raw))

        return self.newest(self._statuses(account), most, take, advance)

    def _statuses(self, account: str) -> Iterator[msgspec.Raw]:
        asked: dict[str, str | int] = {"limit": _PAGE}
        seen: set[str] = set()
        while True:
            page = self.page(f"/api/v1/accounts/{account}/statuses", asked, _page_decoder)
            yield from page
            last = next((each for each in map(_id_of, reversed(page)) if each), "")
            if not last or last in seen:
                return
            seen.add(last)
            asked["max_id"] = last

    def _status(self, account: str, content: msgspec.Raw) -> list[AnyEvent]:
        status = status_decoder.decode(content)
        if status.account.id != account:
            return []
        events = status_events(status, self._server, seen_at=self.seen_at)
        if len(events) > 1 and status.replies_count:
            inner = status.in_reply_to_id is not None
            (self._inner if inner else self._roots)[status.id] = None
        self.tells_quotes = self.tells_quotes or status.quotes_count is not None
        return events

    def replies(self, account: str, access: Access) -> int:
        """Add the replies of others; return of how many posts they could not be read.

        A tree that was told whole below an original holds the replies to the account's own answers in it.
        """
        missing = self._answers(account, self._roots, access)
        return missing + self._answers(
            account, [each for each in self._inner if each not in self._told], access
        )

    def _answers(self, account: str, posts: Iterable[str], access: Access) -> int:
        missing = 0
        for post, content in answers(self.api, posts, self._context, access.patience):
            if content is None:
                missing += 1
            elif content:
                self._replies_below(account, post, content)
        return missing

    def _context(self, post: str) -> bytes:
        return self.api.get(f"/api/v1/statuses/{post}/context", {})

    def _replies_below(self, account: str, post: str, content: bytes) -> None:
        try:
            below = _context_decoder.decode(content).descendants or []
        except UNREADABLE as error:
            self.bad(f" replies to {post}", content, error)
            return
        if len(below) < _WHOLE_TREE:
            self._told.update(map(_id_of, below))
        for number, raw in enumerate(below):
            self.attempt(f" replies to {post}[{number}]", raw, partial(self._reply, account, raw))

    def _reply(self, account: str, content: msgspec.Raw) -> list[AnyEvent]:
        status = status_decoder.decode(content)
        if status.account.id == account or status.in_reply_to_account_id != account:
            return []
        return [status_post(status, self._server, seen_at=self.seen_at)]


def _id_of(content: msgspec.Raw) -> str:
    try:
        return _id_decoder.decode(content).id
    except UNREADABLE:
        return ""
