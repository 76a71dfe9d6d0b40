"""Which column of which table takes what: the rows of the fold as columns, in the order of the INSERT."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.events import Click, Conversion, Effort, Like, Vote
from pipelines.ids import id_time
from pipelines.metrics.measures import NAMES, Counts
from pipelines.rows import (
    AccountFrame,
    Act,
    DeadLetter,
    FramedWindow,
    LedgerRow,
    Rows,
)

Columns = dict[str, list[Any]]
"""Column name to values; every list is as long as the block."""
Getter = Callable[[Any], Any]


def _decided(of: Mapping[str, Getter]) -> dict[str, Getter]:
    """Return the getters of a fact, with the columns that every fact has."""
    return {
        "network": lambda f: f[0].network,
        "account_id": lambda f: f[0].subject,
        "id": lambda f: f[0].id,
        "occurred_at": lambda f: f[0].occurred_at,
        "ingested_at": lambda f: f[0].ingested_at,
        **of,
        "watermark": lambda f: f[1].watermark,
        "late": lambda f: f[1].late,
        "version": lambda f: f[1].version,
    }


def _of_event(*names: str) -> dict[str, Getter]:
    return {name: _getter(0, name) for name in names}


def _of_decision(*names: str) -> dict[str, Getter]:
    return {name: _getter(1, name) for name in names}


def _getter(side: int, name: str) -> Getter:
    return lambda fact: getattr(fact[side], name)


def _id_at(fact: tuple[Any, Any]) -> int:
    return id_time(fact[0].network, fact[0].id)


def _milli(value: int | None) -> float | None:
    return None if value is None else value / 1_000


_POSTS = _decided(
    {
        "id_at": _id_at,
        **_of_event(
            "author", "author_handle", "author_host", "text", "language", "reply_to_post",
            "reply_to_account", "quote_of", "quote_of_account", "repost_of", "repost_of_account",
            "conversation", "links", "hashtags", "has_media", "followers_at_post", "acts_told",
        ),
        "mentions": lambda f: [mention.account for mention in f[0].mentions],
        "mention_handles": lambda f: [mention.handle for mention in f[0].mentions],
        **_of_decision(
            "kind", "relation", "asks", "has_mention", "has_link", "promotional", "cross_post",
            "near_duplicate", "topic", "on_topic", "root", "thread_place", "adds_link",
            "adds_promotion", "adds_broadcast", "brand", "counted",
        ),
        "relevance": lambda f: _milli(f[1].relevance_milli),
    }
)  # fmt: skip
_POST_STATS = _decided(
    {
        "id_at": _id_at,
        "final": lambda f: f[0].observed_at is None,
        **_of_event("likes", "replies", "reposts", "quotes", "bookmarks", "impressions"),
    }
)
_PROFILES = _decided(
    _of_event(
        "handle", "name", "bio", "url", "followers", "following", "posts", "listed", "created_at",
        "verified", "protected",
    )
)  # fmt: skip
_INTERACTIONS = _decided(
    {
        "kind": lambda f: type(f[0]).__name__.lower(),
        "actor": lambda f: getattr(f[0], "actor", ""),
        "post": lambda f: _post_of(f[0]),
        "amount": lambda f: _amount_of(f[0]),
        "label": lambda f: _label_of(f[0]),
        "channel": lambda f: f[0].channel if isinstance(f[0], Conversion | Effort) else "",
    }
)
_POST_EDITS = _decided(_of_event("text", "links"))
_DELETIONS = _decided({**_of_event("of", "author"), **_of_decision("counted")})
_GAPS: dict[str, Getter] = {
    "network": lambda f: f[0].network,
    "source": lambda f: f[0].source,
    "id": lambda f: f[0].id,
    "from_at": lambda f: f[0].occurred_at,
    "until_at": lambda f: f[0].until,
    "reason": lambda f: f[0].reason,
}
_MATURED: dict[str, Getter] = {
    **{
        name: (lambda row, name=name: getattr(row, name))  # type: ignore[misc]
        for name in (
            "network",
            "id",
            "age",
            "due_at",
            "occurred_at",
            "kind",
            "on_topic",
            "followers",
            "version",
        )
    },
    "account_id": lambda row: row.account,
    "relevance": lambda row: _milli(row.relevance_milli),
    "measured": lambda row: row.reactions is not None,
    **{
        name: (lambda row, name=name: None if row.reactions is None else getattr(row.reactions, name))  # type: ignore[misc]
        for name in ("likes", "replies", "reposts", "quotes", "impressions", "interactions")
    },
}
_ALERTS: dict[str, Getter] = {
    "network": lambda row: row.network,
    "account_id": lambda row: row.account,
    **{
        name: (lambda row, name=name: getattr(row.change, name))  # type: ignore[misc]
        for name in ("alert", "state", "since", "at", "measure", "needed", "reason")
    },
    **{
        name: (lambda row, name=name: getattr(row.change.evidence, name, None))  # type: ignore[misc]
        for name in ("expected", "observed", "ratio", "low", "high", "p_value", "posts")
    },
    "telling": lambda row: list(getattr(row.change.evidence, "telling", ())),
    "version": lambda row: row.version,
}
_BRANDS: dict[str, Getter] = {
    "hash": lambda row: row.event.id,
    "content": lambda row: row.event.content,
    "occurred_at": lambda row: row.event.occurred_at,
    "partition": lambda row: row.partition,
    "version": lambda row: row.version,
}

_RECOUNTS: dict[str, Getter] = {
    "account_id": lambda row: row.account,
    "facts_written_at": lambda row: row.facts_written_s,
    **{
        name: (lambda row, name=name: getattr(row, name))  # type: ignore[misc]
        for name in ("network", "minute", "upto", "recounted_at", "version")
    },
}


def _post_of(act: Act) -> str:
    return act.post or "" if isinstance(act, Like | Click | Vote) else ""


def _amount_of(act: Act) -> int | None:
    match act:
        case Click():
            return int(act.human)
        case Conversion():
            return act.value_cents
        case Effort():
            return act.minutes
        case Vote():
            return act.score_milli
        case _:
            return None


def _label_of(act: Act) -> str:
    match act:
        case Click():
            return act.url
        case Conversion():
            return act.currency
        case Effort():
            return act.activity
        case _:
            return ""


def _transpose(rows: Sequence[Any], getters: Mapping[str, Getter]) -> Columns:
    return {name: [get(row) for row in rows] for name, get in getters.items()}


def measure_columns(counts: Sequence[Counts | None]) -> Columns:
    """Return one column for each measure that is not 0 everywhere; the others default to 0.

    The sparse rows are scattered into a matrix of 64-bit integers; sums of squares that do not fit are
    written into their columns one by one.
    """
    rows = [row or {} for row in counts]
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    total = int(lengths.sum())
    places = np.repeat(np.arange(len(rows)), lengths)
    measures = np.fromiter(chain.from_iterable(rows), np.int64, total)
    used = np.flatnonzero(np.bincount(measures, minlength=len(NAMES)))
    slots = np.zeros(len(NAMES), np.int64)
    slots[used] = np.arange(len(used))
    values = _integers(chain.from_iterable(row.values() for row in rows), total)
    matrix = np.zeros((len(used), len(rows)), values.dtype)
    matrix[slots[measures], places] = values
    return {NAMES[index]: column.tolist() for index, column in zip(used.tolist(), matrix, strict=True)}


def _integers(values: Iterable[int], count: int) -> NDArray[Any]:
    """Return whole numbers as an array: of 64 bits, or of Python's own where one is too large for them."""
    kept = list(values)
    try:
        return np.fromiter(kept, np.int64, count)
    except OverflowError:
        return np.fromiter(kept, object, count)


