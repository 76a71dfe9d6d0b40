"""What the rules about the pipeline find now, without a Grafana that asks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from dashboards.provisioning import panel_of
from dashboards.rule import Rule, said
from dashboards.rules import RULES
from pipelines.notification.trouble import Trouble

Rows = Callable[[str], Sequence[Mapping[str, Any]]]


def troubles(ask: Rows, rules: Iterable[Rule] = RULES) -> list[Trouble]:
    """Return what is wrong now by the rules about the pipeline; `ask` gives the rows of a query."""
    return [each for rule in rules if rule.is_about_pipeline for each in _found(ask, rule)]


def _found(ask: Rows, rule: Rule) -> Iterator[Trouble]:
    firing = [row for row in map(_read, ask(rule.sql)) if rule.fires_at(row[1])]
    begins = _begins(ask, rule) if firing and rule.since else {}
    for labels, number in firing:
        part = next(iter(labels.values()))
        yield Trouble(
            rule=rule.section,
            part=part,
            title=rule.title,
            what=said(rule.summary, labels, number),
            do=said(rule.do, labels, number),
            panel=f"/d/{rule.board}?viewPanel={panel_of(rule)}",
            since=begins.get(part),
            wait_ms=1_000 * rule.wait_s,
        )


def _read(row: Mapping[str, Any]) -> tuple[dict[str, str], float]:
    """Return a row's labels and its number, which is its last column."""
    *labels, number = row.items()
    return {name: str(value) for name, value in labels}, float(number[1])


def _begins(ask: Rows, rule: Rule) -> dict[str, int]:
    """Return from when on it is so, in milliseconds, by the first label."""
    rows = [list(row.values()) for row in ask(rule.since_sql)]
    return {str(first): int(since) for first, since in rows}
