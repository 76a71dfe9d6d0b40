"""The board Consistency: do I keep coming back, and when?"""

from __future__ import annotations

from dashboards.building import CHART_H, NARROW_STAT_H, NOTHING_POSTED, board, chart, metric_panel, table
from dashboards.content import mix
from dashboards.panels import COUNT, SECONDS, Column, Panel, Section
from dashboards.queries import query, share_sql
from dashboards.status_words import more_sql, words_sql
from pipelines.metrics.units import SHARE, Unit

_PER_WEEK = Unit("posts a week more each week", "short", 1)
_NONE = "NULL, NULL"
_WEEKS_OF_SLOPE = 6
"""Below it Sen's interval is wider than all slopes: (pairs - 1.96 · sqrt(w(w - 1)(2w + 5) / 18)) / 2 < 1."""


def _stat(
    panel_id: int,
    title: str,
    question: str,
    said: str,
    unit: Unit,
    *,
    estimate: str,
    n: str,
    sure_from: int = 0,
) -> Panel:
    """Return a tile; `sure_from`: how many weeks the interval of its estimate needs."""
    values = {"estimate": estimate, "n": n, "words": words_sql("week", by_metric=False)}
    values |= {"unsure": f"weeks < {sure_from}", "unsure_words": more_sql(f"({sure_from} - weeks)", "week")}
    return chart(
        panel_id,
        "stat",
        title,
        question,
        said,
        sql=query("consistency", **values),
        unit=unit,
        w=6,
        h=NARROW_STAT_H,
    )


def _stats() -> tuple[Panel, ...]:
    return (
        _stat(
            1,
            "Active weeks",
            "In how many weeks was I there at all?",
            "Weeks with a headline post or a reply to others. Formula: active weeks / the last 12 full"
            " weeks, fewer"
            " where the account is not known so long. Interval: Wilson. n: weeks.",
            SHARE,
            estimate=share_sql("active_weeks", "weeks"),
            n="weeks",
        ),
        _stat(
            2,
            "Trend of weekly posts",
            "Do I come more or less often?",
            "Formula: the median of the slopes of all pairs of weeks (Theil and Sen, with Sen's interval),"
            " posts a week"
            " per week, over the last 12 full weeks. n: headline posts and replies to others in them.",
            _PER_WEEK,
            estimate="(slope, slope_low, slope_high)",
            n="posts",
            sure_from=_WEEKS_OF_SLOPE,
        ),
        _stat(
            3,
            "Since the last post",
            "How long have I been silent?",
            "Time since the last headline post or reply to others, up to what is known. No interval: it is"
            " a reading."
            " n: posts of the last 12 full weeks.",
            SECONDS,
            estimate=f"(days_since_last_post * 86400, {_NONE})",
            n="posts",
        ),
        _stat(
            4,
            "Longest gap",
            "How long did I stay away?",
            "Longest time without a headline post or reply to others in the last 12 weeks, up to now. No"
            " interval: it"
            " is a reading. n: posts of these weeks.",
            SECONDS,
            estimate=f"(longest_gap_days * 86400, {_NONE})",
            n="posts",
        ),
    )


def _hours() -> Panel:
    return chart(
        11,
        "hours",
        "When I am there",
        "At which hours do people meet me?",
        "Headline posts and replies to others of the time range by hour of the week, in the time zone of"
        " the brand."
        " A count, no estimate. n: posts of that hour.",
        sql=query("own_hours"),
        unit=COUNT,
        w=24,
        leads_to="interaction",
        empty=NOTHING_POSTED,
    )


def _silences() -> Panel:
    return table(
        21,
        "Longest silences",
        "When did I drop out?",
        "The three longest times between two headline posts or replies to others of each account that"
        " ended in the"
        " time range. A reading, no estimate. n: a row is one silence.",
        Column("account", "Account"),
        Column("silent_s", "Silent for", "duration"),
        Column("time", "From", "time"),
        Column("until", "Until", "time"),
        sql=query("silences"),
        w=12,
        h=CHART_H,
        empty=NOTHING_POSTED,
    )


CONSISTENCY = board(
    "consistency",
    "Consistency",
    "Do I keep coming back, and when?",
    Section("As it stands", _stats()),
    Section(
        "By week and hour",
        (
            mix(12, w=12),
            metric_panel(
                13, "series", "posts_per_day", w=12, h=CHART_H, title="Posts per day by week", batch="weekly"
            ),
            _hours(),
        ),
        per_account=True,
    ),
    Section(
        "Gaps",
        (
            _silences(),
            metric_panel(22, "compare", "posts_per_day", w=12, h=CHART_H, leads_to="compare"),
        ),
    ),
)
