"""The view `engagers`: how many others interact, by name."""

from math import isclose

import pytest

from pipelines.events import DAY_MS, AnyEvent, Follow, Like, Unfollow
from pipelines.metrics.intervals import proportion
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_events import BEGIN, lives, mention, post, profile, store_events
from tests.views.reference_relationships import engagers_of

pytestmark = pytest.mark.integration


def with_profiles(seed: int) -> dict[str, list[AnyEvent]]:
    made = lives(seed)
    for number, (me, events) in enumerate(made.items()):
        if number % 2:
            events.append(profile(max(event.occurred_at for event in events), me, number % 5))
    return made


def test_engagers_are_those_of_the_events(store: MigratedStore) -> None:
    made = with_profiles(1)
    now = store_events(store, [event for events in made.values() for event in events])
    expected = {me: engagers_of(events, me, now) for me, events in made.items()}
    found = store.read(
        "SELECT account_id, interactions, engagers, engagers_estimated, followers, known_followers,"
        " engaged_followers, ever_engaged_share, low, high, status, engagers_per_1000_followers FROM engagers"
    )
    assert {row[0] for row in found} >= {me for me, each in expected.items() if each.engagers}
    for (
        me,
        interactions,
        engagers,
        estimated,
        followers,
        known,
        engaged,
        share,
        low,
        high,
        status,
        per,
    ) in found:
        ours = expected[me]
        assert (interactions, engagers, followers) == (ours.interactions, ours.engagers, ours.followers), me
        assert (known, engaged) == (ours.known_followers, ours.engaged_followers), me
        assert isclose(estimated, ours.estimated), me
        assert (share, status) == (ours.share, "unknown_input" if ours.share is None else "ok"), me
        wilson = proportion(engaged, known) if ours.share is not None else None
        assert (low, high) == pytest.approx((wilson.low, wilson.high) if wilson else (None, None))
        assert per == (pytest.approx(1000 * engagers / followers) if followers else None)
    assert {row[-2] for row in found} == {"ok", "unknown_input"}


def by_hand(followers: int) -> list[AnyEvent]:
    """Ten events. Over 90 days o1 acts three times, o2 twice, o3 and o4 once; o5 did so 91 days before the
    end.

    Four engagers, two seen once, one twice: Chao1 is 4 + 2 · 1 / (2 · (1 + 1)) = 4.5. Known to follow are
    o1 and o5, for o2 has left again: one of two engages.
    """
    late = BEGIN + 91 * DAY_MS
    said = {"mentions": (mention("me"),), "text": "@me"}

    def act(number: int, other: str) -> dict[str, object]:
        at = BEGIN + number
        return {"id": f"a{number}", "occurred_at": at, "ingested_at": at, "actor": other, "subject": "me"}

    return [
        post(BEGIN, "old", "o5", "me", **said),
        *(post(late + n, f"m{n}", other, "me", **said) for n, other in enumerate(("o1", "o1", "o2", "o3"))),
        post(late, "r", "o4", "me", repost_of="x", repost_of_account="me"),
        *(
            Like(
                network="x",
                id=f"l{other}",
                occurred_at=late,
                ingested_at=late,
                subject="me",
                actor=other,
                post="x",
            )
            for other in ("o1", "o2")
        ),
        *(Follow(network="x", **act(n, other)) for n, other in enumerate(("o1", "o2", "o5"))),  # type: ignore[arg-type]
        Unfollow(network="x", **act(9, "o2")),  # type: ignore[arg-type]
        profile(late, "me", followers),
    ]


def test_ten_events_have_the_engagers_worked_out_by_hand(store: MigratedStore) -> None:
    store_events(store, by_hand(followers=2))
    columns = "interactions, engagers, engaged_once, engaged_twice, engagers_estimated, followers"
    [row] = store.read(
        f"SELECT {columns}, ever_engaged_share, status, engagers_per_1000_followers FROM engagers"
    )
    assert row == (7, 4, 2, 1, 4.5, 2, 0.5, "ok", 2000.0)


def test_where_most_followers_are_not_known_by_name_their_share_is_not_told(store: MigratedStore) -> None:
    """Two followers of three are known by name, 67%."""
    store_events(store, by_hand(followers=3))
    [row] = store.read("SELECT ever_engaged_share, low, high, status, known_followers FROM engagers")
    assert row == (None, None, None, "unknown_input", 2)


def test_without_any_count_of_followers_there_is_no_rate(store: MigratedStore) -> None:
    store_events(store, by_hand(followers=2)[:-1])
    found = store.read("SELECT followers, engagers_per_1000_followers, status FROM engagers")
    assert found == [(None, None, "unknown_input")]
