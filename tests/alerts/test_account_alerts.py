"""The alerts of one account together: silence, followers, and what wakes an account."""

import msgspec

from pipelines.alerts.account_alerts import AccountAlerts, Aged, Saved
from pipelines.alerts.expectation import PostFacts
from pipelines.alerts.followers import Followers
from tests.alerts.simulated_posts import DAY, HOUR, RULES, START

MINUTE = 60_000


def aged(number: int, interactions: int) -> Aged:
    at = START + number * 8 * HOUR
    return Aged("24h", at + DAY, PostFacts(id=str(number), at=at, interactions=interactions))


def test_an_account_that_never_did_anything_is_never_woken() -> None:
    assert AccountAlerts().due_at is None


def test_silence_is_told_after_7_and_21_days_and_ends_with_the_next_post() -> None:
    alerts = AccountAlerts()
    assert [change.state for change in alerts.posted(START)] == ["ok"]
    assert alerts.posted(START + HOUR) == []
    assert alerts.due_at == START + HOUR + 7 * DAY
    said = alerts.pass_time(START + 30 * DAY)
    assert [(change.state, change.since) for change in said] == [
        ("inactive_7d", START + HOUR + 7 * DAY),
        ("inactive_21d", START + HOUR + 21 * DAY),
    ]
    assert alerts.due_at is None
    again = alerts.posted(START + 31 * DAY)
    assert [(change.state, change.reason) for change in again] == [("ok", "posts again")]


def test_time_passes_before_a_post_is_judged() -> None:
    alerts = AccountAlerts()
    alerts.posted(START)
    said = alerts.aged(aged(30, 5), RULES)
    assert [(change.alert, change.state) for change in said] == [
        ("activity", "inactive_7d"),
        ("engagement", "learning"),
    ]


def test_a_mention_is_judged_when_its_minute_has_passed() -> None:
    alerts = AccountAlerts()
    alerts.mentioned(START)
    assert alerts.due_at == START + MINUTE
    assert alerts.pass_time(START + MINUTE - 1) == []
    assert [change.alert for change in alerts.pass_time(START + MINUTE)] == ["mentions"]


def test_all_of_it_survives_a_checkpoint() -> None:
    alerts = AccountAlerts()
    alerts.posted(START)
    alerts.followed(START, 1_000)
    alerts.aged(aged(0, 5), RULES)
    alerts.mentioned(START + 2 * DAY)
    alerts.mentioned(START + 2 * DAY)
    saved = msgspec.json.encode(alerts.save())
    loaded = AccountAlerts(msgspec.json.decode(saved, type=Saved))
    assert loaded.due_at == alerts.due_at
    later = START + 40 * DAY
    assert loaded.pass_time(later) == alerts.pass_time(later)
    assert msgspec.json.encode(loaded.save()) == msgspec.json.encode(alerts.save())


def grown(days: int, a_day: int = 10) -> Followers:
    followers = Followers()
    for day in range(days):
        followers.take(START + day * DAY, 1_000 + a_day * day + day % 3, explained=False)
    return followers


def test_a_jump_of_followers_is_told_when_the_next_snapshot_confirms_it() -> None:
    followers = grown(30)
    assert followers.take(START + 30 * DAY, 2_000, explained=False) is None
    change = followers.take(START + 31 * DAY, 2_010, explained=False)
    assert change is not None
    assert (change.state, change.since) == ("jump", START + 31 * DAY)
    assert "followers at once" in change.reason
    assert jump_by(12_345).startswith("+12,345 followers at once")
    assert followers.next_due() == START + 38 * DAY
    over = followers.pass_time(START + 40 * DAY)
    assert over is not None
    assert over.state == "ok"


def jump_by(count: int) -> str:
    followers = grown(30)
    last = followers.followers
    followers.take(START + 30 * DAY, last + count, explained=False)
    change = followers.take(START + 31 * DAY, last + count, explained=False)
    assert change is not None
    return change.reason


def test_a_purge_is_a_jump_downwards() -> None:
    followers = grown(30)
    followers.take(START + 30 * DAY, 700, explained=False)
    change = followers.take(START + 31 * DAY, 705, explained=False)
    assert change is not None
    assert change.evidence is not None
    assert change.evidence.ratio < 0.6


def test_a_glitch_that_is_gone_with_the_next_snapshot_is_none() -> None:
    followers = grown(30)
    assert followers.take(START + 30 * DAY, 21_000, explained=False) is None
    assert followers.take(START + 31 * DAY, 1_310, explained=False) is None
    assert followers.next_due() is None


def test_a_jump_that_something_explains_is_none() -> None:
    followers = grown(30)
    followers.take(START + 30 * DAY, 2_000, explained=True)
    assert followers.take(START + 31 * DAY, 2_010, explained=True) is None


def test_steady_growth_however_fast_is_no_jump() -> None:
    followers = Followers()
    said = [followers.take(START + day * DAY, 1_000 + 500 * day, explained=False) for day in range(60)]
    assert not any(said)
