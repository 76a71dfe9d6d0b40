"""What the input of an analysis never told: said on the page, and no 0 drawn in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from msgspec import Struct

from dashboards.answers import Ask, Row

_WORDS = "the input does not tell it"
_TOLD = ("value", "low", "high", "before")


class Lacking(Struct, frozen=True):
    """What is missing, the titles of the metrics that need it, and what brings it.

    `silent` are the metrics, with their network, that would come out as 0 instead of unknown.
    """

    what: str
    needed_by: str
    brings: str
    silent: tuple[tuple[str, str], ...] = ()


def shown(lacks: Sequence[Lacking]) -> list[Any]:
    """Return what the page says of it; nothing where nothing lacks."""
    if not lacks:
        return []
    items = [
        html.Li([html.Strong(lack.what), f" ({lack.needed_by})" * bool(lack.needed_by), f" → {lack.brings}"])
        for lack in lacks
    ]
    summary = html.Summary("What this input cannot tell, and what would bring it")
    return [html.Details([summary, html.Ul(items)], className="lacks", open=True)]


def withholding(ask: Ask, lacks: Sequence[Lacking]) -> Ask:
    """Return how to query so that silent metrics have no value, and say why."""
    silent = {key for lack in lacks for key in lack.silent}

    def withheld(sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        return [
            _unknown(row) if (row.get("network"), row.get("metric")) in silent else row
            for row in ask(sql, parameters)
        ]

    return withheld if silent else ask


def _unknown(row: Row) -> Row:
    known = {name: None for name in _TOLD if name in row}
    return {**row, **known, **({"words": _WORDS} if "words" in row else {})}
