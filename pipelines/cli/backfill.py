"""`rapport backfill`: recount minutes from the facts."""

from __future__ import annotations

import signal
import threading
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from pipelines.cli.console import DATA_DIR
from pipelines.cli.instants import INSTANT, milliseconds
from pipelines.errors import UsageError
from pipelines.recount import Reach, Recounted, recount, serve, wait_until_folded
from pipelines.settings import Settings, load_settings
from pipelines.stack import opened


@click.command("backfill")
@click.option("--since", type=INSTANT, help="Recount minutes from this instant (UTC) on.")
@click.option("--until", type=INSTANT, help="Recount minutes before this instant (UTC).")
@click.option("--account", default="", help="Recount one account (its id).")
@click.option("--no-wait", is_flag=True, help="Do not wait until a worker has counted it.")
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(min=1),
    help="The service: recount every so many seconds what late facts and deletes have left.",
)
@DATA_DIR
def command(
    since: datetime | None,
    until: datetime | None,
    account: str,
    no_wait: bool,
    every_s: float | None,
    data_dir: Path | None,
) -> None:
    """Recount minutes from the facts: late facts count, withdrawn posts do not.

    What differs from the tables is sent through the log, and workers set minutes and windows anew: also after
    a row was changed or lost, as `rapport verify` tells. A minute is recounted once nothing can arrive for it
    in time any more, an hour behind the clock. Running it twice is harmless.
    """
    if every_s is not None:
        if since or until or account:
            raise UsageError("--every recounts what is due; leave --since, --until and --account out")
        _serve(every_s)
        return
    reach = Reach(milliseconds(since), milliseconds(until) if until else 1 << 62)
    with opened(data_dir) as settings:
        sent = _recounted(settings, reach, account)
        _tell(sent)
        if sent.offsets and not no_wait:
            wait_until_folded(settings, sent.offsets)


def _serve(every_s: float) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    serve(load_settings(), stop, every_s=every_s)


def _recounted(settings: Settings, reach: Reach, account: str) -> Recounted:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("recount", total=None)
        return recount(
            settings,
            reach,
            account=account,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )


def _tell(sent: Recounted) -> None:
    click.echo(
        f"{sent.minutes:,} minutes, {sent.ends:,} rows of windows and {sent.ages:,} late posts"
        f" of {sent.accounts:,} accounts set anew"
    )
