"""An alert rule for Grafana: as the file that provisions it and as the HTTP API takes it.

A rule's query gives one numeric column and labels as text, one row an alert; a row of a healthy account has a
harmless number, so that "no row" means what it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from string import Template
from typing import Any, Final, Literal

from msgspec import Struct

from dashboards.grafana import PLUGIN_VERSION, SOURCE_TYPE
from dashboards.queries import sql_text

Json = dict[str, Any]
Severity = Literal["critical", "warning", "info"]
NoData = Literal["Alerting", "OK"]
Failed = Literal["Alerting", "Error"]

FOLDER: Final = "Rapport"
GROUP: Final = "rapport"
DATASOURCE_UID: Final = "clickhouse"
"""Unique id of the data source, as provisioning names it."""
PREFIX: Final = "rapport-"
"""How the uid of every rule of ours begins."""
INTERVAL: Final = "1m"
RUNBOOK: Final = "${RAPPORT_RUNBOOK_URL}"
"""Where the runbook is: Grafana's provisioning expands variables in braces in annotations."""
_EXPRESSION: Final = "__expr__"
_PLACE: Final = re.compile(r"\{(\w+)\}")
_NUMBERS: Final[Mapping[str, tuple[str, Callable[[float], str]]]] = {
    "number": ('{{ with $values.A }}{{ printf "%.0f" .Value }}{{ end }}', lambda value: f"{value:.0f}"),
    "share": ("{{ with $values.A }}{{ humanizePercentage .Value }}{{ end }}", lambda value: f"{value:.0%}"),
}
"""How the number of a row is written: by Grafana's template, and by us."""
_QUERY, _CONDITION = "A", "C"
_TABLE = 1


class Rule(Struct, frozen=True, kw_only=True):
    """One alert rule: fires while the number of a row is above `above` (or below `below`) for `wait`.

    `clears`: where it must come back to before the alert ends. `summary` and `do` say what is wrong, and the
    way out; {name} is the row's label of that name, {number} and {share} are its number. `board`, `panel`:
    uid and title of the panel that shows it. `since`: the query that tells from when on it is so, by a row's
    first label, where that is known; it is `rapport alerts watch` that asks for it.
    `no_data`: what no row at all means: a rule about accounts has none while there is no account, one about
    the pipeline always has one, so that none is an alarm. `failed`: what a query that fails means; Error is
    told by Grafana as an alert of its own. `values`: what is put into the query for $NAME.
    """

    uid: str
    title: str
    query: str
    severity: Severity
    summary: str
    do: str
    board: str
    panel: str
    above: float | None = None
    below: float | None = None
    clears: float | None = None
    wait: str = "5m"
    values: Mapping[str, str] = {}
    since: str = ""
    no_data: NoData = "OK"
    failed: Failed = "Error"

    @property
    def sql(self) -> str:
        """Return the text of `dashboards/sql/rules/QUERY.sql`, less its comment, with the values put in."""
        return Template(sql_text(f"rules/{self.query}")).substitute(self.values)

    @property
    def since_sql(self) -> str:
        """Return the text of the query `since`, less its comment."""
        return sql_text(f"rules/{self.since}")

    @property
    def is_about_pipeline(self) -> bool:
        """Tell whether it is about the pipeline, of which there is always something to tell."""
        return self.no_data == "Alerting"

    @property
    def wait_s(self) -> int:
        """Return for how many seconds it must be so."""
        return int(self.wait[:-1]) * {"s": 1, "m": 60, "h": 3_600}[self.wait[-1]]

    def fires_at(self, number: float) -> bool:
        """Tell whether a row with this number is an alert."""
        return number > self.above if self.above is not None else number < (self.below or 0.0)

    @property
    def section(self) -> str:
        """Return the id of its section in the runbook."""
        return self.uid.removeprefix(PREFIX)


