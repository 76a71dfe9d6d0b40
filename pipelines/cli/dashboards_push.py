"""`rapport dashboards push`: send boards and alert rules to a Grafana that is there already."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from dashboards import DASHBOARDS
from dashboards.push import Change, Plan, look, open_api, send
from dashboards.push.api import Missing
from dashboards.rules import RULES
from pipelines import __version__
from pipelines.errors import UsageError
from pipelines.settings import load_settings

_SIGNS = {"create": "+", "update": "~", "delete": "-", "same": "=", "kept": "!"}
_COLOURS = {"create": "green", "update": "yellow", "delete": "red", "kept": "yellow"}


@click.command("push")
@click.option("--url", required=True, help="Address of Grafana, with its path if it has one.")
@click.option(
    "--token-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the token of a service account: role Admin, or Editor with --no-rules.",
)
@click.option("--dry-run", is_flag=True, help="Show what would change, line by line, and send nothing.")
@click.option("--overwrite", is_flag=True, help="Replace boards of Rapport that somebody changed in Grafana.")
@click.option("--no-rules", is_flag=True, help="Boards only, no alert rules.")
@click.pass_context
def push(
    context: click.Context, url: str, token_file: Path, dry_run: bool, overwrite: bool, no_rules: bool
) -> None:
    """Send the boards and alert rules to a Grafana; what is the same already is left alone.

    Only what is ours is touched: boards and rules whose uid begins with rapport-, in the folder Rapport.
    Boards of ours that somebody changed are kept, unless --overwrite. Contact points and policies stay as
    they are. With RAPPORT_RUNBOOK_URL, the address of infra/grafana/runbook.html where you keep it, each
    alert links to its section.

    Exit code 1: something was kept that differs; 2: Grafana refused, the message says why; 70: it is away.
    """
    with open_api(url, _token(token_file)) as api:
        try:
            plan = look(
                api,
                DASHBOARDS,
                None if no_rules else RULES,
                overwrite=overwrite,
                runbook_url=load_settings().runbook_url,
            )
            for note in plan.notes:
                click.echo(f"note: {note}", err=True)
            if dry_run:
                _show(plan.changes)
            else:
                for change in send(api, plan, version=__version__):
                    click.echo(_line(change))
        except Missing as error:
            raise UsageError(f"{error}; it was there a moment ago: run the command again") from error
    kept = [change for change in plan.changes if change.action == "kept"]
    for change in kept if not dry_run else ():
        click.echo(_line(change), err=True)
    click.echo(_summary(plan, dry_run=dry_run))
    if kept:
        context.exit(1)


command = push


def _token(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the token file {file} cannot be read as text") from error


def _show(changes: Iterable[Change]) -> None:
    for change in changes:
        click.echo(_line(change))
        for line in change.diff:
            click.echo(click.style(f"    {line}", fg={"+": "green", "-": "red"}.get(line[:1])))


def _line(change: Change) -> str:
    text = f"{_SIGNS[change.action]} {change.action:<6}  {change.what} {change.uid}: {change.title}"
    return click.style(f"{text} ({change.why})" if change.why else text, fg=_COLOURS.get(change.action))


def _summary(plan: Plan, *, dry_run: bool) -> str:
    done, same = len(plan.to_send), sum(change.action == "same" for change in plan.changes)
    verb = "would change" if dry_run else "changed"
    return f"{done} {verb}, {same} as before, {len(plan.changes) - done - same} kept"
