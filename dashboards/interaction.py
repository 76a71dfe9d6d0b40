"""The board Interaction: is anyone reacting, did it change, when and to what?"""

from __future__ import annotations

from dashboards.building import CHART_H, STAT_H, board, chart, describe, metric_panel, table
from dashboards.panels import SECONDS, Column, Panel, Section
from dashboards.post_tables import best_posts, worst_posts
from dashboards.queries import metrics_query, query
from dashboards.status_words import words_sql
from pipelines.metrics.catalogue import BY_NAME
from pipelines.metrics.units import PER_POST, SHARE

_STATS = (
    "engagement_rate_followers",
    "interactions_per_post",
    "fast_interactions_per_post",
    "replies_per_post",
    "reposts_per_post",
    "interactions_per_reply",
)


def expected(panel_id: int, name: str) -> Panel:
    """Return a metric beside what could be expected of it."""
    metric = BY_NAME[name]
    return Panel(
        id=panel_id,
        title="Is it what could be expected?",
        question="Did people react more or less than usual, and since when?",
        description=(
            f"{describe(metric)} The band is the window of 7 days (24 hours where that or less is chosen);"
            f" the dashed"
            " lines are the interval of the 28 days before that window. Where the two do not meet, the"
            " level changed:"
            " a mark says so."
        ),
        kind="expected",
        sql=metrics_query("expected", (name,)),
        w=24,
        h=CHART_H,
        unit=metric.unit,
        metric=name,
        batch="expected",
    )


def _series() -> tuple[Panel, ...]:
    widths = {"zero_interaction_share": 24, "engagement_rate_followers": 12}
    return tuple(
        metric_panel(21 + index, "series", name, w=w, h=CHART_H, title=f"{BY_NAME[name].title} over time")
        for index, (name, w) in enumerate(widths.items())
    )


def _best_hours() -> Panel:
    return chart(
        31,
        "hours",
        "Best time to post",
        "When do my posts move people most?",
        "Interactions within a day per headline post of the last 90 days, by hour of the week of the post,"
        " in the time"
        " zone of the brand. Formula: (sum + K · mean of the account) / (n + K), K by Bühlmann and Straub,"
        " for an hour"
        " holds few posts. n: posts of that hour.",
        sql=query("best_hours", words=words_sql("post", by_metric=False)),
        unit=PER_POST,
        w=24,
    )


def _parts() -> Panel:
    return chart(
        32,
        "shares",
        "What people do",
        "Do they talk, pass on, or only like?",
        "Interactions within a day by kind over 28 days, or everything. Formula: likes, reposts, quotes,"
        " replies of"
        " others / all of them. A reply costs most, a like least. n: interactions.",
        sql=query("engagement_parts", words=words_sql("post", by_metric=False)),
        unit=SHARE,
        w=6,
        parts=("replies", "quotes", "reposts", "likes"),
    )


def _half_life() -> Panel:
    return chart(
        33,
        "compare",
        "Post half-life",
        "How long does a post live?",
        "Age at which half of the interactions of the first day had arrived, over all posts of 28 days, or"
        " everything."
        " Interval: between which two looks of the poller that was; exact where the network tells every act."
        " n: interactions.",
        sql=query("half_life", words=words_sql("interaction", by_metric=False)),
        unit=SECONDS,
        w=7,
    )


def _concentration() -> Panel:
    return table(
        34,
        "Does it rest on a few posts?",
        "What would be left without my best post?",
        "Interactions within a day of the headline posts of 28 days, or everything. Formula: those of the"
        " best post,"
        " of the best tenth / all. No interval: these posts are all there are. n: posts.",
        Column("account", "Account"),
        Column("top_1", "Best post", "share"),
        Column("top_10", "Best tenth", "share"),
        Column("mean", "Mean", "count"),
        Column("median", "Median", "count"),
        Column("n", "n", "count"),
        Column("words", "Why not"),
        sql=query("concentration", words=words_sql("post", by_metric=False)),
        w=11,
        h=CHART_H,
    )


INTERACTION = board(
    "interaction",
    "Interaction",
    "Is anyone reacting, did it change, when, and to what?",
    Section(
        "As it stands",
        tuple(metric_panel(1 + index, "stat", name, w=8, h=STAT_H) for index, name in enumerate(_STATS)),
    ),
    Section("Against what was usual", (expected(11, "interactions_per_post"),), per_account=True),
    Section("Posts", (best_posts(41, w=24, h=10), worst_posts(42, w=24, h=10))),
    Section("When, what and how long", (_parts(), _half_life(), _concentration())),
    Section("By hour and over time", (_best_hours(), *_series()[:1]), per_account=True),
    Section(
        "On topic or off",
        (
            metric_panel(51, "compare", "topic_lift", w=12, h=CHART_H, limit=(1.0, "no difference")),
            metric_panel(52, "compare", "on_topic_share", w=12, h=CHART_H, leads_to="content"),
        ),
    ),
)
