"""Figures of the local page, drawn by Plotly from the rows of a panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from math import log10

import plotly.graph_objects as go

from dashboards import numbers
from dashboards.answers import Row
from dashboards.figures_over_time import expected, lines, series, weeks
from dashboards.look import Look, account_of, base_figure, told, value_axis, whisker
from dashboards.panels import PART_COLOURS, Kind, Panel

MIN_BARS = 4
"""Bars keep the height that so many have, so that the label above each has room."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS = {"light": ((0, "#eef2f6"), (1, "#16365c")), "dark": ((0, "#1e2735"), (1, "#efe0a4"))}


def draw(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure | None:
    """Return the figure of a panel's rows; None for panels that are read: stat and table.

    Rows are of one account at a time for the kinds of `ONE_ACCOUNT`.
    """
    drawing = _DRAW.get(panel.kind)
    return None if drawing is None else drawing(panel, rows, look)


def compare(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw a bar an account with its interval as a whisker, largest on top; who has no number is left out."""
    known = [row for row in rows if row["value"] is not None][::-1]
    figure = base_figure(look, margin={"l": 8, "r": 14, "t": 4, "b": 26})
    figure.add_trace(
        go.Bar(
            y=_slots(known),
            x=[row["value"] for row in known],
            orientation="h",
            marker={"color": [look.colour(row) for row in known]},
            error_x=whisker(known, look),
            customdata=[told(panel, row) for row in known],
            hovertemplate="%{customdata}<extra></extra>",
            width=0.42,
        )
    )
    for slot, row in zip(_slots(known), known, strict=True):
        value, n = numbers.shown(row["value"], panel.unit), numbers.count(row["n"])
        _label(figure, slot, f"{row['account']}   <b>{value}</b>   n {n}", look)
    ends = [row["high"] or row["value"] for row in known]
    figure.update_xaxes(**value_axis(panel, ends), gridcolor=look.ink.grid, zeroline=False, nticks=5)
    _stack_slots(figure, len(known))
    if panel.limit is not None:
        figure.add_vline(
            x=panel.limit[0],
            line={"dash": "dot", "width": 1.4, "color": look.ink.text},
            annotation={
                "text": panel.limit[1],
                "font": {"size": 11, "color": look.ink.text},
                "y": 0,
                "yanchor": "bottom",
            },
        )
    return figure


def shares(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw what a whole consists of: a bar an account, its parts side by side up to all of it."""
    wholes = [list(group) for _, group in groupby(rows, key=account_of)][::-1]
    figure = base_figure(look, margin={"l": 8, "r": 14, "t": 4, "b": 26})
    figure.update_layout(barmode="stack")
    slots = _slots([whole[0] for whole in wholes])
    for part, colour in zip(panel.parts, PART_COLOURS, strict=False):
        values = [_share_of(whole, part) for whole in wholes]
        figure.add_trace(
            go.Bar(
                y=slots, x=values, orientation="h", width=0.42, name=part,
                marker={"color": colour, "line": {"width": 1, "color": look.ink.paper}},
                text=[f"{100 * value:.0f} %" if value >= 0.08 else "" for value in values],
                textposition="inside", insidetextanchor="middle", textangle=0,
                textfont={"color": _on(colour), "size": 11},
                hovertemplate=f"{part}: %{{x:.1%}}<extra></extra>",
            )
        )  # fmt: skip
    for slot, whole in zip(slots, wholes, strict=True):
        _label(figure, slot, f"{whole[0]['account']}   n {numbers.count(whole[0]['n'])}", look)
    figure.update_xaxes(range=[0, 1], tickformat=",.0%", gridcolor=look.ink.grid, zeroline=False, nticks=5)
    _stack_slots(figure, len(wholes))
    return figure


def _share_of(whole: Sequence[Row], part: str) -> float:
    total = sum(row["value"] or 0 for row in whole)
    return sum(row["value"] or 0 for row in whole if row["part"] == part) / total if total else 0.0


def _slots(rows: Sequence[Row]) -> list[str]:
    return [f"{row['account']} {row['network']}  " for row in rows]


def _label(figure: go.Figure, slot: str, text: str, look: Look) -> None:
    figure.add_annotation(
        x=0, xref="paper", y=slot, text=text, showarrow=False,
        xanchor="left", yshift=19, font={"size": 12, "color": look.ink.text},
    )  # fmt: skip


def _stack_slots(figure: go.Figure, count: int) -> None:
    ends = [count - max(count, MIN_BARS) - 0.5, count - 0.3]
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, range=ends)


def _on(colour: str) -> str:
    """Return black or white, whichever can be read on a colour."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#111" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#fff"


def hours(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw the hours of the week as a map: seven days, 24 hours, the more the further from the ground."""
    figure = base_figure(look, margin={"l": 38, "r": 8, "t": 4, "b": 30})
    held = {(row["day_of_week"], row["hour"]): row for row in rows if row["value"] is not None}
    grid = [[held.get((day, hour)) for hour in range(24)] for day in range(1, 8)]
    figure.add_trace(
        go.Heatmap(
            z=[[None if row is None else row["value"] for row in line] for line in grid],
            x=[f"{hour:02}" for hour in range(24)],
            y=DAYS,
            customdata=[["" if row is None else _hour_told(panel, row) for row in line] for line in grid],
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
            colorscale=_HOURS["dark" if look.ink.paper == "#171c25" else "light"],
            xgap=2,
            ygap=2,
            colorbar={"thickness": 8, "outlinewidth": 0, "nticks": 4, "tickfont": {"size": 10}},
        )
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(showgrid=False, ticks="", type="category", nticks=12)
    return figure


def _hour_told(panel: Panel, row: Row) -> str:
    when = f"{DAYS[row['day_of_week'] - 1]} {row['hour']:02}:00 to {row['hour'] + 1:02}:00"
    return f"{when}<br><b>{numbers.shown(row['value'], panel.unit)}</b>  n {numbers.count(row['n'])}"


def reach(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw followers against interactions on logarithmic axes, the interval as a whisker."""
    known = [row for row in rows if row["followers"] and row["value"]]
    figure = base_figure(look, margin={"l": 52, "r": 12, "t": 4, "b": 38})
    figure.add_trace(
        go.Scatter(
            x=[row["followers"] for row in known],
            y=[row["value"] for row in known],
            mode="markers+text",
            text=[row["account"] for row in known],
            textposition=_beside([row["followers"] for row in known]),
            textfont={"size": 11, "color": look.ink.text},
            marker={"size": 11, "color": [look.colour(row) for row in known]},
            error_y=whisker(known, look),
            customdata=[
                f"{numbers.count(row['followers'])} followers<br>{told(panel, row)}" for row in known
            ],
            hovertemplate="%{text}<br>%{customdata}<extra></extra>",
        )
    )
    grid = {
        "type": "log",
        "dtick": 1,
        "gridcolor": look.ink.grid,
        "exponentformat": "none",
        "separatethousands": True,
    }
    figure.update_xaxes(title="followers", range=_decades([row["followers"] for row in known], 0.5), **grid)
    ends = [row[bound] or row["value"] for row in known for bound in ("low", "high")]
    figure.update_yaxes(title="interactions per post", range=_decades(ends, 0.35), **grid)
    return figure


def _beside(values: Sequence[float]) -> list[str]:
    """Return on which side of each point its name stands: towards the middle, where it has room."""
    low, high = _decades(values, 0.0)
    return ["top right" if log10(value) < (low + high) / 2 else "top left" for value in values]


def _decades(values: Sequence[float], margin: float) -> list[float]:
    """Return the range of a logarithmic axis that holds the values, with a margin in decades."""
    tens = [log10(value) for value in values if value > 0]
    return [min(tens, default=0) - margin, max(tens, default=1) + margin]


_DRAW: Mapping[Kind, Callable[[Panel, Sequence[Row], Look], go.Figure]] = {
    "series": series,
    "expected": expected,
    "compare": compare,
    "reach": reach,
    "shares": shares,
    "weeks": weeks,
    "hours": hours,
    "lines": lines,
}
