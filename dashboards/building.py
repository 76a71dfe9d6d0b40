"""What the boards are built with: panels of metrics, tables, and a board with the variables that it uses."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from dashboards.alert_words import state_sql
from dashboards.panels import (
    COUNT,
    DEFAULT_WINDOW,
    NOTHING_YET,
    WINDOWS,
    Annotation,
    Column,
    Dashboard,
    Kind,
    Panel,
    Section,
    Variable,
)
from dashboards.queries import metrics_query, only_by, query, used
from pipelines.metrics.catalogue import BY_NAME
from pipelines.metrics.definition import Metric
from pipelines.metrics.units import Unit

STAT_H: Final = 7
NARROW_STAT_H: Final = 8
CHART_H: Final = 9
NO_POSTS: Final = (
    "No post in this time range has known counts after a day. Choose a longer range; or the source tells no"
    " counts: see the measured share in `rapport metrics`."
)
NOTHING_POSTED: Final = (
    "No post in this time range. Choose a longer range; your past comes by `rapport analyze FILE`, what"
    " happens from now on by `rapport ingest SOURCE`, and `rapport demo` shows it with a simulated business."
)
MEASURED_LIMIT: Final = 0.8
"""Below it too few posts have known counts: an alert rule says so, and the panel draws it."""
_OF_BATCH: Final = {"weekly": " The week that goes on has its number and no band yet."}
"""What a query leaves out."""
INCIDENTS: Final = Annotation("Incidents", query("incident_marks", shown=state_sql()), "orange")
GAPS: Final = Annotation("Not listening", query("annotations"), "purple")
_VARIABLES: Final = (
    Variable(name="network", label="Network", sql=query("networks")),
    Variable(name="account", label="Account", sql=query("accounts")),
    Variable(name="window", label="Window", options=WINDOWS, default=DEFAULT_WINDOW),
    Variable(name="topic", label="Topic of posts", sql=query("topics")),
)


def board(
    name: str,
    title: str,
    question: str,
    *sections: Section,
    days: int = 28,
) -> Dashboard:
    """Return a board with those variables that its panels look at; a choice that changes nothing is none."""
    looked_at = {name for section in sections for panel in section.panels for name in used(panel.sql)}
    return Dashboard(
        uid=f"rapport-{name}",
        title=title,
        question=question,
        sections=sections,
        variables=tuple(variable for variable in _VARIABLES if variable.name in looked_at),
        annotations=tuple(
            structs.replace(each, sql=only_by(each.sql, looked_at)) for each in (GAPS, INCIDENTS)
        ),
        days=days,
    )


def metric_panel(
    panel_id: int,
    kind: Kind,
    name: str,
    *,
    w: int,
    h: int,
    title: str = "",
    batch: str = "",
    leads_to: str = "",
    limit: tuple[float, str] | None = None,
) -> Panel:
    """Return a panel of one metric; title, question, unit and description come from its definition.

    `batch`: the file of its query; without it, that named as the kind.
    """
    metric = BY_NAME[name]
    return Panel(
        id=panel_id,
        title=title or metric.title,
        question=metric.question,
        description=describe(metric) + _OF_BATCH.get(batch, ""),
        kind=kind,
        sql=metrics_query(batch or kind, (name,)),
        w=w,
        h=h,
        unit=metric.unit,
        metric=name,
        batch=batch or kind,
        leads_to=leads_to,
        limit=limit,
    )


def table(
    panel_id: int,
    title: str,
    question: str,
    description: str,
    *columns: Column,
    sql: str,
    w: int,
    h: int,
    leads_to: str = "",
    empty: str = NOTHING_YET,
) -> Panel:
    """Return a panel of rows to read."""
    return Panel(
        id=panel_id,
        title=title,
        question=question,
        description=description,
        kind="table",
        sql=sql,
        w=w,
        h=h,
        unit=COUNT,
        columns=columns,
        leads_to=leads_to,
        empty=empty,
    )


def chart(
    panel_id: int,
    kind: Kind,
    title: str,
    question: str,
    description: str,
    *,
    sql: str,
    unit: Unit,
    w: int,
    h: int = CHART_H,
    parts: tuple[str, ...] = (),
    limit: tuple[float, str] | None = None,
    leads_to: str = "",
    empty: str = NOTHING_YET,
) -> Panel:
    """Return a panel that draws what is no metric of the catalogue."""
    return Panel(
        id=panel_id,
        title=title,
        question=question,
        description=description,
        kind=kind,
        sql=sql,
        w=w,
        h=h,
        unit=unit,
        parts=parts,
        limit=limit,
        leads_to=leads_to,
        empty=empty,
    )


def describe(metric: Metric) -> str:
    """Return what a panel says of its metric: question, formula, interval, and what n counts."""
    counted = "events" if metric.family == "rate" else "posts"
    return f"{metric.description} Interval: {metric.interval}. n: {counted} behind the number."
