"""What is expected of a post, and that nothing stays nothing."""

from math import log

import numpy as np
import pytest

from pipelines.alerts.expectation import ENOUGH, REMEMBERED, Expectation, PostFacts, cells_of, typical
from pipelines.alerts.levels import UNIT, Levels
from pipelines.alerts.limits import LIMITS, REFERENCES, RUN_LENGTHS, limit, run_length
from tests.alerts.simulated_posts import HOUR, START


def post(number: int, interactions: int, **facts: bool) -> PostFacts:
    return PostFacts(id=str(number), at=START + number * 8 * HOUR, interactions=interactions, **facts)


def learnt(counts: list[int]) -> Expectation:
    expectation = Expectation()
    for number, y in enumerate(counts):
        expectation.learn(post(number, y))
    return expectation


def test_the_middle_of_what_is_known_has_the_score_0_and_the_largest_a_bounded_one() -> None:
    expectation = learnt([number * 8 % 21 + 1 for number in range(ENOUGH + 1)])
    assert expectation.judge(post(99, 11)).score == pytest.approx(0.0, abs=0.5)
    viral, more = (expectation.judge(post(99, y)).score for y in (10_000, 10_000_000))
    assert viral == more < 3.0


def test_a_zero_is_the_same_zero_whatever_the_post_is_like() -> None:
    expectation = Expectation()
    for number in range(60):
        linked = number % 2 == 0
        expectation.learn(post(number, 50 if linked else 5, links=linked))
    with_link, without = (expectation.judge(post(99, 0, links=each)) for each in (True, False))
    assert with_link.score == without.score
    assert with_link.expected > without.expected


def test_bought_followers_raise_no_expectation_beyond_a_fifth() -> None:
    expectation = Expectation()
    for number in range(40):
        expectation.learn(
            PostFacts(id=str(number), at=START + number * 8 * HOUR, interactions=100, followers=1_000)
        )
    bought = PostFacts(id="x", at=START, interactions=100, followers=100_000)
    assert typical(expectation.judge(bought).expected) < 125


def test_the_oldest_post_is_forgotten_and_posts_of_one_hour_count_as_one() -> None:
    expectation = learnt([7] * (REMEMBERED + 40))
    before = expectation.judge(post(99, 8)).score
    for number in range(30):
        expectation.learn(PostFacts(id=str(number), at=START + number, interactions=1_000_000), own=0.0)
    assert len(expectation.save().ring) == 2 * REMEMBERED
    assert expectation.judge(post(99, 8)).score == pytest.approx(before, abs=0.1)
    assert 6 < typical(expectation.judge(post(99, 7)).expected) < 9


def test_a_drop_of_all_posts_is_a_level_and_no_effect() -> None:
    rng = np.random.default_rng(4)
    usual = [int(y) for y in rng.negative_binomial(8, 8 / 108, 200)]
    expectation = learnt(usual)
    probe = post(204, 50)
    before = expectation.rest_of(probe)
    for number, y in enumerate(int(y) for y in rng.negative_binomial(8, 8 / 33, 60)):
        expectation.learn(post(200 + number, y))
    assert expectation.rest_of(probe) == pytest.approx(before, abs=0.25)
    assert expectation.levels.recent / UNIT == pytest.approx(log(25), abs=0.4)


def test_effects_stay_as_they_are_while_a_change_may_be_on() -> None:
    expectation = learnt([number % 9 + 3 for number in range(60)])
    before = expectation.save().effects
    expectation.learn(post(60, 500), calm=False)
    assert expectation.save().effects == before
    expectation.learn(post(61, 500))
    assert expectation.save().effects != before


def test_a_level_to_leave_is_the_lower_for_a_drop_and_the_higher_for_a_breakout() -> None:
    levels = Levels(recent=300, usual=200, learnt=100)
    assert (levels.to_leave(towards=-1.0), levels.to_leave(towards=1.0)) == (200, 300)
    levels.hold(150, towards=-1.0)
    assert levels.to_leave(towards=-1.0) == 150
    levels.shift(0.5)
    assert (levels.recent, levels.usual) == (50_150, 50_150)


def test_the_first_posts_make_levels_equally() -> None:
    levels = Levels()
    levels.begin(1.0)
    for value in (1.0, 2.0, 6.0):
        levels.learn(beside_recent=value - levels.recent / UNIT, beside_usual=value - levels.usual / UNIT)
    assert (levels.recent / UNIT, levels.usual / UNIT) == (pytest.approx(3.0), pytest.approx(3.0))


def test_parts_of_the_week_are_those_of_utc() -> None:
    saturday_night = 1_700_265_600_000  # 18 November 2023, 00:00
    friday_noon = saturday_night - 12 * HOUR
    assert cells_of(PostFacts(id="", at=saturday_night, interactions=0))[0] == 6
    assert cells_of(PostFacts(id="", at=friday_noon, interactions=0))[0] == 3


def test_limits_rise_with_the_run_length_and_run_length_is_their_inverse() -> None:
    assert len(LIMITS) == len(REFERENCES)
    for row in LIMITS:
        assert list(row) == sorted(row)
    for reference in (0.2, 0.37, 1.0):
        for length in (60.0, 1_000.0, 20_000.0, 100_000.0):
            height = limit(reference=reference, run_length=length)
            assert run_length(reference=reference, height=height) == pytest.approx(length, rel=0.02)


def test_limits_are_near_siegmunds_approximation() -> None:
    # k = 0.5, run length 400: h = 4.1 by (exp(2kh') - 2kh' - 1) / 2k² = 400, h' = h + 1.166 (Siegmund, 1985)
    at = RUN_LENGTHS.index(400.0)
    assert LIMITS[REFERENCES.index(0.5)][at] == pytest.approx(4.1, abs=0.3)
