"""What the views `exchanges` and `reply_chains` should say, recomputed plainly from the events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from pipelines.events import AnyEvent, Delete, Like, Post
from pipelines.scoring.text import mentions_without_via


class Act(Struct, frozen=True, kw_only=True, order=True):
    """One act between the account and another."""

    at: int
    post: str
    outgoing: bool
    kind: str
    other: str
    asks: bool = False
    conversation: str | None = None
    handle: str = ""
    followers: int | None = None


class Place(Struct, frozen=True):
    """Where a post stands in its conversation."""

    conversation: str
    top: str
    depth: int
    turns: int


def gone_of(events: Iterable[AnyEvent]) -> set[str]:
    """Return the accounts that are gone."""
    return {each.id for each in events if isinstance(each, Delete) and each.of == "account"}


def deleted_of(events: Iterable[AnyEvent]) -> set[str]:
    """Return the ids of withdrawn posts, likes, reposts and follows."""
    return {each.id for each in events if isinstance(each, Delete) and each.of != "account"}


def acts_of(events: Sequence[AnyEvent], me: str) -> list[Act]:
    """Return every act between an account and others, in order of time."""
    gone, deleted = gone_of(events), deleted_of(events)
    if me in gone:
        return []
    acts: list[Act] = []
    for event in events:
        if event.id in deleted:
            continue
        if isinstance(event, Like):
            acts += _acts_of_like(event, me)
        elif isinstance(event, Post):
            acts += _acts_of_post(event, me)
    return sorted(act for act in acts if act.other not in gone)


def _acts_of_like(like: Like, me: str) -> list[Act]:
    given = like.actor == me
    owner = like.post.split("/")[2] if like.post.startswith("at://") else ""
    other = owner if given else like.actor
    if other in ("", me):
        return []
    return [Act(at=like.occurred_at, post=like.post, outgoing=given, kind="like", other=other)]


def _acts_of_post(post: Post, me: str) -> list[Act]:
    outgoing = post.author == me
    named = _named(post)
    pairs = list(named.items()) if outgoing else [(post.author, named[me])] if me in named else []
    handles = {each.account: each.handle for each in post.mentions} if outgoing else {}
    return [
        Act(
            at=post.occurred_at,
            post=post.id,
            outgoing=outgoing,
            kind=kind,
            other=other,
            asks="?" in post.text and kind != "repost",
            conversation=post.conversation,
            handle=handles.get(other, "") if outgoing else post.author_handle,
            followers=None if outgoing else post.followers_at_post,
        )
        for other, kind in pairs
        if other != me
    ]


def _named(post: Post) -> dict[str, str]:
    """Return whom a post addresses and how, the first of repost, reply, quote and mention."""
    if post.repost_of is not None:
        return {post.repost_of_account: "repost"} if post.repost_of_account else {}
    found: dict[str, str] = {}
    for account, kind in (
        (post.reply_to_account, "reply"),
        (post.quote_of_account, "quote"),
        *((each.account, "mention") for each in mentions_without_via(post.text, post.mentions)),
    ):
        if account and account != post.author:
            found.setdefault(account, kind)
    return found


def places_of(events: Sequence[AnyEvent]) -> dict[str, Place]:
    """Return where each known post stands, climbing from post to post."""
    gone, deleted = gone_of(events), deleted_of(events)
    posts = {
        event.id: event
        for event in events
        if isinstance(event, Post)
        and event.repost_of is None
        and event.id not in deleted
        and event.author not in gone
    }
    return {id_: _climb(post, posts) for id_, post in posts.items()}


def _climb(post: Post, posts: dict[str, Post]) -> Place:
    now, depth, turns = post, 1, 1
    while now.reply_to_post in posts:
        above = posts[now.reply_to_post]
        depth, turns, now = depth + 1, turns + (above.author != now.author), above
    top = now.id if now.reply_to_post is None else now.reply_to_post
    return Place(top if post.conversation is None else post.conversation, top, depth, turns)
