"""The catalogue as fragments of SQL, from which the views in infra/clickhouse/views are rendered.

A view that computes metrics has these columns in scope where it writes `${metrics_rows}`: the measures of
`${metric_measures}`, `known_since`, `window_start` and `window_end` (DateTime64(3)), `knows_promotion`,
`knows_topics`, `knows_channels` and `is_deaf`. Where it writes `${gauge_rows}`, it needs alone what
`READINGS` names. Each fragment is an array of tuples (metric, value, low, high, n, status, needed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from pipelines.metrics import interval_sql
from pipelines.metrics.catalogue import ADDITIVE, METRICS
from pipelines.metrics.definition import DAY_MS, FAMILIES, Family, Known, Metric, Needs, Sum
from pipelines.metrics.interval_sql import EstimateSql
from pipelines.metrics.measures import MEASURES, READINGS, Measure
from pipelines.sql_files import filled, sql_file

OBSERVED_DAYS: Final = (
    "(greatest(toUnixTimestamp64Milli(window_end) - greatest(toUnixTimestamp64Milli(window_start),"
    f" toUnixTimestamp64Milli(known_since)), 0) / {DAY_MS})"
)
"""`Context.observed_days`."""
_MET: Final[Mapping[Needs, str]] = {
    "promotion": "knows_promotion",
    "topics": "knows_topics",
    "channels": "knows_channels",
}
WINDOW_SHAPES_MS: Final[Mapping[str, tuple[int, int]]] = {
    "1h": (DAY_MS // 24, DAY_MS // 1440),
    "24h": (DAY_MS, DAY_MS // 96),
    "7d": (7 * DAY_MS, DAY_MS // 24),
    "28d": (28 * DAY_MS, DAY_MS // 4),
}
"""Length of each window, and the step between two ends."""
WINDOW_LENGTHS_MS: Final[Mapping[str, int]] = {name: shape[0] for name, shape in WINDOW_SHAPES_MS.items()}
_WINDOW_MS: Final = (
    f"transform(window, {list(WINDOW_LENGTHS_MS)}, {list(WINDOW_LENGTHS_MS.values())}, toInt64(0))"
)
SHARES: Final[Mapping[str, tuple[str, str]]] = {
    "response_share": ("answered_24h", "answerable"),
    "answered_share": ("answered_posts", "asked_posts"),
    "author_returned_share": ("returned_conversations", "conversations"),
    "engaged_share": ("engaged_followers", "known_followers"),
}
"""Shares in the views of conversations and relationships: the columns k and n, in scope there."""
_TUMBLING: Final[Mapping[str, Mapping[str, str]]] = {
    "daily_rows": {"period": "day", "days": "1", "period_of_minute": "toDate(minutes.minute, time_zone)"},
    "weekly_rows": {
        "period": "week",
        "days": "7",
        "period_of_minute": "toStartOfWeek(minutes.minute, 1, time_zone)",
    },
}
"""The two views of one text, infra/clickhouse/fragments/tumbling_metrics.sql."""
_READING_IS_INSIDE: Final = (
    "window = 'all' OR (reading.1 >= toUnixTimestamp64Milli(window_start)"
    " AND reading.1 < toUnixTimestamp64Milli(window_end))"
)
_READINGS_OF_WINDOW: Final = (
    f"toInt64(length(arrayFilter(reading -> {_READING_IS_INSIDE}, readings) AS readings_inside))"
    " AS followers_told,\n"
    "readings_inside[1].2 AS first_followers,\n"
    "readings_inside[-1].2 AS last_followers"
)
"""`READINGS`, where `readings` of `follower_readings`, `window` and its ends are in scope."""
_UNHEARD_UNTIL: Final = (
    "(before_{span}_ms + least(toUnixTimestamp64Milli({at}) - toUnixTimestamp64Milli({span}_from_at),"
    " {span}_length_ms))"
)
_IS_DEAF: Final = (
    f"{_UNHEARD_UNTIL.format(span='last', at='window_end')}"
    f" - {_UNHEARD_UNTIL.format(span='first', at='known_from')} AS unheard_ms,\n"
    "unheard_ms > 0 AND unheard_ms * 2 >="
    " toUnixTimestamp64Milli(window_end) - toUnixTimestamp64Milli(known_from) AS is_deaf"
)
"""`Context.is_deaf`, where what `unheard_joins` joins to is in scope as `sums`."""


def fragments() -> dict[str, str]:
    """Return what the views' placeholders stand for, without the dollar and braces."""
    parts = _parts()
    text = sql_file("fragments", "tumbling_metrics")
    return parts | {name: filled(text, {**parts, **period}) for name, period in _TUMBLING.items()}


def _parts() -> dict[str, str]:
    measures = metric_measures()
    return {
        "metrics_rows": metrics_rows(METRICS),
        "value_rows": value_rows(METRICS),
        "additive_rows": metrics_rows(ADDITIVE),
        "gauge_rows": metrics_rows([metric for metric in METRICS if metric not in ADDITIVE]),
        "readings": ",\n".join(READINGS),
        "readings_of_window": _READINGS_OF_WINDOW,
        "is_deaf": _IS_DEAF,
        "unheard_joins": filled(sql_file("fragments", "unheard_joins"), {}),
        "metric_measures": ",\n".join(measures),
        "metric_measure_definitions": _definitions(m for m in MEASURES if m.name in measures),
        "metric_sums": ",\n".join(f"sum(minutes.{name}) AS {name}" for name in measures),
        "measure_columns": ",\n".join(measure.name for measure in MEASURES),
        "measure_definitions": _definitions(MEASURES),
        "window_ms": _WINDOW_MS,
        "window_shapes": str([(name, *shape) for name, shape in WINDOW_SHAPES_MS.items()]),
        "metric_definitions": ",\n".join(
            f"    {metric.name} Nullable(Float64) COMMENT {quoted(comment(metric))}" for metric in METRICS
        ),
        "metric_values": ",\n".join(
            f"found[{position}] AS {name}" for name, position in positions(METRICS).items()
        ),
        **{name: interval_sql.proportion(k, n).row for name, (k, n) in SHARES.items()},
    }


