"""`rapport alerts`: what changed with whom, who is told, and how good the detector is."""

from __future__ import annotations

import re
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import click
from rich.console import Console
from rich.table import Table

from dashboards.troubles import troubles
from pipelines import clock
from pipelines.alerts.scored_series import SeriesScorer
from pipelines.cli.alert_backtest import as_json_text, print_tested, share_of, tested_accounts
from pipelines.cli.console import DATA_DIR
from pipelines.cli.scored_csv import score_rows
from pipelines.errors import UsageError
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS
from pipelines.notification.decision import Standing
from pipelines.notification.delivery import Delivery
from pipelines.notification.message import TellingPost, compose, count
from pipelines.notification.notifier import Notifier, standings_of
from pipelines.notification.teller import Round, Teller
from pipelines.notification.trouble import Links, TroubleNotifier
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.alert_store import AlertStore
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.stack import opened

_SPAN = re.compile(r"(\d{1,4})(m|h|d)")
_UNITS = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
_WORDS = {
    "learning": "still learning",
    "no_posts": "no posts to judge",
    "no_data": "no data",
    "inactive_7d": "silent for 7 days",
    "inactive_21d": "silent for 21 days",
}


@click.group()
def alerts() -> None:
    """What changed with each account, who is told of it, and how good the detector is."""


command = alerts


@alerts.command("list")
@DATA_DIR
@click.option("--all", "everything", is_flag=True, help="Accounts that are well too.")
def list_(data_dir: Path | None, everything: bool) -> None:
    """List the alerts that are on, or with --all the state of every account."""
    with opened(data_dir) as settings, ClickHouse(settings.clickhouse, WRITER_USER) as client:
        standings = standings_of(AlertStore(client))
    shown = [each for each in standings if everything or each.firing or each.state == "no_data"]
    if not shown:
        click.echo(f"no alert is on; {len({each.account for each in standings})} accounts are watched")
        return
    table = Table(box=None)
    for column in ("account", "alert", "state", "since (UTC)"):
        table.add_column(column, no_wrap=True)
    table.add_column("why")
    for each in shown:
        state = _WORDS.get(each.state, each.state)
        name = f"{each.account} ({each.network})"
        table.add_row(name, each.alert, state, _instant(each.since), _why(each))
    Console().print(table)


@alerts.command()
@click.argument("account")
@DATA_DIR
def show(account: str, data_dir: Path | None) -> None:
    """Show the alerts of ACCOUNT (handle or id) as they are told, with the posts that tell most."""
    with opened(data_dir) as settings, ClickHouse(settings.clickhouse, WRITER_USER) as client:
        store = AlertStore(client)
        keys = _found(store, account)
        zone = store.brand().time_zone
        for each in standings_of(store):
            if (each.network, each.account_id) in keys:
                _show(store, each, zone, settings.dashboards_url)


@alerts.command()
@click.argument("account")
@click.option("--for", "span", required=True, help="How long: 45m, 12h or 3d; 0d ends a silence.")
@DATA_DIR
def silence(account: str, span: str, data_dir: Path | None) -> None:
    """Tell nobody anything about ACCOUNT (handle or id) for a while. What is found is stored all the same."""
    matched = _SPAN.fullmatch(span)
    if matched is None:
        raise UsageError(f"--for {span}: write a number and m, h or d, such as 3d")
    now = clock.now_ms()
    until = now + int(matched[1]) * _UNITS[matched[2]]
    with opened(data_dir) as settings, ClickHouse(settings.clickhouse, WRITER_USER) as client:
        store = AlertStore(client)
        for network, id_ in _found(store, account):
            store.silence(network, id_, until_at=until, at=now)
    click.echo(f"{account} is silent until {_instant(until)} UTC")


