"""Late posts have their counts at an age from the recount on."""

from __future__ import annotations

from typing import Any

from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Like
from pipelines.recount import Reach
from tests.integration.folded_log import EVENTS_A_MESSAGE
from tests.integration.recounted_log import Log, findings
from tests.integration.small_history import deletion
from tests.strategies import (
    ME,
    OTHER,
    START,
    post,
    stats,
    tick,
)

AGES = (
    "SELECT id, age, intDiv(toUnixTimestamp64Milli(due_at), 60000), likes, replies, late FROM matured FINAL"
)


def ages(log: Log) -> dict[tuple[str, str], tuple[int, int | None, int | None]]:
    """Return of each late post and age: due how many minutes after the start, its likes and replies."""
    rows = log.rows(f"{AGES} WHERE late")
    return {(id_, age): (due - START // MINUTE_MS, *counts) for id_, age, due, *counts, _ in rows}


def imported() -> list[AnyEvent]:
    """Return what is told 40 days late: a post that was read, one with acts, a final one, one gone."""
    read, acts, final, gone = (
        post(START + minute * MINUTE_MS, id_, acts_told=id_ == "acts")
        for minute, id_ in enumerate(("read", "acts", "final", "gone"))
    )
    reply = {"text": "more", "reply_to_post": "read", "reply_to_account": ME}
    shared: dict[str, Any] = {"network": "x", "subject": ME, "actor": OTHER, "post": "acts"}
    likes = [
        Like(**shared, id=f"like {at}", occurred_at=START + at * MINUTE_MS, ingested_at=START)
        for at in (5, 60, 90)
    ]
    return [
        tick(START + 40 * DAY_MS), read, acts, final, gone, *likes,
        post(START + 8 * MINUTE_MS, "slip", **reply), post(START + 9 * MINUTE_MS, "stays", **reply),
        deletion("slip", 30), deletion("gone", 50),
        stats(read, 70 * MINUTE_MS, likes=3, replies=4), stats(final, None, likes=7, replies=0),
        stats(gone, 60 * MINUTE_MS, likes=9),
    ]  # fmt: skip


def test_late_posts_have_their_ages_from_the_recount_on(log: Log) -> None:
    log.fold(imported())
    assert (ages(log), findings(log)) == ({}, [])
    sent = log.recount()
    assert ages(log) == {
        ("read", "1h"): (70, 3, 3), ("read", "24h"): (36 * 60, None, None),
        ("acts", "1h"): (61, 2, 0), ("acts", "24h"): (24 * 60 + 1, 3, 0),
        ("final", "1h"): (62, 7, 0), ("final", "24h"): (24 * 60 + 2, 7, 0),
    }  # fmt: skip
    assert {key: counts for key, counts in log.minutes().items() if "fast_posts" in counts} == {
        (ME, START + 70 * MINUTE_MS): fast(likes=3, replies=3),
        (ME, START + 61 * MINUTE_MS): fast(likes=2, replies=0),
        (ME, START + 62 * MINUTE_MS): fast(likes=7, replies=0),
    }
    assert (findings(log), log.findings(Reach())) == ([], [])
    before = log.minutes(), log.rows(AGES)
    again = Log(log.store, log.keeper)
    again.fold([*imported(), *[tick(START)] * (-len(imported()) % EVENTS_A_MESSAGE), *sent])
    assert (again.minutes(), again.rows(AGES)) == before
    assert findings(again) == []


def test_a_late_post_has_a_half_life_from_the_recount_on(log: Log) -> None:
    """Half of 40 interactions had come between the looks at 10 and at 60 minutes."""
    read = post(START, "read")
    looks = ((10, 10), (60, 30), (24 * 60 + 5, 40))
    log.fold([tick(START + 40 * DAY_MS), read, *(stats(read, at * MINUTE_MS, likes=n) for at, n in looks)])
    asked = "SELECT low_s, high_s, posts, n, status FROM post_half_life WHERE window = 'all'"
    assert log.rows(asked) == [(None, None, 0, 0, "no_posts")]
    log.recount()
    assert log.rows(asked) == [(600, 3_600, 1, 40, "ok")]


def fast(*, likes: int, replies: int) -> dict[str, int]:
    """Return what a minute holds of one headline post at an age of 1 h."""
    y = likes + replies
    named = {"posts": 1, "likes": likes, "replies": replies, "interactions": y, "interactions_sq": y * y}
    side = {"off_topic_posts": 0, "off_topic_interactions": 0}
    return {f"fast_{name}": value for name, value in (named | side).items() if value}


def test_what_is_told_of_a_late_post_after_its_recount_counts_from_the_next_on(log: Log) -> None:
    read = post(START, "read")
    log.fold([tick(START + 40 * DAY_MS), read])
    log.recount()
    assert ages(log)["read", "1h"] == (90, None, None)
    log.fold([stats(read, 65 * MINUTE_MS, likes=3)])
    assert findings(log) == []
    log.recount(Reach(until_at=START + 80 * MINUTE_MS))
    assert ages(log)["read", "1h"] == (65, 3, None)
    assert findings(log) == []
    log.recount()
    assert (findings(log), log.findings(Reach())) == ([], [])
    minutes = {at: counts for (_, at), counts in log.minutes().items() if "fast_unmeasured_posts" in counts}
    assert minutes == {}


def test_an_age_counts_when_the_clock_is_an_hour_past_its_instant(log: Log) -> None:
    log.fold([tick(START + 3 * HOUR_MS), post(START, "a")])
    log.recount()
    assert set(ages(log)) == {("a", "1h")}
    log.fold([tick(START + 37 * HOUR_MS + 2 * MINUTE_MS)])
    log.recount()
    assert set(ages(log)) == {("a", "1h"), ("a", "24h")}
    assert findings(log) == []


def test_a_late_age_that_was_changed_by_hand_differs_and_is_mended(log: Log) -> None:
    log.fold(imported())
    log.recount()
    log.keeper.run(
        "ALTER TABLE matured UPDATE likes = 4 WHERE id = 'read' AND age = '1h' SETTINGS mutations_sync = 2"
    )
    log.keeper.run("ALTER TABLE matured DELETE WHERE id = 'final' AND age = '1h' SETTINGS mutations_sync = 2")
    assert set(findings(log)) == {
        "differing: x, account me, post read at age 1h: counts is (4, 3, None, None, None, 6),"
        " from the facts (3, 3, None, None, None, 6)",
        "lost: x, account me, post final at age 1h: not in matured",
    }
    log.recount()
    assert findings(log) == []
