"""The board Alerts: what is wrong, how sure is that, and what happened before?"""

from __future__ import annotations

from dashboards.alert_words import state_sql
from dashboards.building import CHART_H, board, chart, metric_panel, table
from dashboards.interaction import expected
from dashboards.panels import Column, Section
from dashboards.queries import query
from pipelines.metrics.units import TIMES

_EVIDENCE = (
    Column("against", "Against usual"),
    Column("interval", "95% interval"),
    Column("posts", "n", "count"),
    Column("why", "Why"),
)
_NO_STATES = (
    "No account is judged yet. `rapport analyze FILE` folds your posts and judges them, `rapport ingest"
    " SOURCE` goes"
    " on from there; `rapport demo` shows a simulated business in which one account drops."
)

ALERTS = board(
    "alerts",
    "Alerts",
    "What is wrong, how sure is that, and what happened before?",
    Section(
        "Now",
        (
            table(
                1,
                "How is each account?",
                "Is anything wrong, and how sure is that?",
                "The state of each alert of each account; what fires comes first. Formula: observed /"
                " expected of a post"
                " like it, with its 95% interval. A part that stood still makes it no data, never as"
                " usual. n: posts.",
                Column("account", "Account"),
                Column("alert", "Alert"),
                Column("shown", "State"),
                Column("time", "Since", "time"),
                *_EVIDENCE,
                sql=query("alert_state", shown=state_sql()),
                w=16,
                h=12,
                empty=_NO_STATES,
            ),
            chart(
                2,
                "compare",
                "How far from usual?",
                "Do people react as much as they do to posts like these?",
                "Formula: interactions observed / expected of posts like them (hour, kind, link,"
                " followers). Interval:"
                " 95%. The dotted line is 1: as usual. n: posts.",
                sql=query("alert_ratio", shown=state_sql()),
                unit=TIMES,
                w=8,
                h=12,
                limit=(1.0, "as usual"),
                leads_to="interaction",
                empty=_NO_STATES,
            ),
        ),
    ),
    Section(
        "What happened",
        (
            table(
                11,
                "Incidents",
                "What happened, from when to when, and on what evidence?",
                "Drops, breakouts, surges of mentions, follower jumps and silences that touch the time"
                " range, the latest"
                " first. Formula: as above. n: posts.",
                Column("account", "Account"),
                Column("alert", "Alert"),
                Column("shown", "What"),
                Column("time", "From", "time"),
                Column("until", "Until", "time"),
                *_EVIDENCE,
                sql=query("incidents", shown=state_sql()),
                w=24,
                h=7,
                empty="Nothing happened in this time range: no drop, no breakout, no silence. `rapport"
                " alerts list` says"
                " the same; how soon a drop would be found, `rapport alerts backtest` tells.",
            ),
            table(
                12,
                "The posts that tell most",
                "Which posts made it an incident?",
                "Up to three posts an incident of engagement, those that differ most from what was"
                " expected of a post."
                " Formula: interactions within a day, beside the typical. n: a row is a post.",
                Column("text", "Post", "post"),
                Column("account", "Account"),
                Column("shown", "What"),
                Column("interactions", "Interactions", "count"),
                Column("expected", "Typical", "count"),
                Column("time", "Posted", "time"),
                sql=query("telling_posts", shown=state_sql()),
                w=24,
                h=8,
                empty="No incident of engagement in this time range names posts. `rapport alerts backtest`"
                " tells how soon"
                " one would be found.",
            ),
        ),
    ),
    Section(
        "Against what was usual",
        (
            expected(21, "interactions_per_post"),
            metric_panel(
                22, "series", "direct_mentions_per_day", w=24, h=CHART_H, title="Direct mentions over time"
            ),
        ),
        per_account=True,
    ),
)
