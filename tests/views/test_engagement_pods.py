"""The view `engagement_pods`: whether the first to react are always the same few."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Delete
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_b_history import (
    DAYS,
    SKY_ACCOUNT,
    START,
    X_ACCOUNT,
    drawn_history,
    like,
    post,
    store_history,
)
from tests.views.reference_b_posts import Headline, acts_on, agree, assert_reads_by_account, matured

pytestmark = pytest.mark.integration

COLUMNS = "posts, n, early_accounts, pod_accounts, pod, pod_share, pod_later_share, is_pod, status, needed"


def test_two_accounts_that_are_first_at_ten_posts(store: MigratedStore) -> None:
    """Both like each of ten posts within a minute, five guests one post each: 20 of 25 early likes. Of ten
    likes after 10 minutes one of the two gave 2. Ada's network does not tell who acts.
    """
    posts = [
        post(START + n * HOUR_MS, f"p{n}", SKY_ACCOUNT, network="bluesky", acts_told=True) for n in range(10)
    ]
    events: list[AnyEvent] = [*posts, post(START, "x")]
    events += [like(each, MINUTE_MS, actor) for each in posts for actor in ("pod2", "pod1")]
    events += [like(posts[n], 10 * MINUTE_MS - 1, f"guest{n}") for n in range(5)]
    events += [like(posts[n], 10 * MINUTE_MS, f"later{n}") for n in range(8)]
    events += [like(posts[n], HOUR_MS, "pod1") for n in range(2)]
    store_history(store, events, until=START + 3 * DAY_MS)
    found = store.read(f"SELECT {COLUMNS} FROM engagement_pods WHERE account = 'bob'")
    assert found == [(10, 25, 7, 2, ["pod1", "pod2"], 0.8, 0.2, True, "ok", None)] * 2
    assert store.read(f"SELECT {COLUMNS} FROM engagement_pods WHERE account = 'ada' AND window = '28d'") == [
        (0, 0, 0, 0, [], None, None, None, "unknown_input", None)
    ]


def test_many_early_acts_of_one_account_on_one_post_are_no_pod(store: MigratedStore) -> None:
    made = post(START, "p", SKY_ACCOUNT, network="bluesky", acts_told=True)
    events: list[AnyEvent] = [made, *(like(made, n, "fan") for n in range(20))]
    few = post(START, "few", "eve", network="bluesky", acts_told=True)
    events += [few, like(few, 1, "fan")]
    store_history(store, events, until=START + 3 * DAY_MS)
    found = store.read(
        "SELECT account, pod_share, is_pod, status, needed FROM engagement_pods WHERE window = 'all'"
    )
    assert sorted(found) == [("bob", 0.0, False, "ok", None), ("eve", None, None, "too_few", 19)]


def test_an_account_that_is_gone_is_in_no_pod(store: MigratedStore) -> None:
    """Two fans are first at ten posts; one of them is gone since: naively both are named."""
    posts = [post(START + n, f"p{n}", SKY_ACCOUNT, network="bluesky", acts_told=True) for n in range(10)]
    events: list[AnyEvent] = [*posts, *(like(each, 1, fan) for each in posts for fan in ("fan", "gone"))]
    at = START + 2 * DAY_MS
    gone = Delete(
        network="bluesky", subject=SKY_ACCOUNT, id="gone", occurred_at=at, ingested_at=at, of="account"
    )
    store_history(store, [*events, gone], until=START + 3 * DAY_MS)
    found = store.read("SELECT n, pod FROM engagement_pods WHERE account = 'bob' AND window = 'all'")
    assert found == [(10, ["fan"])]


def test_a_drawn_history_gives_what_a_recount_gives(store: MigratedStore) -> None:
    events, until = drawn_history(8), START + DAYS * DAY_MS
    store_history(store, events, until=until)
    posts = matured(events, SKY_ACCOUNT, until)
    recent = [each for each in posts if each.due_at >= until - 28 * DAY_MS]
    for window, of in (("28d", recent), ("all", posts)):
        [found] = store.read(
            f"SELECT {COLUMNS} FROM engagement_pods WHERE account = '{SKY_ACCOUNT}' AND window = '{window}'"
        )
        assert agree(found, reference(of, events)), window
    assert store.read(f"SELECT DISTINCT status FROM engagement_pods WHERE account = '{X_ACCOUNT}'") == [
        ("unknown_input",)
    ]
    assert_reads_by_account(store, "engagement_pods")


def reference(posts: list[Headline], events: list[AnyEvent]) -> tuple[object, ...]:
    early: Counter[str] = Counter()
    early_posts: dict[str, set[str]] = defaultdict(set)
    later: Counter[str] = Counter()
    for each in posts:
        for age, _, actor in acts_on(each.post, events):
            if age < 10 * MINUTE_MS:
                early[actor] += 1
                early_posts[actor].add(each.post.id)
            else:
                later[actor] += 1
    n = sum(early.values())
    regulars = [actor for actor in early if len(early_posts[actor]) > 1]
    pod = sorted(regulars, key=lambda actor: (-early[actor], actor))[:15]
    share = sum(early[actor] for actor in pod) / n
    share_later = sum(later[actor] for actor in pod) / sum(later.values())
    counts = (len(set[str]().union(*early_posts.values())), n, len(early), len(pod), pod)
    if n < 20:
        return (*counts, None, None, None, "too_few", 20 - n)
    return (*counts, share, share_later, share > 0.6, "ok", None)
