"""What the fold gives to an account's alerts, and what it stores of what they say."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.alerts.account_alerts import Aged
from pipelines.alerts.change import Change
from pipelines.alerts.expectation import PostFacts
from pipelines.maturity import AGE_NAMES, FAST_AGE_MS, HAS_LINK, HAS_MEDIA, HAS_MENTION, Maturing
from pipelines.rows import AlertRow, Rows
from pipelines.scoring.post import HEADLINE_KINDS


def aged_of(maturing: Maturing, at: int) -> Aged | None:
    """Return a headline post at an age, decided at `at`; None for what is not compared.

    Counts of unknown time are the same at every age, so they are compared once.
    """
    post, fast = maturing.post, maturing.age_ms == FAST_AGE_MS
    if post.kind not in HEADLINE_KINDS or (fast and post.final is not None):
        return None
    return Aged(AGE_NAMES[maturing.age_ms], at, _facts_of(maturing))


def _facts_of(maturing: Maturing) -> PostFacts | None:
    post, reactions = maturing.post, maturing.reactions
    if reactions is None:
        return None
    return PostFacts(
        id=post.id,
        at=post.occurred_at,
        interactions=reactions.interactions,
        followers=post.followers,
        quotes=post.kind == "quote",
        links=bool(post.traits & HAS_LINK),
        shows=bool(post.traits & HAS_MEDIA),
        mentions=bool(post.traits & HAS_MENTION),
    )


def say(rows: Rows, key: tuple[str, str], changes: Iterable[Change], version: int) -> None:
    """Gather what the alerts of an account (network, id) say."""
    rows.alerts += [AlertRow(*key, change, version) for change in changes]
