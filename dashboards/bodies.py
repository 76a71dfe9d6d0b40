"""What stands inside a panel of the local page: tiles, figures with their key, tables, or why it is empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import dcc, html

from dashboards import figures, numbers
from dashboards.answers import Answer, Row
from dashboards.attributes import aria
from dashboards.look import Look, account_of
from dashboards.marked import marked
from dashboards.panels import ONE_ACCOUNT, PART_COLOURS, Kind, Panel
from dashboards.tables import table

SERIES_LIMIT, BARS_LIMIT = 8, 6
ALIKE = 1.1
"""Hours that differ by less than a tenth are alike."""
_GRAPH_CONFIG: Any = {"displayModeBar": False, "displaylogo": False, "responsive": True, "scrollZoom": False}
_CHANGES = {"up": "▲ was", "down": "▼ was", "same": "was"}
_CHANGES_IN_SHORT = {"up": "a clear rise", "down": "a clear fall", "same": "no clear change"}
_CHANGES_IN_FULL = {
    "up": "a clear rise: the interval lies above that of the window before",
    "down": "a clear fall: the interval lies below that of the window before",
    "same": "no clear change: its interval and that of the window before overlap",
}


def body(panel: Panel, answer: Answer, look: Look) -> tuple[Any, str]:
    """Return a panel's content and its state: data, empty or error."""
    if answer.error:
        return html.P(answer.error, className="empty", role="alert"), "error"
    if not answer.rows:
        return html.P(marked(panel.empty), className="empty"), "empty"
    if not answer.has_data:
        return _why_not(answer.rows, look), "empty"
    return _DRAW[panel.kind](panel, answer.rows, look), "data"


def one_account(rows: Sequence[Row]) -> tuple[list[Row], int]:
    """Return the rows of the first account that has a number, and how many other accounts there are."""
    accounts = list(dict.fromkeys(account_of(row) for row in rows if row["value"] is not None))
    kept = [row for row in rows if account_of(row) == accounts[0]]
    return kept, len({account_of(row) for row in rows}) - 1


def _why_not(rows: Sequence[Row], look: Look) -> Any:
    """Say for each account why it has no number."""
    last = {account_of(row): row for row in rows}
    return html.Ul(
        [_key_item(row, look) for row in list(last.values())[:SERIES_LIMIT]], className="empty why"
    )


def _key_item(row: Row, look: Look, *, dot: bool = True) -> Any:
    """Return an account in a key; without its dot where the drawing has the colours of something else."""
    words = row.get("words") if row.get("value") is None else ""
    return html.Li(
        [
            html.Span(className="dot", style={"background": look.colour(row)}) if dot else None,
            html.Span(row["account"], className="handle"),
            html.Span(f" {words}", className="words") if words else None,
        ]
    )


def _stat(panel: Panel, rows: Sequence[Row], look: Look) -> Any:
    shown = rows[:SERIES_LIMIT]
    lines: list[Any] = [_stat_line(panel, row, look, alone=len(rows) == 1) for row in shown]
    if len(rows) > len(shown):
        lines.append(_more(len(rows) - len(shown)))
    return html.Ul(lines, className="stats solo" if len(shown) == 1 else "stats")


def _stat_line(panel: Panel, row: Row, look: Look, *, alone: bool) -> Any:
    told: list[Any]
    if row["value"] is None:
        told = [html.Span(row["words"], className="words")]
    else:
        told = [
            html.Strong(numbers.shown(row["value"], panel.unit), className="value"),
            _interval(panel, row),
            html.Span(f"n {numbers.count(row['n'])}", className="n"),
            html.Span(
                _change(panel, row, alone=alone),
                className=f"change {row['change']}",
                title=_CHANGES_IN_FULL.get(row["change"], ""),
            ),
        ]
    name = [html.Span(className="dot", style={"background": look.colour(row)}), row["account"]]
    return html.Li([html.Span(name, className="handle"), *told])


def _interval(panel: Panel, row: Row) -> Any:
    """Return the interval, or why there is none."""
    if row["low"] is None and row["words"]:
        return html.Span(row["words"], className="interval unsure")
    return html.Span(numbers.interval(row["low"], row["high"], panel.unit), className="interval")


def _change(panel: Panel, row: Row, *, alone: bool) -> str:
    if row["change"] not in _CHANGES:
        return ""
    was = f"{_CHANGES[row['change']]} {numbers.shown(row['before'], panel.unit)}"
    return f"{was} a window earlier: {_CHANGES_IN_SHORT[row['change']]}" if alone else was


