"""What a status says in words, as SQL: why there is no number or no interval, and what would bring it.

A number that rests on too few posts says how long it takes at the account's present pace, or which window has
enough:

    cannot tell yet, about 5 more weeks      the account is not known long enough
    cannot tell from 7 days: choose 28 days  it is, but the chosen window is too short
    cannot tell yet, about 4 more posts      a pace is not known
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from pipelines.metrics.catalogue import METRICS
from pipelines.metrics.definition import Metric, Needs
from pipelines.metrics.intervals import MIN_THREADS
from pipelines.metrics.view_sql import quoted

_DAYS: Final[Mapping[str, float]] = {"1h": 1 / 24, "24h": 1, "7d": 7, "28d": 28}
_WINDOWS: Final[Mapping[str, str]] = {"1h": "an hour", "24h": "24 hours", "7d": "7 days", "28d": "28 days"}
_SILENCES: Final[Mapping[str, str]] = {
    "no_posts": "no posts in this window",
    "no_data": "the source was not listening",
}
_NAME: Final[Mapping[Needs, str]] = {
    "promotion": "name your domains or offers in the brand file",
    "topics": "name your topics in the brand file",
    "channels": "name your feeds or your accounts on other networks in the brand file",
}
_UNTOLD: Final[tuple[tuple[str, str], ...]] = (
    ("followers", "followers"),
    ("impressions", "impressions"),
    ("addressed", "addressees"),
    ("scored", "texts to score"),
)
"""What the name of a measure that counts the posts told says of what was told; else it is counts."""
_FOREVER_DAYS: Final = 730
_WAIT: Final = "cannot tell yet, about "
_TELLER: Final = (
    "if(network IN (SELECT network FROM pipeline_freshness), 'the source tells no ', 'this archive has no ')"
)


class Pace(Struct, frozen=True):
    """Where a query tells how long an account is known: `window`, as SQL, is what the number was taken from.

    It has the columns `known_since` and `at`. `others`: the reader can choose a longer window.
    """

    window: str = "$window"
    others: bool = True


def words_sql(what: str = "post", *, pace: Pace | None = None, by_metric: bool = True) -> str:
    """Return the SQL expression that says a status in words; empty where there is a number to believe.

    Reads the columns status, needed (of `what`), n and network, and with `by_metric` the column metric.
    """
    plural = f"if(needed = 1, ' more {what}', ' more {what}s')"
    timed = [] if pace is None else [f"status = 'too_few' AND {_HAS_PACE}, {_by_pace(pace)}"]
    untold = _untold_by_metric() if by_metric else quoted("counts")
    cases = (
        *timed,
        f"status = 'too_few' AND needed > 0, ifNull(concat('{_WAIT}', toString(needed), {plural}), '')",
        f"status = 'too_few', 'cannot tell yet: too few {what}s'",
        *([f"status = 'not_configured', {_needs_by_metric()}"] if by_metric else []),
        f"status = 'unknown_input', concat({_TELLER}, {untold})",
        *(f"status = {quoted(status)}, {quoted(text)}" for status, text in _SILENCES.items()),
        "''",
    )
    return f"multiIf({', '.join(cases)})"


def more_sql(count: str, what: str) -> str:
    """Return the SQL expression that says how many more weeks (or posts …) are needed before one can tell."""
    return f"concat('{_WAIT}', toString({count}), if({count} = 1, ' more {what}', ' more {what}s'))"


def _names(metrics: Iterable[Metric]) -> str:
    return ", ".join(quoted(metric.name) for metric in metrics)


_LIFTS: Final = _names(metric for metric in METRICS if metric.family == "lift")
_RATES: Final = _names(metric for metric in METRICS if metric.family == "rate")
_HAS_PACE: Final = f"needed > 0 AND n > 0 AND isNotNull(known_since) AND metric NOT IN ({_LIFTS})"


def _by_pace(pace: Pace) -> str:
    """Say how many days are missing, or which window is long enough.

    At this pace the number needs `total` days; the account is known for `known`. Of a rate a day whose posts
    come in threads, threads are needed.
    """
    known = "dateDiff('second', assumeNotNull(known_since), at) / 86400"
    days = _by_window(pace.window, map(str, _DAYS.values()), "1e9")
    lacking, least = "toFloat64(assumeNotNull(needed))", f"{MIN_THREADS:.0f}"
    have = f"if(metric IN ({_RATES}) AND {lacking} < {least}, {least} - {lacking}, toFloat64(n))"
    total = f"least(known, {days}) * ({have} + {lacking}) / {have}"
    choose = "': choose ', multiIf(total <= 7, '7 days', total <= 28, '28 days', 'everything')"
    window = _by_window(pace.window, map(quoted, _WINDOWS.values()), "''")
    from_this = f"concat('cannot tell from ', {window}{f', {choose}' * pace.others})"
    said = f"if(total > known, {_wait('total - known')}, {from_this})"
    return f"arrayMap(known -> arrayMap(total -> {said}, [{total}])[1], [{known}])[1]"


def _by_window(window: str, values: Iterable[str], everything: str) -> str:
    return f"transform({window}, [{', '.join(map(quoted, _DAYS))}], [{', '.join(values)}], {everything})"


def _wait(days: str) -> str:
    """Say a span of days that are still to come, rounded up."""
    return (
        f"multiIf({days} > {_FOREVER_DAYS}, 'cannot tell at this pace: more than two years',"
        f" {days} > 10, concat('{_WAIT}', toString(toUInt32(ceil(({days}) / 7))), ' more weeks'),"
        f" {days} > 1, concat('{_WAIT}', toString(toUInt32(ceil({days}))), ' more days'),"
        f" '{_WAIT}1 more day')"
    )


def _needs_by_metric() -> str:
    by_need: dict[Needs, list[Metric]] = {}
    for metric in METRICS:
        if metric.needs is not None:
            by_need.setdefault(metric.needs, []).append(metric)
    cases = [f"metric IN ({_names(metrics)}), {quoted(_NAME[need])}" for need, metrics in by_need.items()]
    return f"multiIf({', '.join(cases)}, 'fill in the brand file')"


def _untold_by_metric() -> str:
    by_noun: dict[str, list[Metric]] = {}
    for metric in METRICS:
        by_noun.setdefault(_untold(metric), []).append(metric)
    others = [(noun, metrics) for noun, metrics in by_noun.items() if noun != "counts"]
    cases = [f"metric IN ({_names(metrics)}), {quoted(noun)}" for noun, metrics in others]
    return f"multiIf({', '.join(cases)}, 'counts')"


def _untold(metric: Metric) -> str:
    """Return what a source did not tell where a metric is unknown: counts, followers, impressions …"""
    found: list[str] = []
    for known in metric.known:
        of = known.of if isinstance(known.of, str) else known.of[0]
        found.append(next((noun for part, noun in _UNTOLD if part in of), "counts"))
    return " or ".join(dict.fromkeys(found)) or "counts"
