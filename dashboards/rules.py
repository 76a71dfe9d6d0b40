"""The alert rules for Grafana, each once."""

from __future__ import annotations

from typing import Final

from dashboards.building import MEASURED_LIMIT
from dashboards.rule import Rule, Severity
from pipelines.metrics.catalogue import BY_NAME
from pipelines.metrics.view_sql import quoted, sum_sql

BEHIND_RECORDS: Final = 1_000.0
"""Records of the log in one partition beyond which, for ten minutes, a worker does not keep up."""
FIGURES_TOO_OLD_S: Final = 300.0
"""Age at which a figure that a part tells every minute is missing."""
BUDGET_LIMIT: Final = 0.8
"""Share of a budget from which on a source reads less."""

_INCIDENT: Final = "{account} ({network}), since {since_utc} UTC: {evidence}"


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


_ALL_ACCOUNTS: Final = ("rapport-alerts", "How is each account?")
"""Never a panel that repeats by account: Grafana links to the first of them, whichever account it is."""

RULES: Final = (
    Rule(
        uid="rapport-pipeline-stopped",
        title="Nothing is counted any more",
        query="pipeline_stopped",
        severity="critical",
        summary="{network}: the {stopped_part} stopped, the numbers stand still.",
        do="Look at “docker compose ps”, then at the logs of that part; docs/operations.md says more.",
        board="rapport-health",
        panel="Is everything moving?",
        since="pipeline_stopped_since",
        above=0.0,
        wait="0s",
        no_data="Alerting",
        failed="Alerting",
    ),
    Rule(
        uid="rapport-worker-behind",
        title="The worker falls behind",
        query="worker_behind",
        values={"limit": f"{BEHIND_RECORDS:.0f}", "too_old_s": f"{FIGURES_TOO_OLD_S:.0f}"},
        severity="warning",
        summary="Partition {partition} {problem}.",
        do="Look at “rapport status”; more workers share the partitions, up to their number.",
        board="rapport-health",
        panel="Lag",
        above=0.0,
        wait="10m",
        no_data="Alerting",
    ),
    _incident(
        "rapport-engagement-drop",
        "Engagement dropped",
        alert="engagement",
        states=("drop",),
        severity="warning",
        do="Compare the posts of these days with those before: {posts}",
        shown_by=_ALL_ACCOUNTS,
        wait="1m",
    ),
    _incident(
        "rapport-engagement-breakout",
        "Engagement rose",
        alert="engagement",
        states=("breakout",),
        severity="info",
        do="Do it again: {posts}",
        shown_by=_ALL_ACCOUNTS,
        wait="1m",
    ),
    _incident(
        "rapport-mentions-changed",
        "Mentions changed at once",
        alert="mentions",
        states=("drop", "breakout", "surge"),
        severity="warning",
        do="Read what is said, before you answer.",
        shown_by=_ALL_ACCOUNTS,
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
        summary="{refused_by} refused documents within the last quarter of an hour, {number} in all.",
        do="“rapport status” counts them by reason; mend the producer, then send the file again.",
        board="rapport-health",
        panel="Documents that were refused",
        above=0.0,
        wait="0s",
        no_data="Alerting",
    ),
    Rule(
        uid="rapport-budget-spent",
        title="The budget for reading is nearly spent",
        query="budget_spent",
        values={"limit": f"{BUDGET_LIMIT}", "too_old_s": f"{FIGURES_TOO_OLD_S:.0f}"},
        severity="warning",
        summary="{read_by} {problem}.",
        do="Less is read from here on, and nothing at 100 %: raise the budget, or watch fewer accounts.",
        board="rapport-health",
        panel="What reading costs",
        above=0.0,
        wait="0s",
        no_data="Alerting",
    ),
    Rule(
        uid="rapport-counts-missing",
        title="Counts are missing",
        query="counts_missing",
        values=dict(
            zip(("measured", "posts"), map(sum_sql, BY_NAME["measured_share"].operands), strict=True)
        ),
        severity="warning",
        summary="Only {share} of the last posts of {account} ({network}) have known counts.",
        do="Look whether the source was listening (view gaps) and whether its budget is spent.",
        board="rapport-overview",
        panel="Measured share",
        below=MEASURED_LIMIT,
        clears=0.9,
        wait="30m",
    ),
    Rule(
        uid="rapport-weekly-goal",
        title="The weekly goal of new contacts is at risk",
        query="weekly_goal",
        severity="info",
        summary="{account} ({network}): {number} new contacts are missing for this week's goal.",
        do="Answer one person who waits, and write to one of the fading ties.",
        board="rapport-conversation",
        panel="New contacts this week",
        above=0.0,
        wait="10m",
    ),
)
