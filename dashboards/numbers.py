"""Numbers and instants as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

from pipelines.metrics.units import Unit

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shown(value: float | None, unit: Unit) -> str:
    """Write a value in its unit; an en dash where there is none.

    >>> from pipelines.metrics.units import PER_POST, SHARE
    >>> shown(0.607, SHARE), shown(22.25, PER_POST), shown(1.263, PER_POST), shown(None, SHARE)
    ('61 %', '22.2', '1.26', '–')
    """
    if value is None:
        return "–"
    if unit.grafana == "percentunit":
        return f"{100 * value:.{unit.decimals}f} %"
    if unit.grafana == "s":
        return duration(value)
    if unit.decimals == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def duration(seconds: float) -> str:
    """Write a span of time by its two largest units.

    >>> duration(42), duration(5400), duration(93_600), duration(0)
    ('42 s', '1 h 30 min', '1 d 2 h', '0 s')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    counts = [(whole // 86_400, "d"), (whole % 86_400 // 3_600, "h"), (whole % 3_600 // 60, "min")]
    while not counts[0][0]:
        counts.pop(0)
    return " ".join(f"{count} {name}" for count, name in counts[:2] if count)


def duration_step_s(longest: float) -> int:
    """Return the distance between marks of an axis that ends at so many seconds."""
    for step in (10, 60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 86_400, 7 * 86_400):
        if longest / step <= 6:
            return step
    return 28 * 86_400


def interval(low: float | None, high: float | None, unit: Unit) -> str:
    """Write an interval, the unit once; empty where there is none.

    >>> from pipelines.metrics.units import SHARE
    >>> interval(0.57, 0.64, SHARE)
    '57–64 %'
    """
    if low is None or high is None:
        return ""
    begin = shown(low, unit)
    return f"{begin.removesuffix(' %')}–{shown(high, unit)}"


def count(value: float | None) -> str:
    """Write a count with thousands set apart; an en dash where it is not told."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 or float(value).is_integer() else f"{value:.1f}"


def day(at: datetime, zone: tzinfo) -> str:
    """Write the day of an instant.

    >>> from datetime import UTC
    >>> day(datetime(2026, 11, 2, 23, 30, tzinfo=UTC), UTC)
    '2 Nov 2026'
    """
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def minute(at: datetime, zone: tzinfo) -> str:
    """Write an instant to the minute, without its year.

    >>> from datetime import UTC
    >>> minute(datetime(2026, 11, 2, 23, 30, tzinfo=UTC), UTC)
    '2 Nov, 23:30'
    """
    local = at.astimezone(zone)
    return f"{local.day} {local:%b, %H:%M}"


def instant(milliseconds: int) -> datetime:
    """Return the instant that lies so many milliseconds after the Unix epoch."""
    return _EPOCH + timedelta(milliseconds=milliseconds)
