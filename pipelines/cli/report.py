"""`rapport report`: one account as one file to mail."""

from __future__ import annotations

from pathlib import Path

import click

from dashboards import DASHBOARDS
from dashboards.answers import ask_store
from dashboards.panels import WINDOWS
from dashboards.report import find_account
from dashboards.report import report as page_of
from pipelines import clock
from pipelines.cli.console import DATA_DIR
from pipelines.cli.files import written
from pipelines.stack import opened


@click.command()
@click.option(
    "--account", required=True, help="Handle or id of the account; network:handle where two share it."
)
@click.option(
    "--to",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="HTML file to write, about 5 MB; it opens without a network.",
)
@click.option("--window", type=click.Choice(list(WINDOWS)), default="28d", show_default=True)
@DATA_DIR
def report(account: str, file: Path, window: str, data_dir: Path | None) -> None:
    """Write what is known of one account as one HTML file: plain words on top, then the panels of the boards.

    A sentence stands there only if its number holds; each says its interval and what it rests on.
    """
    with opened(data_dir) as settings, written(file) as out:
        ask = ask_store(settings.clickhouse)
        text = page_of(ask, DASHBOARDS, find_account(ask, account), window=window, now=clock.now_ms())
        out.write(text.encode())
    click.echo(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


command = report
