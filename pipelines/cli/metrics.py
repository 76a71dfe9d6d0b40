"""`rapport metrics`: what is measured, and what each number means."""

from __future__ import annotations

from difflib import get_close_matches

import click
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from pipelines.errors import UsageError
from pipelines.metrics.catalogue import BY_NAME, METRICS
from pipelines.metrics.claims import CLAIMS
from pipelines.metrics.definition import Metric
from pipelines.metrics.document import example, facts_of


@click.group()
def metrics() -> None:
    """The metrics: what each asks, how it is computed, when there is no number."""


@metrics.command(name="list")
def list_metrics() -> None:
    """Print every metric with its question, formula and unit."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("metric", "question", "unit"):
        table.add_column(heading, no_wrap=heading == "metric")
    for metric in METRICS:
        table.add_row(metric.name, metric.question, metric.unit.words)
    Console().print(table)


@metrics.command()
@click.argument("name")
def show(name: str) -> None:
    """Print all there is to know of the metric NAME; an alias does as well."""
    metric = _find(name)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("metric", metric.name)
    for label, text in facts_of(metric):
        table.add_row(label, "\n".join(_claims(metric)) if label == "claims" else text)
    console = Console()
    console.print(table)
    console.print()
    console.print(Syntax(example(metric), "sql", background_color="default"))


command = metrics


def _find(name: str) -> Metric:
    wanted = _plain(name)
    if wanted in BY_NAME:
        return BY_NAME[wanted]
    aliases = {_plain(alias): metric for metric in METRICS for alias in (*metric.aliases, metric.title)}
    if wanted in aliases:
        return aliases[wanted]
    close = get_close_matches(wanted, BY_NAME, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else "`rapport metrics list` names them all"
    raise UsageError(f"there is no metric {name!r}: {hint}")


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def _claims(metric: Metric) -> list[str]:
    return [f"{number}: “{CLAIMS[number]}”" for number in metric.claims]
