"""Intervals: known values, limits, abstention, and closed forms against scipy."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.stats import gamma, nbinom

from pipelines.metrics.intervals import (
    MIN_POSTS,
    Estimate,
    lift,
    mean_per_post,
    proportion,
    rate,
    ratio_of_sums,
)

COUNTS = st.integers(0, 10**6)
BIG = st.integers(0, 10**21)


def is_sound(estimate: Estimate) -> bool:
    """Finite numbers only, low <= value <= high, an interval exactly where the status is ok."""
    numbers = (estimate.value, estimate.low, estimate.high)
    if any(number is not None and not math.isfinite(number) for number in numbers):
        return False
    if estimate.status != "ok":
        return estimate.low is None and estimate.high is None
    value, low, high = numbers
    ordered = low is not None and value is not None and high is not None and low <= value <= high
    return ordered and estimate.needed is None


def posts(*counts: int) -> Estimate:
    return mean_per_post(n=len(counts), sum_y=sum(counts), sum_yy=sum(y * y for y in counts))


@pytest.mark.parametrize(
    ("k", "n", "low", "high"), [(2, 3, 0.21, 0.94), (200, 300, 0.61, 0.72), (0, 5, 0.0, 0.43)]
)
def test_wilson_gives_the_published_examples(k: int, n: int, low: float, high: float) -> None:
    estimate = proportion(k, n)
    assert (round(estimate.low or 0.0, 2), round(estimate.high or 0.0, 2)) == (low, high)
    assert estimate.value == k / n


def test_wilson_ends_exactly_at_0_and_1() -> None:
    assert proportion(0, 7).low == 0.0
    assert proportion(7, 7).high == 1.0


def test_a_proportion_of_nothing_is_undefined() -> None:
    assert proportion(0, 0) == Estimate(None, None, None, 0, "too_few", 1)


@pytest.mark.parametrize(("k", "n"), [(4, 3), (-1, 3)])
def test_a_contradictory_proportion_is_undefined(k: int, n: int) -> None:
    assert proportion(k, n) == Estimate(None, None, None, n, "too_few", None)


def test_gamma_closed_form_is_within_3e_5_of_the_quantiles() -> None:
    for k in [*range(200), 10**3, 10**4, 10**5, 10**6]:
        estimate = rate(k, 2.0)
        low = gamma.ppf(0.025, k + 0.5) / 2.0 if k else 0.0
        assert estimate.low == pytest.approx(low, rel=3e-5, abs=0.0)
        assert estimate.high == pytest.approx(gamma.ppf(0.975, k + 0.5) / 2.0, rel=3e-5)


def test_no_events_over_a_week_are_at_most_a_third_a_day() -> None:
    estimate = rate(0, 7.0)
    assert (estimate.value, estimate.low, estimate.n, estimate.status) == (0.0, 0.0, 0, "ok")
    assert estimate.high == pytest.approx(2.51194 / 7.0, rel=1e-4)


def test_posts_in_threads_of_four_are_as_sure_as_a_quarter_of_them_alone() -> None:
    """20 threads of 4: Σs² = 320, φ = 4, widened by 1 + 2 · 3 / 80 to 4.3: 18.605 events of 4.3 posts."""
    estimate = rate(80, 8.0, squares=320, threads=20)
    assert (estimate.value, estimate.n, estimate.status) == (10.0, 80, "ok")
    assert estimate.low == pytest.approx(4.3 * gamma.ppf(0.025, 80 / 4.3 + 0.5) / 8.0, rel=3e-5)
    assert estimate.high == pytest.approx(4.3 * gamma.ppf(0.975, 80 / 4.3 + 0.5) / 8.0, rel=3e-5)


def test_few_threads_and_one_that_outweighs_the_rest_have_a_rate_but_no_interval() -> None:
    assert rate(9, 1.0, squares=17, threads=5) == Estimate(9.0, None, None, 9, "too_few", 7)
    assert rate(512, 1.0, squares=500**2 + 12, threads=13) == Estimate(512.0, None, None, 512, "too_few", 12)
    assert rate(9, 1.0, squares=9, threads=9).status == "ok"


def test_a_rate_without_exposure_is_undefined() -> None:
    assert rate(3, 0.0) == Estimate(None, None, None, 3, "too_few", None)


def test_equal_posts_get_the_poisson_interval_of_their_sum() -> None:
    estimate = posts(*[5] * 100)
    assert estimate.value == 5.0
    assert estimate.low == pytest.approx(gamma.ppf(0.025, 500.5) / 100, rel=0.01)
    assert estimate.high == pytest.approx(gamma.ppf(0.975, 500.5) / 100, rel=0.01)


def test_gamma_posts_get_the_inverse_gamma_interval_of_their_shape() -> None:
    n, mean, dispersion = 10_000, 1000, 2.0
    sum_yy = round(n * (mean + dispersion * mean**2 + mean**2))
    estimate = mean_per_post(n=n, sum_y=n * mean, sum_yy=sum_yy)
    shape = n / (dispersion + 1 / mean)
    assert estimate.low == pytest.approx(mean * shape / gamma.ppf(0.975, shape), rel=1e-3)
    assert estimate.high == pytest.approx(mean * shape / gamma.ppf(0.025, shape), rel=1e-3)


def test_one_viral_post_holding_everything_is_not_given_an_interval() -> None:
    estimate = posts(*[0] * 29, 10_000)
    assert (estimate.value, estimate.low, estimate.status) == (10_000 / 30, None, "too_few")
    assert estimate.needed == 90


def test_eleven_posts_lack_one() -> None:
    estimate = posts(*range(1, 12))
    assert (estimate.value, estimate.status, estimate.needed) == (6.0, "too_few", 1)
    assert posts(*range(1, 13)).status == "ok"


def test_two_events_in_forty_posts_want_twenty_more_posts_or_more() -> None:
    estimate = posts(*[0] * 38, 1, 1)
    assert estimate.status == "too_few"
    assert (estimate.needed or 0) >= 20


def test_no_events_at_all_bound_the_mean_where_1_in_40_would_see_none_at_dispersion_5() -> None:
    estimate = posts(*[0] * 20)
    assert (estimate.value, estimate.low, estimate.status) == (0.0, 0.0, "ok")
    high = estimate.high or 0.0
    assert nbinom.pmf(0, 1 / 5, 1 / (1 + 5 * high)) ** 20 == pytest.approx(1 / 40)


def test_no_posts_have_no_mean() -> None:
    assert posts() == Estimate(None, None, None, 0, "too_few", int(MIN_POSTS))


def test_a_ratio_to_nothing_is_undefined() -> None:
    estimate = ratio_of_sums(n=30, sum_y=9, sum_x=0, sum_yy=9, sum_xx=0, sum_xy=0)
    assert estimate == Estimate(None, None, None, 30, "too_few", None)


def test_a_rate_over_equal_followers_is_the_mean_over_that_number() -> None:
    counts = [0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 0, 4, 7, 2, 1]
    n, y, yy, x = len(counts), sum(counts), sum(c * c for c in counts), 1000
    rated = ratio_of_sums(n=n, sum_y=y, sum_x=n * x, sum_yy=yy, sum_xx=n * x * x, sum_xy=y * x)
    mean = posts(*counts)
    assert rated.status == mean.status == "ok"
    assert rated.low == pytest.approx((mean.low or 0.0) / x)
    assert rated.high == pytest.approx((mean.high or 0.0) / x)


def test_a_few_posts_holding_all_impressions_count_as_few() -> None:
    x = [10**6] * 2 + [1] * 98
    y = [1000] * 2 + [1] * 98
    estimate = ratio_of_sums(
        n=100,
        sum_y=sum(y),
        sum_x=sum(x),
        sum_yy=sum(v * v for v in y),
        sum_xx=sum(v * v for v in x),
        sum_xy=sum(a * b for a, b in zip(x, y, strict=True)),
    )
    assert estimate.status == "too_few"
    assert estimate.value == sum(y) / sum(x)


def test_a_lift_of_equal_groups_is_1_and_symmetric_on_the_log_scale() -> None:
    estimate = lift(n1=50, sum_y1=200, sum_yy1=2000, n2=50, sum_y2=200, sum_yy2=2000)
    assert (estimate.value, estimate.n, estimate.status) == (1.0, 100, "ok")
    assert (estimate.low or 0.0) * (estimate.high or 0.0) == pytest.approx(1.0)


def test_a_lift_needs_five_posts_of_each_for_a_value_and_twelve_for_an_interval() -> None:
    four = lift(n1=4, sum_y1=8, sum_yy1=20, n2=50, sum_y2=200, sum_yy2=2000)
    assert (four.value, four.status, four.needed) == (None, "too_few", 8)
    five = lift(n1=5, sum_y1=10, sum_yy1=25, n2=50, sum_y2=200, sum_yy2=2000)
    assert (five.value, five.low, five.status, five.needed) == (0.5, None, "too_few", 7)
    twelve = lift(n1=12, sum_y1=24, sum_yy1=60, n2=50, sum_y2=200, sum_yy2=2000)
    assert (twelve.value, twelve.status) == (0.5, "ok")


def test_a_lift_over_posts_without_events_is_undefined() -> None:
    estimate = lift(n1=50, sum_y1=200, sum_yy1=2000, n2=50, sum_y2=0, sum_yy2=0)
    assert (estimate.value, estimate.status) == (None, "too_few")


@given(k=COUNTS, n=COUNTS)
def test_proportions_are_sound(k: int, n: int) -> None:
    estimate = proportion(k, n)
    assert is_sound(estimate)
    assert estimate.low is None or (estimate.low >= 0.0 and (estimate.high or 0.0) <= 1.0)


@given(k=COUNTS, exposure=st.floats(0.0, 1e6))
@example(k=1, exposure=5e-324)
def test_rates_are_sound(k: int, exposure: float) -> None:
    assert is_sound(rate(k, exposure))


@given(k=COUNTS, squares=BIG, threads=COUNTS)
def test_rates_of_threads_even_impossible_ones_are_sound(k: int, squares: int, threads: int) -> None:
    assert is_sound(rate(k, 28.0, squares=squares, threads=threads))


@given(n=COUNTS, y=BIG, x=BIG, yy=BIG, xx=BIG, xy=BIG)
def test_any_sums_even_impossible_ones_give_a_sound_estimate(
    n: int, y: int, x: int, yy: int, xx: int, xy: int
) -> None:
    estimate = ratio_of_sums(n=n, sum_y=y, sum_x=x, sum_yy=yy, sum_xx=xx, sum_xy=xy)
    assert estimate.status == "ok" or estimate.low is None
    numbers = (estimate.value, estimate.low, estimate.high)
    assert all(number is None or math.isfinite(number) for number in numbers)


@given(st.lists(st.tuples(st.integers(0, 10**5), st.integers(1, 10**9)), max_size=40))
def test_real_posts_give_an_interval_that_is_sound_or_withheld(posted: list[tuple[int, int]]) -> None:
    estimate = ratio_of_sums(
        n=len(posted),
        sum_y=sum(y for y, _ in posted),
        sum_x=sum(x for _, x in posted),
        sum_yy=sum(y * y for y, _ in posted),
        sum_xx=sum(x * x for _, x in posted),
        sum_xy=sum(x * y for y, x in posted),
    )
    assert is_sound(estimate)


@given(st.lists(st.integers(0, 10**4), max_size=30), st.lists(st.integers(0, 10**4), max_size=30))
def test_lifts_are_sound(first: list[int], second: list[int]) -> None:
    estimate = lift(
        n1=len(first),
        sum_y1=sum(first),
        sum_yy1=sum(y * y for y in first),
        n2=len(second),
        sum_y2=sum(second),
        sum_yy2=sum(y * y for y in second),
    )
    assert is_sound(estimate)
