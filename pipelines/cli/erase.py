"""`rapport erase`: forget a person."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipelines.cli.console import DATA_DIR
from pipelines.events import NETWORKS, Network
from pipelines.forgetting import Proof, erase
from pipelines.stack import opened
from pipelines.verify.instants import instant

EXIT_LEFT = 1


@click.command("erase")
@click.option("--account", required=True, help="Id of the account, as the network tells it.")
@click.option("--network", type=click.Choice(NETWORKS), required=True, help="Its network.")
@DATA_DIR
def command(account: str, network: Network, data_dir: Path | None) -> None:
    """Forget an account, whoever it is to yours, and show that nothing names it any more.

    The order goes through the log, and workers (which must run) obey it; they know the account by an HMAC
    from then on, with RAPPORT_ERASURE_SECRET, so that neither a source nor a replay brings it back. A tracked
    account loses all rows. Of another, stubs stay: they count as before and say nothing. It cannot be undone;
    cut short, it is begun again with the same command.

    Exit code 1: something still names the account.
    """
    with opened(data_dir) as settings:
        proof = erase(settings, network, account)
    for line in lines(proof):
        click.echo(line)
    sys.exit(0 if proof.clean else EXIT_LEFT)


def lines(proof: Proof) -> list[str]:
    """Return the proof as it is shown."""
    said = [f"{table}: {rows:,} rows name it" for table, rows in proof.named.items()]
    said.append("old parts of the tables are gone from the disk")
    if proof.detached:
        said.append(
            f"{proof.detached} parts were set aside by ClickHouse (system.detached_parts), and no query sees"
            " what they hold: drop them"
        )
    words = {table: rows for table, rows in proof.worded.items() if rows}
    if words:
        listed = ", ".join(f"{rows:,} of {table}" for table, rows in words.items())
        said.append(f"its handle or name stands there as a plain word, whoever is meant: {listed}")
    if proof.log_until_at is None:
        said.append("the log keeps everything, for ever: set retention.ms of its topics")
    else:
        said.append(f"the log holds what it said until {instant(proof.log_until_at)}, then that is gone too")
    return said
