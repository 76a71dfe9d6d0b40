"""A board as Grafana's classic JSON, for Grafana 10 to 13 with the plugin grafana-clickhouse-datasource 4.

Where Grafana cannot draw what the local page draws, it says the same in another form: an estimate as text
with its interval; a bar up to the lower end and a pale one over the interval; a band for one account at a
time, in rows that repeat by account; followers against interactions as a table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from dashboards.panels import ACCOUNT_COLOURS, Dashboard, Kind, Panel, Place, Variable, fill_in, shown_sql

Json = dict[str, Any]

SOURCE_TYPE: Final = "grafana-clickhouse-datasource"
SOURCE: Final[Json] = {"type": SOURCE_TYPE, "uid": "${datasource}"}
PLUGIN_VERSION: Final = "4.20.0"
SCHEMA_VERSION: Final = 42
_ROW_H = 1
_SERIES_ROW_ID, _POSTS_ROW_ID = 100, 101
_TIME_SERIES, _TABLE = 0, 1
_BLUE, _PALE = ACCOUNT_COLOURS[0], ACCOUNT_COLOURS[5]


def rendered(board: Dashboard) -> str:
    """Return the text of `dashboards/rendered/NAME.json`."""
    return json.dumps(render(board), indent=2, ensure_ascii=False) + "\n"


def file_name(board: Dashboard) -> str:
    """Return the name of a board's file in `dashboards/rendered`."""
    return f"{board.uid.removeprefix('rapport-')}.json"


def committed(board: Dashboard) -> str | None:
    """Return what `dashboards/rendered` holds of a board; None where it holds nothing."""
    file = files("dashboards") / "rendered" / file_name(board)
    return file.read_text() if file.is_file() else None


