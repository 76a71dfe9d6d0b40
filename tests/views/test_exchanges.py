"""The views `exchanges` and `reply_chains`: who did what to whom, and where each post stands."""

import pytest

from pipelines.brand import Brand
from pipelines.events import AnyEvent
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_events import BEGIN, HOUR_MS, MINUTE_MS, lives, mention, post, store_events
from tests.views.reference_exchanges import acts_of, places_of
from tests.views.reference_plan import reads_without_key

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("seed", [1, 2])
def test_acts_and_chains_are_those_of_the_events(store: MigratedStore, seed: int) -> None:
    made = lives(seed)
    store_events(store, [event for events in made.values() for event in events])
    found = store.read(
        "SELECT account_id, toUnixTimestamp64Milli(at), post, outgoing, kind, other, asks, conversation,"
        " other_handle, followers FROM exchanges"
    )
    expected = [
        (me, a.at, a.post, a.outgoing, a.kind, a.other, a.asks, a.conversation, a.handle, a.followers)
        for me, events in made.items()
        for a in acts_of(events, me)
    ]
    assert len(expected) > 1000
    assert sorted(found, key=repr) == sorted(expected, key=repr)
    chains = store.read("SELECT account_id, id, conversation, top, depth, turns FROM reply_chains")
    places = [
        (me, id_, at.conversation, at.top, at.depth, at.turns)
        for me, events in made.items()
        for id_, at in places_of(events).items()
    ]
    assert sorted(chains) == sorted(places)
    assert max(place[4] for place in places) >= 5


def test_a_chain_of_1025_posts_has_its_top_and_a_longer_one_is_climbed_1024_replies(
    store: MigratedStore,
) -> None:
    def reply(number: int) -> AnyEvent:
        parent = f"c{number - 1:04}" if number else None
        author = "o1" if number % 2 else "me"
        return post(BEGIN + number * MINUTE_MS, f"c{number:04}", author, "me", reply_to_post=parent,
                    mentions=(mention("me"),))  # fmt: skip

    store_events(store, [reply(number) for number in range(1027)])
    asked = "id IN ('c1024', 'c1026') ORDER BY id"
    found = store.read(f"SELECT id, top, depth, turns FROM reply_chains WHERE {asked}")
    assert found == [("c1024", "c0000", 1025, 1025), ("c1026", "c0001", 1025, 1025)]


def test_acts_and_chains_filtered_by_account_read_by_primary_key(store: MigratedStore) -> None:
    store_events(store, [event for events in lives(3, accounts=3).values() for event in events])
    for view in ("exchanges", "reply_chains"):
        assert reads_without_key(store, view, "s3x1") == [], view


def test_a_post_that_is_told_later_than_its_reply_stands_above_it(store: MigratedStore) -> None:
    reply = post(BEGIN, "b", "o1", "me", reply_to_post="a", reply_to_account="me")
    store_events(store, [reply, post(BEGIN + HOUR_MS, "a", "me", "me")])
    assert store.read("SELECT id, top, depth FROM reply_chains ORDER BY id") == [("a", "a", 1), ("b", "a", 2)]


def test_every_view_of_an_empty_database_answers_with_no_rows(store: MigratedStore) -> None:
    for view in (
        "conversation_depth", "conversations", "engagers", "exchanges", "inbox", "new_contacts",
        "relationships", "reply_chains", "response_units", "responses",
    ):  # fmt: skip
        assert store.read(f"SELECT * FROM {view}") == [], view


def test_views_answer_without_a_brand_file(store: MigratedStore) -> None:
    store_events(store, [post(BEGIN, "1", "o1", "me", mentions=(mention("me"),), text="@me")], brand=Brand())
    assert store.read("SELECT other, tag, contact_days FROM relationships") == [("o1", "", 1)]
