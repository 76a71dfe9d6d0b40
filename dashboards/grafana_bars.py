"""Grafana's bars: a metric of each account with its interval, and what a whole consists of."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

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
from dashboards.prose import plain
from dashboards.queries import shown_in_sql
from pipelines.metrics.view_sql import quoted

_LETTERS: Final = 10 / 3
"""How many a line of a label holds for each column of the board: labels get 40 % of a panel."""


def compare(panel: Panel) -> Drawn:
    """Draw the interval: a full bar to its lower end, a pale one over it.

    Value and n stand in the label, in a second line, for Grafana gives labels less than half of the width; an
    account without a number has its reason there, and no bar.
    """
    number = f"concat({shown_in_sql('value', panel.unit)}, '   n ', toString(n))"
    label = f"concat(account, '\\n', if(isNull(value), words, {number}))"
    bars = {"at least": "ifNull(low, value)", "interval": "ifNull(high - low, 0)"}
    rows = within(f"{label} AS told, {_named(bars)}, value, 1 AS listed", panel.sql)
    sql = _or_why(panel, rows, bars, order="value DESC NULLS LAST")
    overrides = [override("at least", [fixed_colour(BLUE)]), override("interval", [fixed_colour(PALE)])]
    return sql, _bars(panel, overrides, stacking="normal")


def shares(panel: Panel) -> Drawn:
    """Draw a bar an account, its parts side by side up to all of it."""
    parts = {part: f"sumIf(value, part = {quoted(part)})" for part in panel.parts}
    label = "concat(any(account), '\\nn ', toString(any(n))) AS told"
    by_account = "\nGROUP BY\n    network,\n    account_id\nHAVING isNotNull(any(value))"
    rows = within(f"{label}, {_named(parts)}, 1 AS listed", panel.sql, more=by_account)
    return _or_why(panel, rows, parts, order="told"), _bars(panel, coloured(panel), stacking="percent")


def _named(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{sql} AS `{name}`" for name, sql in columns.items())


def _or_why(panel: Panel, rows: str, bars: Iterable[str], *, order: str) -> str:
    """Return the rows, or where there is none a label without a bar that says what is missing.

    A bar chart without rows shows nothing but its legend, whatever `noValue` has to say.
    """
    lines = textwrap.fill(plain(panel.empty), round(_LETTERS * panel.w))
    why = quoted(lines).replace("\n", r"\n")
    columns = ", ".join(f"`{name}`" for name in bars)
    first = f"SELECT if(ifNull(told, '') = '', {why}, told) AS label, {columns}"
    one_row = "FROM\n(\n    SELECT 1 AS listed\n) AS always"
    return f"{first}\n{one_row}\nLEFT JOIN\n(\n{rows}\n) AS found USING (listed)\nORDER BY {order}"


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
