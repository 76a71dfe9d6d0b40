"""The views `responses`, `response_units` and `inbox`: whom an account answers, how fast, and who waits."""

import pytest

from pipelines.events import DAY_MS, HOUR_MS, AnyEvent, Edit
from pipelines.metrics.intervals import proportion
from tests.metrics.migrated_store import MigratedStore, instant
from tests.views.reference_conversations import kaplan_meier_median, responses_of, units_of
from tests.views.reference_events import BEGIN, lives, mention, post, store_events
from tests.views.reference_plan import reads_without_key

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("seed", [1, 2])
def test_responses_are_those_of_the_events(store: MigratedStore, seed: int) -> None:
    made = lives(seed)
    now = store_events(store, [event for events in made.values() for event in events])
    found = {row[0]: row[1:] for row in store.read(
        "SELECT account_id, opened, answered, answerable, answered_24h, first_reply_time_median_s, waiting,"
        " waiting_questions, oldest_waiting_s, response_rate_24h, low, high, status, needed FROM responses"
    )}  # fmt: skip
    expected = {
        me: ours for me, events in made.items() if (ours := responses_of(events, me, now)) is not None
    }
    assert found.keys() == expected.keys()
    for me, ours in expected.items():
        rate = proportion(ours.answered_24h, ours.answerable)
        counts = (ours.opened, ours.answered, ours.answerable, ours.answered_24h)
        waits = (ours.waiting, ours.waiting_questions, ours.oldest_waiting_s)
        assert found[me][:8] == (*counts, ours.median_s, *waits), me
        assert found[me][8:11] == pytest.approx((rate.value, rate.low, rate.high)), me
        assert found[me][11:] == (rate.status, rate.needed), me


def test_the_generated_lives_reach_a_median_and_miss_one() -> None:
    found = [
        ours.median_s
        for seed in (1, 2)
        for me, events in lives(seed).items()
        if (ours := responses_of(events, me, BEGIN + 111 * DAY_MS)) is not None
    ]
    assert None in found
    assert len(set(found)) > 2


def test_who_waits_is_who_waits_in_the_events(store: MigratedStore) -> None:
    made = lives(1)
    now = store_events(store, [event for events in made.values() for event in events])
    expected = [
        (me, unit.conversation, unit.other, len(unit.waiting), any(act.asks for act in unit.waiting),
         unit.waiting[0].post, (now - unit.waiting[0].at) / 1000)
        for me, events in made.items()
        for unit in units_of(events, me)
        if unit.waiting and unit.waiting[0].at >= now - 28 * DAY_MS
    ]  # fmt: skip
    columns = "account_id, conversation, other, posts, asks, post, waiting_s"
    assert sorted(store.read(f"SELECT {columns} FROM inbox")) == sorted(expected)
    assert len(expected) > 5


def test_units_are_those_of_the_events(store: MigratedStore) -> None:
    made = lives(2)
    now = store_events(store, [event for events in made.values() for event in events])
    columns = (
        "account_id, conversation, other, opened_at, reply_time_s, observed_s, waiting_posts, waiting_asks"
    )
    expected = []
    for me, events in made.items():
        for unit in units_of(events, me):
            open_ms = (now if unit.answered_at is None else unit.answered_at) - unit.opened_at
            answered_s = None if unit.answered_at is None else open_ms / 1000
            asks = any(act.asks for act in unit.waiting)
            expected.append((
                me, unit.conversation, unit.other, instant(unit.opened_at), answered_s, open_ms / 1000,
                len(unit.waiting), asks,
            ))  # fmt: skip
    found = store.read(f"SELECT {columns} FROM response_units")
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    assert {row[4] is None for row in found} == {False, True}


def reply(at: int, id_: str, author: str, to: str, parent: str) -> AnyEvent:
    return post(at, id_, author, "me", reply_to_post=parent, reply_to_account=to)


