"""The view `new_contacts`: when somebody became a contact, by week."""

from zoneinfo import ZoneInfo

import pytest

from pipelines.brand import Brand
from pipelines.events import DAY_MS, HOUR_MS, AnyEvent
from tests.metrics.migrated_store import MigratedStore, instant
from tests.views.reference_events import BEGIN, BRAND, lives, mention, post, store_events
from tests.views.reference_relationships import dyads_of, week_of

pytestmark = pytest.mark.integration


def test_new_contacts_are_those_of_the_events(store: MigratedStore) -> None:
    made = lives(1)
    now = store_events(store, [event for events in made.values() for event in events])
    zone = ZoneInfo(BRAND.time_zone)
    expected = [
        (me, other, week_of(dyad.contact_since, zone), instant(dyad.contact_since), dyad.tag, dyad.tier, 3)
        for me, events in made.items()
        for other, dyad in dyads_of(events, me, BRAND, now).items()
        if dyad.contact_since is not None
    ]
    columns = "account_id, other, week, at, tag, tier, weekly_goal"
    found = store.read(f"SELECT {columns}, contacts_that_week FROM new_contacts")
    assert sorted(row[:-1] for row in found) == sorted(expected)
    weeks = [(me, week) for me, _, week, *_ in expected]
    assert all(row[-1] == weeks.count((row[0], row[2])) for row in found)
    assert len(expected) > 100


def by_hand() -> list[AnyEvent]:
    """Ten posts; the first day is Sunday, 14 April 2019, which in Tokyo ends at 15:00 UTC.

    o1 and me: mention, reply, reply at hours 1, 2, 3: strengths 0, 2 · sqrt(1) = 2, 3 · sqrt(2/3) = 2.45;
    with my reply at 14:00 4 · 1 = 4 (a little less, for it fades): a contact since 14:00, in the week of 8
    April. o2 and me: the same, an hour and a half later each; my reply comes at 15:30: in Tokyo it is
    Monday, 15 April. o3 and me: one each way, 2: no contact.
    """
    events: list[AnyEvent] = []
    for other, late, last in (("o1", 0, 14 * HOUR_MS), ("o2", HOUR_MS, 15 * HOUR_MS + HOUR_MS // 2)):
        hour = BEGIN + HOUR_MS + late
        told = {"mentions": (mention("me"),), "followers_at_post": 50}
        events += [
            post(hour, f"{other}1", other, "me", text="tea with @me", **told),
            post(hour + HOUR_MS, f"{other}2", "me", "me", reply_to_post=f"{other}1", reply_to_account=other),
            post(hour + 2 * HOUR_MS, f"{other}3", other, "me", text="rain, @me", **told),
            post(BEGIN + last, f"{other}4", "me", "me", reply_to_post=f"{other}3", reply_to_account=other),
        ]
    hello = post(BEGIN + DAY_MS, "1", "o3", "me", mentions=(mention("me"),), text="@me")
    answer = post(BEGIN + DAY_MS + 1, "2", "me", "me", reply_to_post="1", reply_to_account="o3")
    return [*events, hello, answer]


def test_ten_posts_make_the_contacts_worked_out_by_hand(store: MigratedStore) -> None:
    store_events(store, by_hand())
    columns = "toString(week), at, other_handle, tag, tier, other_followers, other_on_topic_share"
    found = store.read(f"SELECT {columns}, contacts_that_week, weekly_goal FROM new_contacts ORDER BY at")
    at = (instant(BEGIN + 14 * HOUR_MS), instant(BEGIN + 15 * HOUR_MS + HOUR_MS // 2))
    assert found == [
        ("2019-04-08", at[0], "h1", "client", 2, 50, 0.5, 1, 3),
        ("2019-04-15", at[1], "h2", "partner", 2, 50, 0.5, 1, 3),
    ]


def test_without_a_goal_in_the_brand_file_it_is_one_a_week_in_utc(store: MigratedStore) -> None:
    store_events(store, by_hand(), brand=Brand())
    found = store.read("SELECT toString(week), tag, contacts_that_week, weekly_goal FROM new_contacts")
    assert found == [("2019-04-08", "", 2, 1)] * 2
