"""Figures with a time axis: steps with their band, what was expected, weeks in parts, lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby

import plotly.graph_objects as go

from dashboards import numbers
from dashboards.answers import Row
from dashboards.look import Look, account_of, base_figure, faded, told, value_axis
from dashboards.panels import PART_COLOURS, Panel

_MARGIN = {"l": 46, "r": 14, "t": 6, "b": 28}
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_LEVELS = {
    "up": ("triangle-up", "higher than expected", "top center"),
    "down": ("triangle-down", "lower than expected", "bottom center"),
}
_LINES, _LINE_PX = 4, 13
_TICKS = ((600, "%H:%M:%S"), (3 * 86_400, "%-d %b %H:%M"), (300 * 86_400, "%-d %b"))
"""How ticks are written on an axis shorter than so many seconds; no two of them read alike."""


def series(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw a metric over time: steps that hold until the next, the interval as a band, gaps where unknown."""
    figure = base_figure(look, hovermode="x unified", margin=_MARGIN)
    by_account = sorted(rows, key=lambda row: (row["account"], account_of(row)))
    for _, group in groupby(by_account, key=account_of):
        held = sorted(group, key=lambda row: row["time"])
        figure.add_trace(_band(held, look))
        figure.add_trace(_steps(panel, held, look))
    return _with_axes(figure, panel, rows, look)


