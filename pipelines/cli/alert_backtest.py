"""Backtests of alerts for people: a sentence, a table and JSON."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import click
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from pipelines.alerts.backtest import Backtest, backtest
from pipelines.alerts.expectation import ENOUGH
from pipelines.errors import UsageError
from pipelines.events import DAY_MS
from pipelines.sinks.alert_store import AlertStore

LATELY_MS = 180 * DAY_MS
FEWEST_POSTS = 3 * ENOUGH
"""Below so many headline posts there is nothing to replay."""

_PERCENT = re.compile(r"(\d{1,2})\s*%?")


class Replayed(Struct, frozen=True):
    """An account and its backtest; None: too few posts for one."""

    network: str
    account: str
    posts: int
    result: Backtest | None
    ended_at: int


def share_of(text: str) -> float:
    """Return `50%` as 0.5. Raises UsageError for what is no share between 10 % and 90 %."""
    matched = _PERCENT.fullmatch(text.strip())
    if matched is None or not 10 <= int(matched[1]) <= 90:
        raise UsageError(f"--drop {text}: write a share from 10% to 90%, such as 50%")
    return int(matched[1]) / 100


def tested_accounts(
    store: AlertStore, share: float, wanted: Collection[tuple[str, str]] | None
) -> list[Replayed]:
    """Backtest every account (or those wanted), those with most posts first."""
    rules, handles = store.brand().alerts, store.handles()
    histories = sorted(store.histories().items(), key=lambda item: -len(item[1]))
    tested = []
    for key, posts in histories:
        if wanted is not None and key not in wanted:
            continue
        result = backtest(posts, rules, drop=share) if len(posts) >= FEWEST_POSTS else None
        tested.append(Replayed(key[0], handles.get(key, key[1]), len(posts), result, posts[-1].at))
    return tested


def sentence(tested: Replayed) -> str:
    """Return the result as one sentence."""
    result = tested.result
    if result is None or not result.injected:
        return (
            f"{tested.account}: {tested.posts} posts are too few to replay; about"
            f" {max(FEWEST_POSTS - tested.posts, 1)} more are needed"
        )
    drop = "half" if result.drop == 0.5 else f"{result.drop:.0%}"
    if result.posts_median is None:
        told = f"in {result.found} of {result.injected} tries only: this account's posts differ too much"
    else:
        ninety = f"90 %: {result.posts_90:g}" if result.posts_90 is not None else "not always within 100"
        told = f"in {result.posts_median:g} posts (median; {ninety}), {result.days_median:.1f} days"
    lately = [alarm for alarm in result.alarms if alarm.since > tested.ended_at - LATELY_MS]
    days = ", ".join(f"{_day(alarm.since)}: see posts {_ids(alarm.evidence)}" for alarm in lately)
    shown = f" ({days})" if days else ""
    return (
        f"{tested.account}: a drop by {drop} would have been found {told}; false alarms in the last 180 days:"
        f" {len(lately)}{shown}"
    )


def print_tested(tested: Sequence[Replayed]) -> None:
    """Print a sentence an account, and a table of all that could be replayed."""
    if not tested:
        click.echo("there are no original or quote posts with counts at 24 h to replay")
        return
    table = Table("account", "posts", "tries", "found", "posts until", "90 %", "days until", "alarms a month")
    for each in tested:
        click.echo(sentence(each))
        if (result := each.result) is not None:
            table.add_row(
                each.account,
                f"{each.posts:,}",
                f"{result.injected}",
                f"{result.found}",
                *(_number(value) for value in (result.posts_median, result.posts_90, result.days_median)),
                f"{result.alarms_a_month:.2f}",
            )
    if table.row_count:
        click.echo()
        Console().print(table)


def as_json_text(tested: Sequence[Replayed]) -> str:
    """Return everything as JSON."""
    return msgspec.json.encode(tested).decode()


def _ids(evidence: object) -> str:
    return ", ".join(getattr(evidence, "telling", ())) or "–"


def moment(at: int) -> datetime:
    """Return the instant of a time in milliseconds since 1970."""
    return datetime.fromtimestamp(at / 1_000, UTC)


def _day(at: int) -> str:
    found = moment(at)
    return f"{found.day} {found:%B %Y}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
