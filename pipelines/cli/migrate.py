"""`rapport migrate`: bring topics and tables to this version."""

from __future__ import annotations

import click

from pipelines.preparation import prepare
from pipelines.settings import load_settings


@click.command("migrate")
def command() -> None:
    """Bring topics and tables to this version of the code; run it before the first start and after an update.

    It applies the migrations that the database has not seen, makes the views anew, creates the topics that
    are missing, and opens a new epoch when the log is not the one that the tables come from. Running it twice
    is harmless.
    """
    prepared = prepare(load_settings())
    for name in prepared.migrated.applied:
        click.echo(f"applied {name}")
    topic = prepared.topic
    click.echo(f"{prepared.migrated.views} views; topic {topic.name}, {topic.partitions} partitions")
    click.echo(f"epoch {prepared.epoch}")
