"""What Grafana's panels are made of: queries around a panel's own, field options, overrides, colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dashboards.panels import ACCOUNT_COLOURS, PART_COLOURS, Panel
from dashboards.prose import plain

Json = dict[str, Any]
Drawn = tuple[str, Json]
"""A neutral query, and the panel's type, options and field options."""

BLUE, PALE, GREY, RED = ACCOUNT_COLOURS[0], ACCOUNT_COLOURS[5], ACCOUNT_COLOURS[7], ACCOUNT_COLOURS[1]
LEGEND: Final[Json] = {"displayMode": "list", "placement": "bottom", "calcs": [], "showLegend": True}


def within(columns: str, sql: str, *, more: str = "") -> str:
    """Return a query for some columns of a panel's rows."""
    return f"SELECT {columns}\nFROM\n(\n{sql}\n){more}"


def field_config(panel: Panel, overrides: Sequence[Json] = (), **more: Any) -> Json:
    """Return the field options of a panel: unit, what an empty panel says, and its limit as a threshold."""
    steps: list[Json] = [{"color": BLUE, "value": None}]
    if panel.limit is not None:
        steps.append({"color": RED, "value": panel.limit[0]})
    defaults = {
        "unit": panel.unit.grafana,
        "decimals": panel.unit.decimals,
        "noValue": plain(panel.empty),
        "thresholds": {"mode": "absolute", "steps": steps},
        **more,
    }
    return {"defaults": defaults, "overrides": list(overrides)}


def with_ticks(config: Json) -> Json:
    """Leave the decimals of an axis to Grafana, which takes as many as tell its ticks apart.

    With 0 it labels ticks at whole numbers only (20% is 0.2) and the others as empty, with 1 all of 0.01 to
    0.04 as 0.0, with 2 it writes 5.00 beside 10.00. Seen in 9.4.
    """
    return {**config, "defaults": {**config["defaults"], "decimals": None}}


def coloured(panel: Panel) -> list[Json]:
    """Return the colours of the parts of a whole."""
    return [
        override(part, [fixed_colour(colour)])
        for part, colour in zip(panel.parts, PART_COLOURS, strict=False)
    ]


def fixed_colour(colour: str) -> Json:
    """Return the property that gives a field its colour."""
    return prop("color", {"mode": "fixed", "fixedColor": colour})


def named(field: str, title: str) -> Json:
    """Return the override that gives a field another name."""
    return override(field, [prop("displayName", title)])


def override(name: str, properties: Sequence[Json]) -> Json:
    """Return properties of the field of a name."""
    return {"matcher": {"id": "byName", "options": name}, "properties": list(properties)}


def prop(name: str, value: Any) -> Json:
    """Return one property of an override."""
    return {"id": name, "value": value}


def drawn(kind: str, config: Json, options: Json) -> Json:
    """Return a panel's type, field options and options."""
    return {"type": kind, "fieldConfig": config, "options": options}
