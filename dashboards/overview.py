"""The board Overview: is anyone reacting, do I talk with people, is it on topic, did it change?"""

from __future__ import annotations

from dashboards.panels import (
    COUNT,
    DEFAULT_WINDOW,
    WINDOWS,
    Column,
    Dashboard,
    Panel,
    Place,
    Variable,
    metric_panel,
    query,
    shown_sql,
    titles_sql,
    words_sql,
)
from pipelines.metrics.catalogue import BY_NAME

_STATS = (
    "interactions_per_post",
    "conversation_ratio",
    "on_topic_share",
    "zero_interaction_share",
    "posts_per_day",
    "measured_share",
)
_SERIES = (
    "interactions_per_post",
    "conversation_ratio",
    "on_topic_share",
    "zero_interaction_share",
    "promotion_share",
    "broadcast_share",
    "posts_per_day",
    "measured_share",
)
_COMPARED = ("interactions_per_post", "conversation_ratio", "on_topic_share")
_STAT_H, _SERIES_H, _COMPARE_H, _POSTS_H, _NUMBERS_H = 6, 9, 9, 12, 12
_COMPARE_Y = 2 * _STAT_H
_SERIES_Y = _COMPARE_Y + _COMPARE_H
_POSTS_Y = _SERIES_Y + 4 * _SERIES_H
_NUMBERS_Y = _POSTS_Y + _POSTS_H

_VARIABLES = (
    Variable(name="network", label="Network", sql=query("networks")),
    Variable(name="account", label="Account", sql=query("accounts")),
    Variable(name="window", label="Window", options=WINDOWS, default=DEFAULT_WINDOW),
    Variable(name="topic", label="Topic of posts", sql=query("topics")),
)


def _stats() -> list[Panel]:
    return [
        metric_panel(1 + index, "stat", name, Place(8 * (index % 3), _STAT_H * (index // 3), 8, _STAT_H))
        for index, name in enumerate(_STATS)
    ]


def _comparisons() -> list[Panel]:
    bars = [
        metric_panel(
            11 + index,
            "compare",
            name,
            Place(6 * index, _COMPARE_Y, 6, _COMPARE_H),
            title=f"{BY_NAME[name].title}, by account",
        )
        for index, name in enumerate(_COMPARED)
    ]
    return [*bars, _reach()]


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
        sql=query("reach", words=words_sql()),
        place=Place(18, _COMPARE_Y, 6, _COMPARE_H),
        unit=metric.unit,
        metric=metric.name,
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


def _series() -> list[Panel]:
    return [
        metric_panel(
            21 + index,
            "series",
            name,
            Place(12 * (index % 2), _SERIES_Y + _SERIES_H * (index // 2), 12, _SERIES_H),
            title=f"{BY_NAME[name].title} over time",
        )
        for index, name in enumerate(_SERIES)
    ]


_POST_COLUMNS = (
    Column("time", "Posted", "time"),
    Column("account", "Account"),
    Column("text", "Post", "post"),
    Column("kind", "Kind"),
    Column("interactions", "Interactions", "count"),
)
_NO_POSTS = (
    "No post in this time range has known counts after a day. Choose a longer range; or the source tells no"
    " counts: see the measured share."
)


def _posts() -> list[Panel]:
    return [
        Panel(
            id=31,
            title="Posts that moved people",
            question="What should I do again?",
            description="Own posts of the time range by likes, replies, reposts and quotes at age 24 h.",
            kind="posts",
            sql=query("best_posts"),
            place=Place(0, _POSTS_Y, 12, _POSTS_H),
            unit=COUNT,
            columns=_POST_COLUMNS,
            empty=_NO_POSTS,
        ),
        Panel(
            id=32,
            title="Posts that moved nobody",
            question="What should I stop doing?",
            description=(
                "Own posts of the time range, replies left out, with the fewest interactions at age 24 h;"
                " of equals those with most followers at the time."
            ),
            kind="posts",
            sql=query("worst_posts"),
            place=Place(12, _POSTS_Y, 12, _POSTS_H),
            unit=COUNT,
            columns=_POST_COLUMNS,
            empty=_NO_POSTS,
        ),
    ]


def _numbers() -> Panel:
    values = {f"shown_{column}": shown_sql(column) for column in ("value", "low", "high")}
    return Panel(
        id=41,
        title="Every number",
        question="What exactly is known, how surely, and why is a number missing?",
        description="All metrics of the chosen window with 95% interval, n and status in words.",
        kind="table",
        sql=query("numbers", words=words_sql(), **titles_sql(), **values),
        place=Place(0, _NUMBERS_Y, 24, _NUMBERS_H),
        unit=COUNT,
        columns=(
            Column("account", "Account"),
            Column("title", "Metric"),
            Column("shown", "Value"),
            Column("interval", "95% interval"),
            Column("n", "n", "count"),
            Column("words", "Status"),
            Column("at", "As of", "time"),
        ),
    )


OVERVIEW = Dashboard(
    uid="rapport-overview",
    title="Overview",
    question="Is anyone reacting, do I talk with people, is it on topic, and did it change?",
    variables=_VARIABLES,
    panels=(*_stats(), *_comparisons(), *_series(), *_posts(), _numbers()),
    annotations_sql=query("annotations"),
)
