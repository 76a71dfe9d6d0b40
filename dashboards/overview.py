"""The board Overview: what to do this week, what followers are worth, and did anything change?"""

from __future__ import annotations

from dashboards.building import CHART_H, MEASURED_LIMIT, STAT_H, board, metric_panel, table
from dashboards.panels import Column, Panel, Section
from dashboards.people_tables import cooling, inbox
from dashboards.post_tables import posts_to_repeat
from dashboards.queries import profile_sql, query, shown_sql, titles_sql
from dashboards.status_words import Pace, words_sql
from pipelines.metrics.catalogue import BY_NAME

_STATS = (
    ("interactions_per_post", "interaction"),
    ("conversation_ratio", "conversation"),
    ("on_topic_share", "content"),
    ("zero_interaction_share", "interaction"),
    ("posts_per_day", "consistency"),
    ("measured_share", "health"),
)
_SERIES = {
    21: "interactions_per_post",
    22: "conversation_ratio",
    23: "on_topic_share",
    24: "zero_interaction_share",
    27: "posts_per_day",
    28: "measured_share",
}
_LIMITS = {"measured_share": (MEASURED_LIMIT, "alert below")}


def _contact_to_make() -> Panel:
    return table(
        53,
        "One contact to make",
        "Whom should I turn to this week?",
        "For each account the other who replied to it, mentioned or quoted it most in the last 28 days and"
        " is no"
        " contact yet (tier below 2); those who write on your topics first. Formula: replies + mentions +"
        " quotes +"
        " reposts / 2 + likes / 4. n: these acts, told under why.",
        Column("name", "Who", "link"),
        Column("account", "Account"),
        Column("why", "Why"),
        Column("followers", "Followers", "count"),
        Column("time", "Last", "time"),
        sql=query("contact_to_make", address=profile_sql()),
        w=24,
        h=6,
        leads_to="conversation",
        empty="Nobody who is no contact yet turned to you in 28 days. What others say reaches us by a live"
        " source:"
        " `rapport ingest SOURCE`; `rapport demo` shows it with a simulated business.",
    )


def _people() -> Panel:
    return table(
        15,
        "People behind the number",
        "How many can I really reach?",
        "Followers as last told; people: distinct others who replied, mentioned, quoted, reposted or liked"
        " in 90"
        " days, follower or not (formula: people / followers × 1,000); contacts: relationships of tier 2"
        " and 3;"
        " mutual: at least two acts each way on two days in 90. n: these counts themselves, a census and"
        " no sample.",
        Column("account", "Account"),
        Column("followers", "Followers", "count"),
        Column("reacted", "Reacted", "count"),
        Column("per_1000", "per 1,000", "count"),
        Column("contacts", "Contacts", "count"),
        Column("reciprocal", "Mutual", "count"),
        sql=query("people"),
        w=10,
        h=CHART_H,
        leads_to="conversation",
    )


def _reach() -> Panel:
    metric = BY_NAME["interactions_per_post"]
    return Panel(
        id=14,
        title="Followers against interactions",
        question="Do more followers bring more reactions?",
        description=(
            "Followers when last told, against interactions per post within a day (95% interval)."
            f" {metric.formula}. n: posts behind the number."
        ),
        kind="reach",
        sql=query("reach", words=words_sql(pace=Pace())),
        w=8,
        h=CHART_H,
        unit=metric.unit,
        metric=metric.name,
        leads_to="compare",
        columns=(
            Column("account", "Account"),
            Column("followers", "Followers", "count"),
            Column("value", "Interactions per post", "count"),
            Column("low", "from", "count"),
            Column("high", "to", "count"),
            Column("n", "n", "count"),
            Column("followers_per_interaction", "Followers for one interaction", "count"),
            Column("words", "Why not"),
        ),
    )


def _stats() -> tuple[Panel, ...]:
    return tuple(
        metric_panel(1 + index, "stat", name, w=8, h=STAT_H, leads_to=leads_to)
        for index, (name, leads_to) in enumerate(_STATS)
    )


def _series() -> tuple[Panel, ...]:
    return tuple(
        metric_panel(
            panel_id,
            "series",
            name,
            w=12,
            h=CHART_H,
            title=f"{BY_NAME[name].title} over time",
            limit=_LIMITS.get(name),
        )
        for panel_id, name in _SERIES.items()
    )


def _numbers() -> Panel:
    values = {f"shown_{column}": shown_sql(column) for column in ("value", "low", "high")}
    return table(
        41,
        "Every number",
        "What exactly is known, how surely, and why is a number missing?",
        "All metrics of the chosen window with 95% interval and status in words. n: posts, for rates a day"
        " events. The formula of each stands in docs/metrics.md.",
        Column("account", "Account"),
        Column("title", "Metric"),
        Column("shown", "Value"),
        Column("interval", "95% interval"),
        Column("n", "n", "count"),
        Column("words", "Status"),
        Column("at", "As of", "time"),
        sql=query("numbers", words=words_sql(pace=Pace()), **titles_sql(), **values),
        w=24,
        h=12,
    )


OVERVIEW = board(
    "overview",
    "Overview",
    "What should I do this week, what are my followers worth, and did anything change?",
    Section(
        "This week",
        (
            inbox(51, w=24, h=7, days=7, limit=5, leads_to="conversation"),
            cooling(52, w=24, h=7, limit=5, leads_to="conversation"),
            _contact_to_make(),
            posts_to_repeat(54, w=24, h=6),
        ),
    ),
    Section(
        "What followers are worth",
        (
            metric_panel(11, "compare", "engagement_rate_followers", w=6, h=CHART_H, leads_to="interaction"),
            _reach(),
            _people(),
        ),
    ),
    Section("As it stands", _stats()),
    Section("Over time", _series(), per_account=True),
    Section("All the numbers", (_numbers(),)),
)