def render(board: Dashboard) -> Json:
    """Return a board as a tree of plain values."""
    return {
        "uid": board.uid,
        "title": f"Rapport: {board.title}",
        "description": board.question,
        "tags": ["rapport"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "refresh": "1m",
        "time": {"from": f"now-{board.days}d", "to": "now"},
        "fiscalYearStartMonth": 0,
        "weekStart": "",
        "links": [_board_links()],
        "templating": {"list": [_datasource(), *(_variable(each) for each in board.variables)]},
        "annotations": {"list": [_built_in_annotations(), *_annotations(board)]},
        "panels": _panels(board),
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


# ---- variables, links, annotations ---------------------------------------------------------------


def _datasource() -> Json:
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Data source",
        "query": SOURCE_TYPE,
        "current": {"text": "ClickHouse", "value": "clickhouse"},
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "options": [],
        "refresh": 1,
        "regex": "",
    }


def _variable(variable: Variable) -> Json:
    named: Json = {"name": variable.name, "label": variable.label, "hide": 0}
    if variable.options is not None:
        return {**named, **_custom(variable.options, variable.default)}
    sql = neutral_to_plugin(variable.sql)
    return {
        **named,
        "type": "query",
        "datasource": SOURCE,
        "query": {"refId": variable.name, "queryType": "sql", "editorType": "sql", "rawSql": sql},
        "definition": sql,
        "refresh": 2,
        "sort": 0,
        "multi": True,
        "includeAll": True,
        "current": {"text": ["All"], "value": ["$__all"]},
        "options": [],
        "regex": "",
    }


def _custom(options: Mapping[str, str], default: str) -> Json:
    return {
        "type": "custom",
        "query": ",".join(f"{text} : {value}" for value, text in options.items()),
        "options": [
            {"text": text, "value": value, "selected": value == default} for value, text in options.items()
        ],
        "current": {"text": options[default], "value": default},
        "multi": False,
        "includeAll": False,
    }


def _board_links() -> Json:
    return {
        "title": "Rapport",
        "type": "dashboards",
        "tags": ["rapport"],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "icon": "external link",
        "targetBlank": False,
        "tooltip": "",
        "url": "",
    }


def _built_in_annotations() -> Json:
    return {
        "name": "Annotations & Alerts",
        "builtIn": 1,
        "type": "dashboard",
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
    }


def _annotations(board: Dashboard) -> Sequence[Json]:
    if not board.annotations_sql:
        return ()
    target = {
        "refId": "annotation",
        "pluginVersion": PLUGIN_VERSION,
        "editorType": "sql",
        "rawSql": neutral_to_plugin(board.annotations_sql),
    }
    gaps = {
        "name": "Not listening",
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "purple",
    }
    return ({**gaps, "target": target},)


# ---- panels ----------------------------------------------------------------------------------------


def _panels(board: Dashboard) -> list[Json]:
    """Return the panels in order of place; the series in a row that repeats by account."""
    ordered = sorted(board.panels, key=lambda panel: (panel.place.y, panel.place.x))
    found: list[Json] = []
    rows = 0
    in_series = False
    for panel in ordered:
        is_series = panel.kind == "series"
        if is_series != in_series:
            found.append(_row(panel.place.y + rows, is_series))
            rows += _ROW_H
            in_series = is_series
        found.append(_panel(panel, rows))
    return found


def _row(y: int, is_series: bool) -> Json:
    row: Json = {
        "id": _SERIES_ROW_ID if is_series else _POSTS_ROW_ID,
        "type": "row",
        "title": "$account over time" if is_series else "Posts and numbers",
        "collapsed": False,
        "gridPos": {"h": _ROW_H, "w": 24, "x": 0, "y": y},
        "panels": [],
    }
    return {**row, "repeat": "account"} if is_series else row


def _panel(panel: Panel, shift: int) -> Json:
    drawn = _DRAWN[panel.kind](panel)
    return {
        "id": panel.id,
        "title": panel.title,
        "description": f"{panel.question} {panel.description.removeprefix(panel.question).strip()}",
        "datasource": SOURCE,
        "gridPos": _grid(panel.place, shift),
        **drawn,
    }


def _grid(place: Place, shift: int) -> Json:
    return {"h": place.h, "w": place.w, "x": place.x, "y": place.y + shift}


def _target(sql: str, *, form: int, one_account: bool = False) -> list[Json]:
    return [
        {
            "refId": "A",
            "datasource": SOURCE,
            "pluginVersion": PLUGIN_VERSION,
            "editorType": "sql",
            "queryType": "timeseries" if form == _TIME_SERIES else "table",
            "format": form,
            "rawSql": neutral_to_plugin(sql, one_account=one_account),
            "meta": {"timezone": "UTC"},
        }
    ]


def _defaults(panel: Panel, **more: Any) -> Json:
    return {
        "unit": panel.unit.grafana,
        "decimals": panel.unit.decimals,
        "noValue": panel.empty,
        "thresholds": {"mode": "absolute", "steps": [{"color": _BLUE, "value": None}]},
        **more,
    }


def _stat(panel: Panel) -> Json:
    """Write each estimate out: value, interval, n, what it was a window earlier; or why there is none."""
    value, low, high, before = (shown_sql(column) for column in ("value", "low", "high", "before"))
    span = f"if(isNull(low) OR isNull(high), '', concat('   ', {low}, ' to ', {high}))"
    arrow = "multiIf(change = 'up', '▲ was ', change = 'down', '▼ was ', 'was ')"
    was = f"if(isNull(before), '', concat('   ', {arrow}, {before}))"
    told = f"if(isNull(value), words, concat({value}, {span}, '   n ', toString(n), {was}))"
    return {
        "type": "stat",
        "targets": _target(f"SELECT account, {told} AS told\nFROM\n(\n{panel.sql}\n)", form=_TABLE),
        "fieldConfig": {
            "defaults": _defaults(
                panel, displayName="${__data.fields.account}", color={"mode": "fixed", "fixedColor": "text"}
            ),
            "overrides": [],
        },
        "options": {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/^told$/", "values": True, "limit": 12},
            "colorMode": "none",
            "graphMode": "none",
            "textMode": "value_and_name",
            "justifyMode": "auto",
            "orientation": "horizontal",
            "text": {"titleSize": 13, "valueSize": 18},
            "wideLayout": True,
        },
    }


def _series(panel: Panel) -> Json:
    sql = f"SELECT time, value, low, high\nFROM\n(\n{panel.sql}\n)\nORDER BY time"
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "stepAfter",
        "lineWidth": 2,
        "fillOpacity": 0,
        "showPoints": "never",
        "spanNulls": False,
        "axisSoftMin": 0,
    }
    edge = [_property("custom.lineWidth", 0), _property("custom.hideFrom", _hidden_from_legend())]
    return {
        "type": "timeseries",
        "targets": _target(sql, form=_TIME_SERIES, one_account=True),
        "fieldConfig": {
            "defaults": _defaults(panel, min=0, custom=custom, color={"mode": "fixed", "fixedColor": _BLUE}),
            "overrides": [
                _override("low", [_property("displayName", "95% from"), *edge]),
                _override(
                    "high",
                    [
                        _property("displayName", "95% to"),
                        _property("custom.fillBelowTo", "95% from"),
                        _property("custom.fillOpacity", 18),
                        *edge,
                    ],
                ),
                _override("value", [_property("displayName", panel.title)]),
            ],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "calcs": [], "showLegend": False},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    }


