"""Panels as Grafana draws them.

Where Grafana cannot draw what the local page draws, it says the same in another form: an estimate as text
with its interval; a bar up to the lower end and a pale one over the interval; a band for one account at a
time, in rows that repeat by account; the hours of a week as a coloured table; followers against interactions
as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dashboards import grafana_bars, grafana_tables, grafana_time
from dashboards.grafana_fields import Drawn, Json
from dashboards.panels import Kind, Panel, Place
from dashboards.queries import fill_in

SOURCE_TYPE: Final = "grafana-clickhouse-datasource"
SOURCE: Final[Json] = {"type": SOURCE_TYPE, "uid": "${datasource}"}
PLUGIN_VERSION: Final = "4.20.0"
TIME_SERIES, TABLE = 0, 1
_TIME_SERIES_KINDS: Final[frozenset[Kind]] = frozenset({"series", "expected", "weeks", "lines"})


def draw(panel: Panel, place: Place, *, per_account: bool = False) -> Json:
    """Return a panel as Grafana's JSON; `per_account`: it stands in a row that repeats by account."""
    sql, drawn = _DRAWN[panel.kind](panel)
    form = TIME_SERIES if panel.kind in _TIME_SERIES_KINDS else TABLE
    return {
        "id": panel.id,
        "title": panel.title,
        "description": f"{panel.question} {panel.description.removeprefix(panel.question).strip()}",
        "datasource": SOURCE,
        "gridPos": {"h": place.h, "w": place.w, "x": place.x, "y": place.y},
        "links": _leads_to(panel),
        "targets": [_target(sql, form=form, one_account=per_account)],
        **drawn,
    }


def neutral_to_plugin(sql: str, *, one_account: bool = False) -> str:
    """Return a neutral query with the plugin's macros.

    `one_account`: for panels that repeat by account; $__conditionalAll looks at what is chosen on the whole
    board and would let all accounts through.
    """

    def token(name: str) -> str:
        return (
            "${window:singlequote}"
            if name == "window"
            else {"from": "$__fromTime_ms", "to": "$__toTime_ms"}[name]
        )

    def condition(column: str, variable: str) -> str:
        among = f"{column} IN (${{{variable}:singlequote}})"
        return among if one_account and variable == "account" else f"$__conditionalAll({among}, ${variable})"

    return fill_in(sql, token=token, condition=condition)


def _leads_to(panel: Panel) -> list[Json]:
    if not panel.leads_to:
        return []
    url = f"/d/rapport-{panel.leads_to}?${{__url_time_range}}&${{__all_variables}}"
    return [{"title": f"More: {panel.leads_to}", "url": url, "targetBlank": False}]


def _target(sql: str, *, form: int, one_account: bool) -> Json:
    return {
        "refId": "A",
        "datasource": SOURCE,
        "pluginVersion": PLUGIN_VERSION,
        "editorType": "sql",
        "queryType": "timeseries" if form == TIME_SERIES else "table",
        "format": form,
        "rawSql": neutral_to_plugin(sql, one_account=one_account),
        "meta": {"timezone": "UTC"},
    }


_DRAWN: Final[Mapping[Kind, Callable[[Panel], Drawn]]] = {
    "stat": grafana_tables.stat,
    "series": grafana_time.series,
    "expected": grafana_time.expected,
    "compare": grafana_bars.compare,
    "reach": grafana_tables.reach,
    "shares": grafana_bars.shares,
    "weeks": grafana_time.weeks,
    "hours": grafana_tables.hours,
    "lines": grafana_time.lines,
    "table": grafana_tables.table,
}
