"""Mastodon's statuses, notifications and accounts, as Mastodon.py gives them, as events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.errors import InvalidEvent
from pipelines.events import AnyEvent, Edit, Follow, Like, Mention, Network, Post, PostStats, Profile
from pipelines.sources.entities import check_instant, instant
from pipelines.sources.fediverse.markup import plain

NETWORK: Network = "mastodon"
SHOWN_TO_ALL = ("public", "unlisted")
"""What was said to a few is nobody's figure."""

Thing = Mapping[str, Any]


class Statuses:
    """Read what one instance tells; accounts are named `user@host`, as everywhere in Rapport.

    Ids of posts are those of the instance, for its deletions name nothing else.
    """

    def __init__(self, host: str) -> None:
        self.host = host
        self._names: dict[str, str] = {}

    def account(self, told: Thing) -> str:
        """Return `user@host` of an account, and remember it by its local id. Raises InvalidEvent."""
        acct = told.get("acct")
        if not acct:
            raise InvalidEvent("`$.account.acct` is missing")
        user, _, server = str(acct).partition("@")
        name = f"{user}@{(server or self.host).lower()}"
        if told.get("id") is not None:
            self._names[str(told["id"])] = name
        return name

    def post(self, status: Thing, *, now: int) -> Post | None:
        """Return a post or a repost; None for what was not said to everybody. Raises InvalidEvent."""
        if status.get("visibility", "public") not in SHOWN_TO_ALL:
            return None
        post_id = _id(status)
        author = self.account(status.get("account") or {})
        at = _instant(status.get("created_at"), "$.created_at", now)
        boosted = status.get("reblog")
        if boosted:
            return self._repost(post_id, author, at, boosted, now)
        quoted = (status.get("quote") or {}).get("quoted_status")
        mentions = {str(each.get("id")): self.account(each) for each in status.get("mentions") or ()}
        shown = plain(status.get("content") or "")
        warning = status.get("spoiler_text")
        return Post(
            network=NETWORK,
            id=post_id,
            occurred_at=at,
            ingested_at=now,
            author=author,
            author_handle=author,
            author_host=author.partition("@")[2],
            text=f"{warning}\n\n{shown.text}" if warning else shown.text,
            language=status.get("language") or "",
            reply_to_post=_text(status.get("in_reply_to_id")),
            reply_to_account=self._named(status.get("in_reply_to_account_id")),
            quote_of=_text(quoted.get("id")) if quoted else None,
            quote_of_account=self.account(quoted["account"]) if quoted and quoted.get("account") else None,
            mentions=tuple(Mention(each, each) for each in dict.fromkeys(mentions.values())),
            links=shown.links,
            hashtags=tuple(str(tag["name"]) for tag in status.get("tags") or () if tag.get("name")),
            has_media=bool(status.get("media_attachments") or status.get("poll")),
            followers_at_post=(status.get("account") or {}).get("followers_count"),
        )

    def edit(self, status: Thing, *, now: int) -> Edit | None:
        """Return the new text of a post; None for what was not said to everybody. Raises InvalidEvent."""
        post = self.post(status, now=now)
        if post is None:
            return None
        at = _instant(status.get("edited_at"), "$.edited_at", now) if status.get("edited_at") else now
        return Edit(
            network=NETWORK, id=post.id, occurred_at=at, ingested_at=now, text=post.text, links=post.links
        )

    def notified(self, told: Thing, me: str, *, now: int) -> AnyEvent | None:
        """Return what a notification to `me` says: post, repost, like or follow. Raises InvalidEvent."""
        kind, status = told.get("type"), told.get("status") or {}
        if kind in ("mention", "quote"):
            return self.post(status, now=now)
        if kind not in ("reblog", "favourite", "follow"):
            return None
        actor = self.account(told.get("account") or {})
        at = _instant(told.get("created_at"), "$.created_at", now)
        if kind == "follow":
            return Follow(
                network=NETWORK,
                id=f"follow:{_id(told)}",
                occurred_at=at,
                ingested_at=now,
                subject=me,
                actor=actor,
            )
        post = _id(status)
        if kind == "favourite":
            return Like(
                network=NETWORK,
                id=f"{post}:favourite:{actor}",
                occurred_at=at,
                ingested_at=now,
                subject=me,
                actor=actor,
                post=post,
            )
        return self._repost(f"{post}:reblog:{actor}", actor, at, status, now)

    def profile(self, told: Thing, *, now: int) -> Profile:
        """Return a snapshot of an account. Raises InvalidEvent."""
        name = self.account(told)
        created_at = told.get("created_at")
        return Profile(
            network=NETWORK,
            id=name,
            occurred_at=now,
            ingested_at=now,
            handle=name,
            name=told.get("display_name") or "",
            bio=plain(told.get("note") or "").text,
            url=told.get("url") or "",
            followers=told.get("followers_count"),
            following=told.get("following_count"),
            posts=told.get("statuses_count"),
            created_at=_milliseconds(created_at) if isinstance(created_at, datetime) else None,
            protected=bool(told.get("locked")),
        )

    def counts(self, status: Thing, *, now: int) -> PostStats:
        """Return the counts of a post as they are now. Raises InvalidEvent."""
        return PostStats(
            network=NETWORK,
            id=_id(status),
            occurred_at=now,
            ingested_at=now,
            observed_at=now,
            likes=status.get("favourites_count"),
            replies=status.get("replies_count"),
            reposts=status.get("reblogs_count"),
            quotes=status.get("quotes_count"),
        )

    def _repost(self, post_id: str, author: str, at: int, boosted: Thing, now: int) -> Post:
        owner = boosted.get("account")
        return Post(
            network=NETWORK,
            id=post_id,
            occurred_at=at,
            ingested_at=now,
            author=author,
            author_handle=author,
            author_host=author.partition("@")[2],
            repost_of=_id(boosted),
            repost_of_account=self.account(owner) if owner else None,
        )

    def _named(self, local_id: object) -> str | None:
        """Return the account of a local id, if it was met: an author is, and who is mentioned."""
        return None if local_id is None else self._names.get(str(local_id))


def _id(told: Thing) -> str:
    if told.get("id") in (None, ""):
        raise InvalidEvent("`$.id` is missing")
    return str(told["id"])


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _instant(value: object, name: str, now: int) -> int:
    # Mastodon.py 2.3.3 leaves the dates of `status.update` as text: it knows the event as `status_update`
    told = _milliseconds(value) if isinstance(value, datetime) else instant(str(value), name)
    at = min(told, now)
    check_instant(at, name, ingested_at=now)
    return at


def _milliseconds(at: datetime) -> int:
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return int(aware.timestamp() * 1_000)
