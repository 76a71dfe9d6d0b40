"""The part of the brand file about alerts: how sensitive, how large, when, of whom, and where to."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ruamel.yaml.nodes import Node

from pipelines.brand import Account, Alerting, QuietHours
from pipelines.brand_nodes import NodeReader

_QUIET = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)")
_CHANNEL = re.compile(r"[a-z][a-z0-9_]{0,31}")
FALSE_ALARM_DAYS = (7, 3_650)
EFFECT_PERCENT = (10, 90)


def read_alerting(reader: NodeReader, fields: dict[str, Node], accounts: tuple[Account, ...]) -> Alerting:
    """Return the settings in these fields; what is wrong is a mistake of the reader."""
    defaults = Alerting()
    days, percent = (
        reader.number(fields.get(name), named=name, default=default, low=low, high=high)
        for name, default, (low, high) in (
            ("false_alarm_days", defaults.false_alarm_days, FALSE_ALARM_DAYS),
            ("smallest_effect_percent", defaults.smallest_effect_percent, EFFECT_PERCENT),
        )
    )
    return Alerting(
        false_alarm_days=days,
        smallest_effect_percent=percent,
        quiet_hours=_quiet_hours(reader, fields.get("quiet_hours")),
        accounts=accounts,
        channels=_channels(reader, fields.get("channels")),
    )


def may_be_one_of(account: Account, accounts: Iterable[Account]) -> bool:
    """Tell whether an account is one of these, or might be: one that has only an id may have any handle."""
    return any(
        each.network == account.network
        and (
            each.id == account.id
            if each.id and account.id
            else not (each.handle and account.handle) or each.handle.lower() == account.handle.lower()
        )
        for each in accounts
    )


def _quiet_hours(reader: NodeReader, node: Node | None) -> QuietHours | None:
    written = reader.text(node, named="quiet_hours")
    if node is None or not written:
        return None
    found = _QUIET.fullmatch(written.strip())
    if found is None:
        reader.mistake(node, f"`{written[:40]}` are no quiet hours; write them like `22:00-07:00`")
        return None
    from_hour, from_minute, until_hour, until_minute = map(int, found.groups())
    quiet = QuietHours(from_minute=from_hour * 60 + from_minute, until_minute=until_hour * 60 + until_minute)
    if quiet.from_minute == quiet.until_minute:
        reader.mistake(node, f"`{written[:40]}` begin and end at the same time; take the line out")
        return None
    return quiet


def _channels(reader: NodeReader, node: Node | None) -> tuple[str, ...]:
    names: list[str] = []
    for item in reader.items(node, named="channels"):
        name = reader.text(item, named="channels")
        if name is None:
            continue
        if not _CHANNEL.fullmatch(name):
            shown = "an address of a service" if "://" in name else f"`{name[:40]}`"
            reader.mistake(
                item,
                f"{shown} is no name of a channel: write a name of small letters, digits and _, such as"
                " `team`, and put the address into the environment as RAPPORT_CHANNEL_TEAM",
            )
        elif name in names:
            reader.mistake(item, f"`{name}` stands twice in `channels`")
        else:
            names.append(name)
    return tuple(names)


def written_alerting(alerting: Alerting, accounts: str) -> str:
    """Return the settings as YAML; `accounts`: theirs, already written, empty where all are meant."""
    lines = [
        "alerts:",
        f"  false_alarm_days: {alerting.false_alarm_days}",
        f"  smallest_effect_percent: {alerting.smallest_effect_percent}",
    ]
    if (quiet := alerting.quiet_hours) is not None:
        hours = "-".join(
            f"{minute // 60:02}:{minute % 60:02}" for minute in (quiet.from_minute, quiet.until_minute)
        )
        lines.append(f'  quiet_hours: "{hours}"')
    if accounts:
        lines += [f"  {line}" for line in accounts.split("\n")]
    if alerting.channels:
        lines += ["  channels:", *(f"    - {name}" for name in alerting.channels)]
    return "\n".join(lines)
