"""The view `engagement_depth`: interactions weighted by what they cost."""

from __future__ import annotations

import pytest

from pipelines.events import DAY_MS, HOUR_MS, AnyEvent
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_b_history import (
    DAYS,
    SKY_ACCOUNT,
    START,
    X_ACCOUNT,
    drawn_history,
    post,
    stats,
    store_history,
)
from tests.views.reference_b_posts import Headline, agree, assert_reads_by_account, matured

pytestmark = pytest.mark.integration

COLUMNS = (
    "n, likes, replies, reposts, quotes, weighted_interactions, followers, depth_per_1000_followers,"
    " depth_per_interaction, status"
)


def test_eleven_posts_one_of_which_does_not_tell_its_replies(store: MigratedStore) -> None:
    """Ten posts at 500 followers each have 20 likes, 4 replies, 6 reposts and 2 quotes together:
    0.5 · 20 + 13.5 · 4 + 6 + 2 = 72 points, 1000 · 72 / 5,000 = 14.4, and 72 / 32 = 2.25 an interaction.

    The eleventh is left out, since 10 of 11 are more than 80%; of bob's posts only 3 of 4 tell their replies.
    """
    posts = [post(START + number * HOUR_MS, f"p{number}", followers_at_post=500) for number in range(11)]
    fours = [post(START + number, f"four{number}", "bob", followers_at_post=9) for number in range(4)]
    events: list[AnyEvent] = [*posts, *fours]
    for number, each in enumerate(posts[:10]):
        some = int(number < 2)
        events.append(stats(each, DAY_MS, likes=2, replies=2 * some, reposts=3 * some, quotes=some))
    events.append(stats(posts[10], DAY_MS, likes=1_000, reposts=0))
    events += [stats(each, DAY_MS, likes=1, replies=None, reposts=0) for each in fours[:1]]
    events += [stats(each, DAY_MS, likes=1, replies=1, reposts=0) for each in fours[1:]]
    store_history(store, events, until=START + 3 * DAY_MS)
    found = store.read(f"SELECT {COLUMNS} FROM engagement_depth WHERE account = 'ada' ORDER BY window")
    assert found == [(10, 20, 4, 6, 2, 72.0, 5_000, 14.4, 2.25, "ok")] * 2
    assert (
        store.read("SELECT n, depth_per_1000_followers, status FROM engagement_depth WHERE account = 'bob'")
        == [(3, None, "unknown_input")] * 2
    )


def test_the_weights_are_those_that_were_published(store: MigratedStore) -> None:
    store_history(store, [post(START, "p", repost_of="elsewhere")], until=START + DAY_MS)
    assert store.read(
        "SELECT DISTINCT weight_of_like, weight_of_reply, weight_of_repost, weight_of_quote, status"
        " FROM engagement_depth"
    ) == [(0.5, 13.5, 1.0, 1.0, "no_posts")]


def test_a_drawn_history_gives_what_a_recount_gives(store: MigratedStore) -> None:
    events, until = drawn_history(2), START + DAYS * DAY_MS
    store_history(store, events, until=until)
    for account in (X_ACCOUNT, SKY_ACCOUNT):
        posts = matured(events, account, until)
        recent = [each for each in posts if each.due_at >= until - 28 * DAY_MS]
        for window, of in (("28d", recent), ("all", posts)):
            [found] = store.read(
                f"SELECT {COLUMNS} FROM engagement_depth WHERE account = '{account}' AND window = '{window}'"
            )
            assert agree(found, reference(of)), (account, window)
    assert_reads_by_account(store, "engagement_depth")


def reference(posts: list[Headline]) -> tuple[object, ...]:
    measured = [each.counts for each in posts if each.counts is not None]
    told = [
        (each.counts, each.followers)
        for each in posts
        if each.counts is not None
        and each.followers is not None
        and None not in (each.counts["likes"], each.counts["replies"], each.counts["reposts"])
    ]
    sums = [
        sum(counts[kind] or 0 for counts, _ in told) for kind in ("likes", "replies", "reposts", "quotes")
    ]
    points = sum(count * weight for count, weight in zip(sums, (0.5, 13.5, 1, 1), strict=True))
    followers = sum(count for _, count in told)
    if len(told) < 0.8 * len(measured):
        return (len(told), *sums, points, followers, None, None, "unknown_input")
    return (len(told), *sums, points, followers, 1000 * points / followers, points / sum(sums), "ok")