def _series(panel: Panel, rows: Sequence[Row], look: Look) -> Any:
    last = {account_of(row): row for row in rows}
    drawn = set(list(last)[:SERIES_LIMIT])
    key = [
        _key_item(last[account], look) for account in sorted(drawn, key=lambda each: last[each]["account"])
    ]
    if len(last) > len(drawn):
        key.append(_more(len(last) - len(drawn)))
    kept = [row for row in rows if account_of(row) in drawn]
    return _figure(panel, kept, look, html.Ul(key, className="key"))


def _one(panel: Panel, rows: Sequence[Row], look: Look) -> Any:
    """Draw the first account alone, and say that there are more."""
    kept, others = one_account(rows)
    named = _key_item({**kept[-1], "words": ""}, look, dot=panel.kind == "expected")
    key = [named, *_parts(panel), *_best_hours(panel, kept)]
    if others:
        key.append(html.Li(f"{others} more: choose an account above", className="more"))
    return _figure(panel, kept, look.only(kept[0]), html.Ul(key, className="key"))


def _best_hours(panel: Panel, rows: Sequence[Row]) -> list[Any]:
    if panel.kind != "hours":
        return []
    values = [row["value"] for row in rows if row["value"] is not None]
    if max(values) < ALIKE * min(values):
        return [html.Li("no hour stands out", className="more")]
    best = sorted((row for row in rows if row["value"] is not None), key=lambda row: -row["value"])[:3]
    told = ", ".join(f"{figures.DAYS[row['day_of_week'] - 1]} {row['hour']:02}:00" for row in best)
    return [html.Li(f"most: {told}", className="more")]


def _compare(panel: Panel, rows: Sequence[Row], look: Look) -> Any:
    known = [row for row in rows if row["value"] is not None]
    unsure = [{**row, "value": None} for row in rows if row["value"] is None or row["words"]]
    more = (
        []
        if len(known) <= BARS_LIMIT
        else [html.Li(f"and {len(known) - BARS_LIMIT} lower", className="more")]
    )
    note = html.Ul([*(_key_item(row, look) for row in unsure[:SERIES_LIMIT]), *more], className="key why")
    return _figure(panel, known[:BARS_LIMIT], look, note)


def _shares(panel: Panel, rows: Sequence[Row], look: Look) -> Any:
    accounts = list(dict.fromkeys(account_of(row) for row in rows if row["value"] is not None))
    kept = [row for row in rows if account_of(row) in accounts[:BARS_LIMIT]]
    silent = {account_of(row): row for row in rows if account_of(row) not in accounts}
    note = [*_parts(panel), *(_key_item(row, look) for row in silent.values())]
    if len(accounts) > BARS_LIMIT:
        note.append(_more(len(accounts) - BARS_LIMIT))
    return _figure(panel, kept, look, html.Ul(note, className="key"))


def _parts(panel: Panel) -> list[Any]:
    return [
        html.Li([html.Span(className="dot", style={"background": colour}), part])
        for part, colour in zip(panel.parts, PART_COLOURS, strict=False)
    ]


def _reach(panel: Panel, rows: Sequence[Row], look: Look) -> Any:
    unplaced = [row for row in rows if row["words"]]
    if len(unplaced) == len(rows):
        return _why_not(rows, look)
    note = html.Ul(
        [_key_item({**row, "value": None}, look) for row in unplaced[:SERIES_LIMIT]], className="key why"
    )
    return _figure(panel, rows, look, note)


def _lines(panel: Panel, rows: Sequence[Row], look: Look) -> Any:
    return _figure(panel, rows, look, None)


def _table(panel: Panel, rows: Sequence[Row], look: Look) -> Any:
    return table(panel, rows, look)


def _more(count: int) -> Any:
    return html.Li(f"and {count} more: choose accounts above", className="more")


def _figure(panel: Panel, rows: Sequence[Row], look: Look, note: Any) -> Any:
    figure = figures.draw(panel, rows, look)
    graph = dcc.Graph(figure=figure, config=_GRAPH_CONFIG, className="graph", responsive=True)
    return html.Div(
        [note, html.Div(graph, className="plot", role="img", **aria(label=panel.title))],
        className="chart",
    )


_DRAW: Mapping[Kind, Callable[[Panel, Sequence[Row], Look], Any]] = {
    "stat": _stat,
    "series": _series,
    "compare": _compare,
    "reach": _reach,
    "shares": _shares,
    "lines": _lines,
    "table": _table,
    **dict.fromkeys(ONE_ACCOUNT, _one),
}
