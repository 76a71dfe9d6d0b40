"""`rapport doctor`: say what is wrong with the set-up."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from pipelines.cli.console import DATA_DIR
from pipelines.cli.status import has_broker
from pipelines.diagnosis import Finding, Grafana, Level, examine, examine_machine
from pipelines.diagnosis.finding import wrong
from pipelines.errors import UsageError
from pipelines.stack import opened

_COLOURS: dict[Level, str] = {"ok": "green", "warn": "yellow", "wrong": "red"}
_INDENT = " " * 7


@click.command()
@DATA_DIR
@click.option("--grafana-url", envvar="GRAFANA_URL", show_envvar=True, help="Look at this Grafana too.")
@click.option(
    "--grafana-token", envvar="GRAFANA_TOKEN", show_envvar=True, help="Token of one of its service accounts."
)
def doctor(data_dir: Path | None, grafana_url: str | None, grafana_token: str | None) -> None:
    """Look at everything that Rapport needs: versions, ports, users, topics, tables, plugin, brand file.

    Each line says ok, warn or wrong, and the way out. Nothing is changed. Exit code 1: something is wrong.
    """
    grafana = Grafana(grafana_url, grafana_token) if grafana_url else None
    found = []
    for finding in _findings(data_dir, grafana):
        _print(finding)
        found.append(finding.level)
    wrongs, warnings = found.count("wrong"), found.count("warn")
    click.echo(f"\n{wrongs} wrong, {warnings} to look at, {found.count('ok')} ok")
    sys.exit(1 if wrongs else 0)


command = doctor


def _findings(data_dir: Path | None, grafana: Grafana | None) -> Iterator[Finding]:
    yield from examine_machine()
    broker = has_broker(data_dir)
    try:
        with opened(data_dir) as settings:
            yield from examine(settings, broker=broker, grafana=grafana)
    except UsageError as error:
        yield wrong(str(error), "mend it, then run `rapport doctor` again")


def _print(finding: Finding) -> None:
    click.echo(f"{click.style(f'{finding.level:<5}', fg=_COLOURS[finding.level])}  {finding.what}")
    if finding.way_out:
        click.echo(f"{_INDENT}→ {finding.way_out}")
