"""Metrics as tables for people: value, interval, n and status in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from pipelines.analysis.result import MetricRow, Span
from pipelines.metrics.catalogue import BY_NAME
from pipelines.sources.base import Lack

_STATUS = {
    "ok": "",
    "unknown_input": "the input does not tell what this needs",
    "not_configured": "name it in the brand file",
    "no_posts": "no posts",
    "no_data": "no data",
}


def print_accounts(metrics: Sequence[MetricRow], spans: Mapping[tuple[str, str], Span], shown: int) -> None:
    """Print a table for each account, those with most posts first, and say how many are left out."""
    console = Console()
    by_account: dict[tuple[str, str], list[MetricRow]] = {}
    for row in metrics:
        if row.window == "all":
            by_account.setdefault((row.network, row.account_id), []).append(row)
    ranked = sorted(by_account, key=lambda key: (-_posts(by_account[key]), key))
    for key in ranked[:shown]:
        console.print(_table(by_account[key], spans.get(key)))
    if len(ranked) > shown:
        console.print(
            f"… and {len(ranked) - shown} more accounts: --accounts N prints more, --json all of them"
        )


def print_lacks(lacks: Sequence[Lack]) -> None:
    """Print what the input never tells, the metrics that need it, and what would bring it."""
    if not lacks:
        return
    console = Console()
    console.print("What this input cannot tell, and what would bring it:")
    for lack in lacks:
        needed = ", ".join(_title(name) for name in (*lack.metrics, *lack.silent))
        console.print(Padding(f"[bold]{escape(lack.what)}[/] ({escape(needed)})", (0, 0, 0, 2)))
        console.print(Padding(f"→ {escape(lack.brings)}", (0, 0, 0, 4)))
    console.print("Every other metric comes out of it: those without a number say what they wait for.")


def _posts(rows: Sequence[MetricRow]) -> int:
    return max((row.n for row in rows if row.metric == "posts_per_day"), default=0)


def _table(rows: Sequence[MetricRow], span: Span | None) -> Table:
    first = rows[0]
    when = f"{span.from_at[:16]} to {span.to_at[:16]} UTC" if span else ""
    table = Table(title=f"{first.account} on {first.network}, {when}", title_justify="left", expand=False)
    table.add_column("metric")
    table.add_column("value", justify="right")
    table.add_column("95% interval", justify="right")
    table.add_column("n", justify="right")
    table.add_column("")
    order = list(BY_NAME)
    for row in sorted(rows, key=lambda row: order.index(row.metric) if row.metric in BY_NAME else len(order)):
        table.add_row(
            _title(row.metric), format_value(row.metric, row.value), _interval(row), f"{row.n:,}", status(row)
        )
    return table


def _title(metric: str) -> str:
    return BY_NAME[metric].title if metric in BY_NAME else metric


def status(row: MetricRow) -> str:
    """Return the status in words."""
    if row.status == "too_few":
        return f"cannot tell yet, about {row.needed} more" if row.needed else "cannot tell yet"
    return _STATUS.get(row.status, row.status)


def format_value(metric: str, value: float | None) -> str:
    """Return a number in the unit of its metric; undefined is a dash."""
    if value is None:
        return "–"
    if metric in BY_NAME and BY_NAME[metric].unit.grafana == "percentunit":
        return f"{100 * value:.3g} %"
    return f"{value:.4g}"


def _interval(row: MetricRow) -> str:
    if row.low is None or row.high is None:
        return "–"
    return f"{format_value(row.metric, row.low)} to {format_value(row.metric, row.high)}"
