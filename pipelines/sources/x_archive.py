"""The source `x-archive`: the archive that X gives to its users, as a zip or an unpacked folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from pipelines.errors import UsageError
from pipelines.events import Post, Profile
from pipelines.sources.base import Lack, SourceRequest
from pipelines.sources.bounded import BoundedSource, OnePath, prepared, shown_name
from pipelines.sources.containers import BrokenMemberError, Member, Members, opened
from pipelines.sources.elements import Elements, behind_assignment
from pipelines.sources.entities import NETWORK, instant_beside_posts
from pipelines.sources.sorted_input import SortedInput
from pipelines.sources.x.archive_notes import Notes
from pipelines.sources.x.archive_payloads import (
    AccountOf,
    Description,
    accounts_decoder,
    manifest_decoder,
    profiles_decoder,
)
from pipelines.sources.x.archive_posts import Owner, archived_events
from pipelines.sources.x.pages import UNREADABLE

_PARTS = re.compile(r"^(tweets?|follower|following|note-tweet)(?:-part(\d+))?\.js$")
_SINGLE = frozenset({"account.js", "profile.js", "manifest.js"})
_MAX_SINGLE_BYTES = 4 << 20
_Decoded = TypeVar("_Decoded")

LACKS = (
    Lack(
        network=NETWORK,
        what="the replies, quotes and mentions that you received, and who wrote them: interactions are likes"
        " and reposts alone, and who talks with you is not known",
        metrics=("replies_per_post", "quotes_per_post"),
        brings="the X API with a token, from the day on that `rapport ingest x-stream` listens",
        silent=("direct_mentions_per_day",),
    ),
    Lack(
        network=NETWORK,
        what="how often a post was seen",
        metrics=("engagement_rate_impressions",),
        brings="the X API with the account's own token",
    ),
    Lack(
        network=NETWORK,
        what="how many followed you when you posted (only how many do now)",
        metrics=("engagement_rate_followers",),
        brings="rapport itself, from the day on that it watches the account",
    ),
)


class XArchive(OnePath):
    """`tweets.js` with its parts, the long texts of `note-tweet.js`, and how many follow and are followed.

    Whose it is stands in `account.js`; nothing else of it is read, nor any message or address.
    """

    @property
    def size(self) -> int:
        """Bytes of the posts, unpacked. Raises UsageError for what is no archive of X."""
        with opened(self._path, _wanted) as members:
            return sum(member.size for member in self._files(members).posts)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files whose content makes this part what it is."""
        if not self._path.is_dir():
            return (self._path,)
        with opened(self._path, _wanted) as members:
            return tuple(self._path / member.name for member in members.values())

    def gather(
        self, found: SortedInput, advance: Callable[[int], None], *, ingested_at: int
    ) -> Sequence[Lack]:
        """Read every post and the account's last snapshot."""
        with opened(self._path, _wanted) as members:
            files = self._files(members)
            owner = self._owner(members, ingested_at)
            reading = _Reading(found, shown_name(self._path.name), ingested_at)
            for member in files.notes:
                reading.notes_from(member)
            with found.track((NETWORK, owner.account)):
                for member in files.posts:
                    reading.posts_from(member, owner, advance)
                followers, following = (reading.count(each) for each in (files.followers, files.following))
                found.add(reading.profile(owner, followers, following))
        return LACKS

    def _files(self, members: Members) -> _Files:
        named = {_PARTS.match(name): member for name, member in members.items()}
        by_kind: dict[str, list[tuple[int, Member]]] = {}
        for match, member in named.items():
            if match is not None:
                by_kind.setdefault(match[1], []).append((int(match[2] or 0), member))
        parts = {kind: [member for _, member in sorted(each, key=_number)] for kind, each in by_kind.items()}
        posts = parts.get("tweets", []) or parts.get("tweet", [])
        if not posts:
            raise UsageError(
                f"{self._path} holds no data/tweets.js: name the archive as X sent it (a zip), or its folder"
            )
        return _Files(
            posts, parts.get("note-tweet", []), parts.get("follower", []), parts.get("following", [])
        )

    def _owner(self, members: Members, ingested_at: int) -> Owner:
        entries = self._single(members, "account.js", accounts_decoder)
        if not entries:
            raise UsageError(
                f"{self._path} holds no data/account.js, which says whose posts these are:"
                " name the whole archive, or unpack it again"
            )
        account: AccountOf = entries[0].account
        profiles = self._single(members, "profile.js", profiles_decoder)
        about = (profiles[0].profile.description if profiles else None) or Description()
        return Owner(
            account.account_id,
            account.username,
            account.account_display_name,
            bio=about.bio,
            url=about.website,
            created_at=instant_beside_posts(account.created_at, ingested_at),
            seen_at=self._made_at(members, ingested_at),
        )

    def _made_at(self, members: Members, ingested_at: int) -> int | None:
        manifest = self._single(members, "manifest.js", manifest_decoder)
        info = manifest.archive_info if manifest is not None else None
        return instant_beside_posts(info.generation_date if info else None, ingested_at)

    def _single(
        self, members: Members, name: str, decoder: msgspec.json.Decoder[_Decoded]
    ) -> _Decoded | None:
        member = members.get(name)
        if member is None:
            return None
        try:
            if member.size > _MAX_SINGLE_BYTES:
                raise BrokenMemberError("longer than such a file ever is")
            content = b"".join(member.chunks())
            return decoder.decode(content[content.find(b"=") + 1 :])
        except (BrokenMemberError, *UNREADABLE) as error:
            raise UsageError(f"{self._path}: {shown_name(member.name)} cannot be read: {error}") from error


