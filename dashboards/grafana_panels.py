"""Panels as Grafana draws them.

Where Grafana cannot draw what the local page draws, it says the same in another form: an estimate as text
with its interval; a bar up to the lower end and a pale one over the interval; a band for one account at a
time, in rows that repeat by account; the hours of a week as a coloured table; followers against interactions
as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from dashboards.panels import ACCOUNT_COLOURS, PART_COLOURS, Column, Kind, Panel, Place, Shape
from dashboards.queries import fill_in, quoted, shown_in_sql

Json = dict[str, Any]

SOURCE_TYPE: Final = "grafana-clickhouse-datasource"
SOURCE: Final[Json] = {"type": SOURCE_TYPE, "uid": "${datasource}"}
PLUGIN_VERSION: Final = "4.20.0"
_TIME_SERIES, _TABLE = 0, 1
_BLUE, _PALE, _GREY = ACCOUNT_COLOURS[0], ACCOUNT_COLOURS[5], ACCOUNT_COLOURS[7]
_TIME_SERIES_KINDS: Final[frozenset[Kind]] = frozenset({"series", "expected", "weeks", "lines"})

_SHAPES: Final[Mapping[Shape, Json]] = {
    "time": {"unit": "dateTimeAsLocal", "custom.width": 160},
    "count": {"unit": "short", "decimals": None},
    "share": {"unit": "percentunit", "decimals": 0},
    "duration": {"unit": "s", "decimals": 0},
    "post": {"custom.minWidth": 220},
}
_NARROWEST: Final = 70


def draw(panel: Panel, place: Place, *, per_account: bool = False) -> Json:
    """Return a panel as Grafana's JSON; `per_account`: it stands in a row that repeats by account."""
    sql, drawn = _DRAWN[panel.kind](panel)
    form = _TIME_SERIES if panel.kind in _TIME_SERIES_KINDS else _TABLE
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
        "queryType": "timeseries" if form == _TIME_SERIES else "table",
        "format": form,
        "rawSql": neutral_to_plugin(sql, one_account=one_account),
        "meta": {"timezone": "UTC"},
    }


def _within(columns: str, sql: str, *, more: str = "") -> str:
    return f"SELECT {columns}\nFROM\n(\n{sql}\n){more}"


def _field_config(panel: Panel, overrides: Sequence[Json] = (), **more: Any) -> Json:
    steps: list[Json] = [{"color": _BLUE, "value": None}]
    if panel.limit is not None:
        steps.append({"color": ACCOUNT_COLOURS[1], "value": panel.limit[0]})
    defaults = {
        "unit": panel.unit.grafana,
        "decimals": panel.unit.decimals,
        "noValue": panel.empty,
        "thresholds": {"mode": "absolute", "steps": steps},
        **more,
    }
    return {"defaults": defaults, "overrides": list(overrides)}


def _with_ticks(config: Json) -> Json:
    """Leave whole decimals to Grafana: with 0 it labels ticks at whole numbers only, the others as empty.

    20% is 0.2, and what is empty says what the whole panel says when it is empty. Seen in 9.4.
    """
    decimals = config["defaults"]["decimals"]
    return {**config, "defaults": {**config["defaults"], "decimals": decimals or None}}


def _stat(panel: Panel) -> tuple[str, Json]:
    """Write each estimate out: value, interval, n, what it was a window earlier; or why there is none.

    No display name: `told` is chosen by the name that is shown, and the account names each value of itself.
    """
    value, low, high, before = (
        shown_in_sql(column, panel.unit) for column in ("value", "low", "high", "before")
    )
    span = f"if(isNull(low) OR isNull(high), '', concat(' (', {low}, ' to ', {high}, ')'))"
    arrow = "multiIf(change = 'up', '▲ was ', change = 'down', '▼ was ', 'was ')"
    was = f"if(isNull(before), '', concat(' · ', {arrow}, {before}))"
    told = f"if(isNull(value), words, concat({value}, {span}, ' · n ', toString(n), {was}))"
    config = _field_config(panel, color={"mode": "fixed", "fixedColor": "text"})
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/^told$/", "values": True, "limit": 12},
        "colorMode": "none",
        "graphMode": "none",
        "textMode": "value_and_name",
        "justifyMode": "auto",
        "orientation": "horizontal",
        "text": {"titleSize": 13, "valueSize": 18},
        "wideLayout": True,
    }
    return _within(f"account, {told} AS told", panel.sql), _panel("stat", config, options)


