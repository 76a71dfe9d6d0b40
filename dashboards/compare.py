"""The board Compare accounts: side by side, each with its interval and n."""

from __future__ import annotations

from dashboards.building import CHART_H, board, metric_panel, table
from dashboards.panels import Column, Panel, Section
from dashboards.queries import query, shown_in_sql
from dashboards.status_words import Pace, words_sql
from pipelines.metrics.units import PER_POST

_REACTED = ("engagement_rate_followers", "interactions_per_post", "zero_interaction_share")
_TALKED = ("conversation_ratio", "replies_per_post", "direct_mentions_per_day")
_SAID = (
    "on_topic_share",
    "promotion_share",
    "broadcast_share",
    "duplicate_share",
    "question_share",
    "posts_per_day",
)


def _bars(first_id: int, names: tuple[str, ...]) -> tuple[Panel, ...]:
    return tuple(
        metric_panel(first_id + index, "compare", name, w=8, h=CHART_H) for index, name in enumerate(names)
    )


def _growth() -> Panel:
    values = {column: shown_in_sql(f"engaged.{column}", PER_POST) for column in ("value", "low", "high")}
    return table(
        1,
        "Followers and what they do",
        "Are many followers worth anything?",
        "Followers as last told and their change in the chosen window. Formula: followers / interactions"
        " per post: how"
        " many stand behind one interaction; many of them is a hollow number. In brackets the 95% interval."
        " n: posts.",
        Column("account", "Account"),
        Column("followers", "Followers", "count"),
        Column("growth", "Change in the window", "count"),
        Column("per_post", "Interactions per post"),
        Column("n", "n", "count"),
        Column("followers_per_interaction", "Followers for one interaction", "count"),
        Column("words", "Why not"),
        sql=query("growth", words=words_sql(pace=Pace()), **values),
        w=24,
        h=7,
    )


COMPARE = board(
    "compare",
    "Compare accounts",
    "Which account is worth the work?",
    Section("Followers", (_growth(),)),
    Section("Does anyone react?", _bars(11, _REACTED)),
    Section("Does it talk with people?", _bars(21, _TALKED)),
    Section("What does it say?", _bars(31, _SAID)),
)
