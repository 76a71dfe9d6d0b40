"""Who is told what, and when."""

from datetime import UTC, datetime

import msgspec
import pytest

from pipelines.brand import Account, Alerting, Brand, QuietHours
from pipelines.notification.decision import Standing, Surroundings, discoveries, verdict

HOUR = 3_600_000
NIGHT = QuietHours(from_minute=22 * 60, until_minute=7 * 60)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


NOW = at("2026-03-04T12:00")


def drop(account: str = "7", p_value: float | None = 0.001, since: int = NOW - HOUR) -> Standing:
    return Standing(
        network="x",
        account_id=account,
        account="ada",
        alert="engagement",
        state="drop",
        since=since,
        firing=True,
        p_value=p_value,
    )


def well(account: str) -> Standing:
    return msgspec.structs.replace(drop(account), state="ok", firing=False, p_value=None)


def decided(standing: Standing, alerts: Alerting, now: int = NOW, zone: str = "UTC") -> str:
    return verdict(standing, Surroundings(brand=Brand(alerts=alerts, time_zone=zone), now=now))


def test_a_fresh_alert_is_told_and_one_of_yesterday_never() -> None:
    assert decided(drop(), Alerting()) == "tell"
    assert decided(drop(since=NOW - 6 * HOUR), Alerting()) == "tell"
    assert decided(drop(since=NOW - 6 * HOUR - 1), Alerting()) == "too_old"
    assert decided(drop(since=at("2014-03-04T12:00")), Alerting()) == "too_old"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-03-04T21:59", "tell"),
        ("2026-03-04T22:00", "wait"),
        ("2026-03-05T06:59", "wait"),
        ("2026-03-05T07:00", "tell"),
    ],
)
def test_quiet_hours_span_midnight(now: str, said: str) -> None:
    alert = drop(since=at(now) - HOUR)
    assert decided(alert, Alerting(quiet_hours=NIGHT), at(now)) == said


def test_quiet_hours_are_those_of_the_brands_time_zone() -> None:
    alert = drop(since=at("2026-03-04T20:30"))
    assert decided(alert, Alerting(quiet_hours=NIGHT), at("2026-03-04T21:30"), "Europe/Berlin") == "wait"


def test_an_alert_of_the_night_is_told_in_the_morning() -> None:
    alert = drop(since=at("2026-03-04T22:30"))
    assert decided(alert, Alerting(quiet_hours=NIGHT), at("2026-03-05T07:05")) == "tell"
    assert decided(alert, Alerting(quiet_hours=NIGHT), at("2026-03-05T13:10")) == "too_old"


def test_a_silenced_account_waits() -> None:
    silent = Surroundings(brand=Brand(), now=NOW, silences={("x", "7"): NOW + 1})
    over = Surroundings(brand=Brand(), now=NOW, silences={("x", "7"): NOW})
    assert verdict(drop(), silent) == "wait"
    assert verdict(drop(), over) == "tell"


def test_only_the_accounts_of_the_brand_file_are_told() -> None:
    assert decided(drop(), Alerting(accounts=(Account(network="x", handle="Ada"),))) == "tell"
    assert decided(drop(), Alerting(accounts=(Account(network="x", id="7"),))) == "tell"
    assert decided(drop(), Alerting(accounts=(Account(network="x", handle="bob"),))) == "wait"
    assert decided(drop(), Alerting(accounts=(Account(network="mastodon", handle="ada"),))) == "wait"


def test_of_a_hundred_accounts_one_that_is_hardly_unlikely_is_not_told() -> None:
    others = [well(str(number)) for number in range(99)]
    assert discoveries([drop("a", 0.04), *others]) == set()
    assert discoveries([drop("a", 0.04)]) == {drop("a").key}
    assert discoveries([drop("a", 0.0005), *others]) == {drop("a").key}


def test_benjamini_and_hochberg_keep_all_below_the_largest_that_passes() -> None:
    # bounds with m = 4: 0.0125, 0.025, 0.0375, 0.05; 0.03 fails its own rank 2 but passes with rank 3
    tested = [drop("a", 0.012), drop("b", 0.030), drop("c", 0.037), well("d")]
    assert discoveries(tested) == {each.key for each in tested[:3]}


def test_an_alert_without_a_p_value_stands_by_itself() -> None:
    silence = msgspec.structs.replace(drop(p_value=None), alert="activity", state="inactive_7d")
    assert discoveries([silence, *[well(str(number)) for number in range(99)]]) == {silence.key}
