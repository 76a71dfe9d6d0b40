"""Routing: which tracked accounts an event concerns. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec

from pipelines.brand import Brand
from pipelines.events import (
    CONTROL,
    EARLIEST_AT,
    FUTURE_TOLERANCE_MS,
    AnyEvent,
    Delete,
    Follow,
    Like,
    Mention,
    Network,
    Post,
    PostStats,
    Profile,
)
from pipelines.ids import author_in

AccountKey = tuple[Network, str]
"""Network and account id."""

REMEMBERED_POSTS = 65_536
"""Posts in one of the two generations of the memory; at least so many, at most twice so many, are known."""


class Router:
    """Fill in the subject: an event of three tracked accounts becomes three events.

    Tracked are the brand's accounts; where it names none, `authors`; with neither, every account that any
    post names (whoever is only mentioned too: give `authors_of` the events first where only authors shall
    count). A brand's account that is known by its handle alone is tracked from the first event that tells the
    handle's id; a handle once learned keeps its id. `learned` are the handles of an earlier run, as `learned`
    gives them.
    """

    def __init__(
        self,
        brand: Brand | None,
        authors: Collection[AccountKey] | None = None,
        *,
        learned: Mapping[str, str] | None = None,
        remembered_posts: int = REMEMBERED_POSTS,
    ) -> None:
        self._authors = None if authors is None else frozenset(authors)
        self._learned: dict[str, str] = dict(learned or {})
        self._posts = RecentPosts(remembered_posts)
        self.rebrand(brand)

    @property
    def brand(self) -> Brand | None:
        """The brand whose accounts are tracked."""
        return self._brand

    @property
    def learned(self) -> dict[str, str]:
        """Ids learned so far: `network:handle` in small letters to account id."""
        return dict(self._learned)

    def restore(self, learned: Mapping[str, str]) -> None:
        """Take over handles learned by an earlier run; what is known already stays."""
        self._learned = {**learned, **self._learned}
        self.rebrand(self._brand)

    def tracked(self, network: Network) -> tuple[str, ...]:
        """Return the accounts of a network that are tracked; empty where every account is."""
        return tuple(account for of, account in self._tracked if of == network)

    def tracks_none(self, network: Network) -> bool:
        """Whether no account of a network is tracked, so that nothing on it concerns anybody."""
        return not self._everyone and not self.tracked(network)

    def rebrand(self, brand: Brand | None) -> None:
        """Track the accounts of another version of the brand; what was learned stays."""
        self._brand = brand
        accounts = brand.accounts if brand else ()
        self._tracked: set[AccountKey] = {(each.network, each.id) for each in accounts if each.id}
        self._wanted: set[str] = set()
        for each in accounts:
            if each.id or not each.handle:
                continue
            handle = _handle_key(each.network, each.handle)
            if handle in self._learned:
                self._tracked.add((each.network, self._learned[handle]))
            else:
                self._wanted.add(handle)
        if not accounts and self._authors is not None:
            self._tracked.update(self._authors)
        self._everyone = not accounts and self._authors is None

    def route(self, event: AnyEvent) -> tuple[AnyEvent, ...]:
        """Return the event once for each tracked account that it concerns, the author first.

        A like concerns whose post it is, and who gives it where the post's id names its author.

        Control events come back as they are: they concern every partition and no single account.
        """
        if isinstance(event, CONTROL):
            return (event,)
        if self._wanted:
            self._learn(event)
        subjects = self._subjects(event)
        if subjects and isinstance(event, Post | Like | Follow):
            author = event.author if isinstance(event, Post) else event.actor
            self._posts.remember((event.network, event.id), author, subjects)
        if not subjects:
            return ()
        if subjects == (event.subject,):
            return (event,)
        return tuple(msgspec.structs.replace(event, subject=subject) for subject in subjects)

    def _subjects(self, event: AnyEvent) -> tuple[str, ...]:
        if event.subject:
            named: tuple[str | None, ...] = (event.subject, self._giver(event))
        elif isinstance(event, Post):
            named = _accounts_of(event)
        else:
            named = self._remembered(event)
        network = event.network
        if self._everyone:
            return tuple(dict.fromkeys(each for each in named if each))
        tracked = self._tracked
        return tuple(dict.fromkeys(each for each in named if each and (network, each) in tracked))

    def _giver(self, event: AnyEvent) -> str | None:
        """Return the tracked account that gives a like; None: none, or nobody could tell to whom."""
        if not isinstance(event, Like) or self._everyone or (event.network, event.actor) not in self._tracked:
            return None
        return event.actor if author_in(event.network, event.post) else None

    def _remembered(self, event: AnyEvent) -> tuple[str, ...]:
        """Return whom an event without a subject concerns, as far as it or the memory of posts tells."""
        if isinstance(event, Profile) or (isinstance(event, Delete) and event.of == "account"):
            return (event.id,)
        post = getattr(event, "post", None) or event.id
        author, subjects = self._posts.recall((event.network, post))
        if isinstance(event, PostStats) or post != event.id:
            return (author,)
        return subjects

    def _learn(self, event: AnyEvent) -> None:
        if isinstance(event, Profile):
            self._meet(event.network, event.handle, event.id)
        elif isinstance(event, Post):
            self._meet(event.network, event.author_handle, event.author)
            for mention in event.mentions:
                self._meet(event.network, mention.handle, mention.account)

    def _meet(self, network: Network, handle: str, account: str) -> None:
        if not handle or not account:
            return
        key = _handle_key(network, handle)
        if key in self._wanted:
            self._wanted.discard(key)
            self._learned[key] = account
            self._tracked.add((network, account))


class RecentPosts:
    """A bounded memory: post, like or follow to its author and the accounts that it was routed to."""

    def __init__(self, generation: int) -> None:
        self._generation = generation
        self._young: dict[AccountKey, tuple[str, tuple[str, ...]]] = {}
        self._old: dict[AccountKey, tuple[str, tuple[str, ...]]] = {}

    def remember(self, post: AccountKey, author: str, subjects: tuple[str, ...]) -> None:
        """Keep a post; the oldest generation is forgotten when the youngest is full."""
        if len(self._young) >= self._generation:
            self._old, self._young = self._young, {}
        self._young[post] = (author, subjects)

    def recall(self, post: AccountKey) -> tuple[str, tuple[str, ...]]:
        """Return a post's author and subjects; empty where it is unknown or forgotten."""
        return self._young.get(post) or self._old.get(post) or ("", ())

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


def authors_of(events: Iterable[AnyEvent]) -> frozenset[AccountKey]:
    """Return every author among the events: the accounts to track where there is no brand."""
    return frozenset((event.network, event.author) for event in events if isinstance(event, Post))


def impossible(event: AnyEvent) -> str:
    """Return why an event can never be counted; such a one must not move the clock either."""
    if not event.id:
        return "the id is empty"
    if isinstance(event, CONTROL):
        return ""
    if event.occurred_at < EARLIEST_AT:
        return "dated before 2006"
    if event.occurred_at > event.ingested_at + FUTURE_TOLERANCE_MS:
        return "dated more than 5 minutes after it was seen"
    return ""


def _accounts_of(post: Post) -> tuple[str | None, ...]:
    mentioned = tuple(map(_account, post.mentions)) if post.mentions else ()
    return (
        post.author,
        post.reply_to_account,
        *mentioned,
        post.quote_of_account,
        post.repost_of_account,
    )


def _account(mention: Mention) -> str:
    return mention.account


def _handle_key(network: str, handle: str) -> str:
    return f"{network}:{handle.removeprefix('@').casefold()}"
