"""The view `vanity_gap`: whether followers grow faster than interactions."""

from __future__ import annotations

from itertools import pairwise
from math import log, log1p, sqrt
from statistics import fmean, stdev

import pytest

from pipelines.events import DAY_MS, AnyEvent, Profile
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_b_history import (
    DAYS,
    START,
    X_ACCOUNT,
    drawn_history,
    post,
    profile,
    stats,
    store_history,
)
from tests.views.reference_b_posts import agree, assert_reads_by_account, matured

pytestmark = pytest.mark.integration

PERIOD_MS = 28 * DAY_MS
COLUMNS = "followers_change, interactions_change, followers_z, interactions_z, vanity_gap, n, status, needed"


def months(
    followers: list[int], likes: list[int], account: str = X_ACCOUNT, *, first: int = 0
) -> list[AnyEvent]:
    """Return a profile and a post for each period of 28 days."""
    events: list[AnyEvent] = []
    for number, (count, liked) in enumerate(zip(followers, likes, strict=True), start=first):
        begin = START + number * PERIOD_MS
        made = post(begin + DAY_MS, f"{account}{number}", account)
        events += [profile(begin, account, followers=count), made, stats(made, DAY_MS, likes=liked)]
    return events


def test_nine_periods_at_whose_end_followers_quadruple(store: MigratedStore) -> None:
    """In powers of two, 1 + followers: 7 8 7 8 7 8 7 8 10; 1 + interactions: 1 0 1 0 1 0 1 0 0.

    Changes of followers: + − + − + − + and then + 2. Of the first seven the mean is 1/7 and the deviation
    √((4 · (6/7)² + 3 · (8/7)²) / 6) = √(8/7). So z = (2 − 1/7) / √(8/7). Those of interactions are the same
    with the other sign, then 0: z = (1/7) / √(8/7).
    """
    powers, reactions = (7, 8, 7, 8, 7, 8, 7, 8, 10), (1, 0, 1, 0, 1, 0, 1, 0, 0)
    events = months([2**power - 1 for power in powers], [2**power - 1 for power in reactions])
    store_history(store, events, until=START + 9 * PERIOD_MS)
    [found] = store.read(f"SELECT {COLUMNS} FROM vanity_gap")
    deviation = sqrt(8 / 7)
    expected = (2 * log(2), 0.0, 13 / 7 / deviation, 1 / 7 / deviation, 12 / 7 / deviation, 7, "ok", None)
    assert agree(found, expected)


def test_fewer_than_six_earlier_changes_or_equal_ones_give_no_gap(store: MigratedStore) -> None:
    """Ada: seven periods, five earlier changes. Bob: nothing ever changes. Eve: followers were told once."""
    events = [
        *months([100, 200] * 3 + [100], [1, 2] * 3 + [1]),
        *months([100] * 9, [5] * 9, "bob", first=-2),
        *months([100, 200] * 3 + [100], [1, 2] * 3 + [1], "eve"),
    ]
    events = [e for e in events if not (isinstance(e, Profile) and e.id == "eve" and e.occurred_at > START)]
    store_history(store, events, until=START + 7 * PERIOD_MS)
    found = store.read("SELECT account, vanity_gap, n, status, needed FROM vanity_gap ORDER BY account")
    assert found == [
        ("ada", None, 5, "too_few", 1),
        ("bob", None, 7, "too_few", None),
        ("eve", None, 0, "unknown_input", None),
    ]


def test_a_drawn_history_gives_what_a_recount_gives(store: MigratedStore) -> None:
    events, until = drawn_history(6), START + DAYS * DAY_MS
    store_history(store, events, until=until)
    [found] = store.read(f"SELECT {COLUMNS} FROM vanity_gap WHERE account = '{X_ACCOUNT}'")
    assert agree(found, reference(events, until))
    assert_reads_by_account(store, "vanity_gap")


def reference(events: list[AnyEvent], until: int) -> tuple[object, ...]:
    """The ten periods of the 300 days, from the first to the last."""
    posts = [each for each in matured(events, X_ACCOUNT, until) if each.counts is not None]
    told = sorted((e.occurred_at, e.followers or 0) for e in events if isinstance(e, Profile))
    followers, interactions = [], []
    for back in range(10, 0, -1):
        begin, end = until - back * PERIOD_MS, until - (back - 1) * PERIOD_MS
        followers.append(log1p([count for at, count in told if begin <= at < end][-1]))
        interactions.append(log1p(sum(each.interactions for each in posts if begin <= each.due_at < end)))
    gaps = []
    for logs in (followers, interactions):
        *past, last = (later - earlier for earlier, later in pairwise(logs))
        gaps.append((last, (last - fmean(past)) / stdev(past)))
    (change, z), (change_of_interactions, z_of_interactions) = gaps
    return (change, change_of_interactions, z, z_of_interactions, z - z_of_interactions, 8, "ok", None)