@alerts.command()
@DATA_DIR
@click.option(
    "--every", "every_s", type=click.FloatRange(1), default=30.0, show_default=True, help="Seconds."
)
@click.option("--once", is_flag=True, help="Look once and end.")
def watch(data_dir: Path | None, every_s: float, once: bool) -> None:
    """Tell new alerts to the channels, each once, none older than 6 hours, until stopped.

    Of the accounts what `rapport alerts list` shows; of Rapport itself what stands still, falls behind, was
    refused or is nearly spent.

    A channel is an address of apprise in the environment: RAPPORT_CHANNEL_TEAM=slack://… is the channel team.
    """
    from pipelines.notification.apprise_delivery import AppriseDelivery  # noqa: PLC0415 - it is slow to load

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with opened(data_dir) as settings:
        delivery = AppriseDelivery(settings.alert_channels.addresses)
        if not delivery.channels:
            raise UsageError("there is no channel: set RAPPORT_CHANNEL_NAME to an address that apprise knows")
        with ClickHouse(settings.clickhouse, WRITER_USER, patience_s=600) as client:
            notifiers = _notifiers(AlertStore(client), delivery, settings)
            while True:
                done = Round()
                for notifier in notifiers:
                    done = done.plus(notifier.look(clock.now_ms()))
                if once or done.sent or done.failed or done.too_old:
                    click.echo(
                        f"sent {done.sent}, failed {done.failed}, "
                        f"too old {done.too_old}, waiting {done.waiting}"
                    )
                if once or stop.wait(every_s):
                    return


@alerts.command()
@click.option("--csv", "file", type=click.File("r", encoding="utf-8-sig"), required=True, help="- for input.")
def score(file: IO[str]) -> None:
    """Score any series: timestamp,value in, timestamp,value,anomaly_score (0 to 1) out, row by row.

    Half and above is an alarm. Each row is scored from those before it alone.
    """
    score_rows(file, sys.stdout, SeriesScorer)


@alerts.command("backtest")
@DATA_DIR
@click.option("--drop", default="50%", show_default=True, help="How much of the interactions is taken away.")
@click.option("--account", help="Handle or id; else every account with enough posts.")
@click.option("--json", "as_json", is_flag=True, help="One array; times in ms since 1970.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw it into an HTML file.")
def backtest_(
    data_dir: Path | None, drop: str, account: str | None, as_json: bool, plot: Path | None
) -> None:
    """Say how soon a drop would have been found in each account's own history, and how often it erred there.

    The history is replayed with the drop injected at many days, and once as it was.
    """
    share = share_of(drop)
    with opened(data_dir) as settings, ClickHouse(settings.clickhouse, WRITER_USER) as client:
        store = AlertStore(client)
        wanted = None if account is None else set(_found(store, account))
        tested = tested_accounts(store, share, wanted)
    if as_json:
        click.echo(as_json_text(tested))
    else:
        print_tested(tested)
    if plot is not None:
        from pipelines.cli.alert_backtest_plot import draw  # noqa: PLC0415 - it is slow to load

        draw(tested, plot)


def _notifiers(store: AlertStore, delivery: Delivery, settings: Settings) -> tuple[TroubleNotifier, Notifier]:
    teller, links = Teller(store, delivery), Links(settings.dashboards_url, settings.runbook_url)
    of_pipeline = TroubleNotifier(store, teller, lambda: troubles(store.rows), links)
    return of_pipeline, Notifier(store, teller, dashboards_url=settings.dashboards_url)


def _found(store: AlertStore, account: str) -> list[tuple[str, str]]:
    found = store.find(account)
    if not found:
        raise UsageError(f"no account is called {account}: `rapport alerts list --all` shows them")
    return found


def _show(store: AlertStore, standing: Standing, zone: str, url: str) -> None:
    if not standing.firing:
        reason = f": {standing.reason}" if standing.reason else ""
        state = _WORDS.get(standing.state, standing.state)
        click.echo(f"{standing.account} ({standing.network}): {standing.alert} {state}{reason}\n")
        return
    known = store.posts(standing.network, standing.account_id, standing.telling)
    posts = [
        TellingPost(permalink=known[id_][0], text=known[id_][1], interactions=known[id_][2])
        for id_ in standing.telling
        if id_ in known
    ]
    message = compose(standing, posts, time_zone=zone, dashboards_url=url)
    click.echo(f"{message.title}\n{message.body}\n")


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%d %H:%M")


def _why(standing: Standing) -> str:
    if standing.expected is None or standing.observed is None:
        return standing.reason
    return f"{count(standing.observed)} instead of {count(standing.expected)}"