def expected(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw the metric of one account within the range that was expected, and mark where it left it."""
    held = sorted(rows, key=lambda row: row["time"])
    figure = base_figure(look, hovermode="x unified", margin=_MARGIN)
    for bound in ("expected_low", "expected_high"):
        figure.add_trace(_dashed(held, bound, look))
    figure.add_trace(_band(held, look))
    figure.add_trace(_steps(panel, held, look))
    figure.add_trace(_marks(held, "up", look))
    figure.add_trace(_marks(held, "down", look))
    tops = [row["high"] or row["value"] for row in held if row["value"] is not None]
    _with_axes(figure, panel, rows, look).update_yaxes(range=[0, 1.15 * max(tops, default=1) or 1])
    return figure


def _marks(held: Sequence[Row], level: str, look: Look) -> go.Scatter:
    symbol, text, place = _LEVELS[level]
    entered = _entered(held, level)
    return go.Scatter(
        x=[look.local(row["time"]) for row in entered],
        y=[row["value"] for row in entered],
        mode="markers+text",
        marker={"symbol": symbol, "size": 12, "color": look.ink.text},
        text=[text for _ in entered],
        textposition=place,
        textfont={"color": look.ink.text, "size": 11},
        hoverinfo="skip",
    )


def _entered(held: Sequence[Row], level: str) -> list[Row]:
    """Return the rows at which the metric left what was expected that way."""
    before = ["", *(row["level"] for row in held)]
    return [row for row, previous in zip(held, before, strict=False) if row["level"] == level != previous]


def _dashed(held: Sequence[Row], bound: str, look: Look) -> go.Scatter:
    return go.Scatter(
        x=[look.local(row["time"]) for row in held],
        y=[row[bound] for row in held],
        mode="lines", line={"shape": "hv", "width": 1.2, "dash": "dash", "color": look.ink.faint},
        hoverinfo="skip",
    )  # fmt: skip


def weeks(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw what each week consisted of, as stacked columns; a week without a row had nothing."""
    figure = base_figure(look, hovermode="x unified", margin=_MARGIN)
    figure.update_layout(barmode="stack", bargap=0.25)
    for part, colour in zip(panel.parts, PART_COLOURS, strict=False):
        of_part = [row for row in rows if row["part"] == part]
        figure.add_trace(
            go.Bar(
                x=[look.local(row["time"]) for row in of_part],
                y=[row["value"] for row in of_part],
                name=part,
                marker={"color": colour, "line": {"width": 0.6, "color": look.ink.paper}},
                hovertemplate=f"{part} %{{y}}<extra></extra>",
            )
        )
    figure.update_xaxes(type="date", showgrid=False, ticks="outside", nticks=7, tickformat="%-d %b")
    figure.update_yaxes(rangemode="tozero", gridcolor=look.ink.grid, zeroline=False, nticks=6)
    return figure


def lines(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw figures that belong to no account: one ink, told apart by their dashes."""
    figure = base_figure(look, margin={**_MARGIN, "t": 26})
    by_label = sorted(rows, key=lambda row: (row["label"], row["time"]))
    for place, (label, group) in enumerate(groupby(by_label, key=lambda row: row["label"])):
        held = list(group)
        figure.add_trace(
            go.Scatter(
                x=[look.local(row["time"]) for row in held],
                y=[row["value"] for row in held],
                name=label, mode="lines" if len(held) > 1 else "markers",  # a line of one point is not seen
                customdata=[numbers.shown(row["value"], panel.unit) for row in held],
                hovertemplate=f"{label}: %{{customdata}}<extra></extra>",
                line={"width": 1.8, "dash": _DASHES[place % len(_DASHES)], "color": look.ink.text},
            )
        )  # fmt: skip
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}}
    figure.update_layout(showlegend=True, legend=legend)
    return _with_axes(figure, panel, rows, look)


def _with_axes(figure: go.Figure, panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    first, last = _ends(rows)
    ends = {"range": [look.local(first), look.local(last)]} if first < last else {}
    figure.update_xaxes(type="date", showgrid=False, ticks="outside", nticks=7, **_dates(rows), **ends)
    values = [row["value"] for row in rows if row["value"] is not None]
    values += [panel.limit[0]] if panel.limit else []
    figure.update_yaxes(**value_axis(panel, values), gridcolor=look.ink.grid, zeroline=False, nticks=6)
    _mark(figure, rows, look)
    if panel.limit is not None:
        figure.add_hline(
            y=panel.limit[0], line={"dash": "dot", "width": 1.4, "color": look.ink.text},
            annotation={"text": panel.limit[1], "font": {"size": 11, "color": look.ink.text}},
        )  # fmt: skip
    return figure


def _mark(figure: go.Figure, rows: Sequence[Row], look: Look) -> None:
    """Shade what is to be marked, as far as it lies within the rows, and say what it is.

    Words begin where the stretch does, or in the later half end where it does: they stay within the figure.
    Each stands a line below those before it, for stretches meet.
    """
    first, last = _ends(rows)
    within = [mark for mark in look.marks if max(mark.begin, first) < min(mark.end, last)]
    for line, mark in enumerate(sorted(within, key=lambda each: each.begin)):
        begin, end = max(mark.begin, first), min(mark.end, last)
        side = "left" if begin - first < last - begin else "right"
        figure.add_vrect(
            x0=look.local(begin), x1=look.local(end), line_width=0, layer="below",
            fillcolor=faded(look.ink.text, 0.08), annotation_text=mark.text,
            annotation_position=f"top {side}", annotation_yshift=-_LINE_PX * (line % _LINES),
            annotation_font={"size": 10, "color": look.ink.text},
        )  # fmt: skip


def _ends(rows: Sequence[Row]) -> tuple[datetime, datetime]:
    times = [row["time"] for row in rows]
    return min(times), max(times)


def _dates(rows: Sequence[Row]) -> dict[str, object]:
    first, last = _ends(rows)
    span_s = (last - first).total_seconds()
    format_ = next((format_ for below_s, format_ in _TICKS if span_s < below_s), "%b %Y")
    return {"tickformat": format_, "hoverformat": "%-d %b %Y, %H:%M"}


def _stretches(held: Sequence[Row]) -> Iterable[list[tuple[datetime, Row]]]:
    """Give the stretches in which there is a number: each row at its begin, the last once more at its end."""
    stretch: list[tuple[datetime, Row]] = []
    for row in held:
        if row["value"] is not None:
            stretch.append((row["time"], row))
        elif stretch:
            yield [*stretch, (row["time"], stretch[-1][1])]
            stretch = []
    if stretch:
        yield stretch


def _band(held: Sequence[Row], look: Look) -> go.Scatter:
    x: list[datetime | None] = []
    y: list[float | None] = []
    for stretch in _stretches(held):
        bounded = [(at, row) for at, row in stretch if row["low"] is not None and row["high"] is not None]
        upper = list(_corners([(look.local(at), row["high"]) for at, row in bounded]))
        lower = list(_corners([(look.local(at), row["low"]) for at, row in bounded]))
        outline = [*upper, *reversed(lower)]
        x += [*(at for at, _ in outline), None]
        y += [*(value for _, value in outline), None]
    return go.Scatter(
        x=x, y=y, fill="toself", fillcolor=faded(look.colour(held[0]), 0.18),
        mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip


def _corners(points: Sequence[tuple[datetime, float]]) -> Iterable[tuple[datetime, float]]:
    previous: float | None = None
    for at, value in points:
        if previous is not None:
            yield at, previous
        yield at, value
        previous = value


def _steps(panel: Panel, held: Sequence[Row], look: Look) -> go.Scatter:
    x: list[datetime | None] = []
    y: list[float | None] = []
    texts: list[str] = []
    for stretch in _stretches(held):
        for at, row in stretch:
            x.append(look.local(at))
            y.append(row["value"])
            texts.append(told(panel, row))
        x.append(None)
        y.append(None)
        texts.append("")
    return go.Scatter(
        x=x, y=y, name=held[0]["account"], mode="lines", customdata=texts, showlegend=False,
        line={"shape": "hv", "width": 2, "color": look.colour(held[0])},
        hovertemplate="%{customdata}<extra>%{fullData.name}</extra>",
    )  # fmt: skip
