"""`rapport sql`: ask the tables, as the read-only user."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.console import DATA_DIR
from pipelines.cli.formats import WRITERS, write
from pipelines.errors import UsageError
from pipelines.sinks.query import asked
from pipelines.stack import opened


@click.command()
@click.argument("query")
@DATA_DIR
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(WRITERS)),
    default="table",
    show_default=True,
    help="table: for eyes, 1,000 rows at most; csv: safe for spreadsheets; json: one array of objects.",
)
def sql(query: str, data_dir: Path | None, format_: str) -> None:
    """Run one QUERY as rapport_reader, who may read the views; - reads it from standard input.

    `SHOW TABLES` names the views, `DESCRIBE TABLE accounts` their columns with what they mean. Times are UTC.
    Exit code 2: the query is wrong or not allowed; 70: ClickHouse is away.
    """
    text = click.get_text_stream("stdin").read() if query == "-" else query
    if not text.strip():
        raise UsageError('there is no query: try `rapport sql "SHOW TABLES"`')
    with opened(data_dir) as settings, asked(settings.clickhouse, text) as answer:
        write(answer, format_)


command = sql
