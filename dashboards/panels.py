"""Our look, once: what a board, a panel and a variable are, before any face draws them.

SQL is written in a neutral form with four placeholders, and each face puts its own values in:

    $from, $to             begin and end of the time range, as DateTime64(3)
    $window                the chosen window: 1h, 24h, 7d, 28d or all
    $in(COLUMN, VARIABLE)  a condition: the column is among the chosen values, or all are chosen

Accounts have colours of Okabe and Ito (2008), "Color Universal Design",
https://jfly.uni-koeln.de/color/, which people with any colour vision can tell apart. A colour names an
account and nothing else; good and bad are words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from importlib.resources import files
from typing import Final, Literal

from msgspec import Struct

from pipelines.metrics.catalogue import BY_NAME, METRICS
from pipelines.metrics.definition import Metric, Needs
from pipelines.metrics.units import Unit

Kind = Literal["stat", "series", "compare", "reach", "posts", "table"]
Shape = Literal["text", "time", "count", "post"]

ACCOUNT_COLOURS: Final = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8c6bb1",
    "#7f7f7f",
)
WINDOWS: Final[Mapping[str, str]] = {
    "1h": "1 hour",
    "24h": "24 hours",
    "7d": "7 days",
    "28d": "28 days",
    "all": "everything",
}
DEFAULT_WINDOW: Final = "7d"
COUNT = Unit("posts", "short", 0)
WORDS: Final[Mapping[str, str]] = {
    "unknown_input": "the source tells no counts",
    "no_posts": "no posts in this window",
    "no_data": "the source was not listening",
}
NOTHING_YET: Final = (
    "Nothing here yet. `rapport demo` fills it with a simulated business, `rapport analyze FILE` with your"
    " posts, `rapport ingest SOURCE` with what happens from now on."
)
_NAME: Final[Mapping[Needs, str]] = {
    "promotion": "name your own domains or offers in the brand file",
    "topics": "name your topics in the brand file",
    "brand": "name topics, own domains or offers in the brand file",
}
_TOKEN: Final = re.compile(r"\$in\((\w+), (\w+)\)|\$(\w+)")


class Place(Struct, frozen=True):
    """Where a panel stands on a grid of 24 columns; a row is about 38 pixels high."""

    x: int
    y: int
    w: int
    h: int


class Column(Struct, frozen=True):
    """A column of a table: its name in the SQL, its heading, and how its values read.

    `post` is the text of a post that leads to the column `permalink`.
    """

    name: str
    title: str
    shape: Shape = "text"


class Panel(Struct, frozen=True, kw_only=True):
    """One question and the query that answers it. `empty` says what is missing and how to bring it."""

    id: int
    title: str
    question: str
    description: str
    kind: Kind
    sql: str
    place: Place
    unit: Unit
    metric: str = ""
    columns: tuple[Column, ...] = ()
    empty: str = NOTHING_YET

    @property
    def is_share(self) -> bool:
        """Tell whether its values are shares from 0 to 1."""
        return self.unit.grafana == "percentunit" and self.unit.decimals == 0


class Variable(Struct, frozen=True, kw_only=True):
    """What the reader may choose: out of a query (value, or value and text), or out of fixed options."""

    name: str
    label: str
    sql: str = ""
    options: Mapping[str, str] | None = None
    default: str = ""

    @property
    def multi(self) -> bool:
        """Tell whether several may be chosen, or all."""
        return self.options is None


class Dashboard(Struct, frozen=True, kw_only=True):
    """One person's question, and the panels that answer it."""

    uid: str
    title: str
    question: str
    variables: tuple[Variable, ...]
    panels: tuple[Panel, ...]
    annotations_sql: str = ""
    days: int = 28

    def panel(self, panel_id: int) -> Panel:
        """Return the panel of this id. Raises KeyError if there is none."""
        for panel in self.panels:
            if panel.id == panel_id:
                return panel
        raise KeyError(panel_id)


