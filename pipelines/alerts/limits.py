"""Limits of the one-sided CUSUMs: how high a sum may rise before it is no accident.

`LIMITS` is written by `python -m tests.benchmarks.alert_limits`, which simulates the detector's own scores
without any change and counts how often a sum passes each height. Nothing here is set by taste: who asks for
at most one false alarm in N days gets the limit of that run length.
"""

from __future__ import annotations

from bisect import bisect_left
from math import exp, log

REFERENCES = (0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
"""Reference values k of the CUSUM, in standard deviations: half the shift that is looked for."""
RUN_LENGTHS = (50.0, 100.0, 200.0, 400.0, 800.0, 1_600.0, 3_200.0, 6_400.0, 12_800.0, 25_600.0)
"""Mean numbers of posts between two false alarms."""
LIMITS: tuple[tuple[float, ...], ...] = (
    # limits-begin
    (0.795, 1.387, 2.066, 2.796, 3.569, 4.354, 5.223, 6.223, 7.435, 9.453),
    (1.584, 2.237, 2.912, 3.605, 4.3, 5.022, 5.729, 6.457, 7.228, 7.969),
    (1.854, 2.501, 3.165, 3.839, 4.508, 5.191, 5.873, 6.569, 7.27, 8.014),
    (2.046, 2.651, 3.314, 3.977, 4.632, 5.3, 5.961, 6.642, 7.354, 8.046),
    (2.135, 2.745, 3.433, 4.08, 4.712, 5.351, 6.003, 6.657, 7.35, 8.048),
    (2.218, 3.131, 3.236, 3.863, 4.532, 5.202, 5.737, 6.354, 7.019, 7.659),
    # limits-end
)
"""One row a reference, one column a run length; log-likelihood units."""


def limit(*, reference: float, run_length: float) -> float:
    """Return the height that a sum with this reference passes once in `run_length` posts by chance.

    Between the simulated values it is linear in log(run length) and in the reference. Beyond the longest run
    it goes on with slope 1, as Siegmund's approximation does (Siegmund, 1985, "Sequential Analysis", chapter
    2).
    """
    lower, share = _place(REFERENCES, reference)
    low, high = _of_run(LIMITS[lower], run_length), _of_run(LIMITS[lower + 1], run_length)
    return low + share * (high - low)


def run_length(*, reference: float, height: float) -> float:
    """Return the mean number of posts between two passages of this height by chance: the inverse of
    `limit`."""
    lower, share = _place(REFERENCES, reference)
    heights = [a + share * (b - a) for a, b in zip(LIMITS[lower], LIMITS[lower + 1], strict=True)]
    logs = [log(each) for each in RUN_LENGTHS]
    if height >= heights[-1]:
        return exp(min(logs[-1] + height - heights[-1], 60.0))
    if height <= heights[0]:
        return max(1.0, exp(logs[0] + height - heights[0]))
    at = bisect_left(heights, height)
    part = (height - heights[at - 1]) / (heights[at] - heights[at - 1])
    return exp(logs[at - 1] + part * (logs[at] - logs[at - 1]))


def _place(grid: tuple[float, ...], value: float) -> tuple[int, float]:
    """Return the grid's interval that holds the value, and how far into it (0 to 1)."""
    inside = min(max(value, grid[0]), grid[-1])
    lower = min(max(bisect_left(grid, inside) - 1, 0), len(grid) - 2)
    return lower, (inside - grid[lower]) / (grid[lower + 1] - grid[lower])


def _of_run(heights: tuple[float, ...], length: float) -> float:
    if length > RUN_LENGTHS[-1]:
        return heights[-1] + log(length / RUN_LENGTHS[-1])
    lower, _ = _place(RUN_LENGTHS, length)
    inside = max(length, RUN_LENGTHS[0])
    share = log(inside / RUN_LENGTHS[lower]) / log(RUN_LENGTHS[lower + 1] / RUN_LENGTHS[lower])
    return heights[lower] + share * (heights[lower + 1] - heights[lower])
