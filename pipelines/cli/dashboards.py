"""`rapport dashboards`: write the boards' files, check them, push them, or show the page without Grafana."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import click

from dashboards import DASHBOARDS
from dashboards.answers import ask_store
from dashboards.check import choices_to_try, queries, run_all
from dashboards.grafana import file_name, rendered
from dashboards.lacks import Lacking
from dashboards.lint import lint
from dashboards.local import LOOPBACK, create_page, serve
from dashboards.panels import DEFAULT_WINDOW
from dashboards.sample import fill
from pipelines import clock
from pipelines.analysis.manifest import read_manifest
from pipelines.cli.console import DATA_DIR, on_stderr
from pipelines.cli.dashboards_push import push
from pipelines.errors import RapportError, UsageError
from pipelines.metrics.catalogue import BY_NAME
from pipelines.settings import WRITER_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.migrate import migrate
from pipelines.sinks.state_store import ClickHouseStore
from pipelines.stack import embedded, opened, settings_of

RENDERED = Path(__file__).resolve().parents[2] / "dashboards" / "rendered"
_SAMPLE_DAYS = 6.0


@click.group()
def dashboards() -> None:
    """The boards: as files for Grafana, and as a page on this machine."""


@dashboards.command("render")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=RENDERED,
    help="Folder for the files; without it, the one from which Grafana is provisioned.",
)
def render_command(folder: Path) -> None:
    """Write every board as a JSON file that Grafana loads."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for board in DASHBOARDS:
            path = folder / file_name(board)
            changed = not path.is_file() or path.read_text() != rendered(board)
            path.write_text(rendered(board))
            click.echo(f"{path}: {'written' if changed else 'as before'}")
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from error


@dashboards.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Hold the files in step, lint them, and run every query on a store of its own.

    Exit code 1: something is wrong, and each fault is named.
    """
    faults = lint(DASHBOARDS)
    with (
        tempfile.TemporaryDirectory(prefix="rapport-boards-") as folder,
        on_stderr().status("running every query on a store of its own"),
        embedded(Path(folder), with_broker=False) as stack,
    ):
        ran, broken = _run_queries(settings_of(stack.environ(), Path(folder)).clickhouse)
    for fault in [*faults, *broken]:
        click.echo(fault, err=True)
    if faults or broken:
        context.exit(1)
    click.echo(f"{len(DASHBOARDS)} boards: files in step, nothing to complain of, {ran} queries ran.")


@dashboards.command("serve")
@DATA_DIR
@click.option("--port", default=0, type=click.IntRange(0, 65_535), help="Port on 127.0.0.1; 0: a free one.")
def serve_command(data_dir: Path | None, port: int) -> None:
    """Show the boards on a page of this machine until Ctrl-C."""
    with opened(data_dir) as settings:
        try:
            port, stop = serve(create_page(ask_store(settings.clickhouse), lacks=_lacking(data_dir)), port)
        except OSError as error:
            raise UsageError(f"port {port} cannot be used: {error.strerror}; leave --port away") from error
        click.echo(f"http://{LOOPBACK}:{port}/")
        try:
            threading.Event().wait()
        finally:
            stop()


def _lacking(data_dir: Path | None) -> list[Lacking]:
    """Return what the analysis in a folder lacks; nothing where it holds none."""
    manifest = read_manifest(data_dir) if data_dir is not None else None
    return [
        Lacking(
            lack.what,
            ", ".join(BY_NAME[name].title for name in (*lack.metrics, *lack.silent)),
            lack.brings,
            tuple((lack.network, name) for name in lack.silent),
        )
        for lack in (manifest.lacks if manifest else ())
    ]


dashboards.add_command(push)
command = dashboards


def _run_queries(settings: ClickHouseSettings) -> tuple[int, list[str]]:
    """Fill the store, run everything, and return how many queries ran and what failed."""
    end_at = clock.now_ms()
    migrate(settings)
    with ClickHouse(settings, WRITER_USER) as writer:
        fill(ClickHouseStore(writer), end_at=end_at, days=_SAMPLE_DAYS)
        accounts = [str(row[0]) for row in writer.rows("SELECT DISTINCT account_id FROM posts ORDER BY 1")]
    outcomes = list(_outcomes(settings, accounts, end_at))
    return sum(not fault for fault in outcomes), [fault for fault in outcomes if fault]


def _outcomes(settings: ClickHouseSettings, accounts: list[str], end_at: int) -> Iterator[str]:
    choices = dict(choices_to_try(accounts))
    for name, window in (("all", DEFAULT_WINDOW), ("hostile", "all")):
        asked = queries(DASHBOARDS, choices[name], accounts=accounts, window=window, to_at=end_at)
        try:
            yield from ("" for _ in run_all(settings, asked))
        except RapportError as error:
            yield f"{error} (chosen: {name})"
