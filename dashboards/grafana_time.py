"""Grafana's panels with a time axis: a metric with its band, what was expected, weeks in parts, lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.grafana_fields import (
    BLUE,
    GREY,
    LEGEND,
    RED,
    Drawn,
    Json,
    coloured,
    drawn,
    field_config,
    fixed_colour,
    named,
    override,
    prop,
    with_ticks,
    within,
)
from dashboards.panels import Panel
from pipelines.metrics.view_sql import quoted

_AFTER = 1
"""A bar begins at its time: a week's stands over the week, not over half of the one before."""


def series(panel: Panel) -> Drawn:
    """Draw a metric over time, the interval as a band.

    A week holds its number from its first moment to its last, so it needs no steps: those Grafana extends to
    the edge of the panel, and the band of the last week over the one that goes on, which has none.
    """
    sql = within("time, value, low, high", panel.sql, more="\nORDER BY time")
    line = "linear" if panel.batch == "weekly" else "stepAfter"
    overrides = [*_band("low", "high", 18), named("value", panel.title)]
    return sql, _time_series(panel, overrides, lineInterpolation=line)


def expected(panel: Panel) -> Drawn:
    """Draw the estimate with its band, the expected range as dashed lines, and changes of level as points."""
    changed = "if(level IN ('up', 'down'), value, NULL) AS changed"
    columns = f"time, value, low, high, expected_low, expected_high, {changed}"
    sql = within(columns, panel.sql, more="\nORDER BY time")
    dashed = [
        prop("custom.lineStyle", {"fill": "dash", "dash": [6, 6]}),
        prop("custom.lineWidth", 1),
        fixed_colour(GREY),
    ]
    points = [
        prop("displayName", "outside what was expected"),
        prop("custom.drawStyle", "points"),
        prop("custom.showPoints", "always"),
        prop("custom.pointSize", 9),
        fixed_colour(RED),
    ]
    overrides = [
        *_band("low", "high", 18),
        named("value", panel.title),
        override("expected_low", [prop("displayName", "expected from"), *dashed]),
        override("expected_high", [prop("displayName", "expected to"), *dashed]),
        override("changed", points),
    ]
    return sql, _time_series(panel, overrides)


def weeks(panel: Panel) -> Drawn:
    """Draw what each week consisted of as stacked columns."""
    parts = ", ".join(f"sumIf(value, part = {quoted(part)}) AS `{part}`" for part in panel.parts)
    sql = within(f"time, {parts}", panel.sql, more="\nGROUP BY time\nORDER BY time")
    bars: Json = {
        "drawStyle": "bars",
        "barAlignment": _AFTER,
        "fillOpacity": 90,
        "lineWidth": 0,
        "stacking": {"mode": "normal", "group": "A"},
    }
    return sql, _time_series(panel, coloured(panel), legend=True, **bars)


def lines(panel: Panel) -> Drawn:
    """Draw figures that belong to no account, each named by its label, the limit as a line."""
    sql = within("time, label, value", panel.sql, more="\nORDER BY time")
    found = _time_series(panel, (), legend=True, colour={"mode": "palette-classic"}, showPoints="auto")
    defaults = found["fieldConfig"]["defaults"]
    defaults["displayName"] = "${__field.labels.label}"
    return sql, found


def _time_series(
    panel: Panel,
    overrides: Sequence[Json],
    *,
    legend: bool = False,
    colour: Json | None = None,
    **more: Any,
) -> Json:
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "stepAfter",
        "lineWidth": 2,
        "fillOpacity": 0,
        "showPoints": "never",
        "spanNulls": False,
        "axisSoftMin": 0,
        **more,
    }
    color = colour or {"mode": "fixed", "fixedColor": BLUE}
    if panel.limit is not None:
        custom |= {"thresholdsStyle": {"mode": "line"}, "axisSoftMax": panel.limit[0]}
    config = with_ticks(field_config(panel, overrides, min=0, custom=custom, color=color))
    options = {"legend": {**LEGEND, "showLegend": legend}, "tooltip": {"mode": "multi", "sort": "desc"}}
    return drawn("timeseries", config, options)


def _band(low: str, high: str, opacity: int) -> list[Json]:
    hidden = {"legend": True, "tooltip": False, "viz": False}
    edge = [prop("custom.lineWidth", 0), prop("custom.hideFrom", hidden)]
    fill = [prop("custom.fillBelowTo", "95% from"), prop("custom.fillOpacity", opacity)]
    return [
        override(low, [prop("displayName", "95% from"), *edge]),
        override(high, [prop("displayName", "95% to"), *fill, *edge]),
    ]
