"""The board Conversation and relationships: who waits, with whom am I in contact, and who slips away?"""

from __future__ import annotations

from dashboards.building import CHART_H, NARROW_STAT_H, board, chart, metric_panel, table
from dashboards.panels import PEOPLE, SECONDS, Column, Panel, Section
from dashboards.people_tables import cooling, inbox
from dashboards.queries import profile_sql, query, share_sql
from dashboards.status_words import words_sql
from pipelines.metrics.units import SHARE

_NOBODY_SPOKE = (
    "Nobody spoke to you in 28 days, as far as is known. What others say reaches us by a live source:"
    " `rapport"
    " ingest SOURCE`; `rapport demo` shows it with a simulated business."
)
_SILENCE = "nothing to answer for a day or longer"


def _response(panel_id: int, title: str, question: str, description: str, **values: str) -> Panel:
    filled = {"low": "NULL", "high": "NULL", "silence": _SILENCE, **values}
    unit = {"rate": SHARE, "time": SECONDS, "waiting": PEOPLE}[filled.pop("as_unit")]
    return chart(
        panel_id,
        "stat",
        title,
        question,
        description,
        sql=query("responses", **filled),
        unit=unit,
        w=6,
        h=NARROW_STAT_H,
        empty=_NOBODY_SPOKE,
    )


def _stats() -> tuple[Panel, ...]:
    return (
        _response(
            1,
            "Answered within a day",
            "How reliably do I answer?",
            "Conversations that others opened with you in 28 days. Formula: answered within 24 h / opened"
            " at least 24 h"
            " ago. Interval: Wilson. n: conversations.",
            as_unit="rate",
            value="response_rate_24h",
            low="low",
            high="high",
            n="answerable",
        ),
        _response(
            2,
            "Time to the first answer",
            "How long do people wait for me?",
            "Median over conversations of 28 days (Kaplan and Meier: who still waits counts as longer than"
            " that)."
            " No interval. n: conversations.",
            as_unit="time",
            value="first_reply_time_median_s",
            n="opened",
            silence="fewer than half are answered",
        ),
        _response(
            3,
            "Waiting now",
            "How many have heard nothing?",
            "Conversations of 28 days in which the other spoke last. A count, no estimate. n: all that"
            " were opened.",
            as_unit="waiting",
            value="waiting",
            n="opened",
        ),
        chart(
            4,
            "stat",
            "Mutual relationships",
            "With how many do I really talk?",
            "Others with at least two replies, mentions or quotes each way, on two days or more, in 90 days."
            " A count, no estimate. n: everybody with any act either way.",
            sql=query("mutual"),
            unit=PEOPLE,
            w=6,
            h=NARROW_STAT_H,
            empty=_NOBODY_SPOKE,
        ),
    )


def _ledger() -> Panel:
    return table(
        21,
        "The ledger",
        "With whom am I in contact, and whose turn is it?",
        "Formula of the strength: acts weighted by what they cost (reply, mention, quote 1, repost ½, like"
        " ¼), halved"
        " every 15 days, times how mutual they are; close from 7, contact from 3. Yours, theirs: replies,"
        " mentions and"
        " quotes, ever. n: these acts.",
        Column("name", "Who", "link"),
        Column("level", "Tie"),
        Column("strength", "Strength", "count"),
        Column("turn", "Turn"),
        Column("silent_s", "Silent for", "duration"),
        Column("given", "Yours", "count"),
        Column("received", "Theirs", "count"),
        Column("began_by", "Began"),
        Column("tag", "Tag"),
        Column("account", "Account"),
        sql=query("ledger", address=profile_sql()),
        w=24,
        h=11,
        empty="No mutual relationship yet: it takes a reply each way. What others say reaches us by a live"
        " source:"
        " `rapport ingest SOURCE`; `rapport demo` shows it with a simulated business.",
    )


def _new_contacts() -> Panel:
    return table(
        22,
        "New contacts this week",
        "Did I make one valuable contact?",
        "Others whose relationship first reached strength 3 (tier 2) in the last seven days of the time"
        " range, and how"
        " many that is of the weekly goal of the brand file. n: the first number under goal.",
        Column("name", "Who", "link"),
        Column("time", "Since", "time"),
        Column("goal", "Of goal"),
        Column("followers", "Followers", "count"),
        Column("on_topic", "On topic", "share"),
        Column("tag", "Tag"),
        Column("account", "Account"),
        sql=query("new_contacts", address=profile_sql()),
        w=24,
        h=10,
        empty="No new contact in these seven days: nobody's strength passed 3. The overview names whom to"
        " turn to."
        " Set a goal with `new_contacts_per_week` in the brand file; `rapport brand check` says whether it"
        " is read.",
    )


def _began() -> Panel:
    return chart(
        31,
        "compare",
        "Who spoke first",
        "Do I wait until people come to me?",
        "Of mutual relationships the share that you began. Formula: begun by you / all with a strength"
        " above 0."
        " Interval: Wilson. n: relationships.",
        sql=query("began", share=share_sql("begun", "ties")),
        unit=SHARE,
        w=8,
        empty=_NOBODY_SPOKE,
    )


def _answered() -> Panel:
    return chart(
        32,
        "compare",
        "Posts that somebody answered",
        "Does what I say start a conversation?",
        "Formula: headline posts of 28 days with a reply by others / those at least 24 h old. Interval:"
        " Wilson."
        " n: headline posts.",
        sql=query("answered", words=words_sql("post", by_metric=False)),
        unit=SHARE,
        w=8,
        leads_to="interaction",
    )


def _depth() -> Panel:
    return chart(
        33,
        "shares",
        "Depth of conversations",
        "Do conversations go anywhere?",
        "Conversations of the time range with at least two participants, by the number of posts on their"
        " longest path."
        " Formula: conversations of that depth / all. n: conversations.",
        sql=query("depth"),
        unit=SHARE,
        w=8,
        parts=("2 posts", "3 posts", "4 posts", "5 and more"),
        empty=_NOBODY_SPOKE,
    )


CONVERSATION = board(
    "conversation",
    "Conversation and relationships",
    "Who waits for me, with whom am I in contact, and who slips away?",
    Section("Answering", (*_stats(), inbox(11, w=24, h=11, days=28, limit=25))),
    Section("People", (_ledger(), cooling(23, w=24, h=10, limit=12), _new_contacts())),
    Section("How it goes", (_began(), _answered(), _depth())),
    Section(
        "Over time",
        (
            metric_panel(
                41, "series", "conversation_ratio", w=12, h=CHART_H, title="Conversation ratio over time"
            ),
            metric_panel(
                42, "series", "direct_mentions_per_day", w=12, h=CHART_H, title="Direct mentions over time"
            ),
        ),
        per_account=True,
    ),
)
