"""Grafana's panels that are read: estimates written out, tables, the hours of a week as a coloured table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from dashboards.grafana_fields import Drawn, Json, drawn, field_config, override, prop, within
from dashboards.panels import SECONDS, Column, Panel, Shape
from dashboards.queries import shown_in_sql, shown_interval_sql

_UNITS: Final[Mapping[Shape, Json]] = {
    "time": {"unit": "time:D MMM, HH:mm"},
    "count": {"unit": "locale", "decimals": 1},
    "share": {"unit": "percentunit", "decimals": 0},
    "duration": {"custom.align": "right"},
}
_WIDTHS: Final[Mapping[Shape, int]] = {"time": 116, "count": 70, "share": 64, "duration": 108}
"""What a column of numbers takes, in pixels."""
_SHORT: Final[Mapping[str, int]] = {
    "alert": 108,
    "asked": 84,
    "tag": 62,
    "interval": 112,
    "network": 86,
    "against": 124,
}
"""What a column of a word or two takes; columns of text share the rest."""
_LEAST: Final[Mapping[str, int]] = {
    "name": 150, "other": 150, "text": 152, "why": 170, "check": 320, "table": 170, "told": 132,
}  # fmt: skip
_HARD: Final = "\u00a0"
"""A space at which no line ends."""
_LISTED: Final = "listed"
"""A column of ones by which Grafana splits rows: where there is none no frame is left, and it says `noValue`.