class _Files(NamedTuple):
    posts: list[Member]
    notes: list[Member]
    followers: list[Member]
    following: list[Member]


class _Reading:
    """What was read of one archive so far, and where it goes."""

    def __init__(self, found: SortedInput, archive: str, ingested_at: int) -> None:
        self._found, self._ingested_at = found, ingested_at
        self._elements = Elements(found, archive)
        self._notes = Notes()
        self._latest_at = 0

    def notes_from(self, member: Member) -> None:
        self._elements.each(member, self._notes.add, unwrapped=behind_assignment)

    def posts_from(self, member: Member, owner: Owner, advance: Callable[[int], None]) -> None:
        def add(content: bytes) -> None:
            events = archived_events(content, owner, self._notes, ingested_at=self._ingested_at)
            for event in events:
                self._found.add(event)
                if isinstance(event, Post):
                    self._latest_at = max(self._latest_at, event.occurred_at)
            self._found.skipped += not events

        self._elements.each(member, add, advance=advance, unwrapped=behind_assignment)

    def count(self, members: Sequence[Member]) -> int | None:
        """Return how many accounts the files list; None where there is no such file."""
        listed: list[None] = []
        for member in members:
            self._elements.each(member, lambda _: listed.append(None), unwrapped=behind_assignment)
        return len(listed) if members else None

    def profile(self, owner: Owner, followers: int | None, following: int | None) -> Profile:
        return Profile(
            network=NETWORK,
            id=owner.account,
            occurred_at=owner.seen_at or self._latest_at or self._ingested_at,
            ingested_at=self._ingested_at,
            handle=owner.handle,
            name=owner.name,
            bio=owner.bio,
            url=owner.url,
            followers=followers,
            following=following,
            created_at=owner.created_at,
        )


def _wanted(name: str) -> bool:
    return name in _SINGLE or _PARTS.match(name) is not None


def _number(part: tuple[int, Member]) -> int:
    return part[0]


def build(request: SourceRequest) -> BoundedSource:
    """Return the archives named by the arguments, read and sorted."""
    request.only()
    return prepared(
        request,
        "x-archive",
        XArchive,
        hint="name the archive: rapport ingest x-archive twitter-2026-01-01.zip",
    )
