"""Alert rules for Grafana, once: as the file that provisions them and as the HTTP API takes them.

A rule's query gives one numeric column and labels as text, one row an alert; a row of a healthy account has a
harmless number, so that "no row" means what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from string import Template
from typing import Any, Final, Literal

from msgspec import Struct

from dashboards.building import MEASURED_LIMIT
from dashboards.grafana import PLUGIN_VERSION, SOURCE_TYPE
from pipelines.metrics.view_sql import quoted

Json = dict[str, Any]
Severity = Literal["critical", "warning", "info"]
NoData = Literal["Alerting", "OK"]

FOLDER: Final = "Rapport"
GROUP: Final = "rapport"
DATASOURCE_UID: Final = "clickhouse"
"""Unique id of the data source, as provisioning names it."""
PREFIX: Final = "rapport-"
"""How the uid of every rule of ours begins."""
INTERVAL: Final = "1m"
_EXPRESSION: Final = "__expr__"
_QUERY, _CONDITION = "A", "C"
_TABLE = 1


_NUMBER: Final = '{{ with $values.A }}{{ printf "%.0f" .Value }}{{ end }}'
_SHARE: Final = "{{ with $values.A }}{{ humanizePercentage .Value }}{{ end }}"
_INCIDENT: Final = (
    "{{ $labels.account }} ({{ $labels.network }}), since {{ $labels.since_utc }} UTC: {{ $labels.evidence }}"
)


class Rule(Struct, frozen=True, kw_only=True):
    """One alert rule: fires while the number of a row is above `above` (or below `below`) for `wait`.

    `clears`: where it must come back to before the alert ends. `summary` and `do` are templates of
    Grafana: what is wrong, and the way out. `board`, `panel`: uid and title of the panel that shows it.
    `no_data`: what no row at all means. `values`: what is put into the query for $NAME.
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
    no_data: NoData = "OK"

    @property
    def sql(self) -> str:
        """Return the text of `dashboards/sql/rules/QUERY.sql`, less its comment, with the values put in."""
        text = (files("dashboards") / "sql" / "rules" / f"{self.query}.sql").read_text()
        lines = [line for line in text.splitlines() if not line.startswith("--")]
        return Template("\n".join(lines).strip()).substitute(self.values)


def _incident(
    uid: str,
    title: str,
    *,
    alert: str,
    states: tuple[str, ...],
    severity: Severity,
    do: str,
    shown_by: tuple[str, str],
    wait: str,
) -> Rule:
    """Return the rule that fires while an alert of an account is in one of some states."""
    return Rule(
        uid=uid,
        title=title,
        query="incidents_now",
        values={"states": ", ".join(map(quoted, states)), "alerts": quoted(alert)},
        severity=severity,
        summary=_INCIDENT,
        do=do,
        board=shown_by[0],
        panel=shown_by[1],
        above=0.0,
        wait=wait,
    )


_EXPECTED: Final = ("rapport-alerts", "Is it what could be expected?")

RULES: Final = (
    Rule(
        uid="rapport-pipeline-stopped",
        title="Nothing is counted any more",
        query="pipeline_stopped",
        severity="critical",
        summary="{{ $labels.network }}: the {{ $labels.stopped_part }} stopped, the numbers stand still.",
        do="Look at “docker compose ps”, then at the logs of that part; docs/operations.md says more.",
        board="rapport-health",
        panel="Is everything moving?",
        above=0.0,
        wait="0s",
    ),
    _incident(
        "rapport-engagement-drop",
        "Engagement dropped",
        alert="engagement",
        states=("drop",),
        severity="warning",
        do="Compare the posts of these days with those before: {{ $labels.posts }}",
        shown_by=_EXPECTED,
        wait="1m",
    ),
    _incident(
        "rapport-engagement-breakout",
        "Engagement rose",
        alert="engagement",
        states=("breakout",),
        severity="info",
        do="Do it again: {{ $labels.posts }}",
        shown_by=_EXPECTED,
        wait="1m",
    ),
    _incident(
        "rapport-mentions-changed",
        "Mentions changed at once",
        alert="mentions",
        states=("drop", "breakout", "surge"),
        severity="warning",
        do="Read what is said, before you answer.",
        shown_by=("rapport-alerts", "Direct mentions over time"),
        wait="0s",
    ),
    _incident(
        "rapport-followers-jumped",
        "Followers jumped and nothing explains it",
        alert="followers",
        states=("jump", "drop", "surge"),
        severity="warning",
        do="Look who came: bought followers and purges look like this.",
        shown_by=("rapport-compare", "Followers and what they do"),
        wait="10m",
    ),
    _incident(
        "rapport-inactive",
        "An account fell silent",
        alert="activity",
        states=("inactive_7d", "inactive_21d"),
        severity="info",
        do="Write one post, or answer somebody who waits.",
        shown_by=("rapport-consistency", "Since the last post"),
        wait="10m",
    ),
    Rule(
        uid="rapport-documents-refused",
        title="Documents are refused",
        query="documents_refused",
        severity="warning",
        summary="{{ $labels.refused_by }} refused documents within the last quarter of an hour,"
        f" {_NUMBER} in all.",
        do="“rapport status” counts them by reason; mend the producer, then send the file again.",
        board="rapport-health",
        panel="Documents that were refused",
        above=0.0,
        wait="0s",
    ),
    Rule(
        uid="rapport-counts-missing",
        title="Counts are missing",
        query="counts_missing",
        severity="warning",
        summary=f"Only {_SHARE}"
        " of the last posts of {{ $labels.account }}"
        " ({{ $labels.network }}) have known counts.",
        do="Look whether the source was listening (view gaps) and whether its budget is spent.",
        board="rapport-overview",
        panel="Measured share over time",
        below=MEASURED_LIMIT,
        clears=0.9,
        wait="30m",
    ),
    Rule(
        uid="rapport-weekly-goal",
        title="The weekly goal of new contacts is at risk",
        query="weekly_goal",
        severity="info",
        summary="{{ $labels.account }} ({{ $labels.network }}): "
        f"{_NUMBER} new contacts are missing for this week's goal.",
        do="Answer one person who waits, and write to one of the fading ties.",
        board="rapport-conversation",
        panel="New contacts this week",
        above=0.0,
        wait="10m",
    ),
)


def as_file(rule: Rule, panel_id: int) -> Json:
    """Return a rule as a file of provisioning takes it."""
    return {**_told(rule, panel_id, DATASOURCE_UID), "dashboardUid": rule.board, "panelId": panel_id}


def as_request(rule: Rule, panel_id: int, *, folder_uid: str, datasource_uid: str) -> Json:
    """Return a rule as POST and PUT /api/v1/provisioning/alert-rules take it."""
    place = {"ruleGroup": GROUP, "folderUID": folder_uid, "orgID": 1}
    return {**_told(rule, panel_id, datasource_uid), **place}


def _told(rule: Rule, panel_id: int, datasource_uid: str) -> Json:
    """Return what both forms of a rule say.

    The last two annotations of its message make the link to the panel, and the heart on it.
    """
    return {
        "uid": rule.uid,
        "title": rule.title,
        "condition": _CONDITION,
        "data": _data(rule, datasource_uid),
        "for": rule.wait,
        "noDataState": rule.no_data,
        "execErrState": "Error",
        "annotations": {
            "summary": rule.summary,
            "description": rule.do,
            "__dashboardUid__": rule.board,
            "__panelId__": str(panel_id),
        },
        "labels": {"severity": rule.severity, "source": "rapport"},
        "isPaused": False,
    }


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
