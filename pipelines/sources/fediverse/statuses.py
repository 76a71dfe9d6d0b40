"""The statuses and accounts of Mastodon's client API as canonical events.

https://docs.joinmastodon.org/entities/Status: ids are those of the server that was asked, for posts and
accounts alike; texts are HTML.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from pipelines.errors import InvalidEvent
from pipelines.events import AnyEvent, Mention, Network, Post, Profile
from pipelines.sources.entities import Count, instant, instant_within, missing
from pipelines.sources.fediverse.markup import plain
from pipelines.sources.ripeness import counts_of

NETWORK: Network = "mastodon"
_PUBLIC = frozenset({"public", "unlisted"})


class Field(Struct, gc=False):
    """A line of a profile; `verified_at` where the address in it links back."""

    name: str = ""
    value: str = ""
    verified_at: str | None = None


class AccountView(Struct, gc=False):
    id: str
    username: str = ""
    acct: str = ""
    display_name: str | None = None
    note: str | None = None
    url: str | None = None
    followers_count: Count | None = None
    following_count: Count | None = None
    statuses_count: Count | None = None
    created_at: str | None = None
    locked: bool | None = None
    fields: list[Field] | None = None


class MentionView(Struct, gc=False):
    id: str
    acct: str = ""


class TagView(Struct, gc=False):
    name: str = ""


class Original(Struct, gc=False):
    """A status that another repeats or quotes."""

    id: str
    account: MentionView


class QuoteView(Struct, gc=False):
    quoted_status: Original | None = None


class Status(Struct, gc=False):
    id: str
    account: AccountView
    created_at: str | None = None
    content: str | None = None
    spoiler_text: str | None = None
    visibility: str = "public"
    language: str | None = None
    in_reply_to_id: str | None = None
    in_reply_to_account_id: str | None = None
    reblog: Original | None = None
    quote: QuoteView | None = None
    mentions: list[MentionView] | None = None
    tags: list[TagView] | None = None
    media_attachments: list[object] | None = None
    poll: object = None
    replies_count: Count | None = None
    reblogs_count: Count | None = None
    favourites_count: Count | None = None
    quotes_count: Count | None = None


account_decoder = msgspec.json.Decoder(AccountView)
status_decoder = msgspec.json.Decoder(Status)


def account_event(view: AccountView, server: str, *, seen_at: int) -> Profile:
    """Return the account as it was seen on `server`."""
    try:
        created_at = instant(view.created_at, "$.created_at") if view.created_at else None
    except InvalidEvent:
        created_at = None
    return Profile(
        network=NETWORK,
        id=view.id,
        occurred_at=seen_at,
        ingested_at=seen_at,
        handle=full_handle(view.acct or view.username, server),
        name=view.display_name or "",
        bio=plain(view.note or "").text,
        url=website(view.fields or ()),
        followers=view.followers_count,
        following=view.following_count,
        posts=view.statuses_count,
        created_at=created_at,
        protected=bool(view.locked),
    )


def website(fields: Iterable[Field]) -> str:
    """Return the link of a profile, one that is verified before others; empty where it has none."""
    ranked = sorted(fields, key=lambda each: each.verified_at is None)
    return next((link for each in ranked for link in plain(each.value).links), "")


def status_events(status: Status, server: str, *, seen_at: int) -> list[AnyEvent]:
    """Return a status with its counts, or a boost alone; nothing for what was not said in public.

    Raises InvalidEvent naming the field.
    """
    if status.visibility not in _PUBLIC:
        return []
    post = status_post(status, server, seen_at=seen_at)
    if post.repost_of is not None:
        return [post]
    counts = counts_of(
        post,
        seen_at=seen_at,
        likes=status.favourites_count,
        replies=status.replies_count,
        reposts=status.reblogs_count,
        quotes=status.quotes_count,
    )
    return [post, counts]


def status_post(status: Status, server: str, *, seen_at: int) -> Post:
    """Return a status as a post, without its counts. Raises InvalidEvent naming the field."""
    at = _posted_at(status.created_at, seen_at)
    handle = full_handle(status.account.acct or status.account.username, server)
    if status.reblog is not None:
        return Post(
            network=NETWORK,
            id=status.id,
            occurred_at=at,
            ingested_at=seen_at,
            author=status.account.id,
            author_handle=handle,
            author_host=handle.partition("@")[2],
            repost_of=status.reblog.id,
            repost_of_account=status.reblog.account.id,
        )
    if status.content is None:
        raise missing("$.content")
    shown, warning = plain(status.content), status.spoiler_text
    quoted = status.quote.quoted_status if status.quote else None
    return Post(
        network=NETWORK,
        id=status.id,
        occurred_at=at,
        ingested_at=seen_at,
        author=status.account.id,
        author_handle=handle,
        author_host=handle.partition("@")[2],
        text=f"{warning}\n\n{shown.text}" if warning else shown.text,
        language=status.language or "",
        reply_to_post=status.in_reply_to_id,
        reply_to_account=status.in_reply_to_account_id,
        quote_of=quoted.id if quoted else None,
        quote_of_account=quoted.account.id if quoted else None,
        mentions=tuple(
            Mention(each.id, full_handle(each.acct, server) if each.acct else "")
            for each in status.mentions or ()
        ),
        links=shown.links,
        hashtags=tuple(tag.name for tag in status.tags or () if tag.name),
        has_media=bool(status.media_attachments) or status.poll is not None,
    )


def full_handle(acct: str, server: str) -> str:
    """Return `user@host` of an account as `server` names it: its own have no host.

    >>> full_handle("ann", "social.example")
    'ann@social.example'
    """
    return acct if "@" in acct else f"{acct}@{server}"


def _posted_at(created_at: str | None, seen_at: int) -> int:
    if created_at is None:
        raise missing("$.created_at")
    return instant_within(created_at, "$.created_at", ingested_at=seen_at)