def metric_measures() -> tuple[str, ...]:
    """Return every measure that a metric reads, in the order of the tables' columns."""
    read = {name for metric in METRICS for name in metric.measures}
    return tuple(measure.name for measure in MEASURES if measure.name in read)


def metrics_rows(metrics: Sequence[Metric]) -> str:
    """Write the array of estimates, each family's formula once, silences decided last."""
    families = [_family(family, of) for family in FAMILIES if (of := _of_family(metrics, family))]
    everything = f"arrayConcat({', '.join(families)})"
    shown = [f"if(m.2 = '', m.3.{position}, NULL)" for position in (1, 2, 3)]
    status, needed = "if(m.2 = '', m.3.5, m.2)", "if(m.2 = '', m.3.6, NULL)"
    return f"arrayMap(m -> (m.1, {', '.join(shown)}, m.3.4, {status}, {needed}), {everything})"


def value_rows(metrics: Sequence[Metric]) -> str:
    """Write the array of values alone, in the order of `metrics_rows`: intervals cost most of an estimate."""
    families = [
        _family(family, of, values=True) for family in FAMILIES if (of := _of_family(metrics, family))
    ]
    return f"arrayConcat({', '.join(families)})"


def positions(metrics: Sequence[Metric]) -> dict[str, int]:
    """Return where each metric stands in `metrics_rows`, from 1 on, in the order of `metrics`."""
    order = [metric.name for family in FAMILIES for metric in _of_family(metrics, family)]
    return {metric.name: order.index(metric.name) + 1 for metric in metrics}


def silence(metric: Metric) -> str:
    """Write the status that silences the metric, or the empty string."""
    cases: list[tuple[str, str]] = []
    if metric.needs is not None:
        cases.append((f"NOT {_MET[metric.needs]}", "not_configured"))
    if metric.counted is not None:
        cases.append((f"is_deaf AND {sum_sql(metric.counted)} = 0", "no_data"))
    if metric.subject_posts is not None:
        cases.append((f"{sum_sql(metric.subject_posts)} = 0", "no_posts"))
    cases += [(_untold(known), "unknown_input") for known in metric.known]
    if not cases:
        return "''"
    return f"multiIf({', '.join(f'{condition}, {quoted(status)}' for condition, status in cases)}, '')"


def comment(metric: Metric) -> str:
    """Return what a column of this metric says of itself: question, formula and unit."""
    return f"{metric.question} {metric.formula} ({metric.unit.words}); NULL: see its status in metrics_latest"


def quoted(text: str) -> str:
    """Write a string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _definitions(measures: Iterable[Measure]) -> str:
    return ",\n".join(f"    {m.name} {m.sql_type} COMMENT {quoted(m.counts)}" for m in measures)


def _of_family(metrics: Sequence[Metric], family: Family) -> list[Metric]:
    return [metric for metric in metrics if metric.family == family]


def _family(family: Family, metrics: Sequence[Metric], *, values: bool = False) -> str:
    """Write the array of (name, silence, estimate) of the metrics of one family, or of their values alone."""
    count = len(metrics[0].operands)
    formula = _FORMULAS[family]([f"m.{interval_sql.FIRST_OPERAND + index}" for index in range(count)])
    rows = ",\n    ".join(
        f"({quoted(metric.name)}, {silence(metric)}, {', '.join(map(sum_sql, metric.operands))})"
        for metric in metrics
    )
    each = f"[\n    {rows}\n]"
    return formula.each_value(each) if values else formula.each_row(each)


def _untold(known: Known) -> str:
    told = sum_sql(known.of)
    if not known.percent:
        return f"{told} = 0"
    among = sum_sql(known.among)
    return f"{told} = 0 OR toInt128({told}) * 100 < toInt128({among}) * {known.percent}"


def sum_sql(sum_: Sum) -> str:
    """Write a measure, or a sum of measures, over columns named as they are."""
    return sum_ if isinstance(sum_, str) else f"({' + '.join(sum_)})"


def _proportion(m: list[str]) -> EstimateSql:
    return interval_sql.proportion(*m)


def _ratio(m: list[str]) -> EstimateSql:
    n, y, x, yy, xx, xy = m
    return interval_sql.ratio_of_sums(n=n, sum_y=y, sum_x=x, sum_yy=yy, sum_xx=xx, sum_xy=xy)


def _rate(m: list[str]) -> EstimateSql:
    return interval_sql.rate(m[0], OBSERVED_DAYS, squares=m[1], threads=m[2])


def _lift(m: list[str]) -> EstimateSql:
    n1, y1, yy1, n2, y2, yy2 = m
    return interval_sql.lift(n1=n1, sum_y1=y1, sum_yy1=yy1, n2=n2, sum_y2=y2, sum_yy2=yy2)


def _growth(m: list[str]) -> EstimateSql:
    return interval_sql.growth(*m)


_FORMULAS: Final[Mapping[Family, Callable[[list[str]], EstimateSql]]] = {
    "proportion": _proportion,
    "ratio": _ratio,
    "rate": _rate,
    "lift": _lift,
    "growth": _growth,
}