def frame_columns(frames: Sequence[AccountFrame]) -> Columns:
    """Return the columns that say whose row it is, and what held for the account then."""
    return {
        "network": [frame.network for frame in frames],
        "account_id": [frame.account for frame in frames],
        "known_since": [frame.known_since for frame in frames],
        "last_at": [frame.last_at for frame in frames],
        "brand": [frame.brand.hash for frame in frames],
        "knows_promotion": [frame.brand.knows_promotion for frame in frames],
        "knows_topics": [frame.brand.knows_topics for frame in frames],
        "version": [frame.version for frame in frames],
    }


def _window_columns(rows: Sequence[FramedWindow]) -> Columns:
    return {
        **frame_columns([row.frame for row in rows]),
        "window": [row.row.window for row in rows],
        "at": [row.row.at for row in rows],
        **measure_columns([row.row.counts for row in rows]),
    }


def _ledger_columns(rows: Sequence[LedgerRow]) -> Columns:
    names = ("documents", "facts", "duplicates", "late", "dead", "control")
    return {
        "epoch": [row.epoch for row in rows],
        "partition": [row.partition for row in rows],
        "offset": [row.offset for row in rows],
        **{name: [getattr(row.counts, name) for row in rows] for name in names},
    }


def _dead_letter_columns(rows: Sequence[DeadLetter]) -> Columns:
    names = ("epoch", "partition", "offset", "index", "source", "place", "reason", "document", "at")
    return {name: [getattr(row, name) for row in rows] for name in names}


_FACTS: tuple[tuple[str, str, Mapping[str, Getter]], ...] = (
    ("posts", "posts", _POSTS),
    ("post_stats", "post_stats", _POST_STATS),
    ("profiles", "profiles", _PROFILES),
    ("interactions", "interactions", _INTERACTIONS),
    ("post_edits", "post_edits", _POST_EDITS),
    ("deletions", "deletions", _DELETIONS),
    ("matured", "matured", _MATURED),
    ("alerts", "alerts", _ALERTS),
    ("brands", "brands", _BRANDS),
    ("gaps", "ingest_gaps", _GAPS),
    ("recounts", "recounts", _RECOUNTS),
)


def _latest(rows: Sequence[FramedWindow]) -> list[FramedWindow]:
    """Return the last row of each account and window that holds anything: it replaces those before it."""
    found = {(row.frame.network, row.frame.account, row.row.window): row for row in rows if row.latest}
    return list(found.values())


def blocks_of(rows: Rows) -> list[tuple[str, Columns]]:
    """Return one block a table, in the order in which they must be inserted: the ledger comes last."""
    blocks = [
        (table, _transpose(facts, getters))
        for field, table, getters in _FACTS
        if (facts := getattr(rows, field))
    ]
    if rows.windows:
        blocks.append(("account_windows", _window_columns(rows.windows)))
    if latest := _latest(rows.windows):
        blocks.append(("account_windows_latest", _window_columns(latest)))
    if rows.dead_letters:
        blocks.append(("dead_letters", _dead_letter_columns(rows.dead_letters)))
    if rows.ledger:
        blocks.append(("batches", _ledger_columns(rows.ledger)))
    return blocks
