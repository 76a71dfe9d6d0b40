"""The board Content: what do I say, to whom, and how often the same?"""

from __future__ import annotations

from dashboards.building import CHART_H, NOTHING_POSTED, STAT_H, board, chart, metric_panel, table
from dashboards.panels import COUNT, Column, Panel, Section
from dashboards.queries import mean_sql, query, shown_in_sql
from dashboards.status_words import words_sql
from pipelines.metrics.catalogue import BY_NAME
from pipelines.metrics.units import PER_POST

_STATS = (
    "promotion_share",
    "broadcast_share",
    "duplicate_share",
    "question_share",
    "link_share",
    "cross_post_share",
)
_WEEKLY = ("promotion_share", "broadcast_share", "duplicate_share", "on_topic_share")
KINDS = ("reply", "original", "quote", "thread", "repost")


def mix(panel_id: int, *, w: int) -> Panel:
    """Return the columns of what each week consisted of."""
    return chart(
        panel_id,
        "weeks",
        "Posts by week and kind",
        "What do I do: talk, tell, or pass on?",
        "Own posts of each week by kind, in the time zone of the brand; the last week may not be over. A"
        " count, no"
        " estimate. n: posts.",
        sql=query("mix_by_week"),
        unit=COUNT,
        w=w,
        parts=KINDS,
        empty=NOTHING_POSTED,
    )


def _weekly() -> tuple[Panel, ...]:
    return tuple(
        metric_panel(
            21 + index,
            "series",
            name,
            w=12,
            h=CHART_H,
            title=f"{BY_NAME[name].title} by week",
            batch="weekly",
        )
        for index, name in enumerate(_WEEKLY)
    )


def _topics() -> Panel:
    estimate = {"value": "estimate.1", "low": "estimate.2", "high": "estimate.3"}
    values = {name: shown_in_sql(column, PER_POST) for name, column in estimate.items()}
    return table(
        31,
        "What I talk about",
        "What do I talk about, and what moves people?",
        "Own posts of the time range by the topic of the brand file that fits best. Formula: posts of the"
        " topic / all"
        " that were scored; interactions within a day / headline posts, with 95% interval. n: these headline"
        " posts.",
        Column("about", "Topic"),
        Column("account", "Account"),
        Column("posts", "Posts", "count"),
        Column("share", "Share", "share"),
        Column("per_post", "Interactions per post"),
        Column("n", "n", "count"),
        sql=query(
            "topics_told",
            mean=mean_sql("n", "moved", "moved_sq"),
            words=words_sql("post", by_metric=False),
            **values,
        ),
        w=24,
        h=10,
        leads_to="interaction",
        empty="No post of this time range was scored. Name your topics in the brand file, `rapport brand"
        " init` writes"
        " one from your posts, and `rapport analyze FILE --brand rapport.yaml` scores them.",
    )


def _broadcasts() -> Panel:
    return table(
        32,
        "Links that moved fewest",
        "Which links can I leave away?",
        "Own originals and quotes with a link, of the time range, with the fewest interactions within a"
        " day for each"
        " follower. Formula: interactions / followers when posted. n: the interactions.",
        Column("text", "Post", "post"),
        Column("account", "Account"),
        Column("leads", "Leads to"),
        Column("interactions", "Interactions", "count"),
        Column("time", "Posted", "time"),
        sql=query("broadcasts"),
        w=24,
        h=10,
        empty="No post with a link in this time range has known counts after a day. Choose a longer range,"
        " or see the"
        " measured share in `rapport metrics`.",
    )


def _repeated() -> Panel:
    return table(
        33,
        "Posts that repeat another",
        "Where do I say the same again?",
        "Own posts of the time range that equal one of the 28 days before but for links, mentions and"
        " digits; the"
        " latest first. n: a row is a post.",
        Column("text", "Post", "post"),
        Column("account", "Account"),
        Column("kind", "Kind"),
        Column("interactions", "Interactions", "count"),
        Column("time", "Posted", "time"),
        sql=query("repeated"),
        w=24,
        h=9,
        empty="Nothing is said twice in this time range. If there are no posts at all yet: `rapport"
        " analyze FILE`"
        " counts yours, `rapport demo` shows a simulated business.",
    )


CONTENT = board(
    "content",
    "Content",
    "What do I say, to whom, and how often the same?",
    Section(
        "As it stands",
        tuple(metric_panel(1 + index, "stat", name, w=8, h=STAT_H) for index, name in enumerate(_STATS)),
    ),
    Section("By week", (mix(11, w=24), *_weekly()), per_account=True),
    Section("Posts and topics", (_topics(), _broadcasts(), _repeated())),
)
