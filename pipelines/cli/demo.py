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
from pipelines.demonstration import Demonstration, Stopped

DEFAULT_DIR = Path(".rapport") / "demo"


@click.command("demo")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_DIR,
    show_default=True,
    help="Where everything stays; the next start goes on there.",
)
@click.option("--for", "for_s", type=float, help="End by itself so many seconds after the first picture.")
@click.option("--port", type=int, default=0, help="Port of the page; by default a free one.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another world.")
def command(data_dir: Path, for_s: float | None, port: int, seed: int) -> None:
    """Start broker, store, ingest, a worker and the page, and fill them with an invented business.

    A coffee roaster with four accounts: one that talks with people, one that broadcasts, one with bought
    followers, and one whose engagement dropped by half three days ago. First 35 days of history go through
    the whole chain, then it goes on live. Ctrl-C ends it and leaves nothing running.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    arrived = False
    try:
        with Demonstration(data_dir, seed=seed, port=port, stop=stop) as demonstration:
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
    console.print("to stop          Ctrl-C\n", highlight=False)
