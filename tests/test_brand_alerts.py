"""The settings of alerts in the brand file, and what is said where they are wrong."""

import pytest

from pipelines.brand import Account, Alerting, QuietHours
from pipelines.brand_file import parse_brand
from pipelines.errors import InvalidBrand


def settings(lines: str) -> Alerting:
    return parse_brand(f"alerts:\n{lines}", path="f").alerts


def test_without_settings_one_false_alarm_in_half_a_year_is_allowed() -> None:
    assert parse_brand("name: a", path="f").alerts == Alerting()
    assert Alerting().false_alarm_days == 180
    assert Alerting().smallest_effect == 0.3


def test_every_setting_is_read() -> None:
    lines = """
  false_alarm_days: 90
  smallest_effect_percent: 50
  quiet_hours: "22:00-07:30"
  accounts:
    - network: x
      handle: "@ada"
  channels: [team, mail]
"""
    assert settings(lines) == Alerting(
        false_alarm_days=90,
        smallest_effect_percent=50,
        quiet_hours=QuietHours(from_minute=1_320, until_minute=450),
        accounts=(Account(network="x", handle="ada"),),
        channels=("team", "mail"),
    )


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("false_alarm_days: 1", "`false_alarm_days` must be a whole number from 7 to 3650, not 1"),
        ("smallest_effect_percent: 30%", "`smallest_effect_percent` must be a whole number from 10 to 90"),
        ("quiet_hours: nights", "`nights` are no quiet hours; write them like `22:00-07:00`"),
        ("quiet_hours: 22:00-24:00", "are no quiet hours"),
        ("quiet_hours: 07:00-07:00", "begin and end at the same time"),
        ("sensitivity: high", "`sensitivity` is not known here"),
        ("channels: [Team]", "`Team` is no name of a channel"),
        ("channels: [team, team]", "`team` stands twice in `channels`"),
    ],
)
def test_a_mistake_is_named_with_its_line(line: str, sentence: str) -> None:
    with pytest.raises(InvalidBrand) as caught:
        settings(f"  {line}\n")
    assert "line 2: " in str(caught.value)
    assert sentence in str(caught.value)


def test_an_address_in_place_of_a_channel_is_refused_and_never_shown() -> None:
    with pytest.raises(InvalidBrand) as caught:
        settings("  channels: ['slack://hidden-token/room']\n")
    assert "RAPPORT_CHANNEL_TEAM" in str(caught.value)
    assert "hidden-token" not in str(caught.value)


def told_of(account: str) -> tuple[Account, ...]:
    content = f"accounts:\n  - {{network: x, handle: ada, id: '7'}}\nalerts:\n  accounts:\n    - {account}\n"
    return parse_brand(content, path="f").alerts.accounts


@pytest.mark.parametrize("account", ["{network: x, handle: Ada}", "{network: x, id: '7'}"])
def test_one_of_the_accounts_may_be_told_of_by_either_name(account: str) -> None:
    assert len(told_of(account)) == 1


@pytest.mark.parametrize("account", ["{network: x, handle: bob}", "{network: bluesky, handle: ada.example}"])
def test_an_account_that_nobody_watches_is_a_mistake(account: str) -> None:
    with pytest.raises(InvalidBrand, match="line 5: this account is not among the `accounts` of the file"):
        told_of(account)
