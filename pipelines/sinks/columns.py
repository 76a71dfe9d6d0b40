"""Which column of which table takes what: the rows of the fold as columns, in the order of the INSERT."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.events import Click, Conversion, Effort, Like, Vote
from pipelines.frames import AccountFrame
from pipelines.ids import id_time
from pipelines.rows import Act, DeadLetter, LedgerRow, Rows
from pipelines.sinks.measure_columns import vector_columns
from pipelines.sinks.native import Coded, Column, Fixed
from pipelines.window_rows import WindowBlock, latest_of

Columns = dict[str, Column]
"""Column name to values; every column is as long as the block."""
Getter = Callable[[Any], Any]


class _Attribute:
    """An attribute of one side of a fact: of the event (0) or of what was decided about it (1)."""

    def __init__(self, side: int, name: str) -> None:
        self.side = side
        self.of: Getter = attrgetter(name)

    def __call__(self, fact: tuple[Any, Any]) -> Any:
        return self.of(fact[self.side])


def _decided(of: Mapping[str, Getter]) -> dict[str, Getter]:
    """Return the getters of a fact, with the columns that every fact has."""
    return {
        "account_id": _getter(0, "subject"),
        **_of_event("network", "id", "occurred_at", "ingested_at"),
        **of,
        **_of_decision("watermark", "late", "version"),
    }


def _of_event(*names: str) -> dict[str, Getter]:
    return {name: _getter(0, name) for name in names}


def _of_decision(*names: str) -> dict[str, Getter]:
    return {name: _getter(1, name) for name in names}


def _getter(side: int, name: str) -> Getter:
    return _Attribute(side, name)


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
            "near_duplicate", "fingerprint", "topic", "on_topic", "root", "thread_place", "adds_link",
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
        name: attrgetter(name)
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
            "late",
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

_ERASURES: dict[str, Getter] = {
    "digest": lambda row: row.digest,
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
    sides = tuple(zip(*rows, strict=True)) if isinstance(rows[0], tuple) else ()
    return {
        name: list(map(get.of, sides[get.side])) if isinstance(get, _Attribute) else [*map(get, rows)]
        for name, get in getters.items()
    }


def frame_columns(frames: Sequence[AccountFrame], places: NDArray[np.intp]) -> Columns:
    """Return the columns that say whose row it is, and what held for the account then.

    `places`: of each row, the place of its frame.
    """

    def fixed(values: Iterable[int], type_: type) -> Fixed:
        return Fixed(np.fromiter(values, type_, len(frames))[places])

    brands = [frame.brand for frame in frames]
    return {
        "network": Coded.of([frame.network for frame in frames]).at(places),
        "account_id": Coded.of([frame.account for frame in frames]).at(places),
        "known_since": fixed((frame.known_since for frame in frames), np.int64),
        "last_at": fixed((frame.last_at for frame in frames), np.int64),
        "brand": Coded.of([brand.hash for brand in brands]).at(places),
        "knows_promotion": fixed((brand.knows_promotion for brand in brands), bool),
        "knows_topics": fixed((brand.knows_topics for brand in brands), bool),
        "knows_channels": fixed((brand.knows_channels for brand in brands), bool),
        "version": fixed((frame.version for frame in frames), np.uint64),
    }


def _window_columns(blocks: Sequence[WindowBlock]) -> Columns:
    begins = np.cumsum([0, *(len(block.frames) for block in blocks)])
    places = [begin + block.owners for begin, block in zip(begins[:-1], blocks, strict=True)]
    sizes = np.fromiter(map(len, blocks), np.intp, len(blocks))
    return {
        **frame_columns([frame for block in blocks for frame in block.frames], np.concatenate(places)),
        "window": Coded.of([block.window for block in blocks]).at(np.repeat(np.arange(len(blocks)), sizes)),
        "at": Fixed(np.concatenate([block.ends for block in blocks])),
        **vector_columns([block.sums for block in blocks]),
    }


def _ledger_columns(rows: Sequence[LedgerRow]) -> Columns:
    names = ("documents", "facts", "duplicates", "late", "dead", "control", "erased")
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
    ("erasures", "erasures", _ERASURES),
)


def blocks_of(rows: Rows) -> list[tuple[str, Columns]]:
    """Return one block a table, in the order in which they must be inserted: the ledger comes last."""
    blocks = [
        (table, _transpose(facts, getters))
        for field, table, getters in _FACTS
        if (facts := getattr(rows, field))
    ]
    if any(map(len, rows.windows)):
        blocks.append(("account_windows", _window_columns(rows.windows)))
    if latest := latest_of(rows.windows):
        blocks.append(("account_windows_latest", _window_columns(latest)))
    if rows.dead_letters:
        blocks.append(("dead_letters", _dead_letter_columns(rows.dead_letters)))
    if rows.ledger:
        blocks.append(("batches", _ledger_columns(rows.ledger)))
    return blocks
