"""`rapport demo`: the whole system on this machine, filled by a simulator."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click

from pipelines import clock
from pipelines.cli.console import on_stderr
from pipelines.cli.progress import Stages
from pipelines.cli.public_access import access
from pipelines.demonstration import LIVE_SOURCES, Demonstration, Stopped, live_source
from pipelines.errors import UsageError

DEFAULT_DIR = Path(".rapport") / "demo"


@click.command("demo")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Where everything stays; the next start goes on there. By default {DEFAULT_DIR}, with an"
    f" account {DEFAULT_DIR}-HANDLE.",
)
@click.option("--for", "for_s", type=float, help="End by itself so many seconds after the first picture.")
@click.option("--port", type=int, default=0, help="Port of the page; by default a free one.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another world.")
@click.option(
    "--source",
    type=click.Choice(sorted(LIVE_SOURCES)),
    help="A real network instead of the invented business; needs the internet, and --account.",
)
@click.option("--account", metavar="HANDLE", help="Whom to look at, such as ann.bsky.social.")
@click.option(
    "--option", "-o", "options", multiple=True, metavar="NAME=VALUE", help="An option of the source."
)
def command(
    data_dir: Path | None,
    for_s: float | None,
    port: int,
    seed: int,
    source: str | None,
    account: str | None,
    options: tuple[str, ...],
) -> None:
    """Start broker, store, ingest, a worker and the page, and fill them with an invented business.

    A coffee roaster with four accounts: one that talks with people, one that broadcasts, one with bought
    followers, and one whose engagement dropped by half three days ago. First 35 days of history go through
    the whole chain, then it goes on live. Ctrl-C ends it and leaves nothing running.

    Of a real account without any key: `rapport demo --source jetstream --account ann.bsky.social`. Its newest
    posts are read first, with their counts and the replies to them, then it goes on with what happens.
    """
    if (source is None) != (account is None):
        raise UsageError("--source and --account belong together")
    live = live_source(source, account, access(), options) if source and account else None
    data_dir = data_dir or (
        DEFAULT_DIR if live is None else DEFAULT_DIR.with_name(f"demo-{live.account.handle}")
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    arrived = False
    try:
        with Demonstration(data_dir, seed=seed, port=port, stop=stop, live=live) as demonstration:
            with Stages() as stages:
                demonstration.start(stages.stage, stages.progress)
            arrived = demonstration.numbers_arrived()
            _print_addresses(demonstration)
            until = None if for_s is None else clock.monotonic_s() + for_s
            demonstration.keep_running(until)
            arrived = arrived and demonstration.numbers_arrived()
    except Stopped:
        on_stderr().print("stopped")
    sys.exit(0 if arrived else 1)


def _print_addresses(demonstration: Demonstration) -> None:
    console = on_stderr()
    store = demonstration.settings.clickhouse
    play = f"http://{store.host}:{store.http_port}/play?user=rapport_reader"
    console.print(f"\nthe page         {demonstration.page_address}", highlight=False)
    console.print(f"SQL console      {play}", highlight=False)
    console.print(f"  its password   {store.reader_password}", highlight=False)
    console.print(
        f"SQL from here    rapport sql --data-dir {demonstration.data_dir} 'SELECT …'", highlight=False
    )
    alerts = f"rapport alerts {{}} --data-dir {demonstration.data_dir}"
    console.print(f"who dropped      {alerts.format('list')}", highlight=False)
    console.print(f"found how soon   {alerts.format('backtest')}", highlight=False)
    console.print("to stop          Ctrl-C\n", highlight=False)
