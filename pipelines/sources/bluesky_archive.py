"""The source `bluesky-archive`: a repository as Bluesky exports it, one CAR file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from pipelines.errors import UsageError
from pipelines.events import Post, Profile
from pipelines.ids import id_time
from pipelines.sources.base import Lack, SourceRequest
from pipelines.sources.bluesky.records import (
    FOLLOWS,
    NETWORK,
    POSTS,
    PROFILE,
    REPOSTS,
    PostRecord,
    ProfileRecord,
    RepostRecord,
    post_event,
    repost_event,
)
from pipelines.sources.bluesky.repository import MAX_REPOSITORY_BYTES, Record, Repository
from pipelines.sources.bounded import BoundedSource, OnePath, prepared, readable_bytes, shown_name
from pipelines.sources.sorted_input import SortedInput, bad_input
from pipelines.sources.x.pages import UNREADABLE

LACKS = (
    Lack(
        network=NETWORK,
        what="the likes, reposts, replies, quotes and mentions that you received, and how many follow you:"
        " what you say is there, how people react is not",
        metrics=(
            *("zero_interaction_share", "interactions_per_post", "fast_interactions_per_post"),
            *("interactions_per_reply", "replies_per_post", "reposts_per_post", "likes_per_post"),
            *("quotes_per_post", "engagement_rate_followers", "net_follower_growth"),
        ),
        brings="`rapport analyze @you.bsky.social`: Bluesky tells them to everybody, without a key",
        silent=("direct_mentions_per_day",),
    ),
    Lack(
        network=NETWORK,
        what="how often a post was seen",
        metrics=("engagement_rate_impressions",),
        brings="nothing: Bluesky does not count it",
    ),
)


class BlueskyArchive(OnePath):
    """The posts and reposts of one repository; likes of others and lists are passed over."""

    @property
    def size(self) -> int:
        """Bytes of the file. Raises UsageError if it is missing, unreadable or too large."""
        size = readable_bytes(self._path)
        if size > MAX_REPOSITORY_BYTES:
            raise UsageError(
                f"{self._path} is larger than {MAX_REPOSITORY_BYTES >> 20} MB, which is not read"
            )
        return size

    def gather(
        self, found: SortedInput, advance: Callable[[int], None], *, ingested_at: int
    ) -> Sequence[Lack]:
        """Read every record; what is no post, repost or profile is passed over."""
        size = self.size
        try:
            repository = Repository(self._path.read_bytes())
        except UsageError as error:
            raise UsageError(f"{self._path}: {error}") from error
        reading = _Reading(found, shown_name(self._path.name), repository, ingested_at)
        with found.track((NETWORK, repository.did)):
            for record in repository:
                reading.take(record)
            reading.finish()
        advance(size)
        return LACKS


class _Reading:
    """What was read of one repository so far, and where it goes."""

    def __init__(self, found: SortedInput, name: str, repository: Repository, ingested_at: int) -> None:
        self._found, self._name, self._repository = found, name, repository
        self._ingested_at = ingested_at
        self._profile = ProfileRecord()
        self._following = 0
        self._latest_at = 0

    def take(self, record: Record) -> None:
        collection = record.path.partition("/")[0]
        uri = f"at://{self._repository.did}/{record.path}"
        self._following += collection == FOLLOWS
        if collection not in (POSTS, REPOSTS, PROFILE):
            self._found.skipped += 1
            return
        if record.content is None:
            self._bad(record.path, "the file lacks this record: export the repository again")
            return
        try:
            self._keep(collection, uri, record.content)
        except UNREADABLE as error:
            self._bad(record.path, str(error))

    def finish(self) -> None:
        """Add the account's snapshot, and say how much of the tree is not there."""
        if self._repository.missing_nodes:
            count = self._repository.missing_nodes
            self._bad("", f"{count:,} branches of the repository are not in the file: export it again")
        at = id_time(NETWORK, self._repository.revision) or self._latest_at
        self._found.add(
            Profile(
                network=NETWORK,
                id=self._repository.did,
                occurred_at=min(at or self._ingested_at, self._ingested_at),
                ingested_at=self._ingested_at,
                name=self._profile.display_name or "",
                bio=self._profile.description or "",
                following=self._following,
            )
        )

    def _keep(self, collection: str, uri: str, content: object) -> None:
        if collection == PROFILE:
            self._profile = msgspec.convert(content, ProfileRecord)
            return
        post: Post
        if collection == POSTS:
            post = post_event(msgspec.convert(content, PostRecord), uri, ingested_at=self._ingested_at)
        else:
            post = repost_event(msgspec.convert(content, RepostRecord), uri, ingested_at=self._ingested_at)
        self._found.add(post)
        self._latest_at = max(self._latest_at, post.occurred_at)

    def _bad(self, path: str, reason: str) -> None:
        self._found.add_bad(
            bad_input(f"{self._name}/{shown_name(path)}" if path else self._name, reason, b"")
        )


def build(request: SourceRequest) -> BoundedSource:
    """Return the repositories named by the arguments, read and sorted."""
    request.only()
    return prepared(
        request,
        "bluesky-archive",
        BlueskyArchive,
        hint="name the repository: rapport ingest bluesky-archive repo.car",
    )
