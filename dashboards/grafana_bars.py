"""Grafana's bars: a metric of each account with its interval, and what a whole consists of."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.grafana_fields import (
    BLUE,
    LEGEND,
    PALE,
    Drawn,
    Json,
    coloured,
    drawn,
    field_config,
    fixed_colour,
    override,
    with_ticks,
    within,
)
from dashboards.panels import Panel
from dashboards.queries import shown_in_sql
from pipelines.metrics.view_sql import quoted


def compare(panel: Panel) -> Drawn:
    """Draw the interval: a full bar to its lower end, a pale one over it.

    Value and n stand in the label, in a second line, for Grafana gives labels less than half of the width; an
    account without a number has its reason there, and no bar.
    """
    number = f"concat({shown_in_sql('value', panel.unit)}, '   n ', toString(n))"
    label = f"concat(account, '\\n', if(isNull(value), words, {number}))"
    columns = f"{label} AS label, ifNull(low, value) AS `at least`, ifNull(high - low, 0) AS `interval`"
    sql = within(columns, panel.sql, more="\nORDER BY value DESC NULLS LAST")
    overrides = [override("at least", [fixed_colour(BLUE)]), override("interval", [fixed_colour(PALE)])]
    return sql, _bars(panel, overrides, stacking="normal")


def shares(panel: Panel) -> Drawn:
    """Draw a bar an account, its parts side by side up to all of it."""
    parts = ", ".join(f"sumIf(value, part = {quoted(part)}) AS `{part}`" for part in panel.parts)
    label = "concat(any(account), '\\nn ', toString(any(n))) AS label"
    sql = within(
        f"{label}, {parts}",
        panel.sql,
        more="\nGROUP BY\n    network,\n    account_id\nHAVING isNotNull(any(value))\nORDER BY label",
    )
    return sql, _bars(panel, coloured(panel), stacking="percent")


def _bars(panel: Panel, overrides: Sequence[Json], *, stacking: str) -> Json:
    config = with_ticks(field_config(panel, overrides, min=0, custom={"fillOpacity": 85, "lineWidth": 0}))
    options = {
        "orientation": "horizontal",
        "stacking": stacking,
        "xField": "label",
        "showValue": "never",
        "barWidth": 0.6,
        "groupWidth": 0.7,
        "legend": LEGEND,
        "tooltip": {"mode": "multi", "sort": "none"},
    }
    return drawn("barchart", config, options)
