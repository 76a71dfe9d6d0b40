"""`rapport export`: a whole view as a file, for spreadsheets and notebooks."""

from __future__ import annotations

import io
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Literal

import click

from infra.embedded.grants import views
from pipelines.cli.console import DATA_DIR
from pipelines.cli.files import written
from pipelines.cli.formats import write_csv
from pipelines.errors import UsageError
from pipelines.settings import ClickHouseSettings
from pipelines.sinks.export import parquet
from pipelines.sinks.query import asked
from pipelines.stack import opened

Format = Literal["csv", "parquet"]


@click.command()
@click.argument("view")
@DATA_DIR
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="csv: UTF-8, instants as 2026-01-05T12:00:00Z, safe for spreadsheets; parquet: with types.",
)
@click.option(
    "--to",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write, replaced only when all is there; without it, standard output.",
)
def export(view: str, data_dir: Path | None, format_: Format, file: Path | None) -> None:
    """Write all rows of VIEW to a file; `rapport sql "SHOW TABLES"` names the views.

    It reads as rapport_reader, who gets a million rows at most: for a part of a larger view ask
    `rapport sql "SELECT … WHERE …" --format csv`. In csv a text that a spreadsheet would run as a formula
    begins with a quote. Exit code 2: no such view, or too large; 70: ClickHouse is away.
    """
    _check(view)
    if file is None and format_ == "parquet" and sys.stdout.isatty():
        raise UsageError("parquet is not for eyes: name a file with --to, or choose --format csv")
    with opened(data_dir) as settings, written(file) as out:
        _write(settings.clickhouse, view, format_, out)


command = export


def _check(view: str) -> None:
    known = views()
    if view not in known:
        close = get_close_matches(view, known, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else '`rapport sql "SHOW TABLES"` names them'
        raise UsageError(f"there is no view {view}: {hint}")


def _write(settings: ClickHouseSettings, view: str, format_: Format, out: IO[bytes]) -> None:
    if format_ == "parquet":
        for piece in parquet(settings, view):
            out.write(piece)
        return
    text = io.TextIOWrapper(out, encoding="utf-8", newline="")
    try:
        with asked(settings, f"SELECT * FROM {view}") as answer:  # noqa: S608 - one of our own names
            write_csv(answer, text)
    finally:
        text.detach()
