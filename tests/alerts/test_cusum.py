"""The sum of one side: what a post tells alone, and beside posts that share something with it."""

import pytest

from pipelines.alerts.cusum import FADES_MS, Common, Sum
from pipelines.alerts.evidence import Run

HOUR = 3_600_000


def heights(scores: list[float], *, apart_ms: int, reference: float = 0.5) -> list[float]:
    common, each, found = Common(), Sum(0.0, Run()), []
    for number, score in enumerate(scores):
        neighbour = common.meet(apart_ms if number else None)
        each.add(score, towards=-1.0, reference=reference, neighbour=neighbour)
        found.append(each.height)
    return found


def test_a_post_alone_adds_what_page_adds() -> None:
    # S = 2k(-z - k): 1.5 for z = -2, 0.5 for z = -1, -1.5 for z = 1, k = 0.5
    assert heights([-2.0, -1.0, 1.0], apart_ms=1_000 * HOUR) == pytest.approx([1.5, 2.0, 0.5], abs=1e-3)


def test_a_second_post_at_the_same_instant_tells_two_fifths_of_the_first() -> None:
    # The first: gain 0.45, so b = -0.9, c = 0.45, var b = 0.2475. The second: nu = -1.1, a = 0.55,
    # s = 0.7975: (0.55 * 1.1 - 0.55² / 2) / 0.7975 = 0.569
    assert heights([-2.0, -2.0], apart_ms=0) == pytest.approx([1.5, 2.069], abs=1e-3)


def test_what_posts_share_fades() -> None:
    neighbours = [Common(0.1).meet(each) for each in (0, FADES_MS, 100 * FADES_MS)]
    assert [each.fade for each in neighbours] == pytest.approx([1.0, 0.3679, 0.0], abs=1e-3)
    assert [each.variance for each in neighbours] == pytest.approx([0.65, 0.9526, 1.0], abs=1e-3)
    assert [each.own for each in neighbours] == pytest.approx([0.55, 0.8345, 1.0], abs=1e-3)


def test_forty_posts_of_a_debate_are_not_forty_witnesses() -> None:
    debate, days = (heights([-1.0] * 40, apart_ms=each)[-1] for each in (60_000, 24 * HOUR))
    assert days == pytest.approx(20.0, abs=0.1)
    assert debate < days / 5


def test_usual_posts_after_a_viral_one_are_not_low_beside_it() -> None:
    assert heights([3.0, 0.0, 0.0, 0.0], apart_ms=60_000) == [0.0, 0.0, 0.0, 0.0]


def test_a_sum_never_falls_below_0() -> None:
    each = Sum(0.0, Run())
    assert each.add(3.0, towards=-1.0, reference=0.5, neighbour=Common().meet(None)) == pytest.approx(-3.5)
    assert each.height == 0.0
