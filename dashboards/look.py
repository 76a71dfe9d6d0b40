"""How figures of the local page look: the theme's ink, axes, and the colour of each account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

import plotly.graph_objects as go
from msgspec import Struct, structs

from dashboards import numbers
from dashboards.answers import Row
from dashboards.panels import ACCOUNT_COLOURS, Panel

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


class Mark(Struct, frozen=True):
    """A stretch of time of which something is to be said, in words; of one account, or of none."""

    begin: datetime
    end: datetime
    text: str
    account: tuple[str, str] | None = None


class Look(Struct, frozen=True):
    """How a figure is drawn: the theme's ink, the time zone, each account's colour, what to mark."""

    ink: Ink
    zone: tzinfo
    colours: Mapping[tuple[str, str], str]
    marks: tuple[Mark, ...] = ()

    def colour(self, row: Row) -> str:
        """Return the colour of a row's account."""
        return self.colours.get(account_of(row), ACCOUNT_COLOURS[-1])

    def only(self, row: Row) -> Look:
        """Return the same without the marks of other accounts than a row's."""
        kept = tuple(mark for mark in self.marks if mark.account in (None, account_of(row)))
        return structs.replace(self, marks=kept)

    def local(self, at: datetime) -> datetime:
        """Return an instant on the reader's clock, as Plotly draws it."""
        return at.astimezone(self.zone).replace(tzinfo=None)


def account_of(row: Row) -> tuple[str, str]:
    """Return network and id of a row's account."""
    return row["network"], row["account_id"]


def mark_of(row: Row) -> Mark:
    """Return the mark of an annotation's row."""
    account = account_of(row) if "account_id" in row else None
    return Mark(row["time"], row["timeEnd"], row["title"], account)


def told(panel: Panel, row: Row) -> str:
    """Write an estimate as it is shown where the pointer rests: value, interval, n."""
    span = numbers.interval(row["low"], row["high"], panel.unit)
    return f"<b>{numbers.shown(row['value'], panel.unit)}</b>  {span}  n {numbers.count(row['n'])}"


def base_figure(look: Look, *, margin: Mapping[str, int], hovermode: str = "closest") -> go.Figure:
    """Return an empty figure in the ink of the theme."""
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


def value_axis(panel: Panel, values: Sequence[float] = ()) -> dict[str, object]:
    """Return the axis of a panel's values: from 0, shares in percent, long times in hours or days."""
    axis: dict[str, object] = {"rangemode": "tozero"}
    if panel.unit.grafana == "percentunit":
        return {**axis, "tickformat": f",.{panel.unit.decimals}~%"}
    if panel.unit.grafana == "s" and values:
        step = numbers.duration_step_s(max(values))
        ticks = [step * place for place in range(int(max(values) / step) + 2)]
        return {**axis, "tickvals": ticks, "ticktext": [numbers.duration(tick) for tick in ticks]}
    return axis


def whisker(rows: Sequence[Row], look: Look) -> dict[str, object]:
    """Return the intervals of rows as error bars."""
    above = [row["high"] - row["value"] if row["high"] is not None else 0 for row in rows]
    below = [row["value"] - row["low"] if row["low"] is not None else 0 for row in rows]
    style = {"thickness": 1.6, "width": 5, "color": look.ink.text}
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, **style}


def faded(colour: str, opacity: float) -> str:
    """Return a colour that lets what is behind it through."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