def _compare(panel: Panel) -> Json:
    """Draw the interval: a full bar to its lower end, a pale one over it; value and n stand in the label."""
    label = f"concat(account, '   ', {shown_sql('value')}, '   n ', toString(n))"
    sql = (
        f"SELECT {label} AS label, low AS `at least`, high - low AS `interval`\nFROM\n(\n{panel.sql}\n)\n"
        "WHERE isNotNull(low) AND isNotNull(high)\nORDER BY value DESC"
    )
    return {
        "type": "barchart",
        "targets": _target(sql, form=_TABLE),
        "fieldConfig": {
            "defaults": _defaults(panel, min=0, custom={"fillOpacity": 85, "lineWidth": 0}),
            "overrides": [
                _override("at least", [_property("color", {"mode": "fixed", "fixedColor": _BLUE})]),
                _override("interval", [_property("color", {"mode": "fixed", "fixedColor": _PALE})]),
            ],
        },
        "options": {
            "orientation": "horizontal",
            "stacking": "normal",
            "xField": "label",
            "showValue": "never",
            "barWidth": 0.6,
            "groupWidth": 0.7,
            "legend": {"displayMode": "list", "placement": "bottom", "calcs": [], "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "none"},
        },
    }


def _table(panel: Panel) -> Json:
    shown = {column.name for column in panel.columns}
    overrides = [_column(column.name, column.title, column.shape) for column in panel.columns]
    linked = any(column.shape == "post" for column in panel.columns)
    names = [*shown, "permalink"] if linked else [*shown]
    hidden = [_override("permalink", [_property("custom.hidden", True)])] if linked else []
    wanted = ", ".join(f"`{column.name}`" for column in panel.columns if column.name in names)
    columns = f"{wanted}, permalink" if linked else wanted
    return {
        "type": "table",
        "targets": _target(f"SELECT {columns}\nFROM\n(\n{panel.sql}\n)", form=_TABLE),
        "fieldConfig": {
            "defaults": _defaults(panel, custom={"align": "auto", "filterable": False}),
            "overrides": [*overrides, *hidden],
        },
        "options": {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"]}},
    }


def _column(name: str, title: str, shape: str) -> Json:
    properties = [_property("displayName", title)]
    if shape == "time":
        properties += [_property("unit", "dateTimeAsLocal"), _property("custom.width", 160)]
    elif shape == "count":
        properties += [_property("unit", "short"), _property("decimals", None)]
    elif shape == "post":
        link = {"title": "Open the post", "url": "${__data.fields.permalink}", "targetBlank": True}
        properties += [_property("links", [link]), _property("custom.minWidth", 300)]
    return _override(name, properties)


def _override(name: str, properties: Sequence[Json]) -> Json:
    return {"matcher": {"id": "byName", "options": name}, "properties": list(properties)}


def _property(name: str, value: Any) -> Json:
    return {"id": name, "value": value}


def _hidden_from_legend() -> Json:
    return {"legend": True, "tooltip": False, "viz": False}


_DRAWN: Mapping[Kind, Callable[[Panel], Json]] = {
    "stat": _stat,
    "series": _series,
    "compare": _compare,
    "reach": _table,
    "posts": _table,
    "table": _table,
}
