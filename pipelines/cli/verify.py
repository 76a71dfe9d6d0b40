"""`rapport verify`: nothing lost, nothing twice, and every number follows from the facts."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import Progress

from pipelines.cli.console import DATA_DIR
from pipelines.cli.instants import INSTANT, milliseconds
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.stack import opened
from pipelines.verify import VERDICTS, Report, verify

EXIT_WRONG = 1


@click.command("verify")
@click.option(
    "--since",
    type=INSTANT,
    help="Judge minutes, windows and posts from this instant (UTC) on, and offsets written from then on.",
)
@click.option("--account", default="", help="Judge one account (its id), and the ledger of its partition.")
@DATA_DIR
@click.option("--json", "as_json", is_flag=True, help="One object: counts, findings, what was judged.")
def command(since: datetime | None, account: str, data_dir: Path | None, as_json: bool) -> None:
    """Prove on the stored data that nothing was lost and nothing counted twice.

    Every offset up to the last checkpoint must be in the ledger, and its facts in the tables; minutes are
    recomputed from the facts and windows from the minutes, and compared. It reads only, and may run while
    workers do; no broker is needed. Exit code 1: something is wrong, and each place is named.
    """
    with opened(data_dir) as settings:
        report = _verified(settings, milliseconds(since), account)
    if as_json:
        click.echo(msgspec.json.encode(_as_object(report)))
    else:
        _print(report)
    if not report.clean:
        sys.exit(EXIT_WRONG)


def _verified(settings: Settings, since_at: int, account: str) -> Report:
    console = Console(stderr=True)
    with (
        ClickHouse(settings.clickhouse, WRITER_USER) as client,
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task("verify", total=None)
        return verify(
            client,
            since_at=since_at,
            account=account,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )


def _print(report: Report) -> None:
    click.echo(str(report))
    for finding in report.findings:
        click.echo(str(finding))
    checked = report.checked
    click.echo(f"{checked.offsets:,} offsets, {checked.accounts:,} accounts, {checked.posts:,} own posts")
    if report.pending:
        click.echo(f"{report.pending:,} rows lie beyond the last checkpoint and are not judged yet")


def _as_object(report: Report) -> dict[str, object]:
    return {**{verdict: report.count(verdict) for verdict in VERDICTS}, **msgspec.to_builtins(report)}