def by_hand() -> list[AnyEvent]:
    """Ten posts in four conversations; the last post is at hour 48, the clock stops at hour 84.

    | conversation, other | opened | answered    | open for |
    |---------------------|--------|-------------|----------|
    | 1, o1               | hour 0 | hour 2      | 2 h      |
    | 1, o2 (joins)       | hour 1 | never       | 83 h     |
    | 4, o3               | hour 3 | hour 13     | 10 h     |
    | 6, o4               | hour 4 | hour 34     | 30 h     |
    Four could be answered, two were within 24 h: 0.5. Kaplan–Meier: 3/4 are left after 2 h, 2/4 after 10 h:
    the median is 10 h, 36,000 s. o1 comes back at hour 40 and 48 and waits for 44 h; o2 asks and waits for
    83 h. The repost by o5 and my reply to somebody else are none of it.
    """
    hour = [BEGIN + number * HOUR_MS for number in range(49)]
    return [
        post(hour[0], "1", "o1", "me", mentions=(mention("me"),), text="@me"),
        post(hour[1], "2", "o2", "me", reply_to_post="1", reply_to_account="o1",
             mentions=(mention("o1"), mention("me")), text="@h1 @me really?"),
        reply(hour[2], "3", "me", "o1", "1"),
        post(hour[3], "4", "o3", "me", mentions=(mention("me"),), text="@me"),
        reply(hour[13], "5", "me", "o3", "4"),
        post(hour[4], "6", "o4", "me", mentions=(mention("me"),), text="@me"),
        reply(hour[34], "7", "me", "o4", "6"),
        post(hour[5], "8", "o5", "me", repost_of="x", repost_of_account="me"),
        reply(hour[40], "9", "o1", "me", "3"),
        reply(hour[48], "10", "o1", "me", "3"),
    ]  # fmt: skip


def test_ten_posts_have_the_rate_and_the_median_worked_out_by_hand(store: MigratedStore) -> None:
    store_events(store, by_hand())
    [row] = store.read(
        "SELECT from_at, at, opened, answered, answerable, answered_24h, response_rate_24h, round(low, 2),"
        " round(high, 2), first_reply_time_median_s, waiting, waiting_questions, oldest_waiting_s"
        " FROM responses"
    )
    end = BEGIN + 84 * HOUR_MS
    assert row == (
        instant(end - 28 * DAY_MS), instant(end), 4, 3, 4, 2, 0.5, 0.15, 0.85, 36_000.0, 2, 1, 83 * 3600.0,
    )  # fmt: skip


def test_the_inbox_shows_who_waits_oldest_first_with_the_text_as_edited(store: MigratedStore) -> None:
    at = BEGIN + 6 * HOUR_MS
    edit = Edit(network="x", id="2", occurred_at=at, ingested_at=at, subject="me", text="@h1 @me no, really?")
    store_events(store, [*by_hand(), edit])
    found = store.read(
        "SELECT conversation, other_handle, text, permalink, asks, posts, answered_before, waiting_s"
        " FROM inbox ORDER BY waiting_s DESC"
    )
    assert found == [
        ("1", "h2", "@h1 @me no, really?", "https://x.com/h2/status/2", True, 1, False, 83 * 3600.0),
        ("1", "h1", "", "https://x.com/h1/status/9", False, 2, True, 44 * 3600.0),
    ]


def test_fewer_than_half_answered_have_no_median_and_young_questions_no_rate(store: MigratedStore) -> None:
    """Three mentions an hour before the last post: none is 24 h old when the next two days are cut off."""
    mentions = [
        post(BEGIN + n, f"m{n}", f"o{n}", "me", mentions=(mention("me"),), text="@me") for n in range(3)
    ]
    answer = reply(BEGIN + 9, "a", "me", "o0", "m0")
    store_events(store, [*mentions, answer])
    columns = "answered, answerable, first_reply_time_median_s"
    assert store.read(f"SELECT {columns} FROM responses") == [(1, 3, None)]


def test_the_median_of_kaplan_and_meier_is_that_of_their_hand() -> None:
    """Of five: 4/5 are left at 1, one is lost at 2, 4/5 · 2/3 = 0.53 at 3, 0.53 · 1/2 = 0.27 at 4."""
    times = [(1_000, True), (2_000, False), (3_000, True), (4_000, True), (5_000, False)]
    assert kaplan_meier_median(times) == 4.0
    assert kaplan_meier_median([(1_000, True), (2_000, False), (3_000, False)]) is None


def test_responses_filtered_by_account_read_by_primary_key(store: MigratedStore) -> None:
    store_events(store, by_hand())
    for view in ("responses", "response_units", "inbox"):
        assert reads_without_key(store, view, "me") == [], view
