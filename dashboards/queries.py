"""SQL of panels: neutral files with placeholders, and the expressions that come from definitions.

Each face puts its own values into a neutral query:

    $from, $to             begin and end of the time range, as DateTime64(3)
    $window                the chosen window: 1h, 24h, 7d, 28d or all
    $in(COLUMN, VARIABLE)  a condition: the column is among the chosen values, or all are chosen
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from dashboards.status_words import Pace, words_sql
from pipelines.metrics import interval_sql
from pipelines.metrics.catalogue import METRICS
from pipelines.metrics.units import Unit
from pipelines.metrics.view_sql import quoted

_TOKEN: Final = re.compile(r"\$in\(([\w.]+), (\w+)\)|\$(\w+)")


def query(name: str, **values: str) -> str:
    """Return the SQL of `dashboards/sql/NAME.sql`, less its comment, with the definition's values put in.

    `$named` stands for `dashboards/sql/fragments/named.sql`: the account's handle beside its id.
    """
    values = {"named": sql_text("fragments/named"), **values}

    def value(match: re.Match[str]) -> str:
        return values.get(match[3] or "", match[0])

    return _TOKEN.sub(value, sql_text(name))


@cache
def sql_text(name: str) -> str:
    """Return the SQL of `dashboards/sql/NAME.sql`, less its comment; `name` may begin with a folder."""
    text = (files("dashboards") / "sql" / f"{name}.sql").read_text()
    return "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip()


_PACES: Final[Mapping[str, Pace]] = {
    "stat": Pace(),
    "compare": Pace(),
    "series": Pace(window="if($window = 'all', '28d', $window)", others=False),
}


def metrics_query(batch: str, names: Iterable[str]) -> str:
    """Return the query of `batch` for some metrics; the column `metric` tells them apart."""
    return query(batch, metrics=", ".join(map(quoted, names)), words=words_sql(pace=_PACES.get(batch)))


def fill_in(sql: str, *, token: Callable[[str], str], condition: Callable[[str, str], str]) -> str:
    """Replace the placeholders: `token` gives $from, $to, $window, `condition` takes column and variable."""

    def value(match: re.Match[str]) -> str:
        return condition(match[1], match[2]) if match[1] else token(match[3])

    return _TOKEN.sub(value, sql)


def used(sql: str) -> frozenset[str]:
    """Return the names of the placeholders and variables in a neutral query."""
    return frozenset(match[2] or match[3] for match in _TOKEN.finditer(sql))


def only_by(sql: str, variables: Iterable[str]) -> str:
    """Return a neutral query that looks at some variables alone: for a board without the others."""
    known = frozenset(variables)

    def condition(match: re.Match[str]) -> str:
        return "1" if match[2] is not None and match[2] not in known else match[0]

    return _TOKEN.sub(condition, sql)


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
        return _duration(f"toUInt64(round(assumeNotNull({column})))")
    return _rounded(column)


def shown_interval_sql(unit: Unit) -> str:
    """Return the SQL expression that writes the interval of the columns low and high, the unit once."""
    low, high = (shown_in_sql(column, unit) for column in ("low", "high"))
    return f"concat(replaceRegexpOne({low}, ' %$', ''), '–', {high})"


def share_sql(k: str, n: str) -> str:
    """Return the tuple (value, low, high, n, status, needed) of k of n, as the metrics have it (Wilson)."""
    return interval_sql.proportion(k, n).row


def rate_sql(k: str, exposure: str) -> str:
    """Return the tuple (value, low, high, n, status, needed) of k events in an exposure (Gamma-Poisson)."""
    return interval_sql.rate(k, exposure).row


def mean_sql(n: str, total: str, squares: str) -> str:
    """Return the same tuple of a mean over n posts, of the sums of counts and of their squares."""
    sums = interval_sql.ratio_of_sums(n=n, sum_y=total, sum_x=n, sum_yy=squares, sum_xx=n, sum_xy=total)
    return sums.row


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


def _duration(seconds: str) -> str:
    """Write a span of time by its two largest units, as `numbers.duration` does."""
    days, hours, minutes = (
        f"toString(intDiv({seconds}, {length}) % {turn}), ' {name}'"
        for length, turn, name in ((86_400, 100_000, "d"), (3_600, 24, "h"), (60, 60, "min"))
    )

    def two(first: str, second: str, rest: str) -> str:
        return f"concat({first}, if({rest} = 0, '', concat(' ', {second})))"

    hours_left, minutes_left = f"intDiv({seconds} % 86400, 3600)", f"intDiv({seconds} % 3600, 60)"
    return (
        f"multiIf({seconds} < 60, concat(toString({seconds}), ' s'), {seconds} < 3600, concat({minutes}),"
        f" {seconds} < 86400, {two(hours, minutes, minutes_left)}, {two(days, hours, hours_left)})"
    )


def _rounded(column: str) -> str:
    return f"toString(round({column}, if(abs({column}) < 10, 2, 1)))"
