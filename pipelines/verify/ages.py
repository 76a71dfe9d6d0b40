"""An own post at an age: as it is stored, and as it was decided again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from pipelines.maturity import AGE_NAMES, Maturing


class Aged(Struct, frozen=True, kw_only=True):
    """An own post at an age: all that is stored of it in `matured`, but for its relevance."""

    id: str
    age: str
    due_at: int
    kind: str
    scored: bool
    on_topic: bool
    followers: int | None
    counts: tuple[int | None, ...] | None
    """Likes, replies, reposts, quotes, impressions, interactions; None: not measured."""


def aged_of(maturing: Maturing) -> Aged:
    """Return what is to be stored of a post that has reached an age."""
    post, counts = maturing.post, maturing.reactions
    return Aged(
        id=post.id,
        age=AGE_NAMES[maturing.age_ms],
        due_at=maturing.due_at,
        kind=post.kind,
        scored=post.relevance_milli is not None,
        on_topic=post.on_topic,
        followers=post.followers,
        counts=None
        if counts is None
        else (
            counts.likes,
            counts.replies,
            counts.reposts,
            counts.quotes,
            counts.impressions,
            counts.interactions,
        ),
    )


def stored_aged(row: Sequence[object]) -> Aged:
    """Return a row of matured.sql, less its account, its version, if it is late, and when it was written."""
    id_, age, due, kind, scored, on_topic, followers, measured, *counts = row
    return Aged(
        id=str(id_),
        age=str(age),
        due_at=int(str(due)),
        kind=str(kind),
        scored=bool(scored),
        on_topic=bool(on_topic),
        followers=None if followers is None else int(str(followers)),
        counts=tuple(None if each is None else int(str(each)) for each in counts) if measured else None,
    )


def differences(ours: Aged, theirs: Aged) -> Iterator[str]:
    """Give what differs, one text each."""
    for name in Aged.__struct_fields__:
        if getattr(ours, name) != getattr(theirs, name):
            yield f"{name} is {getattr(theirs, name)}, from the facts {getattr(ours, name)}"
