"""The slow test: weeks beside weeks."""

import numpy as np

from pipelines.alerts.slow import PANE_MS, SlowTest
from pipelines.brand import Alerting

PANE_POSTS = 20


def found(levels: list[float]) -> list[str]:
    """Return what is found where each half week has this mean."""
    rng, slow = np.random.default_rng(2), SlowTest()
    said = []
    for number, level in enumerate([*levels, 0.0]):
        for step in range(PANE_POSTS):
            at = (1_000 + number) * PANE_MS + step * PANE_MS // PANE_POSTS
            value = level + float(rng.normal(0.0, 0.4))
            if (change := slow.take(at, value, Alerting(), inflation=1.0)) is not None:
                said.append(change[0])
    return said


def test_a_week_much_below_four_steady_ones_is_a_drop() -> None:
    assert found([3.0] * 8 + [2.3, 2.3]) == ["drop"]


def test_the_same_week_after_half_weeks_that_differ_as_much_is_none() -> None:
    assert found([3.7, 2.3] * 4 + [2.3, 2.3]) == []
