"""The board Pipeline health: does everything move, how fast, and what was refused?"""

from __future__ import annotations

from dashboards.building import CHART_H, board, chart, table
from dashboards.panels import SECONDS, Column, Panel, Section
from dashboards.queries import query, shown_in_sql
from pipelines.metrics.units import Unit

_PER_SECOND = Unit("a second", "short", 1)
_RECORDS = Unit("records", "short", 0)
CHECKPOINT_LIMIT_S = 300.0
"""The longest between two checkpoints while records wait, as `rapport status --check` has it."""
_NO_FIGURES = (
    "No part has told a figure in this time range. Workers do with every checkpoint: `rapport work` runs one,"
    " `rapport status` says what is known without them."
)


def _state() -> Panel:
    return table(
        1,
        "Is everything moving?",
        "Can I trust that the numbers are of now?",
        "The worst of all parts. Formula: now − the watermark, now − the last checkpoint, end of the log −"
        " position."
        " Limits: a watermark 15 min, a checkpoint 5 min. n: a row is one check.",
        Column("check", "Check"),
        Column("shown", "Reading"),
        Column("state", "State"),
        Column("at", "Told", "time"),
        sql=query(
            "health_state",
            checkpoint_limit_s=f"{CHECKPOINT_LIMIT_S:.0f}",
            span=shown_in_sql("greatest(worst, 0)", SECONDS),
        ),
        w=12,
        h=CHART_H,
        empty="Nothing was ever saved. `rapport work` runs a worker, `rapport ingest SOURCE` fills the log,"
        " `rapport status` says what stands where.",
    )


def _dead_letters() -> Panel:
    return table(
        2,
        "Documents that were refused",
        "What can never be counted, and why?",
        "Reasons whose latest document was refused in the time range; kept for 90 days. n: documents.",
        Column("reason", "Reason"),
        Column("documents", "Documents", "count"),
        Column("source", "By"),
        Column("at", "Latest", "time"),
        Column("place", "Where"),
        sql=query("dead_letters"),
        w=12,
        h=CHART_H,
        empty="Nothing was refused in this time range. `rapport status` counts all there ever was, by"
        " reason.",
    )


def _line(
    panel_id: int,
    title: str,
    question: str,
    said: str,
    unit: Unit,
    *,
    limit: tuple[float, str] | None = None,
    **values: str,
) -> Panel:
    return chart(
        panel_id,
        "lines",
        title,
        question,
        said,
        sql=query("pipeline_line", **{"split": "", **values}),
        unit=unit,
        w=12,
        limit=limit,
        empty=_NO_FIGURES,
    )


def _lines() -> tuple[Panel, ...]:
    watermark = "startsWith(name, 'watermark_age_s_')"
    return (
        _line(
            11,
            "Freshness",
            "How old is what I see?",
            "Age of the watermark by network, p50 and p99 of what was told in each span. Formula: now −"
            " watermark."
            " n: readings, one a checkpoint and partition.",
            SECONDS,
            which=watermark,
            split="ARRAY JOIN ['p50', 'p99'] AS quantile_name",
            label="concat(substring(name, 17), ' ', quantile_name)",
            value="if(any(quantile_name) = 'p50', quantile(0.5)(value), quantile(0.99)(value))",
        ),
        _line(
            12,
            "Documents a second",
            "How much goes through?",
            "Growth of the workers' count of documents, the processes added up. Formula: (count − the one"
            " before) /"
            " seconds between. n: readings, one a checkpoint and process.",
            _PER_SECOND,
            which="name = 'documents'",
            label="'documents'",
            value="sum(per_s)",
        ),
        _line(
            13,
            "Lag",
            "Does the worker keep up?",
            "Records of the log behind the last one folded, the worst partition. n: readings, one a"
            " checkpoint.",
            _RECORDS,
            which="name = 'lag_records'",
            label="'records'",
            value="max(value)",
        ),
        _line(
            14,
            "Age of the last checkpoint",
            "How much work would be done again after a crash?",
            "Seconds since a worker saved, the worst process. The dotted line is the limit of `rapport"
            " status --check`."
            " n: readings, one a checkpoint.",
            SECONDS,
            which="name = 'checkpoint_age_s'",
            label="'age'",
            value="max(value)",
            limit=(CHECKPOINT_LIMIT_S, "limit"),
        ),
    )


def _gaps() -> Panel:
    return table(
        21,
        "When a source was not listening",
        "Which hours are unknown rather than silent?",
        "Gaps that touch the time range; what lies in them is unknown, not zero. n: a row is one gap.",
        Column("source", "Source"),
        Column("network", "Network"),
        Column("time", "From", "time"),
        Column("until", "Until", "time"),
        Column("duration_s", "Lasted", "duration"),
        Column("reason", "Why"),
        sql=query("not_listening"),
        w=12,
        h=CHART_H,
        empty="No gap in this time range: every source listened, or none is live. `rapport ingest SOURCE`"
        " starts one.",
    )


def _parts() -> Panel:
    return table(
        22,
        "What ClickHouse holds",
        "Do merges keep up, and how big is it?",
        "Active parts by table and in its fullest partition; ClickHouse slows inserts down from 1,000. n:"
        " rows as"
        " stored, those that a merge will drop included.",
        Column("table", "Table"),
        Column("rows", "Rows", "count"),
        Column("size", "Size"),
        Column("parts", "Parts", "count"),
        Column("most_parts", "Fullest partition", "count"),
        Column("state", "State"),
        sql=query("store_parts"),
        w=12,
        h=CHART_H,
        empty="No table holds anything yet. `rapport migrate` makes them, `rapport analyze FILE` fills them.",
    )


def _spending() -> Panel:
    return table(
        31,
        "What reading costs",
        "Does the budget last?",
        "Spent today and this month (UTC) against the budget, by source. Formula: reads × their price; a day"
        " at this rate: spent today / time since midnight. n: a row is one source.",
        Column("source", "Source"),
        Column("today", "Spent today"),
        Column("left_today", "Left today"),
        Column("month", "This month"),
        Column("rate", "A day at this rate"),
        Column("state", "So it is"),
        sql=query("spending"),
        w=24,
        h=CHART_H,
        empty="No source that costs money has run in the last 40 days: Bluesky and Mastodon cost nothing."
        " `rapport ingest x-stream` starts one, within RAPPORT_X_DAILY_BUDGET_USD and"
        " RAPPORT_X_MONTHLY_BUDGET_USD.",
    )


HEALTH = board(
    "health",
    "Pipeline health",
    "Does everything move, how fast, and what was refused?",
    Section("Now", (_state(), _dead_letters())),
    Section("Over time", _lines()),
    Section("What is missing, what is held", (_gaps(), _parts())),
    Section("What it costs", (_spending(),)),
    days=1,
)
