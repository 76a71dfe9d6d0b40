"""Tables of the local page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dash import html

from dashboards import numbers
from dashboards.answers import Row
from dashboards.attributes import aria, data
from dashboards.look import Look
from dashboards.panels import Column, Panel, Shape

_WRITTEN: Mapping[Shape, Callable[[Any], str]] = {
    "count": numbers.count,
    "share": lambda value: f"{100 * value:.0f} %",
    "duration": numbers.duration,
}


def table(panel: Panel, rows: Sequence[Row], look: Look) -> Any:
    """Return the rows of a panel as a table that can be scrolled by keyboard."""
    head = html.Tr([html.Th(column.title, scope="col", className=column.shape) for column in panel.columns])
    lines = [
        html.Tr(
            [
                html.Td(
                    _cell(column, row, look),
                    className=_classes(column, row),
                    **data(title=column.title),
                )
                for column in panel.columns
            ]
        )
        for row in rows
    ]
    inner = html.Table([html.Thead(head), html.Tbody(lines)])
    return html.Div(inner, className="table", tabIndex=0, role="region", **aria(label=panel.title))


def _classes(column: Column, row: Row) -> str:
    """Return what a cell is called by its look; on a phone, what is not known takes no room."""
    known = "" if row[column.name] not in (None, "", "–") else " unknown"
    return f"{column.shape} {column.name}{known}"


def cell(column: Column, value: Any, look: Look) -> str:
    """Write a value of a column as a person reads it."""
    if value is None:
        return "–"
    if column.shape == "time":
        return numbers.minute(value, look.zone) if isinstance(value, datetime) else f"{value:%-d %b %Y}"
    return _WRITTEN.get(column.shape, str)(value)


def _cell(column: Column, row: Row, look: Look) -> Any:
    text = cell(column, row[column.name], look)
    target = {"post": "permalink", "link": "address"}.get(column.shape)
    if target is not None and str(row[target]).startswith("https://"):
        address = {"href": row[target], "target": "_blank", "rel": "noopener noreferrer"}
        return html.A(text or "(no text)", title=text, **address)
    if column.name == "account" and "network" in row and "account_id" in row:
        return [html.Span(className="dot", style={"background": look.colour(row)}), text]
    return text
