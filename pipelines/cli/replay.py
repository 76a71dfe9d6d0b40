"""`rapport replay`: fold the log again."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.console import DATA_DIR
from pipelines.replaying import begin_replay, return_to_checkpoints
from pipelines.stack import opened
from pipelines.verify.instants import instant


@click.command("replay")
@click.option(
    "--from",
    "from_",
    type=click.Choice(["earliest", "checkpoint"]),
    required=True,
    help="Where to begin: at the earliest message that the log still holds, or where the tables are.",
)
@DATA_DIR
def command(from_: str, data_dir: Path | None) -> None:
    """Fold the log again, as far back as it reaches, into the tables as they are or into empty ones.

    Stop the workers first, and start them afterwards: they fold it, in an epoch of its own. Windows that
    begin before the first event still in the log stay as they are. Facts stay as they were first told, and
    recounts that are in the log are made again. Until the workers have caught up, numbers are of the past.

    From `checkpoint`: after the tables were restored from a backup that is older than the log, the workers go
    on where those are. No epoch is opened.
    """
    if from_ == "checkpoint":
        _from_checkpoint(data_dir)
        return
    with opened(data_dir) as settings:
        replay = begin_replay(settings)
    click.echo(f"epoch {replay.epoch}: {replay.messages:,} messages will be folded; start the workers")
    if replay.whole_from is None:
        click.echo("the log is whole: every window is written")
    else:
        click.echo(f"windows are written that begin at {instant(replay.whole_from)} or later, up to now")


def _from_checkpoint(data_dir: Path | None) -> None:
    with opened(data_dir) as settings:
        messages = return_to_checkpoints(settings)
    click.echo(f"{messages:,} messages lie behind the tables and will be folded; start the workers")
