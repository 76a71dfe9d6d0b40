"""Which alerts are told now. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from pipelines.brand import Brand, QuietHours
from pipelines.events import HOUR_MS, MINUTE_MS

MAX_AGE_MS = 6 * HOUR_MS
"""What is older is told to nobody: a replay, or a notifier that was away, disturbs no one."""
FALSE_DISCOVERIES = 0.05
_MINUTES_A_DAY = 1_440

AlertKey = tuple[str, str, str, str, int]
"""Network, account id, alert, state, since."""
Verdict = Literal["tell", "wait", "too_old"]


class Standing(Struct, frozen=True, kw_only=True):
    """How an account is, as the view `alert_state` says it."""

    network: str
    account_id: str
    account: str
    alert: str
    state: str
    since: int
    firing: bool
    measure: str = ""
    expected: float | None = None
    observed: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    posts: int | None = None
    telling: tuple[str, ...] = ()
    reason: str = ""

    @property
    def key(self) -> AlertKey:
        """Return what makes it one alert: told once."""
        return (self.network, self.account_id, self.alert, self.state, self.since)


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a decision needs beside the standings. `silences`: until when, by network and account id."""

    brand: Brand
    now: int
    silences: Mapping[tuple[str, str], int] = {}


def discoveries(standings: Sequence[Standing]) -> Collection[AlertKey]:
    """Return the firing alerts that stand though many accounts were looked at.

    Benjamini and Hochberg (1995), "Controlling the false discovery rate", Journal of the Royal Statistical
    Society B 57: of m accounts that were judged, the k smallest p-values are kept, k the largest with
    p(k) <= 0.05 k / m. An alert without a p-value, such as a count of days, stands by itself.
    """
    judged = [each for each in standings if each.alert == "engagement" and each.state in _JUDGED]
    values = sorted(each.p_value for each in judged if each.firing and each.p_value is not None)
    bound = -1.0
    for rank, value in enumerate(values, 1):
        if value <= FALSE_DISCOVERIES * rank / len(judged):
            bound = value
    return {each.key for each in standings if each.firing and (each.p_value is None or each.p_value <= bound)}


_JUDGED = ("ok", "drop", "breakout")


def verdict(standing: Standing, around: Surroundings) -> Verdict:
    """Say whether a firing alert is told now, later perhaps, or never.

    Quiet hours do not make an alert older: what is still so after them is told then.
    """
    if is_too_old(standing.since, around):
        return "too_old"
    if not _is_wanted(standing, around.brand):
        return "wait"
    if around.silences.get((standing.network, standing.account_id), 0) > around.now:
        return "wait"
    return "wait" if is_quiet_now(around) else "tell"


def is_too_old(since: int, around: Surroundings) -> bool:
    """Tell whether what is so since an instant disturbs nobody any more; quiet hours do not count."""
    quiet, zone = around.brand.alerts.quiet_hours, ZoneInfo(around.brand.time_zone)
    return around.now - since - _quiet_ms(since, around.now, quiet, zone) > MAX_AGE_MS


def is_quiet_now(around: Surroundings) -> bool:
    """Tell whether people are to be left alone now."""
    return is_quiet(around.now, around.brand.alerts.quiet_hours, ZoneInfo(around.brand.time_zone))


def is_quiet(at: int, quiet: QuietHours | None, zone: ZoneInfo) -> bool:
    """Tell whether an instant lies in the quiet hours, which may span midnight."""
    if quiet is None:
        return False
    local = datetime.fromtimestamp(at / 1_000, zone)
    minute = local.hour * 60 + local.minute
    return (minute - quiet.from_minute) % _MINUTES_A_DAY < _length(quiet)


def _length(quiet: QuietHours) -> int:
    return (quiet.until_minute - quiet.from_minute) % _MINUTES_A_DAY


def _quiet_ms(since: int, now: int, quiet: QuietHours | None, zone: ZoneInfo) -> int:
    """Return how much of a span of two days at most was quiet, to five minutes."""
    if quiet is None or now - since > 48 * HOUR_MS:
        return 0
    step = 5 * MINUTE_MS
    return step * sum(is_quiet(at, quiet, zone) for at in range(since, now, step))


def _is_wanted(standing: Standing, brand: Brand) -> bool:
    wanted = brand.alerts.accounts
    return not wanted or any(
        each.network == standing.network
        and (each.id == standing.account_id if each.id else each.handle.lower() == standing.account.lower())
        for each in wanted
    )
