"""SQL of panels: neutral files with placeholders, and the expressions that come from definitions.

Each face puts its own values into a neutral query:

    $from, $to             begin and end of the time range, as DateTime64(3)
    $window                the chosen window: 1h, 24h, 7d, 28d or all
    $in(COLUMN, VARIABLE)  a condition: the column is among the chosen values, or all are chosen
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Final

from pipelines.metrics import interval_sql
from pipelines.metrics.catalogue import METRICS
from pipelines.metrics.definition import Needs
from pipelines.metrics.units import Unit

WORDS: Final[Mapping[str, str]] = {
    "unknown_input": "the source tells no counts",
    "no_posts": "no posts in this window",
    "no_data": "the source was not listening",
}
_NAME: Final[Mapping[Needs, str]] = {
    "promotion": "name your own domains or offers in the brand file",
    "topics": "name your topics in the brand file",
    "channels": "name your feeds or your accounts on other networks in the brand file",
}
_TOKEN: Final = re.compile(r"\$in\(([\w.]+), (\w+)\)|\$(\w+)")


def query(name: str, **values: str) -> str:
    """Return the SQL of `dashboards/sql/NAME.sql`, less its comment, with the definition's values put in."""
    text = (files("dashboards") / "sql" / f"{name}.sql").read_text()
    lines = (line for line in text.splitlines() if not line.startswith("--"))

    def value(match: re.Match[str]) -> str:
        return values.get(match[3] or "", match[0])

    return _TOKEN.sub(value, "\n".join(lines)).strip()


def metrics_query(batch: str, names: Iterable[str]) -> str:
    """Return the query of `batch` for some metrics; the column `metric` tells them apart."""
    return query(batch, metrics=", ".join(map(quoted, names)), words=words_sql())


def fill_in(sql: str, *, token: Callable[[str], str], condition: Callable[[str, str], str]) -> str:
    """Replace the placeholders: `token` gives $from, $to, $window, `condition` takes column and variable."""

    def value(match: re.Match[str]) -> str:
        return condition(match[1], match[2]) if match[1] else token(match[3])

    return _TOKEN.sub(value, sql)


def used(sql: str) -> frozenset[str]:
    """Return the names of the placeholders and variables in a neutral query."""
    return frozenset(match[2] or match[3] for match in _TOKEN.finditer(sql))


def words_sql(what: str = "post") -> str:
    """Return the SQL expression that says a status in words; empty where there is a number to believe.

    Reads the columns status, needed (of `what`), n and metric.
    """
    return _words(what, (f"status = 'not_configured', {_needs_by_metric()}",))


def plain_words_sql(what: str) -> str:
    """Return the same for a query without a column `metric`, which no brand file has to configure."""
    return _words(what, ())


def _words(what: str, more_cases: tuple[str, ...]) -> str:
    plural = f"if(needed = 1, ' more {what}', ' more {what}s')"
    more = f"concat('cannot tell yet, about ', toString(needed), {plural})"
    cases = (
        f"status = 'too_few' AND needed > 0, ifNull({more}, '')",
        f"status = 'too_few', 'cannot tell yet: too few {what}s'",
        *more_cases,
        *(f"status = {quoted(status)}, {quoted(text)}" for status, text in WORDS.items()),
        "''",
    )
    return f"multiIf({', '.join(cases)})"


def shown_sql(column: str) -> str:
    """Return the SQL expression that writes a value of any metric as a person reads it."""
    percents: dict[int, list[str]] = {}
    for metric in METRICS:
        if metric.unit.grafana == "percentunit":
            percents.setdefault(metric.unit.decimals, []).append(quoted(metric.name))
    cases = [
        f"metric IN ({', '.join(names)}), concat(toString(round(100 * {column}, {decimals})), ' %')"
        for decimals, names in percents.items()
    ]
    return f"multiIf({', '.join(cases)}, {_rounded(column)})"


def shown_in_sql(column: str, unit: Unit) -> str:
    """Return the SQL expression that writes a value of one unit as a person reads it."""
    if unit.grafana == "percentunit":
        return f"concat(toString(round(100 * {column}, {unit.decimals})), ' %')"
    if unit.grafana == "s":
        return f"formatReadableTimeDelta(toFloat64({column}), 'days', 'minutes')"
    return _rounded(column)


def share_sql(k: str, n: str) -> str:
    """Return the tuple (value, low, high, n, status, needed) of k of n, as the metrics have it (Wilson)."""
    return interval_sql.proportion(k, n).row


def rate_sql(k: str, exposure: str) -> str:
    """Return the tuple (value, low, high, n, status, needed) of k events in an exposure (Gamma-Poisson)."""
    return interval_sql.rate(k, exposure).row


def profile_sql() -> str:
    """Return the SQL expression for the address of the account `other` with the handle `other_handle`."""
    return (
        "multiIf(network = 'x' AND other_handle = other, concat('https://x.com/i/user/', other),"
        " network = 'x', concat('https://x.com/', other_handle),"
        " network = 'bluesky', concat('https://bsky.app/profile/', other_handle),"
        " position(other_handle, '@') > 0, concat('https://', splitByChar('@', other_handle)[2], '/@',"
        " splitByChar('@', other_handle)[1]), '')"
    )


def titles_sql() -> dict[str, str]:
    """Return the SQL arrays of all metrics' names and titles, as values of a query."""
    return {
        "metric_names": f"[{', '.join(quoted(metric.name) for metric in METRICS)}]",
        "metric_titles": f"[{', '.join(quoted(metric.title) for metric in METRICS)}]",
    }


def quoted(text: str) -> str:
    """Write a text as a literal of ClickHouse."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _rounded(column: str) -> str:
    return f"toString(round({column}, if(abs({column}) < 10, 2, 1)))"


def _needs_by_metric() -> str:
    by_need: dict[Needs, list[str]] = {}
    for metric in METRICS:
        if metric.needs is not None:
            by_need.setdefault(metric.needs, []).append(quoted(metric.name))
    cases = [f"metric IN ({', '.join(names)}), {quoted(_NAME[need])}" for need, names in by_need.items()]
    return f"multiIf({', '.join(cases)}, 'fill in the brand file')"