def query(name: str, **values: str) -> str:
    """Return the SQL of `dashboards/sql/NAME.sql`, less its comment, with the definition's values put in."""
    text = (files("dashboards") / "sql" / f"{name}.sql").read_text()
    lines = (line for line in text.splitlines() if not line.startswith("--"))

    def value(match: re.Match[str]) -> str:
        return values.get(match[3] or "", match[0])

    return _TOKEN.sub(value, "\n".join(lines)).strip()


def fill_in(sql: str, *, token: Callable[[str], str], condition: Callable[[str, str], str]) -> str:
    """Replace the placeholders: `token` gives $from, $to, $window, `condition` takes column and variable."""

    def value(match: re.Match[str]) -> str:
        return condition(match[1], match[2]) if match[1] else token(match[3])

    return _TOKEN.sub(value, sql)


def used(sql: str) -> frozenset[str]:
    """Return the names of the placeholders and variables in a neutral query."""
    return frozenset(match[2] or match[3] for match in _TOKEN.finditer(sql))


def words_sql() -> str:
    """Return the SQL expression that says a status in words; empty where there is a number to believe."""
    told = [f"status = {_quoted(status)}, {_quoted(text)}" for status, text in WORDS.items()]
    cases = (
        "status = 'too_few' AND needed > 0,"
        " concat('cannot tell yet, about ', toString(needed), if(needed = 1, ' more post', ' more posts'))",
        "status = 'too_few', 'cannot tell yet: too few posts'",
        f"status = 'not_configured', {_needs_by_metric()}",
        *told,
        "''",
    )
    return f"multiIf({', '.join(cases)})"


def shown_sql(column: str) -> str:
    """Return the SQL expression that writes a value of any metric as a person reads it."""
    percents: dict[int, list[str]] = {}
    for metric in METRICS:
        if metric.unit.grafana == "percentunit":
            percents.setdefault(metric.unit.decimals, []).append(_quoted(metric.name))
    cases = [
        f"metric IN ({', '.join(names)}), concat(toString(round(100 * {column}, {decimals})), ' %')"
        for decimals, names in percents.items()
    ]
    return f"multiIf({', '.join(cases)}, toString(round({column}, if(abs({column}) < 10, 2, 1))))"


def titles_sql() -> dict[str, str]:
    """Return the SQL arrays of all metrics' names and titles, as values of a query."""
    return {
        "metric_names": f"[{', '.join(_quoted(metric.name) for metric in METRICS)}]",
        "metric_titles": f"[{', '.join(_quoted(metric.title) for metric in METRICS)}]",
    }


def metric_panel(panel_id: int, kind: Kind, name: str, place: Place, *, title: str = "") -> Panel:
    """Return a panel of one metric; title, question, unit and description come from its definition."""
    metric = BY_NAME[name]
    return Panel(
        id=panel_id,
        title=title or metric.title,
        question=metric.question,
        description=describe(metric),
        kind=kind,
        sql=metrics_query(kind, (name,)),
        place=place,
        unit=metric.unit,
        metric=name,
    )


def metrics_query(kind: Kind, names: Iterable[str]) -> str:
    """Return the query of one kind of panel for some metrics; the column `metric` tells them apart."""
    return query(kind, metrics=", ".join(map(_quoted, names)), words=words_sql())


def describe(metric: Metric) -> str:
    """Return what a panel says of its metric: question, formula, interval, and what n counts."""
    counted = "events" if metric.family == "rate" else "posts"
    return f"{metric.description} Interval: {metric.interval}. n: {counted} behind the number."


def _needs_by_metric() -> str:
    by_need: dict[Needs, list[str]] = {}
    for metric in METRICS:
        if metric.needs is not None:
            by_need.setdefault(metric.needs, []).append(_quoted(metric.name))
    cases = [f"metric IN ({', '.join(names)}), {_quoted(_NAME[need])}" for need, names in by_need.items()]
    return f"multiIf({', '.join(cases)}, 'fill in the brand file')"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
