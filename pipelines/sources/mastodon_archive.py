"""The source `mastodon-archive`: what Mastodon exports, as a zip, a tar or an unpacked folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from pipelines.errors import InvalidEvent, UsageError
from pipelines.events import Post, PostStats, Profile
from pipelines.sources.base import Lack, SourceRequest
from pipelines.sources.bounded import BoundedSource, OnePath, prepared, shown_name
from pipelines.sources.containers import BrokenMemberError, Member, Members, is_tar, opened
from pipelines.sources.elements import Elements
from pipelines.sources.entities import instant_beside_posts
from pipelines.sources.fediverse.activities import NETWORK, Owner, activity_events, owner_of
from pipelines.sources.fediverse.markup import plain
from pipelines.sources.fediverse.statuses import Field, website
from pipelines.sources.sorted_input import SortedInput
from pipelines.sources.x.pages import UNREADABLE

_WANTED = frozenset({"outbox.json", "actor.json"})
_MAX_ACTOR_BYTES = 1 << 20
_MADE_AT = re.compile(r"archive-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")
"""The name that Mastodon gives the file tells when it was made."""
_ITEMS = b'"orderedItems"'

_BRINGS = "`rapport analyze @you@your.server`: the server tells them to everybody, without a key"
_UNTOLD = (
    *("zero_interaction_share", "interactions_per_post", "fast_interactions_per_post"),
    *("interactions_per_reply", "reposts_per_post", "likes_per_post"),
)
_ALWAYS = ("replies_per_post", "quotes_per_post", "engagement_rate_followers", "net_follower_growth")
_UNSEEN = Lack(
    network=NETWORK,
    what="how often a post was seen",
    metrics=("engagement_rate_impressions",),
    brings="nothing: Mastodon does not count it",
)
LACKS = (
    Lack(
        network=NETWORK,
        what="the favourites, boosts, replies, quotes and mentions that you received, and how many follow"
        " you: what you say is there, how people react is not",
        metrics=(*_UNTOLD, *_ALWAYS),
        brings=_BRINGS,
        silent=("direct_mentions_per_day",),
    ),
    _UNSEEN,
)
LACKS_OF_COUNTED = (
    Lack(
        network=NETWORK,
        what="the replies, quotes and mentions that you received, and how many follow you: interactions are"
        " favourites and boosts alone",
        metrics=_ALWAYS,
        brings=_BRINGS,
        silent=("direct_mentions_per_day",),
    ),
    _UNSEEN,
)
"""Newer servers write into the archive how many favoured and boosted each post."""


class Actor(Struct, gc=False, rename="camel"):
    id: str
    preferred_username: str = ""
    name: str | None = None
    summary: str | None = None
    published: str | None = None
    attachment: list[Field] | None = None


_actor_decoder = msgspec.json.Decoder(Actor)


class MastodonArchive(OnePath):
    """`outbox.json`, and `actor.json` for whose it is. What was not said in public is passed over."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files whose content makes this part what it is."""
        if not self._path.is_dir():
            return (self._path,)
        with opened(self._path, _WANTED.__contains__) as members:
            return tuple(self._path / member.name for member in members.values())

    @property
    def size(self) -> int:
        """Bytes of the posts, unpacked (of a tar, packed). Raises UsageError for what is no such archive."""
        if not self._path.is_dir() and is_tar(self._path):
            return self._path.stat().st_size
        with opened(self._path, _WANTED.__contains__) as members:
            return self._outbox(members).size

    def gather(
        self, found: SortedInput, advance: Callable[[int], None], *, ingested_at: int
    ) -> Sequence[Lack]:
        """Read every activity and the account's profile."""
        with opened(self._path, _WANTED.__contains__) as members:
            outbox = self._outbox(members)
            actor = self._actor(members)
            owner = self._owner(actor, ingested_at)
            reading = _Reading(found, owner, ingested_at)
            with found.track((NETWORK, owner.account)):
                elements = Elements(found, shown_name(self._path.name))
                elements.each(outbox, reading.take, advance=advance, unwrapped=_items, only_elements=True)
                found.add(reading.profile(actor))
        return LACKS_OF_COUNTED if reading.has_counts else LACKS

    def _outbox(self, members: Members) -> Member:
        outbox = members.get("outbox.json")
        if outbox is None:
            raise UsageError(
                f"{self._path} holds no outbox.json: name the archive as Mastodon made it, or its folder"
            )
        return outbox

    def _actor(self, members: Members) -> Actor:
        member = members.get("actor.json")
        if member is None:
            raise UsageError(
                f"{self._path} holds no actor.json, which says whose posts these are:"
                " name the whole archive, or unpack it again"
            )
        try:
            if member.size > _MAX_ACTOR_BYTES:
                raise BrokenMemberError("longer than such a file ever is")
            return _actor_decoder.decode(b"".join(member.chunks()))
        except (BrokenMemberError, *UNREADABLE) as error:
            raise UsageError(f"{self._path}: {shown_name(member.name)} cannot be read: {error}") from error

    def _owner(self, actor: Actor, ingested_at: int) -> Owner:
        made = _MADE_AT.search(self._path.name)
        seen_at = instant_beside_posts(
            "{}-{}-{}T{}:{}:{}Z".format(*made.groups()) if made else None, ingested_at
        )
        try:
            return owner_of(actor.id, actor.preferred_username, seen_at=seen_at)
        except InvalidEvent as error:
            raise UsageError(f"{self._path}: actor.json does not say whose archive it is: {error}") from error


class _Reading:
    """What was read of one archive so far, and where it goes."""

    def __init__(self, found: SortedInput, owner: Owner, ingested_at: int) -> None:
        self._found, self._owner, self._ingested_at = found, owner, ingested_at
        self._latest_at = 0
        self.has_counts = False

    def take(self, content: bytes) -> None:
        events = activity_events(content, self._owner, ingested_at=self._ingested_at)
        for event in events:
            self._found.add(event)
            self.has_counts = self.has_counts or isinstance(event, PostStats)
            if isinstance(event, Post):
                self._latest_at = max(self._latest_at, event.occurred_at)
        self._found.skipped += not events

    def profile(self, actor: Actor) -> Profile:
        return Profile(
            network=NETWORK,
            id=self._owner.account,
            occurred_at=self._owner.seen_at or self._latest_at or self._ingested_at,
            ingested_at=self._ingested_at,
            handle=self._owner.account,
            name=actor.name or "",
            bio=plain(actor.summary or "").text,
            url=website(actor.attachment or ()),
            created_at=instant_beside_posts(actor.published, self._ingested_at),
        )


def _items(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Give the collection's list and what stands behind it."""
    head = b""
    for chunk in chunks:
        head += chunk
        at = head.find(_ITEMS)
        if at >= 0:
            yield head[at + len(_ITEMS) :].lstrip(b" \t\r\n:")
            break
        head = head[-len(_ITEMS) :]
    yield from chunks


def build(request: SourceRequest) -> BoundedSource:
    """Return the archives named by the arguments, read and sorted."""
    request.only()
    return prepared(
        request,
        "mastodon-archive",
        MastodonArchive,
        hint="name the archive: rapport ingest mastodon-archive archive.zip",
    )