def said(text: str, labels: Mapping[str, str], number: float) -> str:
    """Return `summary` or `do` of a rule with a row's labels and number filled in."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return _NUMBERS[name][1](number) if name in _NUMBERS else labels[name]

    return _PLACE.sub(value, text)


def as_template(text: str) -> str:
    """Return `summary` or `do` of a rule as Grafana fills it in."""

    def place(match: re.Match[str]) -> str:
        name = match[1]
        return _NUMBERS[name][0] if name in _NUMBERS else f"{{{{ $labels.{name} }}}}"

    return _PLACE.sub(place, text)


def as_file(rule: Rule, panel_id: int) -> Json:
    """Return a rule as a file of provisioning takes it."""
    told = _told(rule, panel_id, DATASOURCE_UID, RUNBOOK)
    return {**told, "dashboardUid": rule.board, "panelId": panel_id}


def as_request(
    rule: Rule, panel_id: int, *, folder_uid: str, datasource_uid: str, runbook_url: str = ""
) -> Json:
    """Return a rule as POST and PUT /api/v1/provisioning/alert-rules take it.

    `runbook_url`: address of the runbook, which nobody expands here; empty: there is no link to it.
    """
    place = {"ruleGroup": GROUP, "folderUID": folder_uid, "orgID": 1}
    return {**_told(rule, panel_id, datasource_uid, runbook_url), **place}


def _told(rule: Rule, panel_id: int, datasource_uid: str, runbook_url: str) -> Json:
    """Return what both forms of a rule say."""
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": _CONDITION,
        "data": _data(rule, datasource_uid),
        "for": rule.wait,
        "noDataState": rule.no_data,
        "execErrState": rule.failed,
        "annotations": _annotations(rule, panel_id, runbook_url),
        "labels": {"severity": rule.severity, "source": "rapport"},
        "isPaused": False,
    }


def _annotations(rule: Rule, panel_id: int, runbook_url: str) -> Json:
    """Return what a message says; the last two make the link to the panel, and the heart on it."""
    link = {"runbook_url": f"{runbook_url}#{rule.section}"} if runbook_url else {}
    return {
        "summary": _where_known(
            rule.summary, otherwise=f"“{rule.title}” is unknown: the store gave no answer."
        ),
        "description": _where_known(rule.do, otherwise="Look at “rapport status”, then at the store's log."),
        **link,
        "__dashboardUid__": rule.board,
        "__panelId__": str(panel_id),
    }


def _where_known(told: str, *, otherwise: str) -> str:
    """Return a template that fills in the row's labels; Grafana also fires where no row came."""
    return f"{{{{ if $values.A }}}}{as_template(told)}{{{{ else }}}}{otherwise}{{{{ end }}}}"


def _data(rule: Rule, datasource_uid: str) -> list[Json]:
    return [
        {
            "refId": _QUERY,
            "relativeTimeRange": {"from": 3600, "to": 0},
            "datasourceUid": datasource_uid,
            "model": {
                "refId": _QUERY,
                "datasource": {"type": SOURCE_TYPE, "uid": datasource_uid},
                "pluginVersion": PLUGIN_VERSION,
                "editorType": "sql",
                "queryType": "table",
                "format": _TABLE,
                "rawSql": rule.sql,
            },
        },
        {
            "refId": _CONDITION,
            "relativeTimeRange": {"from": 0, "to": 0},
            "datasourceUid": _EXPRESSION,
            "model": {
                "refId": _CONDITION,
                "type": "threshold",
                "datasource": {"type": _EXPRESSION, "uid": _EXPRESSION},
                "expression": _QUERY,
                "conditions": [_threshold(rule)],
            },
        },
    ]


def _threshold(rule: Rule) -> Json:
    """Return the condition; Grafana before 10.4 knows no way back of its own and takes the limit."""
    kind, limit, back = ("gt", rule.above, "lt") if rule.above is not None else ("lt", rule.below, "gt")
    condition: Json = {"evaluator": {"type": kind, "params": [limit]}}
    if rule.clears is not None:
        condition["unloadEvaluator"] = {"type": back, "params": [rule.clears]}
    return condition