def _series(panel: Panel) -> tuple[str, Json]:
    sql = _within("time, value, low, high", panel.sql, more="\nORDER BY time")
    overrides = [*_band("low", "high", "95% from", "95% to", 18), _named("value", panel.title)]
    return sql, _time_series(panel, overrides)


def _expected(panel: Panel) -> tuple[str, Json]:
    """Draw the estimate with its band, the expected range as dashed lines, and changes of level as points."""
    changed = "if(level IN ('up', 'down'), value, NULL) AS changed"
    columns = f"time, value, low, high, expected_low, expected_high, {changed}"
    sql = _within(columns, panel.sql, more="\nORDER BY time")
    dashed = [
        _property("custom.lineStyle", {"fill": "dash", "dash": [6, 6]}),
        _property("custom.lineWidth", 1),
        _property("color", {"mode": "fixed", "fixedColor": _GREY}),
    ]
    points = [
        _property("displayName", "outside what was expected"),
        _property("custom.drawStyle", "points"),
        _property("custom.showPoints", "always"),
        _property("custom.pointSize", 9),
        _property("color", {"mode": "fixed", "fixedColor": ACCOUNT_COLOURS[1]}),
    ]
    overrides = [
        *_band("low", "high", "95% from", "95% to", 18),
        _named("value", panel.title),
        _override("expected_low", [_property("displayName", "expected from"), *dashed]),
        _override("expected_high", [_property("displayName", "expected to"), *dashed]),
        _override("changed", points),
    ]
    return sql, _time_series(panel, overrides)


def _weeks(panel: Panel) -> tuple[str, Json]:
    parts = ", ".join(f"sumIf(value, part = {quoted(part)}) AS `{part}`" for part in panel.parts)
    sql = _within(f"time, {parts}", panel.sql, more="\nGROUP BY time\nORDER BY time")
    bars: Json = {
        "drawStyle": "bars",
        "fillOpacity": 90,
        "lineWidth": 0,
        "stacking": {"mode": "normal", "group": "A"},
    }
    return sql, _time_series(panel, _coloured(panel), legend=True, **bars)