A frame without rows would read "No data" before 10.4 (grafana/grafana, pull request 82948), and as a grid
without rows in 12.4 (Azure/azure-managed-grafana, issue 75).
"""
_HOUR: Final = r"/^\d\d$/"
_NARROWEST, _LETTER, _PADDING = 70, 8, 20
_NARROW_PANEL: Final = 16
_BY_PANEL: Final[Mapping[str, tuple[int, int]]] = {"account": (130, 176), "shown": (124, 190)}
"""What a column takes in a narrow panel, and in one over the whole board."""


def stat(panel: Panel) -> Drawn:
    """Write each estimate out: account, value, interval, n, what it was before; or why there is none.

    The account stands in the text: as the name of a value it has a place of its own, and long words run in.
    No display name: `told` is chosen by the name that is shown. No line ends between a number and what it is.
    """
    arrow = f"concat(multiIf(change = 'up', '▲ ', change = 'down', '▼ ', ''), 'was{_HARD}')"
    was = f"if(isNull(before), '', concat(' · ', {arrow}, {shown_in_sql('before', panel.unit)}))"
    told = f"if(isNull(value), words, concat({_estimate_sql(panel)}, ' · n{_HARD}', toString(n), {was}))"
    line = f"replaceAll(concat(account, ':  ', {told}), ' %', '{_HARD}%') AS told"
    config = field_config(panel, color={"mode": "fixed", "fixedColor": "text"})
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/^told$/", "values": True, "limit": 12},
        "colorMode": "none",
        "graphMode": "none",
        "textMode": "value",
        "justifyMode": "auto",
        "orientation": "horizontal",
        "text": {"valueSize": 14},
        "wideLayout": True,
    }
    return within(f"account, {line}", panel.sql), drawn("stat", config, options)


def reach(panel: Panel) -> Drawn:
    """Draw followers beside what a post moves as a table: the number and its interval in one cell."""
    columns = (
        Column("account", "Account"),
        Column("followers", "Followers", "count"),
        Column("told", "Per post"),
        Column("n", "n", "count"),
    )
    told = f"if(isNull(value), words, {_estimate_sql(panel)})"
    sql = within(f"account, followers, {told} AS told, n", panel.sql)
    return table(replace(panel, columns=columns, sql=sql))


def _estimate_sql(panel: Panel) -> str:
    """Return the SQL expression that writes a value with its interval, or with why there is none."""
    unsure = "if(words = '', '', concat(', ', words))"
    span = f"if(isNull(low) OR isNull(high), {unsure}, concat(' (', {shown_interval_sql(panel.unit)}, ')'))"
    return f"concat({shown_in_sql('value', panel.unit)}, {span})"


def hours(panel: Panel) -> Drawn:
    """Draw a table of seven days and 24 hours, the cells coloured by what they hold."""
    days = "['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][day_of_week]"
    hours = ", ".join(f"maxOrNullIf(value, hour = {hour}) AS `{hour:02}`" for hour in range(24))
    columns = f"{days} AS day, {hours}, 1 AS {_LISTED}"
    sql = within(columns, panel.sql, more="\nGROUP BY day_of_week\nORDER BY day_of_week")
    custom = {"align": "center", "minWidth": 34, **_cells("color-background", "color-background-solid")}
    uncoloured = [prop(f"custom.{name}", value) for name, value in _cells("auto", "auto").items()]
    plain = override("day", [*uncoloured, prop("displayName", " ")])
    blank = {"matcher": {"id": "byRegexp", "options": _HOUR}, "properties": [prop("noValue", "")]}
    config = field_config(panel, [plain, blank], custom=custom, color={"mode": "continuous-blues"})
    config["defaults"] |= {"decimals": min(panel.unit.decimals, 1)}
    return sql, _rows(config, {"showHeader": True, "cellHeight": "sm"})


def _cells(kind: str, before: str) -> Json:
    """Return how cells are drawn, as Grafana reads it and, by another name, as it did before 9.5."""
    return {"cellOptions": {"type": kind, "mode": "basic"}, "displayMode": before}


def table(panel: Panel) -> Drawn:
    """Draw rows to read; what a text leads to is a hidden column."""
    hidden = {"post": "permalink", "link": "address"}
    extra = list(dict.fromkeys(hidden[each.shape] for each in panel.columns if each.shape in hidden))
    columns = ", ".join([*map(_selected, panel.columns), *(f"`{name}`" for name in extra), f"1 AS {_LISTED}"])
    overrides = [
        *(_column(column, panel) for column in panel.columns),
        *(override(name, [prop("custom.hidden", True)]) for name in extra),
    ]
    config = field_config(panel, overrides, custom={"align": "auto", "filterable": False})
    options = {"showHeader": True, "cellHeight": "sm", "footer": {"show": False, "reducer": ["sum"]}}
    return within(columns, panel.sql), _rows(config, options)


def _rows(config: Json, options: Json) -> Json:
    """Return a table that says what it lacks where it has no row."""
    config["overrides"].append(override(_LISTED, [prop("custom.hidden", True)]))
    by_listed = {"fields": [_LISTED], "naming": {"asLabels": False}, "keepFields": True}
    split = {"id": "partitionByValues", "options": by_listed}
    return {**drawn("table", config, options), "transformations": [split]}


def _selected(column: Column) -> str:
    """Return a column as it is asked for: a duration in words, for Grafana writes 23,040 s as 6.4 hour."""
    name = f"`{column.name}`"
    if column.shape != "duration":
        return name
    return f"if(isNull({name}), NULL, {shown_in_sql(f'toFloat64({name})', SECONDS)}) AS {name}"


def _column(column: Column, panel: Panel) -> Json:
    blank = prop("noValue", "–")  # else each empty cell would say what the whole panel says when empty
    links = {"post": ("Open the post", "permalink"), "link": ("Open", "address")}
    properties = [prop("displayName", column.title), blank, _width(column, panel)]
    properties += [prop(name, value) for name, value in _UNITS.get(column.shape, {}).items()]
    if column.shape in links:
        properties.append(_link(*links[column.shape]))
    return override(column.name, properties)


def _width(column: Column, panel: Panel) -> Json:
    """Return how wide a column is: never narrower than its heading."""
    heading = _LETTER * len(column.title) + _PADDING
    taken = _WIDTHS.get(column.shape) or _SHORT.get(column.name)
    if column.name in _BY_PANEL:
        taken = _BY_PANEL[column.name][panel.w > _NARROW_PANEL]
    if taken:
        return prop("custom.width", max(taken, heading))
    return prop("custom.minWidth", max(_LEAST.get(column.name, _NARROWEST), heading))


def _link(title: str, field: str) -> Json:
    return prop("links", [{"title": title, "url": f"${{__data.fields.{field}}}", "targetBlank": True}])
