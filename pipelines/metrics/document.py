"""docs/metrics.md and the views in docs/sql.md, written from the definitions and the views' files.

`python -m pipelines.metrics.document FILE` writes it anew, with the sql.md beside it, and keeps the simulated
coverage in it; what it reports of relationships comes from the relationships.md beside it. With `-` after
FILE it takes new tables of coverage from standard input, as `tests.benchmarks.coverage_of_intervals` prints
them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

from pipelines.metrics.catalogue import METRICS
from pipelines.metrics.claims import CLAIMS
from pipelines.metrics.definition import NEEDS_WORDS, Known, Metric, words
from pipelines.metrics.measures import MEASURES
from pipelines.metrics.view_sql import WINDOW_LENGTHS_MS

BEGIN, END = "<!-- coverage: begin -->\n", "<!-- coverage: end -->\n"
EVIDENCE_BEGIN, EVIDENCE_END = "<!-- evidence: begin -->\n", "<!-- evidence: end -->\n"
VIEWS_BEGIN, VIEWS_END = "<!-- views: begin -->\n", "<!-- views: end -->\n"
_COLUMN = re.compile(r"^    `?(?P<name>\w+)`? (?P<type>.+?) COMMENT '(?P<comment>.*)',?$")
_MEASURES = "[Measures](metrics.md#measures)"
_GENERATED = {
    "${measure_definitions}": f"one column a measure, see {_MEASURES}",
    "${metric_measure_definitions}": f"one column a measure that a metric reads, see {_MEASURES}",
    "${metric_definitions}": "one column a metric, with its value",
}

INTRODUCTION = """# Metrics

<!-- Made by `python -m pipelines.metrics.document docs/metrics.md` from the definitions; do not edit. -->

Every number comes with its 95% interval (`low`, `high`), the number of posts behind it (`n`) and a status:

| status | says |
|---|---|
| `ok` | value and interval hold |
| `too_few` | no honest interval yet; `needed`: about how many more posts would do |
| `unknown_input` | the source does not tell a count that is needed, or tells it for too few posts |
| `not_configured` | the brand file lacks what the metric needs |
| `no_posts` | there is no post that the number could be about |
| `no_data` | nothing was counted, and for at least half of the time no source was listening (view `gaps`) |

Undefined is NULL, never 0. Ratios are sums over sums, never means of ratios. A post enters a rate once, at
a fixed age: 1 h (`fast_`) or 24 h (`matured_`), in the window in which it reaches that age.

**Windows.** The view `metrics` has the windows 1h, 24h, 7d and 28d; `metrics_latest` adds `all`, everything
known of the account. A row with end `at` covers the window's length before it, `at` itself outside. A row
is written when a measure changed, and holds until the next: carry it forward. `daily_metrics` and
`weekly_metrics` are tumbling, in the brand's time zone. Rates a day count the days of the window since the
first event known of the account.
"""


_RELATIONSHIPS = """\
The view `relationships` gives every other a strength; [relationships.md](relationships.md) has its formula,
its tiers, and this report.
"""
_COVERAGE = """\
Shares have Wilson's interval (1927), rates a day the Gamma quantiles of Jeffreys' posterior; posts of a
thread count there as one event of several posts, and below 12 events it is withheld. Counts per
post are overdispersed, a few posts hold most of them: their interval is on the log scale, its width from
the spread of the posts themselves; below 12 posts, or where they are too uneven, it is withheld.
`pipelines/metrics/intervals.py` has the formulas and their sources.

How often the 95% interval held the truth, in percent, in simulation of 12,000 replicates a cell and more,
of posts whose counts are negative binomial with variance m + dispersion · m². In brackets, where it is not
all of them, the share of replicates in which an interval was shown at all. Columns are the truth: the
share, the events expected, the mean per post, or the lift.
"""


class ViewColumn(Struct, frozen=True):
    """One column of a view; a generated group of columns has no type."""

    name: str
    type: str
    comment: str


class View(Struct, frozen=True):
    """One view as its file tells it."""

    name: str
    why: str
    columns: tuple[ViewColumn, ...]


_VIEWS = """\
What is no sum of minutes is a view of its own: relationships, conversations, concentration, hours, growth.
Each is asked as the metrics are, and for one account by its id:

