"""The view `concentration`: whether the result rests on a few posts."""

from __future__ import annotations

import pytest

from pipelines.events import DAY_MS, HOUR_MS, AnyEvent
from tests.metrics.migrated_store import MigratedStore, header_row, instant
from tests.views.reference_b_history import (
    DAYS,
    SKY_ACCOUNT,
    START,
    X_ACCOUNT,
    delete,
    drawn_history,
    post,
    stats,
    store_history,
)
from tests.views.reference_b_posts import agree, assert_reads_by_account, matured

pytestmark = pytest.mark.integration

COLUMNS = (
    "n, interactions, interactions_without_best, mean, median, gini, top_1_share, top_10_percent_share,"
    " status, needed"
)


def test_ten_posts_of_which_one_holds_half(store: MigratedStore) -> None:
    """Interactions in order: 0 0 1 1 1 2 2 3 10 20, together 40; place times interactions adds up to
    3 + 4 + 5 + 12 + 14 + 24 + 90 + 200 = 352.

    Gini = (2 · 352 / 40 − 10 − 1) / 9 = 6.6 / 9; the best post, also the best tenth: 20 / 40; without it 20;
    mean 4, median (1 + 2) / 2. A reply and a deleted post do not count. Bob has two posts and needs 8.
    """
    counts = (1, 20, 0, 2, 1, 10, 0, 3, 1, 2)
    posts = [post(START + number * HOUR_MS, f"p{number}") for number in range(10)]
    deleted = post(START, "deleted")
    reply = post(START, "reply", reply_to_account="zoe")
    two = [post(START + number, f"two{number}", "bob") for number in range(2)]
    events: list[AnyEvent] = [*posts, deleted, delete(deleted, 2 * DAY_MS), reply, *two]
    events += [stats(each, DAY_MS, likes=count) for each, count in zip(posts, counts, strict=True)]
    events += [stats(each, DAY_MS, likes=1_000) for each in (deleted, reply)]
    events += [stats(each, DAY_MS, likes=count) for each, count in zip(two, (3, 5), strict=True)]
    store_history(store, events, until=START + 4 * DAY_MS)
    found = store.read(f"SELECT {COLUMNS} FROM concentration WHERE account = 'ada' ORDER BY window")
    assert found == [(10, 40, 20, 4.0, 1.5, pytest.approx(6.6 / 9), 0.5, 0.5, "ok", None)] * 2
    assert store.read(f"SELECT {COLUMNS} FROM concentration WHERE account = 'bob' AND window = '28d'") == [
        (2, 8, 3, 4.0, 4.0, None, None, None, "too_few", 8)
    ]


def test_posts_without_any_interaction_hold_no_shares(store: MigratedStore) -> None:
    posts = [post(START + number, f"p{number}") for number in range(10)]
    unknown = post(START, "u", "bob")
    repost = post(START, "r", "eve", repost_of="elsewhere")
    events: list[AnyEvent] = [*posts, unknown, repost, *(stats(each, DAY_MS, likes=0) for each in posts)]
    store_history(store, events, until=START + 4 * DAY_MS)
    found = store.read(
        "SELECT account, gini, top_1_share, status FROM concentration WHERE window = 'all' ORDER BY account"
    )
    assert found == [
        ("ada", None, None, "too_few"),
        ("bob", None, None, "unknown_input"),
        ("eve", None, None, "no_posts"),
    ]


def test_an_account_of_twenty_thousand_posts_fits_into_a_readers_memory(store: MigratedStore) -> None:
    """With 0, 1, … n − 1 interactions two posts differ by (n + 1) / 3 in the mean, which is (n − 1) / 2."""
    n = 20_000
    known = {"network": "x", "account_id": "7", "age": "24h", "kind": "original", "measured": True}
    store.insert(
        "matured", [known | {"id": str(k), "due_at": instant(k), "interactions": k} for k in range(n)]
    )
    store.insert("checkpoints", [header_row("7", 0, START)])
    [found] = store.read("SELECT n, gini FROM concentration WHERE window = 'all'")
    assert agree(found, (n, (n + 1) / 3 / (n - 1)))


def test_a_drawn_history_gives_what_a_recount_gives(store: MigratedStore) -> None:
    events, until = drawn_history(1), START + DAYS * DAY_MS
    store_history(store, events, until=until)
    for account in (X_ACCOUNT, SKY_ACCOUNT):
        posts = [each for each in matured(events, account, until) if each.counts is not None]
        recent = [each for each in posts if each.due_at >= until - 28 * DAY_MS]
        for window, of in (("28d", recent), ("all", posts)):
            [found] = store.read(
                f"SELECT {COLUMNS} FROM concentration WHERE account = '{account}' AND window = '{window}'"
            )
            assert agree(found, reference([each.interactions for each in of])), (account, window)
    assert_reads_by_account(store, "concentration")


def reference(counts: list[int]) -> tuple[object, ...]:
    """Gini from its definition: the mean difference of all pairs of posts over twice their mean."""
    n, total, best_first = len(counts), sum(counts), sorted(counts, reverse=True)
    assert n >= 10
    differences = sum(abs(one - other) for one in counts for other in counts)
    gini = differences / (n * (n - 1)) / (2 * total / n)
    median = (best_first[(n - 1) // 2] + best_first[n // 2]) / 2
    tenth = sum(best_first[: -(-n // 10)]) / total
    without = total - best_first[0]
    return (n, total, without, total / n, median, gini, best_first[0] / total, tenth, "ok", None)
