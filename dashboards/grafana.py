"""A board as Grafana's classic JSON, for Grafana 10 to 13 with the plugin grafana-clickhouse-datasource 4."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from dashboards.grafana_fields import Json
from dashboards.grafana_panels import PLUGIN_VERSION, SOURCE, SOURCE_TYPE, TABLE, draw, neutral_to_plugin
from dashboards.panels import Annotation, Dashboard, Section, Variable

__all__ = [
    "PLUGIN_VERSION",
    "SOURCE",
    "SOURCE_TYPE",
    "Json",
    "committed",
    "file_name",
    "neutral_to_plugin",
    "render",
    "rendered",
]
SCHEMA_VERSION = 42
_ROW_ID = 1_000


def rendered(board: Dashboard) -> str:
    """Return the text of `dashboards/rendered/NAME.json`."""
    return json.dumps(render(board), indent=2, ensure_ascii=False) + "\n"


def file_name(board: Dashboard) -> str:
    """Return the name of a board's file in `dashboards/rendered`."""
    return f"{board.name}.json"


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
        "annotations": {"list": [_built_in_annotations(), *map(_annotation, board.annotations)]},
        "panels": _panels(board),
    }


def _panels(board: Dashboard) -> list[Json]:
    found: list[Json] = []
    for number, (section, y, placed) in enumerate(board.rows()):
        found.append(_row(section, number, y))
        found += [draw(panel, place, per_account=section.per_account) for panel, place in placed]
    return found


def _row(section: Section, number: int, y: int) -> Json:
    row: Json = {
        "id": _ROW_ID + number,
        "type": "row",
        "title": f"$account: {section.title}" if section.per_account else section.title,
        "collapsed": False,
        "gridPos": {"h": 1, "w": 24, "x": 0, "y": y},
        "panels": [],
    }
    return {**row, "repeat": "account"} if section.per_account else row


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


def _annotation(annotation: Annotation) -> Json:
    return {
        "name": annotation.name,
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": annotation.colour,
        "target": {
            "refId": "annotation",
            "pluginVersion": PLUGIN_VERSION,
            "editorType": "sql",
            "queryType": "table",
            "format": TABLE,
            "rawSql": neutral_to_plugin(annotation.sql),
        },
    }