```sql
SELECT *
FROM concentration
WHERE account_id = '1001' AND window = '28d'
```
"""


def document(coverage: str, evidence: str) -> str:
    """Return the whole document, with tables of simulated coverage and the evidence on relationships."""
    parts = [INTRODUCTION, "## Overview\n", overview(METRICS), "## The metrics\n"]
    parts += [section(metric) for metric in METRICS]
    parts += ["## The claims behind them\n", claims(), "## Views\n"]
    parts += [_VIEWS, views_by_name()]
    parts += ["## Measures\n", measures(), "## Does the strength of a relationship mean anything?\n"]
    parts += [_RELATIONSHIPS, evidence, "## Coverage of the intervals\n", _COVERAGE]
    return "\n".join(parts) + BEGIN + coverage + END


def coverage_in(text: str) -> str:
    """Return the tables of coverage that a document holds; empty where it has none."""
    return _between(text, BEGIN, END)


def evidence_in(text: str) -> str:
    """Return what docs/relationships.md reports of real posts; empty where it has none."""
    return _between(text, EVIDENCE_BEGIN, EVIDENCE_END)


def _between(text: str, begin: str, end: str) -> str:
    _, begun, rest = text.partition(begin)
    inside, ended, _ = rest.partition(end)
    return inside if begun and ended else ""


def with_views(text: str) -> str:
    """Return docs/sql.md with the views as they are now. Raises ValueError without a place for them."""
    before, begin, rest = text.partition(VIEWS_BEGIN)
    _, end, after = rest.partition(VIEWS_END)
    if not begin or not end:
        raise ValueError("docs/sql.md has no place for the views")
    return before + begin + "\n".join(["", *map(view_section, views())]) + end + after


def facts_of(metric: Metric) -> Iterator[tuple[str, str]]:
    """Give what there is to know of a metric, label and text."""
    yield "title", metric.title
    if metric.aliases:
        yield "also called", ", ".join(metric.aliases)
    yield "question", metric.question
    yield "formula", metric.formula
    yield "interval", metric.interval
    yield "unit", metric.unit.words
    yield "windows", ", ".join([*WINDOW_LENGTHS_MS, "all"])
    yield "no number", "; ".join(silences(metric)) or "never: without events it is 0"
    if metric.note:
        yield "note", metric.note
    if metric.claims:
        yield "claims", ", ".join(metric.claims)


def silences(metric: Metric) -> Iterator[str]:
    """Give the conditions under which a metric has a status and no value."""
    if metric.needs is not None:
        yield f"not_configured without {NEEDS_WORDS[metric.needs]}"
    if metric.subject_posts is not None:
        yield f"no_posts while {words(metric.subject_posts)} = 0"
    for known in metric.known:
        yield _untold(known)


def example(metric: Metric) -> str:
    """Return a query that answers the metric's question for every account."""
    return (
        "SELECT account, value, low, high, n, status, needed\n"
        "FROM metrics_latest\n"
        f"WHERE metric = '{metric.name}' AND window = '28d'\n"
        "ORDER BY value DESC NULLS LAST"
    )


def section(metric: Metric) -> str:
    """Write one metric."""
    lines = [f"### `{metric.name}`\n", "| | |", "|---|---|"]
    lines += [f"| {label} | {_cell(label, text)} |" for label, text in facts_of(metric)]
    return "\n".join([*lines, "", "```sql", example(metric), "```", ""])


def overview(metrics: Sequence[Metric]) -> str:
    """Write the table of all metrics."""
    lines = ["| metric | question | unit |", "|---|---|---|"]
    lines += [f"| [`{m.name}`](#{m.name}) | {m.question} | {m.unit.words} |" for m in metrics]
    return "\n".join([*lines, ""])


def views_by_name() -> str:
    """Write what each view answers, how it reckons, and where its columns and units stand."""
    lines = ["| view | what it answers, and how | columns and units |", "|---|---|---|"]
    lines += [
        f"| `{view.name}` | {view.why} | [{len(view.columns)}](sql.md#{view.name}) |" for view in views()
    ]
    return "\n".join([*lines, ""])


def claims() -> str:
    """Write what people say, and the metrics that put it to the test."""
    lines = ["| claim | says | metrics |", "|---|---|---|"]
    for number, quote in CLAIMS.items():
        names = ", ".join(f"`{metric.name}`" for metric in METRICS if number in metric.claims)
        lines.append(f"| {number} | “{quote}” | {names} |")
    return "\n".join([*lines, ""])


def measures() -> str:
    """Write the table of all measures, folded away."""
    lines = ["<details><summary>What one event adds to an account, in the minute of its time</summary>", ""]
    lines += ["| measure | counts |", "|---|---|"]
    lines += [f"| `{measure.name}` | {measure.counts} |" for measure in MEASURES]
    return "\n".join([*lines, "", "</details>", ""])


def views() -> list[View]:
    """Return the views of this version, by name."""
    folder = files("infra") / "clickhouse" / "views"
    found = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return sorted((read_view(file.name, file.read_text()) for file in found), key=lambda view: view.name)


def read_view(file_name: str, text: str) -> View:
    """Return what the file of a view tells of it: its first comment, and its columns."""
    lines = text.splitlines()
    why = " ".join(line.removeprefix("-- ") for line in lines if line.startswith("--"))
    begin, end = lines.index("("), lines.index(")")
    columns = (_column(line) for line in lines[begin + 1 : end])
    return View(file_name.removesuffix(".sql"), why, tuple(columns))


def view_section(view: View) -> str:
    """Write one view."""
    lines = [f"### `{view.name}`\n", view.why, "", "| column | type | holds |", "|---|---|---|"]
    for column in view.columns:
        name = f"`{column.name}`" if column.name else "…"
        lines.append(f"| {name} | {column.type} | {column.comment} |")
    return "\n".join([*lines, ""])


def _column(line: str) -> ViewColumn:
    if line in _GENERATED:
        return ViewColumn("", "", _GENERATED[line])
    match = _COLUMN.match(line)
    if match is None:
        raise ValueError(f"this is no column with a COMMENT: {line!r}")
    return ViewColumn(match["name"], match["type"], match["comment"].replace("''", "'"))


def _untold(known: Known) -> str:
    if not known.percent:
        return f"unknown_input while {words(known.of)} = 0"
    return f"unknown_input while {words(known.of)} < {known.percent}% of {words(known.among)}"


def _cell(label: str, text: str) -> str:
    return f"`{text}`" if label == "formula" else text


def main(arguments: Sequence[str]) -> None:
    """Write the file named first; `-` after it: with the tables of coverage on standard input."""
    path = Path(arguments[0])
    kept = coverage_in(path.read_text(encoding="utf-8")) if path.exists() else ""
    relationships = path.with_name("relationships.md")
    evidence = evidence_in(relationships.read_text(encoding="utf-8")) if relationships.exists() else ""
    coverage = sys.stdin.read() if "-" in arguments[1:] else kept
    path.write_text(document(coverage, evidence), encoding="utf-8")
    sql = path.with_name("sql.md")
    if sql.exists():
        sql.write_text(with_views(sql.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
