"""Plotly figures of the local page: lines with bands, bars with whiskers, followers against interactions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from itertools import groupby
from math import log10

import plotly.graph_objects as go
from msgspec import Struct

from dashboards import numbers
from dashboards.answers import Row
from dashboards.panels import ACCOUNT_COLOURS, Panel

MIN_BARS = 4
"""Bars keep the height that so many have, so that the label above each has room."""
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


class Ink(Struct, frozen=True):
    """The colours of a theme that carry no meaning."""

    text: str
    faint: str
    grid: str
    paper: str


INKS: Mapping[str, Ink] = {
    "light": Ink("#1d2430", "#5a6473", "#e4e7ec", "#ffffff"),
    "dark": Ink("#e6e9ef", "#a3adbb", "#2c3442", "#171c25"),
}


class Look(Struct, frozen=True):
    """How a figure is drawn: the theme's ink, the time zone, and the colour of each account."""

    ink: Ink
    zone: tzinfo
    colours: Mapping[tuple[str, str], str]

    def colour(self, row: Row) -> str:
        """Return the colour of a row's account."""
        return self.colours.get((row["network"], row["account_id"]), ACCOUNT_COLOURS[-1])

    def local(self, at: datetime) -> datetime:
        """Return an instant on the reader's clock, as Plotly draws it."""
        return at.astimezone(self.zone).replace(tzinfo=None)


def account_of(row: Row) -> tuple[str, str]:
    """Return network and id of a row's account."""
    return row["network"], row["account_id"]


def series(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw a metric over time: steps that hold until the next, the interval as a band, gaps where unknown."""
    figure = _figure(look, hovermode="x unified", margin={"l": 46, "r": 14, "t": 6, "b": 28})
    by_account = sorted(rows, key=lambda row: (row["account"], account_of(row)))
    for _, group in groupby(by_account, key=account_of):
        held = sorted(group, key=lambda row: row["time"])
        figure.add_trace(_band(held, look))
        figure.add_trace(_steps(panel, held, look))
    figure.update_xaxes(type="date", showgrid=False, ticks="outside", nticks=7, **_dates(rows))
    figure.update_yaxes(**_value_axis(panel), gridcolor=look.ink.grid, zeroline=False, nticks=6)
    return figure


def _dates(rows: Sequence[Row]) -> dict[str, object]:
    times = [row["time"] for row in rows]
    span_s = (max(times) - min(times)).total_seconds()
    if span_s < 3 * 86_400:
        return {"tickformat": "%-d %b %H:%M", "hoverformat": "%-d %b %Y, %H:%M"}
    return {"tickformat": "%-d %b" if span_s < 300 * 86_400 else "%b %Y", "hoverformat": "%-d %b %Y, %H:%M"}


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
        x=x, y=y, fill="toself", fillcolor=_faded(look.colour(held[0]), 0.18),
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
    told: list[str] = []
    for stretch in _stretches(held):
        for at, row in stretch:
            x.append(look.local(at))
            y.append(row["value"])
            told.append(_told(panel, row))
        x.append(None)
        y.append(None)
        told.append("")
    return go.Scatter(
        x=x, y=y, name=held[0]["account"], mode="lines", customdata=told, showlegend=False,
        line={"shape": "hv", "width": 2, "color": look.colour(held[0])},
        hovertemplate="%{customdata}<extra>%{fullData.name}</extra>",
    )  # fmt: skip


def _told(panel: Panel, row: Row) -> str:
    span = numbers.interval(row["low"], row["high"], panel.unit)
    return f"<b>{numbers.shown(row['value'], panel.unit)}</b>  {span}  n {numbers.count(row['n'])}"


def compare(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw a bar an account with its interval as a whisker, largest on top; who has no number is left out."""
    known = [row for row in rows if row["value"] is not None][::-1]
    figure = _figure(look, margin={"l": 8, "r": 14, "t": 4, "b": 26})
    figure.add_trace(
        go.Bar(
            y=[f"{row['account']}  " for row in known],
            x=[row["value"] for row in known],
            orientation="h",
            marker={"color": [look.colour(row) for row in known]},
            error_x=_whisker(known, look),
            customdata=[_told(panel, row) for row in known],
            hovertemplate="%{customdata}<extra></extra>",
            width=0.42,
        )
    )
    for row in known:
        value, n = numbers.shown(row["value"], panel.unit), numbers.count(row["n"])
        label = f"{row['account']}   <b>{value}</b>   n {n}"
        figure.add_annotation(
            x=0, xref="paper", y=f"{row['account']}  ", text=label, showarrow=False,
            xanchor="left", yshift=19, font={"size": 12, "color": look.ink.text},
        )  # fmt: skip
    figure.update_xaxes(**_value_axis(panel), gridcolor=look.ink.grid, zeroline=False, nticks=5)
    slots = [len(known) - max(len(known), MIN_BARS) - 0.5, len(known) - 0.3]
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False, range=slots)
    return figure


def _whisker(rows: Sequence[Row], look: Look) -> dict[str, object]:
    above = [row["high"] - row["value"] if row["high"] is not None else 0 for row in rows]
    below = [row["value"] - row["low"] if row["low"] is not None else 0 for row in rows]
    style = {"thickness": 1.6, "width": 5, "color": look.ink.text}
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, **style}


def reach(panel: Panel, rows: Sequence[Row], look: Look) -> go.Figure:
    """Draw followers against interactions on logarithmic axes, the interval as a whisker."""
    known = [row for row in rows if row["followers"] and row["value"]]
    figure = _figure(look, margin={"l": 52, "r": 12, "t": 4, "b": 38})
    figure.add_trace(
        go.Scatter(
            x=[row["followers"] for row in known],
            y=[row["value"] for row in known],
            mode="markers+text",
            text=[row["account"] for row in known],
            textposition="top center",
            textfont={"size": 11, "color": look.ink.text},
            marker={"size": 11, "color": [look.colour(row) for row in known]},
            error_y=_whisker(known, look),
            customdata=[
                f"{numbers.count(row['followers'])} followers<br>{_told(panel, row)}" for row in known
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


def _decades(values: Sequence[float], margin: float) -> list[float]:
    """Return the range of a logarithmic axis that holds the values, with a margin in decades."""
    tens = [log10(value) for value in values if value > 0]
    return [min(tens, default=0) - margin, max(tens, default=1) + margin]


def _value_axis(panel: Panel) -> dict[str, object]:
    shares = {"tickformat": ",.0%"} if panel.is_share else {}
    return {"rangemode": "tozero", **shares}


def _figure(look: Look, *, margin: Mapping[str, int], hovermode: str = "closest") -> go.Figure:
    return go.Figure(
        layout={
            "template": "none",
            "autosize": True,
            "margin": dict(margin),
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": _FONT, "size": 12, "color": look.ink.faint},
            "hovermode": hovermode,
            "hoverlabel": {"bgcolor": look.ink.paper, "font": {"color": look.ink.text, "family": _FONT}},
            "dragmode": False,
            "showlegend": False,
            "uirevision": "kept",
        }
    )


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