def _lines(panel: Panel) -> tuple[str, Json]:
    sql = _within("time, label, value", panel.sql, more="\nORDER BY time")
    drawn = _time_series(panel, (), legend=True, colour={"mode": "palette-classic"})
    if panel.limit is not None:
        drawn["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"] = {"mode": "line"}
    return sql, drawn


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
    color = colour or {"mode": "fixed", "fixedColor": _BLUE}
    config = _with_ticks(_field_config(panel, overrides, min=0, custom=custom, color=color))
    return _panel(
        "timeseries",
        config,
        {
            "legend": {"displayMode": "list", "placement": "bottom", "calcs": [], "showLegend": legend},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    )


def _compare(panel: Panel) -> tuple[str, Json]:
    """Draw the interval: a full bar to its lower end, a pale one over it; value and n stand in the label."""
    label = f"concat(account, '   ', {shown_in_sql('value', panel.unit)}, '   n ', toString(n))"
    sql = _within(
        f"{label} AS label, ifNull(low, value) AS `at least`, ifNull(high - low, 0) AS `interval`",
        panel.sql,
        more="\nWHERE isNotNull(value)\nORDER BY value DESC",
    )
    overrides = [
        _override("at least", [_property("color", {"mode": "fixed", "fixedColor": _BLUE})]),
        _override("interval", [_property("color", {"mode": "fixed", "fixedColor": _PALE})]),
    ]
    return sql, _bars(panel, overrides, stacking="normal")


def _shares(panel: Panel) -> tuple[str, Json]:
    parts = ", ".join(f"sumIf(value, part = {quoted(part)}) AS `{part}`" for part in panel.parts)
    label = "concat(any(account), '   n ', toString(any(n))) AS label"
    sql = _within(
        f"{label}, {parts}",
        panel.sql,
        more="\nGROUP BY\n    network,\n    account_id\nHAVING isNotNull(any(value))\nORDER BY label",
    )
    return sql, _bars(panel, _coloured(panel), stacking="percent")


def _bars(panel: Panel, overrides: Sequence[Json], *, stacking: str) -> Json:
    config = _with_ticks(_field_config(panel, overrides, min=0, custom={"fillOpacity": 85, "lineWidth": 0}))
    return _panel(
        "barchart",
        config,
        {
            "orientation": "horizontal",
            "stacking": stacking,
            "xField": "label",
            "showValue": "never",
            "barWidth": 0.6,
            "groupWidth": 0.7,
            "legend": {"displayMode": "list", "placement": "bottom", "calcs": [], "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "none"},
        },
    )


def _hours(panel: Panel) -> tuple[str, Json]:
    """Draw a table of seven days and 24 hours, the cells coloured by what they hold."""
    days = "['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'][day_of_week]"
    hours = ", ".join(f"maxOrNullIf(value, hour = {hour}) AS `{hour:02}`" for hour in range(24))
    sql = _within(f"{days} AS day, {hours}", panel.sql, more="\nGROUP BY day_of_week\nORDER BY day_of_week")
    custom = {"align": "center", "cellOptions": {"type": "color-background", "mode": "basic"}, "minWidth": 34}
    plain = _override("day", [_property("custom.cellOptions", {"type": "auto"})])
    config = _field_config(panel, [plain], custom=custom, color={"mode": "continuous-blues"})
    config["defaults"]["noValue"] = ""
    return sql, _panel("table", config, {"showHeader": True, "cellHeight": "sm"})


def _table(panel: Panel) -> tuple[str, Json]:
    hidden = {"post": "permalink", "link": "address"}
    extra = list(dict.fromkeys(hidden[each.shape] for each in panel.columns if each.shape in hidden))
    columns = ", ".join(f"`{name}`" for name in [*(column.name for column in panel.columns), *extra])
    overrides = [
        *map(_column, panel.columns),
        *(_override(name, [_property("custom.hidden", True)]) for name in extra),
    ]
    config = _field_config(panel, overrides, custom={"align": "auto", "filterable": False})
    options = {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"]}}
    return _within(columns, panel.sql), _panel("table", config, options)


def _column(column: Column) -> Json:
    blank = _property("noValue", "–")  # else each empty cell would say what the whole panel says when empty
    properties = [_property("displayName", column.title), blank, *_shaped(column)]
    return _override(column.name, properties)


def _shaped(column: Column) -> list[Json]:
    links = {"post": ("Open the post", "permalink"), "link": ("Open", "address")}
    shape = {"custom.minWidth": _NARROWEST, **_SHAPES.get(column.shape, {})}
    found = [_property(name, value) for name, value in shape.items()]
    return [*found, _link(*links[column.shape])] if column.shape in links else found


def _link(title: str, field: str) -> Json:
    return _property("links", [{"title": title, "url": f"${{__data.fields.{field}}}", "targetBlank": True}])


def _band(low: str, high: str, low_name: str, high_name: str, opacity: int) -> list[Json]:
    hidden = {"legend": True, "tooltip": False, "viz": False}
    edge = [_property("custom.lineWidth", 0), _property("custom.hideFrom", hidden)]
    fill = [_property("custom.fillBelowTo", low_name), _property("custom.fillOpacity", opacity)]
    return [
        _override(low, [_property("displayName", low_name), *edge]),
        _override(high, [_property("displayName", high_name), *fill, *edge]),
    ]


def _coloured(panel: Panel) -> list[Json]:
    return [
        _override(part, [_property("color", {"mode": "fixed", "fixedColor": colour})])
        for part, colour in zip(panel.parts, PART_COLOURS, strict=False)
    ]


def _named(field: str, title: str) -> Json:
    return _override(field, [_property("displayName", title)])


def _override(name: str, properties: Sequence[Json]) -> Json:
    return {"matcher": {"id": "byName", "options": name}, "properties": list(properties)}


def _property(name: str, value: Any) -> Json:
    return {"id": name, "value": value}


def _panel(kind: str, config: Json, options: Json) -> Json:
    return {"type": kind, "fieldConfig": config, "options": options}


_DRAWN: Mapping[Kind, Callable[[Panel], tuple[str, Json]]] = {
    "stat": _stat,
    "series": _series,
    "expected": _expected,
    "compare": _compare,
    "reach": _table,
    "shares": _shares,
    "weeks": _weeks,
    "hours": _hours,
    "lines": _lines,
    "table": _table,
}
