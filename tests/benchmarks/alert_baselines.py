"""What others do: detectors of drops that look once a day at the days so far."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student
from statsmodels.tsa.seasonal import STL

from pipelines.alerts.expectation import PostFacts
from pipelines.events import DAY_MS

Days = NDArray[np.float64]
"""Mean interactions a post of each day, the last one judged; a day without posts carries the one before."""
WEEK, HISTORY = 7, 56
REST_DAYS = 7
"""Alarms so close to the one before belong to it."""


def fixed_threshold(days: Days) -> bool:
    """Tell whether the day lies below 70 % of the week before."""
    return len(days) > WEEK and days[-1] < 0.7 * days[-1 - WEEK : -1].mean()


def seasonal_hybrid_esd(days: Days, *, share: float = 0.1, alpha: float = 0.05) -> bool:
    """Tell whether the day is a low anomaly: week and median away, then ESD with median and MAD."""
    if len(days) < 4 * WEEK:
        return False
    values = np.log(days[-HISTORY:] + 0.5)
    weekday = np.arange(len(values)) % WEEK
    season = np.array([np.median(values[weekday == each]) for each in range(WEEK)])
    rest = values - season[weekday]
    rest = rest - np.median(rest)
    return len(rest) - 1 in _outliers(rest, int(share * len(rest)), alpha) and bool(rest[-1] < 0)


def _outliers(rest: Days, most: int, alpha: float) -> set[int]:
    """Return the outliers of the generalised ESD test (Rosner, 1983), with median and MAD."""
    left, taken, found = np.arange(len(rest)), [], 0
    for number in range(1, most + 1):
        values = rest[left]
        centre = np.median(values)
        scale = 1.4826 * np.median(np.abs(values - centre))
        if scale == 0:
            break
        away = np.abs(values - centre) / scale
        worst = int(away.argmax())
        taken.append(int(left[worst]))
        size = len(rest) - number + 1
        quantile = student.ppf(1 - alpha / (2 * size), size - 2)
        if away[worst] > quantile * (size - 1) / np.sqrt((size - 2 + quantile**2) * size):
            found = number
        left = np.delete(left, worst)
    return set(taken[:found])


def stl_residual(days: Days) -> bool:
    """Tell whether the day's residual of a weekly STL lies three robust deviations below 0."""
    if len(days) < 4 * WEEK:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rest = STL(np.log(days[-HISTORY:] + 0.5), period=WEEK, robust=True).fit().resid
    scale = 1.4826 * np.median(np.abs(rest - np.median(rest)))
    return bool(rest[-1] < -3 * scale)


BASELINES: dict[str, Callable[[Days], bool]] = {
    "S-H-ESD": seasonal_hybrid_esd,
    "STL residuals": stl_residual,
    "below 70 % of last week": fixed_threshold,
}


def daily_alarms(detector: Callable[[Days], bool], posts: Sequence[PostFacts]) -> list[int]:
    """Return the days (since the epoch) on which a detector begins to see a drop."""
    alarms: list[int] = []
    for day, days in _days(posts):
        if detector(days) and (not alarms or day - alarms[-1] > REST_DAYS):
            alarms.append(day)
    return alarms


def _days(posts: Sequence[PostFacts]) -> Iterator[tuple[int, Days]]:
    sums: dict[int, list[int]] = defaultdict(list)
    for post in posts:
        sums[post.at // DAY_MS].append(post.interactions)
    first, last = min(sums), max(sums)
    means: list[float] = []
    for day in range(first, last + 1):
        known = day in sums
        means.append(float(np.mean(sums[day])) if known else means[-1])
        if known:
            yield day, np.array(means[-HISTORY - 1 :])
