"""Posts at age 1 h and 24 h: which counts are taken, when, and what is left out."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from pipelines.events import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    AnyEvent,
    Delete,
    Like,
    Mention,
    Post,
    PostStats,
    Profile,
)
from pipelines.sinks.memory import MemorySink
from tests.strategies import ME, OTHER, START, brand_version, folded, minutes_of, post, stats, tick

END = tick(START + 40 * DAY_MS)
PLAIN = post(START, "a", text="good morning to everybody in this town")
LIVE = post(START, "a", acts_told=True)


def hours(value: float) -> int:
    return int(value * HOUR_MS)


def snapshot(age_h: float | None, of: Post = PLAIN, **counts: int | None) -> PostStats:
    return stats(of, None if age_h is None else hours(age_h), **counts)


def theirs(minute: int, id_: str, **values: Any) -> Post:
    return post(START + minute * MINUTE_MS, id_, OTHER, ME, **values)


def like(minute: int, id_: str) -> Like:
    at = START + minute * MINUTE_MS
    return Like(network="x", id=id_, occurred_at=at, ingested_at=at, subject=ME, actor=OTHER, post="a")


def delete(age_h: float, id_: str = "a") -> Delete:
    at = START + hours(age_h)
    return Delete(network="x", id=id_, occurred_at=at, ingested_at=at, subject=ME, author=ME)


def profile(followers: int | None, at: int = START) -> Profile:
    return Profile(network="x", id=ME, occurred_at=at, ingested_at=at, subject=ME, followers=followers)


def tables(*events: AnyEvent) -> MemorySink:
    return folded([brand_version(), *events, END])


def matured(*events: AnyEvent, id_: str = "a") -> dict[str, tuple[float, int | None, bool]]:
    """Return by age: due at which age in hours, likes, whether measured."""
    return {
        row["age"]: ((row["due_at"] - START) / HOUR_MS, row["likes"], row["measured"])
        for row in tables(*events).rows("matured")
        if row["id"] == id_
    }


def added(*events: AnyEvent) -> dict[str, int]:
    sums: dict[str, int] = {}
    for counts in minutes_of(tables(*events)).values():
        for name, value in counts.items():
            sums[name] = sums.get(name, 0) + value
    return sums


def test_snapshot_read_first_at_an_age_between_a_and_one_and_a_half_a_is_taken_in_whatever_order() -> None:
    assert matured(
        PLAIN,
        snapshot(0.9, likes=1),
        snapshot(1.25, likes=3),
        snapshot(1.0, likes=2),
        snapshot(24.5, likes=9),
    ) == {"1h": (1.0, 2, True), "24h": (24.5, 9, True)}


@pytest.mark.parametrize(("age_h", "taken"), [(1.0, True), (1.5, True), (0.999, False), (1.501, False)])
def test_both_ends_of_the_span_belong_to_it(age_h: float, taken: bool) -> None:
    due, likes, measured = matured(PLAIN, snapshot(age_h, likes=5))["1h"]
    assert (due, measured) == ((age_h, True) if taken else (1.5, age_h < 1))
    assert likes == (5 if measured else None)


def test_without_one_the_last_snapshot_from_three_quarters_of_the_age_on_is_taken_at_one_and_a_half() -> None:
    assert matured(
        PLAIN,
        snapshot(0.74, likes=1),
        snapshot(0.95, likes=3),
        snapshot(0.8, likes=2),
        snapshot(1.6, likes=9),
    )["1h"] == (1.5, 3, True)


def test_post_whose_counts_nobody_tells_in_time_is_unmeasured_and_nothing_else() -> None:
    sums = added(PLAIN, snapshot(0.7, likes=4), snapshot(40.0, likes=9))
    assert sums["unmeasured_posts"] == sums["fast_unmeasured_posts"] == 1
    assert not {name for name in sums if name.startswith(("matured", "zero"))}


def test_snapshot_that_tells_no_interaction_is_no_measurement() -> None:
    assert matured(PLAIN, snapshot(1.0, impressions=100))["1h"] == (1.5, None, False)


def test_final_snapshot_is_due_at_the_age_itself() -> None:
    assert matured(PLAIN, snapshot(None, likes=7)) == {"1h": (1.0, 7, True), "24h": (24.0, 7, True)}


def test_acts_count_if_they_arrive_while_the_watermark_is_below_the_age() -> None:
    log: list[AnyEvent] = [
        LIVE,
        like(59, "l1"),
        tick(START + 59 * MINUTE_MS),
        like(58, "l2"),
        like(60, "after the age"),
    ]
    assert matured(*log, tick(START + hours(1)), like(57, "too late")) == {
        "1h": (1.0, 2, True),
        "24h": (24.0, 4, True),
    }


def test_acts_of_every_kind_are_counted_and_the_accounts_own_are_not() -> None:
    (row,) = (
        row
        for row in tables(
            LIVE,
            theirs(1, "b", reply_to_post="a", reply_to_account=ME),
            theirs(2, "c", quote_of="a", quote_of_account=ME),
            theirs(3, "d", repost_of="a", repost_of_account=ME),
            theirs(4, "e", mentions=(Mention(ME, "me"),)),
            post(START + 5, "f", reply_to_post="a", reply_to_account=ME),
            like(6, "g"),
        ).rows("matured")
        if row["id"] == "a" and row["age"] == "1h"
    )
    assert [row[name] for name in ("likes", "replies", "reposts", "quotes", "interactions")] == [
        1,
        1,
        1,
        1,
        4,
    ]


def test_act_that_arrives_before_its_post_is_counted() -> None:
    assert matured(like(1, "l"), LIVE)["1h"] == (1.0, 1, True)
    assert matured(snapshot(1.0, likes=3), PLAIN)["1h"] == (1.0, 3, True)


def test_own_replies_are_subtracted_where_the_snapshot_holds_them() -> None:
    def own_reply(minute: int, id_: str) -> Post:
        return post(START + minute * MINUTE_MS, id_, reply_to_post="a", reply_to_account=ME)

    sums = added(
        PLAIN,
        own_reply(1, "b"),
        snapshot(1.0, likes=0, replies=3),
        own_reply(50, "c"),
        own_reply(70, "after it"),
    )
    assert sums["fast_replies"] == 1
    assert sums["fast_interactions"] == 1
    assert added(PLAIN, own_reply(1, "b"), snapshot(1.0, replies=0))["fast_zero_interaction_posts"] == 1


def own_reply(minute: int, id_: str, to: str = "a") -> Post:
    return post(START + minute * MINUTE_MS, id_, reply_to_post=to, reply_to_account=ME)


def replies_after(*events: AnyEvent) -> int | None:
    (row,) = (row for row in tables(*events).rows("matured") if (row["id"], row["age"]) == ("a", "1h"))
    replies: int | None = row["replies"]
    return replies


READ = snapshot(1.0, replies=3)


@pytest.mark.parametrize(("gone_h", "replies"), [(0.9, 3), (1.0, 3), (1.1, 2)])
def test_own_reply_that_was_deleted_by_then_is_not_among_the_counts(gone_h: float, replies: int) -> None:
    assert replies_after(PLAIN, own_reply(5, "b"), delete(gone_h, "b"), READ) == replies
    assert replies_after(PLAIN, READ, own_reply(5, "b"), delete(gone_h, "b")) == replies


def test_deletion_of_an_own_reply_may_come_in_whatever_order() -> None:
    b, c, gone = own_reply(5, "b"), own_reply(6, "c"), delete(0.5, "b")
    for log in permutations([PLAIN, b, c, gone]):
        assert replies_after(*log, READ) == 2


def test_only_a_reply_to_the_post_itself_is_taken_back_and_only_once() -> None:
    b, deeper = own_reply(5, "b"), own_reply(6, "c", to="b")
    assert replies_after(PLAIN, b, deeper, delete(0.5, "c"), READ) == 2
    assert replies_after(PLAIN, b, own_reply(6, "c"), delete(0.5, "b"), delete(0.6, "b"), READ) == 2


def test_count_that_is_not_told_is_null_by_itself_and_nothing_in_the_sum() -> None:
    rows = tables(PLAIN, snapshot(1.0, likes=2, replies=1)).rows("matured")
    assert [rows[0][name] for name in ("likes", "replies", "reposts", "quotes", "interactions")] == [
        2, 1, None, None, 3,
    ]  # fmt: skip
    sums = added(PLAIN, snapshot(1.0, likes=2, replies=1))
    assert (sums["fast_interactions"], sums.get("fast_quotes", 0)) == (3, 0)


def test_followers_and_interactions_are_summed_only_where_followers_are_known() -> None:
    first = post(START, "a", followers_at_post=10)
    second = post(START + 1, "b")
    third = post(START + 2, "c", followers_at_post=0)
    sums = added(
        *(first, second, third),
        *(snapshot(24.0, of, likes=likes) for of, likes in ((first, 2), (second, 50), (third, 1))),
    )
    assert sums["matured_interactions"] == 53
    assert sums["matured_posts_with_followers"] == 2
    assert sums["matured_followers"] == 10
    assert sums["matured_interactions_with_followers"] == 3
    assert sums["matured_interactions_by_followers"] == 20


def test_followers_come_from_the_profile_where_the_post_does_not_tell() -> None:
    later = post(START + HOUR_MS, "b")
    rows = tables(
        post(START - MINUTE_MS, "0"),
        profile(7),
        PLAIN,
        profile(None, START + 1),
        profile(9, START + 2),
        later,
    ).rows("matured")
    assert {row["id"]: row["followers"] for row in rows} == {"0": None, "a": 7, "b": 9}


def test_impressions_are_summed_only_where_they_are_known() -> None:
    other = post(START + 1, "b")
    sums = added(PLAIN, other, snapshot(24.0, likes=1, impressions=200), snapshot(24.0, other, likes=9))
    assert sums["matured_posts"] == 2
    assert sums["matured_posts_with_impressions"] == 1
    assert sums["matured_impressions"] == 200
    assert sums["matured_impressions_sq"] == 40_000
    assert sums["matured_interactions_with_impressions"] == 1
    assert sums["matured_interactions_by_impressions"] == 200


def test_headline_posts_and_replies_are_kept_apart_and_threads_and_reposts_left_out() -> None:
    reply = post(START + 1, "b", reply_to_post="x", reply_to_account=OTHER)
    thread = post(START + 2, "c", reply_to_post="a", reply_to_account=ME)
    repost = post(START + 3, "d", repost_of="x", repost_of_account=OTHER)
    everything = (PLAIN, reply, thread, repost)
    sums = added(*everything, *(snapshot(24.0, each, likes=2) for each in everything))
    assert (sums["matured_posts"], sums["matured_likes"]) == (1, 2)
    assert (sums["matured_reply_posts"], sums["matured_reply_likes"]) == (1, 2)


def test_counts_are_added_in_the_minute_in_which_they_were_due() -> None:
    minutes = minutes_of(tables(PLAIN, snapshot(1.26, likes=3)))
    assert minutes[ME, START + 75 * MINUTE_MS]["fast_likes"] == 3
    assert minutes[ME, START + 36 * HOUR_MS] == {"unmeasured_posts": 1}


def test_post_deleted_before_it_matured_adds_nothing_at_that_age() -> None:
    assert matured(PLAIN, snapshot(0.9, likes=3), delete(1.2)) == {}
    assert matured(PLAIN, snapshot(1.1, likes=3), delete(1.2)) == {"1h": (1.1, 3, True)}
    assert matured(PLAIN, snapshot(1.1, likes=3), delete(30), snapshot(25.0, likes=9)) == {
        "1h": (1.1, 3, True),
        "24h": (25.0, 9, True),
    }


def test_deletion_after_an_age_does_not_depend_on_how_often_time_ticks() -> None:
    log: list[AnyEvent] = [LIVE, like(5, "l"), delete(2.0)]
    seldom = matured(*log)
    often = matured(LIVE, like(5, "l"), tick(START + hours(1.5)), delete(2.0))
    assert seldom == often == {"1h": (1.0, 1, True)}


def test_counts_that_fall_change_nothing_once_the_post_has_matured() -> None:
    assert matured(PLAIN, snapshot(1.0, likes=9), tick(START + hours(1.1)), snapshot(1.2, likes=1)) == {
        "1h": (1.0, 9, True),
        "24h": (36.0, None, False),
    }
    assert matured(PLAIN, snapshot(0.8, likes=9), snapshot(0.9, likes=1))["1h"] == (1.5, 1, True)


def test_snapshot_older_than_its_post_is_stored_and_means_nothing() -> None:
    sink = tables(snapshot(-2.0, likes=5), PLAIN, snapshot(-1.0, likes=5))
    assert len(sink.rows("post_stats")) == 2
    assert [row["measured"] for row in sink.rows("matured")] == [False, False]


def test_snapshot_that_comes_too_late_to_be_counted_changes_nothing() -> None:
    log: list[AnyEvent] = [PLAIN, tick(START + hours(2.3)), snapshot(1.25, likes=3)]
    assert matured(*log)["1h"] == (1.5, None, False)


def test_snapshot_just_in_time_for_the_last_tick_before_one_and_a_half_is_taken() -> None:
    log: list[AnyEvent] = [PLAIN, tick(START + hours(1.5)), snapshot(1.4, likes=3)]
    assert matured(*log)["1h"] == (1.4, 3, True)


def test_largest_counts_that_are_believed_fit_the_columns() -> None:
    most = 10**12
    sums = added(PLAIN, profile(most, START - 1), snapshot(24.0, likes=most, impressions=most))
    assert sums["matured_likes"] < 2**63
    assert sums["matured_interactions_by_impressions"] == 10**24 < 2**127
