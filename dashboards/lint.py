"""What every rendered board must keep, after Grafana's dashboard-linter and our own rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from dashboards.grafana import SOURCE, Json, committed, file_name, render, rendered
from dashboards.panels import WIDTH, Dashboard

TITLE_LIMIT: Final = 48
UNITS: Final = frozenset({"percentunit", "short", "s", "bytes"})
_MACROS: Final = frozenset({"$__conditionalAll", "$__fromTime_ms", "$__toTime_ms"})


def lint(boards: Iterable[Dashboard]) -> list[str]:
    """Return what is wrong with the boards and their files, a sentence each; empty where all is well."""
    boards = list(boards)
    names = {board.name for board in boards}
    lost = [
        f"{board.uid}: panel {panel.title!r} leads to a board {panel.leads_to!r} that is not there"
        for board in boards
        for panel in board.panels
        if panel.leads_to and panel.leads_to not in names
    ]
    uids = [board.uid for board in boards]
    doubled = [f"the uid {uid} is used twice" for uid in sorted(set(uids)) if uids.count(uid) > 1]
    return [*doubled, *lost, *(f"{board.uid}: {fault}" for board in boards for fault in _faults(board))]


def _faults(board: Dashboard) -> Iterator[str]:
    tree = render(board)
    if committed(board) != rendered(board):
        yield f"dashboards/rendered/{file_name(board)} is not in step: run `rapport dashboards render`"
    if "id" in tree or "__inputs" in tree:
        yield "a provisioned board has neither id nor __inputs"
    if len(board.uid) > 40:
        yield "the uid is longer than 40 characters"
    if not tree["description"] or tree["editable"]:
        yield "it needs a description and must not be editable"
    panels = [panel for panel in tree["panels"] if panel["type"] != "row"]
    yield from places(tree["panels"])
    yield from _variables(tree)
    for panel in panels:
        yield from (f"panel {panel['title']!r}: {fault}" for fault in _panel(panel, tree))


def places(panels: list[Json]) -> Iterator[str]:
    """Give what is wrong with where panels stand, and with their ids."""
    ids = [panel["id"] for panel in panels]
    if len(set(ids)) < len(ids):
        yield "two panels have one id"
    for panel in panels:
        if panel["gridPos"]["x"] + panel["gridPos"]["w"] > WIDTH:
            yield f"the panel {panel['title']!r} is wider than the board"
    for one, other in combinations(panels, 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        if not (apart or a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]):
            yield f"the panels {one['title']!r} and {other['title']!r} overlap"


def _variables(tree: Json) -> Iterator[str]:
    variables = tree["templating"]["list"]
    first = variables[0]
    if (first["name"], first["label"]) != ("datasource", "Data source"):
        yield "the first variable must be the data source"
    for variable in variables:
        if variable["type"] == "query" and (variable["refresh"] != 2 or variable["datasource"] != SOURCE):
            yield f"the variable {variable['name']} must refresh with the time range, from $datasource"


def _panel(panel: Json, tree: Json) -> Iterator[str]:
    defaults = panel["fieldConfig"]["defaults"]
    if not panel["title"] or len(panel["title"]) > TITLE_LIMIT:
        yield f"its title must have 1 to {TITLE_LIMIT} characters"
    if "?" not in panel["description"]:
        yield "its description must begin with its question"
    if "n: " not in panel["description"]:
        yield "its description does not say what n counts"
    if defaults.get("unit") not in UNITS:
        yield "it has no unit"
    if not defaults.get("noValue"):
        yield "it does not say what is missing when it is empty"
    if panel["datasource"] != SOURCE or not panel["targets"]:
        yield "it must read from the chosen data source"
    names = {variable["name"] for variable in tree["templating"]["list"]}
    for target in panel["targets"]:
        yield from _query(target["rawSql"], names)
        if target["datasource"] != SOURCE:
            yield "a query names its data source"


def _query(sql: str, names: set[str]) -> Iterator[str]:
    if unknown := set(re.findall(r"\$__\w+", sql)) - _MACROS:
        yield f"unknown macros {', '.join(sorted(unknown))}"
    used = set(re.findall(r"\$\{?(?!__)(\w+)", sql))
    if missing := used - names:
        yield f"unknown variables {', '.join(sorted(missing))}"
    if re.search(r"account(_id)? (=|IN \() ?'", sql):
        yield "an account is written into its query"
