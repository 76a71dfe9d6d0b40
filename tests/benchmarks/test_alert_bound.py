"""The bound of what is possible, against what is known by formula."""

import numpy as np
import pytest

from tests.benchmarks.alert_bound import likelihood_ratios, median_delay


def test_the_information_of_normal_posts_is_half_the_squared_shift() -> None:
    rng = np.random.default_rng(1)
    usual = rng.normal(0.0, 1.0, 200_000)
    _, information = likelihood_ratios(usual, usual - 1.0)
    assert information == pytest.approx(0.5, abs=0.03)


def test_the_information_of_exponential_posts_is_that_of_their_formula() -> None:
    # of Gamma posts with shape 1: ½ − 1 − ln ½ = 0.193 nats
    usual = np.log(np.random.default_rng(1).exponential(1.0, 200_000))
    _, information = likelihood_ratios(usual, usual + np.log(0.5))
    assert information == pytest.approx(0.193, abs=0.02)


def test_a_sum_that_rises_by_one_a_post_passes_five_with_the_fifth() -> None:
    usual, halved = np.full(10, -1.0), np.full(10, 1.0)
    assert median_delay(usual, halved, 5.0, np.random.default_rng(1)) == 5
