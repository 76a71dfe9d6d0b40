"""What the views of conversations and answers should say, recomputed plainly from the events."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from pipelines.events import DAY_MS, AnyEvent, Post
from pipelines.scoring.post import HEADLINE_KINDS, kind_of, relation_of
from tests.views.reference_exchanges import Act, acts_of, deleted_of, places_of


class Unit(Struct, frozen=True, kw_only=True):
    """One other account in one conversation in which it spoke to the account."""

    conversation: str
    other: str
    opened_at: int
    answered_at: int | None
    waiting: list[Act]


def units_of(events: Sequence[AnyEvent], me: str) -> list[Unit]:
    """Return every conversation in which somebody spoke to the account."""
    places = places_of(events)
    spoken: dict[tuple[str, str], list[Act]] = {}
    for act in acts_of(events, me):
        if act.post in places and (act.kind == "reply" or (act.kind == "mention" and not act.outgoing)):
            spoken.setdefault((places[act.post].conversation, act.other), []).append(act)
    units = []
    for (conversation, other), acts in spoken.items():
        came = [act for act in acts if not act.outgoing]
        replied = [act.at for act in acts if act.outgoing]
        if came:
            answers = [at for at in replied if at >= came[0].at]
            units.append(
                Unit(
                    conversation=conversation,
                    other=other,
                    opened_at=came[0].at,
                    answered_at=answers[0] if answers else None,
                    waiting=[act for act in came if not replied or act.at > replied[-1]],
                )
            )
    return units


class Responses(Struct, frozen=True, kw_only=True):
    """One row of `responses`, as far as it is compared."""

    opened: int
    answered: int
    answerable: int
    answered_24h: int
    median_s: float | None
    waiting: int
    waiting_questions: int
    oldest_waiting_s: float | None


def responses_of(events: Sequence[AnyEvent], me: str, now: int) -> Responses | None:
    """Return how an account answers over 28 days; None where nobody spoke to it in them."""
    units = units_of(events, me)
    new = [unit for unit in units if unit.opened_at >= now - 28 * DAY_MS]
    old = [unit for unit in new if unit.opened_at <= now - DAY_MS]
    waiting = [unit.waiting for unit in units if unit.waiting and unit.waiting[0].at >= now - 28 * DAY_MS]
    if not new and not waiting:
        return None
    return Responses(
        opened=len(new),
        answered=sum(unit.answered_at is not None for unit in new),
        answerable=len(old),
        answered_24h=sum(
            unit.answered_at is not None and unit.answered_at - unit.opened_at <= DAY_MS for unit in old
        ),
        median_s=kaplan_meier_median(
            ((now if u.answered_at is None else u.answered_at) - u.opened_at, u.answered_at is not None)
            for u in new
        ),
        waiting=len(waiting),
        waiting_questions=sum(any(act.asks for act in each) for each in waiting),
        oldest_waiting_s=max(((now - each[0].at) / 1000 for each in waiting), default=None),
    )


def kaplan_meier_median(times: Iterable[tuple[int, bool]]) -> float | None:
    """Return the least time, in seconds, at which at most half are left, of (ms, whether it ended)."""
    observed = sorted(times)
    alive = 1.0
    for at in sorted({time for time, ended in observed if ended}):
        at_risk = sum(time >= at for time, _ in observed)
        ends = sum(time == at and ended for time, ended in observed)
        alive *= 1 - ends / at_risk
        if alive <= 0.5 + 1e-9:
            return at / 1000
    return None


class Conversation(Struct, frozen=True, kw_only=True):
    """One row of `conversations`, as far as it is compared."""

    root_known: bool
    root_author: str
    posts: int
    own_posts: int
    replies_in: int
    participants: int
    depth: int
    turns: int
    author_returned: bool
    started_at: int


def conversations_of(events: Sequence[AnyEvent], me: str) -> dict[str, Conversation]:
    """Return every conversation that concerns an account, by its root."""
    places = places_of(events)
    posts: dict[str, list[Post]] = {}
    for event in events:
        if isinstance(event, Post) and event.id in places:
            posts.setdefault(places[event.id].conversation, []).append(event)
    found = {}
    for root, said in posts.items():
        longest = max((places[post.id].depth, places[post.id].turns) for post in said)
        author = _root_author(root, said)
        others = [post.occurred_at for post in said if post.author != author]
        found[root] = Conversation(
            root_known=any(post.id == root for post in said),
            root_author=author,
            posts=len(said),
            own_posts=sum(post.author == me for post in said),
            replies_in=sum(relation_of(post) == "reply" for post in said),
            participants=len({post.author for post in said}),
            depth=longest[0],
            turns=longest[1],
            author_returned=bool(others)
            and any(post.author == author and post.occurred_at > min(others) for post in said),
            started_at=min(post.occurred_at for post in said),
        )
    return found


class Depth(Struct, frozen=True, kw_only=True):
    """One row of `conversation_depth`, as far as it is compared."""

    conversations: int
    depth_mean: float | None
    depth_p90: int | None
    turns_mean: float | None
    returned: int
    asked: int
    answered: int
    status: str


def depth_of(events: Sequence[AnyEvent], me: str, now: int, told: Mapping[str, int]) -> Depth | None:
    """Return how deep conversations of 28 days went; `told`: replies by 24 h where the network counted them.

    None where nothing was ever said.
    """
    talks, places, deleted = conversations_of(events, me), places_of(events), deleted_of(events)
    posts = [event for event in events if isinstance(event, Post)]
    said = [
        post for post in posts
        if post.author == me and kind_of(post) in HEADLINE_KINDS and post.id not in deleted
    ]  # fmt: skip
    if not talks and not said:
        return None
    recent = [
        talk for talk in talks.values() if talk.participants >= 2 and talk.started_at >= now - 28 * DAY_MS
    ]
    depths = sorted(talk.depth for talk in recent)
    known = {post.reply_to_post for post in posts if relation_of(post) == "reply" and post.id in places}
    headline = [post.id for post in said if now - 28 * DAY_MS <= post.occurred_at <= now - DAY_MS]
    tells_all = any(talk.replies_in for talk in talks.values())
    asked = [post for post in headline if tells_all or post in told or post in known]
    enough = len(asked) >= 0.8 * len(headline)
    return Depth(
        conversations=len(recent),
        depth_mean=sum(depths) / len(depths) if depths else None,
        depth_p90=depths[math.ceil(len(depths) * 9 / 10) - 1] if depths else None,
        turns_mean=sum(talk.turns for talk in recent) / len(recent) if recent else None,
        returned=sum(talk.author_returned for talk in recent),
        asked=len(asked),
        answered=sum(told.get(post, 0) > 0 or post in known for post in headline),
        status="ok" if headline and enough else "unknown_input" if headline else "no_posts",
    )


def _root_author(root: str, said: Sequence[Post]) -> str:
    for post in said:
        if post.id == root:
            return post.author
    told = {post.reply_to_account for post in said if post.reply_to_post == root and post.reply_to_account}
    return min(told) if told else ""
