"""The view `post_half_life`: when half of a day's interactions had arrived."""

from __future__ import annotations

import pytest

from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_b_history import (
    DAYS,
    SKY_ACCOUNT,
    START,
    X_ACCOUNT,
    drawn_history,
    like,
    post,
    stats,
    store_history,
)
from tests.views.reference_b_posts import (
    Headline,
    acts_on,
    agree,
    assert_reads_by_account,
    looks_at,
    matured,
    own_replies,
)

pytestmark = pytest.mark.integration

COLUMNS = "half_life_s, low_s, high_s, posts, n, status, needed"


def test_ten_posts_with_two_likes_each_have_an_exact_half_life(store: MigratedStore) -> None:
    """Likes at the ages of 1, 2, … 20 minutes: half of the 20 had come with the tenth. A like after 24 h, one
    by the account itself, and one on a post of today, do not count.
    """
    posts = [
        post(START + n * HOUR_MS, f"p{n}", SKY_ACCOUNT, network="bluesky", acts_told=True) for n in range(10)
    ]
    young = post(START + 60 * HOUR_MS, "young", SKY_ACCOUNT, network="bluesky", acts_told=True)
    events: list[AnyEvent] = [*posts, young, like(young, 1, "fan")]
    events += [like(posts[n // 2], (n + 1) * MINUTE_MS, f"fan{n}") for n in range(20)]
    events += [like(posts[0], DAY_MS, "late"), like(posts[0], 1, SKY_ACCOUNT)]
    store_history(store, events, until=START + 3 * DAY_MS)
    found = store.read(f"SELECT {COLUMNS} FROM post_half_life")
    assert found == [(600.0, 600.0, 600.0, 10, 20, "ok", None)] * 2


def test_snapshots_tell_between_which_looks_it_lies(store: MigratedStore) -> None:
    """Counts at 15 min, 1 h and 24 h: 6 9 12 of one post, 2 7 12 of the other, whose 15 min look shows 3 with
    the account's own reply in it. Of 24, 8 came in each stretch.

    If all came as early as can be, 16 were there from 15 min on; as late as can be, 16 were there at 1 h.
    Bob's counts are of unknown time; eve's two posts have 19 interactions: one more would do.
    """
    ages = (15 * MINUTE_MS, HOUR_MS, DAY_MS)
    one, other = post(START, "one"), post(START, "other")
    thread = post(START + MINUTE_MS, "thread", reply_to_post="other", reply_to_account="ada")
    archived, few = post(START, "archived", "bob"), post(START, "few", "eve")
    events: list[AnyEvent] = [one, other, thread, archived, few, stats(archived, None, likes=99)]
    events += [stats(one, age, likes=count) for age, count in zip(ages, (6, 9, 12), strict=True)]
    events += [stats(other, age, likes=count, replies=1) for age, count in zip(ages, (2, 7, 12), strict=True)]
    events.append(stats(few, DAY_MS, likes=19))
    store_history(store, events, until=START + 3 * DAY_MS)
    found = store.read(f"SELECT account, {COLUMNS} FROM post_half_life WHERE window = '28d' ORDER BY account")
    assert found == [
        ("ada", None, 900.0, 3600.0, 2, 24, "ok", None),
        ("bob", None, None, None, 0, 0, "unknown_input", None),
        ("eve", None, None, None, 1, 19, "too_few", 1),
    ]


def test_a_drawn_history_gives_what_a_recount_gives(store: MigratedStore) -> None:
    events, until = drawn_history(7), START + DAYS * DAY_MS
    store_history(store, events, until=until)
    for account in (X_ACCOUNT, SKY_ACCOUNT):
        posts = matured(events, account, until)
        recent = [each for each in posts if each.due_at >= until - 28 * DAY_MS]
        for window, of in (("28d", recent), ("all", posts)):
            [found] = store.read(
                f"SELECT {COLUMNS} FROM post_half_life WHERE account = '{account}' AND window = '{window}'"
            )
            assert agree(found, reference(of, events)), (account, window)
    assert_reads_by_account(store, "post_half_life")


def reference(posts: list[Headline], events: list[AnyEvent]) -> tuple[object, ...]:
    """One pair of ages for each single interaction: after the first, not after the second."""
    stretches = [_stretches(each, events) for each in posts]
    every = [stretch for of_post in stretches for stretch in of_post]
    middle = (len(every) - 1) // 2
    low = sorted(begin for begin, _ in every)[middle] / 1000
    high = sorted(end for _, end in every)[middle] / 1000
    assert len(every) >= 20
    half_life = low if low == high else None
    return (half_life, low, high, sum(map(bool, stretches)), len(every), "ok", None)


def _stretches(headline: Headline, events: list[AnyEvent]) -> list[tuple[int, int]]:
    made = headline.post
    if made.acts_told:
        return [(age, age) for age, _, _ in acts_on(made, events)]
    found: list[tuple[int, int]] = []
    if headline.counts is None:
        return found
    before = 0
    for look in looks_at(made, events):
        if look.occurred_at > headline.due_at:
            break
        age = look.occurred_at - made.occurred_at
        others = max((look.replies or 0) - own_replies(made, events, look.occurred_at), 0)
        count = (look.likes or 0) + (look.reposts or 0) + (look.quotes or 0) + others
        found += [(before, age)] * (count - len(found))
        before = age
    return found
