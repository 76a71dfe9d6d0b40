"""Tables of other people: who waits for an answer, and which contacts cool down."""

from __future__ import annotations

from dashboards.building import table
from dashboards.panels import Column, Panel
from dashboards.queries import profile_sql, query


def inbox(panel_id: int, *, w: int, h: int, days: int, limit: int, leads_to: str = "") -> Panel:
    """Return the table of those who wait for an answer for up to so many days."""
    return table(
        panel_id,
        "Who waits for an answer",
        "Who spoke to me and has heard nothing?",
        f"Replies to you and mentions of the last {days} days that no reply of yours follows in their"
        f" conversation;"
        " those who ask first, of these the latest. Waiting: watermark − the first post that waits. n:"
        " their posts.",
        Column("text", "Said", "post"),
        Column("other", "Who"),
        Column("asked", "It"),
        Column("waiting_s", "Waits", "duration"),
        Column("account", "Account"),
        sql=query("waiting", days=str(days), limit=str(limit)),
        w=w,
        h=h,
        leads_to=leads_to,
        empty=f"Nobody waits: all who wrote to you in {days} days have an answer. If you expect more: what"
        f" others say"
        " reaches us by a live source, `rapport ingest SOURCE`; `rapport demo` shows it with a simulated"
        " business.",
    )


def cooling(panel_id: int, *, w: int, h: int, limit: int, leads_to: str = "") -> Panel:
    """Return the table of contacts that fade or cool down."""
    return table(
        panel_id,
        "Ties that fade",
        "Whom am I about to lose?",
        "Fading: a close contact (tier 3) within 60 days that has less than half of its strength left and"
        " no contact"
        " for 21 days. Cooling: a contact (strength 3) likewise, and no contact for 7 days. Formula of the"
        " strength:"
        " acts weighted by what they cost, halved every 15 days, times how mutual they are. n: their acts.",
        Column("name", "Who", "link"),
        Column("state", "State"),
        Column("tag", "Tag"),
        Column("silent_s", "Silent for", "duration"),
        Column("peak", "Strength", "count"),
        Column("strength", "now", "count"),
        Column("account", "Account"),
        sql=query("fading", address=profile_sql(), limit=str(limit)),
        w=w,
        h=h,
        leads_to=leads_to,
        empty="No tie fades: every contact of the last 60 days is alive, or there was none yet. Contacts"
        " come from"
        " replies both ways, which a live source tells: `rapport ingest SOURCE`; or see `rapport demo`.",
    )
