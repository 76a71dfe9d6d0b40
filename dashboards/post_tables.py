"""Tables of own posts, ranked by how sure it is that they did well or badly."""

from __future__ import annotations

from dashboards.building import NO_POSTS, table
from dashboards.panels import Column, Panel
from dashboards.queries import query, rate_sql

_COLUMNS = (
    Column("text", "Post", "post"),
    Column("account", "Account"),
    Column("shown", "Against usual, 95%"),
    Column("interactions", "Interactions", "count"),
    Column("time", "Posted", "time"),
)
_RANKED = (
    "Own originals and quotes of the time range. Formula: interactions at age 24 h / mean of all such"
    " posts of the"
    " account in the range. Interval: Gamma-Poisson, 95%. n: the interactions. "
)
_BEST = {"order": "times.2 DESC", "kept": "times.2 > 1"}
_WORST = {"order": "times.3, interactions", "kept": "times.3 < 1"}


def posts_to_repeat(panel_id: int, *, w: int, h: int) -> Panel:
    """Return the table of the three posts that surely did better than usual, repetitions left out."""
    return _posts(
        panel_id,
        "Three posts to repeat",
        "What should I do again?",
        "Best by the lower end of the interval; posts that repeat another are left out.",
        w=w,
        h=h,
        limit="3",
        leads_to="interaction",
        order=_BEST["order"],
        kept="times.2 > 1 AND NOT near_duplicate",
    )


def best_posts(panel_id: int, *, w: int, h: int) -> Panel:
    """Return the table of the posts that surely did best."""
    said = "Ranked by the lower end of the interval."
    return _posts(
        panel_id, "Posts that moved people", "What should I do again?", said, w=w, h=h, limit="8", **_BEST
    )


def worst_posts(panel_id: int, *, w: int, h: int) -> Panel:
    """Return the table of the posts that surely did worst."""
    said = "Ranked by the upper end of the interval."
    return _posts(
        panel_id, "Posts that moved nobody", "What should I stop doing?", said, w=w, h=h, limit="8", **_WORST
    )


def _posts(
    panel_id: int,
    title: str,
    question: str,
    said: str,
    *,
    w: int,
    h: int,
    limit: str,
    order: str,
    kept: str,
    leads_to: str = "",
) -> Panel:
    times = rate_sql("interactions", "usual")
    return table(
        panel_id,
        title,
        question,
        _RANKED + said,
        *_COLUMNS,
        sql=query("posts_by_bound", times=times, limit=limit, order=order, kept=kept),
        w=w,
        h=h,
        leads_to=leads_to,
        empty=NO_POSTS,
    )
