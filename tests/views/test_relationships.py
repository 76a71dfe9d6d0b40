"""The view `relationships`: the ledger of an account and each other."""

from collections.abc import Sequence
from math import isclose
from typing import Any

import pytest

from pipelines.events import DAY_MS, HOUR_MS, AnyEvent
from tests.metrics.migrated_store import MigratedStore, instant
from tests.views.reference_events import BEGIN, BRAND, delete, lives, mention, post, store_events
from tests.views.reference_plan import reads_without_key
from tests.views.reference_relationships import Dyad, dyads_of

pytestmark = pytest.mark.integration

COUNTS = (
    "reply_out", "mention_out", "quote_out", "repost_out", "like_out", "reply_in", "mention_in", "quote_in",
    "repost_in", "like_in",
)  # fmt: skip
COLUMNS = (
    "account_id, other, tag, other_handle, strength, tier, fading, strength_peak_60d, contact_since,"
    " active_reciprocal, began, first_at, last_at, contact_days, replies_out, mentions_out, quotes_out,"
    " reposts_out, likes_out, replies_in, mentions_in, quotes_in, reposts_in, likes_in, reciprocated_replies,"
    " other_followers"
)


def same(row: Sequence[Any], dyad: Dyad) -> bool:
    tag, handle, strength, tier, fading, peak, since, active, began, first, last, days, *rest = row
    plain = (tag, handle, tier, fading, active, began, first, last, days)
    expected = (
        dyad.tag, dyad.handle, dyad.tier, dyad.fading, dyad.active_reciprocal, dyad.began,
        instant(dyad.first_at), instant(dyad.last_at), dyad.contact_days,
    )  # fmt: skip
    contact = None if dyad.contact_since is None else instant(dyad.contact_since)
    numbers = isclose(strength, dyad.strength, abs_tol=2e-6) and isclose(peak, dyad.peak, abs_tol=2e-6)
    counts = [dyad.counts.get(name, 0) for name in COUNTS]
    return (
        plain == expected
        and numbers
        and since == contact
        and rest == [*counts, dyad.reciprocated_replies, dyad.followers]
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_ledger_is_that_of_the_events(store: MigratedStore, seed: int) -> None:
    made = lives(seed)
    now = store_events(store, [event for events in made.values() for event in events])
    expected = {
        (me, other): dyad
        for me, events in made.items()
        for other, dyad in dyads_of(events, me, BRAND, now).items()
    }
    found = {(row[0], row[1]): row[2:] for row in store.read(f"SELECT {COLUMNS} FROM relationships")}
    assert found.keys() == expected.keys()
    assert [(key, found[key], dyad) for key, dyad in expected.items() if not same(found[key], dyad)] == []


def test_the_generated_lives_reach_every_case() -> None:
    now = BEGIN + 111 * DAY_MS
    found = [
        dyad for seed in (1, 2) for me, events in lives(seed).items()
        for dyad in dyads_of(events, me, BRAND, now).values()
    ]  # fmt: skip
    assert {dyad.tier for dyad in found} == {0, 1, 2, 3}
    assert {dyad.fading for dyad in found} == {False, True}
    assert {dyad.active_reciprocal for dyad in found} == {False, True}
    assert {dyad.tag for dyad in found} == {"client", "partner", ""}


def reply(at: int, id_: str, author: str, to: str, parent: str) -> AnyEvent:
    return post(at, id_, author, "me", reply_to_post=parent, reply_to_account=to)


def by_hand() -> list[AnyEvent]:
    """Ten posts with o1, two with o2. The last is on day 45; the clock stops 36 h later, on day 46.5.

    | day | who | what        | weight | age, days | faded   |
    |-----|-----|-------------|--------|-----------|---------|
    | 1.5 | o1  | mention     | 1      | 45        | 0.125   |
    | 1.5 | me  | reply to it | 1      | 45        | 0.125   |
    | 16.5| o1  | reply       | 1      | 30        | 0.25    |
    | 16.5| me  | reply       | 1      | 30        | 0.25    |
    | 31.5| me  | repost      | 0.5    | 15        | 0.25    |
    | 31.5| o1  | quote       | 1      | 15        | 0.5     |
    | 31.5| me  | mention     | 1      | 15        | 0.5     |
    | 45  | o1  | reply, deleted: it counts for nothing            |
    The sum is 2, out 4, in 3: 2 · sqrt(2 · 3 / 7) = 1.851640. It was strongest on day 31.5: 2 · 2 ·
    sqrt(6/7) = 3.703280, tier 2 from then on. On day 16.5 it was (0.5 + 0.5 + 1 + 1) · 1 = 3: tier 2
    already, and for the first time. Now it is 1.85: tier 1.
    """
    at = [BEGIN + int(day * DAY_MS) for day in (1.5, 16.5, 31.5, 45)]
    return [
        post(at[0], "1", "o1", "me", mentions=(mention("me"),), text="me?", followers_at_post=70),
        reply(at[0] + 1, "2", "me", "o1", "1"),
        reply(at[1], "3", "o1", "me", "2"),
        reply(at[1] + 1, "4", "me", "o1", "3"),
        post(at[2], "5", "me", "me", repost_of="x", repost_of_account="o1"),
        post(at[2] + 1, "6", "o1", "me", quote_of="4", quote_of_account="me"),
        post(at[2] + 2, "7", "me", "me", mentions=(mention("o1"),), text="hello @h1"),
        post(at[2] + 3, "8", "me", "me", mentions=(mention("o2"),), text="a fine read via @h2"),
        reply(at[2] + 4, "9", "me", "o3", "elsewhere"),
        reply(at[3], "10", "o1", "me", "7"),
        delete(at[3], "10", "me"),
    ]


def test_ten_posts_have_the_strength_and_tier_worked_out_by_hand(store: MigratedStore) -> None:
    store_events(store, by_hand())
    [row] = store.read(
        "SELECT tag, round(strength, 4), tier, round(strength_peak_60d, 4), contact_since, active_reciprocal,"
        " began, contact_days, replies_out, reciprocated_reply_share, silent_days, other_followers"
        " FROM relationships WHERE other = 'o1'"
    )
    assert row == (
        "client", 1.8516, 1, 3.7033, instant(BEGIN + int(16.5 * DAY_MS) + 1), True,
        "other", 3, 2, 1.0, pytest.approx(15, abs=1e-6), 70,
    )  # fmt: skip


def by_tier() -> list[AnyEvent]:
    """Mentions by the account and replies to them; the clock stops on day 46.5.

    | other | out, on day | in, on day  | sum, faded          | strength              | tier |
    |-------|-------------|-------------|---------------------|-----------------------|------|
    | star  | 8 on 45     | none        | 7.4643, as of close | 0: one-sided          | 0    |
    | old   | 1 on 16.5   | 1 on 16.5   | 2 · 0.25 = 0.5      | 0.5                   | 1    |
    | deaf  | 6 on 45     | 1 on 45     | 6.5312, above new   | · sqrt(2/7) = 3.4911  | 2    |
    | new   | 2 on 45     | 2 on 45     | 3.7321              | 3.7321                | 2    |
    | close | 4 on 45     | 4 on 45     | 7.4643              | 7.4643                | 3    |

    What is a day and a half old has faded to 0.9330 of itself.
    """
    fresh, old = BEGIN + 45 * DAY_MS, BEGIN + int(16.5 * DAY_MS)
    told: list[AnyEvent] = [
        post(old, "o1", "me", "me", mentions=(mention("old"),), text="hello @old"),
        reply(old, "o2", "old", "me", "o1"),
    ]
    for other, out, into in (("star", 8, 0), ("deaf", 6, 1), ("new", 2, 2), ("close", 4, 4)):
        told += [
            post(fresh, f"{other}{n}", "me", "me", mentions=(mention(other),), text=f"@{other}")
            for n in range(out)
        ]
        told += [reply(fresh, f"{other} {n}", other, "me", f"{other}{n}") for n in range(into)]
    return told


def test_each_tier_is_reached_by_what_is_mutual_and_of_late(store: MigratedStore) -> None:
    store_events(store, by_tier())
    found = store.read("SELECT other, round(strength, 3), tier FROM relationships ORDER BY other")
    assert found == [
        ("close", 7.464, 3), ("deaf", 3.491, 2), ("new", 3.732, 2), ("old", 0.5, 1), ("star", 0.0, 0),
    ]  # fmt: skip


def test_what_is_not_mutual_has_no_strength_and_a_credit_is_no_contact(store: MigratedStore) -> None:
    store_events(store, by_hand())
    found = store.read(
        "SELECT other, strength, tier, reciprocated_reply_share FROM relationships ORDER BY other"
    )
    assert found[1:] == [("o3", 0.0, 0, 0.0)]


def test_a_relationship_of_an_account_that_is_gone_is_not_shown(store: MigratedStore) -> None:
    end = BEGIN + 46 * DAY_MS
    store_events(store, [*by_hand(), delete(end, "o1", "me", of="account", author="o1")])
    assert store.read("SELECT other FROM relationships") == [("o3",)]


def test_a_handle_is_the_last_that_was_told_and_decides_the_tag(store: MigratedStore) -> None:
    first = post(BEGIN, "1", "9", "me", author_handle="old", mentions=(mention("me"),), text="@me")
    renamed = post(BEGIN + HOUR_MS, "2", "9", "me", author_handle="h2", mentions=(mention("me"),), text="@me")
    store_events(store, [first, renamed])
    assert store.read("SELECT other, other_handle, tag FROM relationships") == [("9", "h2", "partner")]


def test_relationships_filtered_by_account_read_by_primary_key(store: MigratedStore) -> None:
    store_events(store, by_hand())
    for view in ("relationships", "new_contacts", "engagers"):
        assert reads_without_key(store, view, "me") == [], view
