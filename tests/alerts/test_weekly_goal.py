"""The rule of the weekly goal: told from Thursday on where the brand is, while the goal is not met."""

import pytest

from dashboards.rules import RULES
from pipelines.brand import Brand, Goals
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent
from tests.metrics.migrated_store import MigratedStore
from tests.views.reference_events import BEGIN, mention, post, store_events

pytestmark = pytest.mark.integration

RULE = next(rule for rule in RULES if rule.uid == "rapport-weekly-goal")
CLOCK = "now64(3) AS instant"
THURSDAY = BEGIN + 4 * DAY_MS
"""2019-04-18, 00:00 UTC, which in Tokyo is 09:00."""
IN_TOKYO = THURSDAY - 9 * HOUR_MS
"""When that Thursday begins in Tokyo: on Wednesday in UTC."""


def contact(other: str, at: int) -> list[AnyEvent]:
    """Return four posts by which the other and I are in contact from the last one on, three hours later."""
    told = {"mentions": (mention("me"),), "followers_at_post": 50}
    return [
        post(at, f"{other}1", other, "me", text="tea with @me", **told),
        post(at + HOUR_MS, f"{other}2", "me", "me", reply_to_post=f"{other}1", reply_to_account=other),
        post(at + 2 * HOUR_MS, f"{other}3", other, "me", text="rain, @me", **told),
        post(at + 3 * HOUR_MS, f"{other}4", "me", "me", reply_to_post=f"{other}3", reply_to_account=other),
    ]


MONDAY = BEGIN + DAY_MS
EVENTS = [*contact("o1", MONDAY - 14 * HOUR_MS), *contact("o2", MONDAY + 4 * HOUR_MS)]
"""A contact of the week before, and one of this week, in each of the time zones that are asked."""


def missing(store: MigratedStore, at: int) -> float | None:
    """Return the number of the rule at an instant, by its own SQL with the clock standing there."""
    assert RULE.sql.count(CLOCK) == RULE.sql.count("now") == 1, "the clock is read in one place"
    frozen = RULE.sql.replace(CLOCK, f"fromUnixTimestamp64Milli(toInt64({at}), 'UTC') AS instant")
    found = {account: number for _, account, number in store.read(frozen)}
    return found.get("me")


def brand(zone: str, goal: int) -> Brand:
    return Brand(time_zone=zone, goals=Goals(new_contacts_per_week=goal))


def fires(number: float | None) -> bool:
    assert RULE.above is not None
    return number is not None and number > RULE.above


def test_it_is_told_on_thursday_in_the_brands_time_zone_and_not_on_wednesday(store: MigratedStore) -> None:
    store_events(store, EVENTS, brand("Asia/Tokyo", 3))
    assert missing(store, IN_TOKYO - MINUTE_MS) == 0
    assert missing(store, IN_TOKYO) == 2, "one of three is there; the other was of the week before"
    assert missing(store, THURSDAY + 3 * DAY_MS - 9 * HOUR_MS - MINUTE_MS) == 2, "and so until Sunday ends"
    assert missing(store, THURSDAY + 4 * DAY_MS - 9 * HOUR_MS) == 0, "a new week begins"


def test_where_it_is_still_wednesday_nothing_is_told(store: MigratedStore) -> None:
    store_events(store, EVENTS, brand("America/New_York", 3))
    assert missing(store, THURSDAY) == 0
    assert missing(store, THURSDAY + 4 * HOUR_MS - MINUTE_MS) == 0
    assert missing(store, THURSDAY + 4 * HOUR_MS) == 2, "midnight in New York, in summer"


@pytest.mark.parametrize(("goal", "at_risk"), [(1, False), (2, True)])
def test_a_goal_that_is_met_is_at_no_risk(store: MigratedStore, goal: int, at_risk: bool) -> None:
    store_events(store, EVENTS, brand("UTC", goal))
    assert fires(missing(store, THURSDAY)) is at_risk


def test_without_a_goal_one_contact_is_enough_and_none_is_not(store: MigratedStore) -> None:
    store_events(store, EVENTS, Brand())
    assert not fires(missing(store, THURSDAY))
    assert missing(store, THURSDAY + 7 * DAY_MS) == 1, "the week after has none"


def test_an_account_that_left_long_ago_has_no_goal(store: MigratedStore) -> None:
    store_events(store, EVENTS, brand("UTC", 3))
    assert missing(store, THURSDAY + 28 * DAY_MS) is None
