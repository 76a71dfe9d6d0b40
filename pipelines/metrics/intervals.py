"""Interval mathematics of the metrics: 95% intervals in closed form, and when to abstain.

Three families and a ratio, each a pure function of sums. `interval_sql` writes the same arithmetic,
operation for operation, as ClickHouse expressions; integers become floats at the same points, so both
agree to 1e-9.

`proportion`: Wilson (1927), "Probable inference, the law of succession, and statistical inference",
JASA 22, https://doi.org/10.1080/01621459.1927.10502953; recommended by Brown, Cai and DasGupta (2001),
"Interval estimation for a binomial proportion", Statistical Science 16(2),
https://doi.org/10.1214/ss/1009213286.

`rate`: posts of a thread come together, so their number varies more than that of lone events. It is taken
for k / φ independent events of φ posts each, φ = Σs² / Σs over the sizes s of the threads: the variance of a
compound Poisson count over its mean (a post outside threads has s = 1; without threads φ is 1). As φ is
estimated, it is widened to φ (1 + 2 (φ − 1) / k). Where posts come in threads, the interval is withheld below
12 threads and lone posts together, and below k / φ = 2. Of the events: the Gamma quantiles of Jeffreys'
posterior, by the cube root of Wilson and Hilferty (1931), "The
distribution of chi-square", PNAS 17(12), https://doi.org/10.1073/pnas.17.12.684, with three further terms.

`ratio_of_sums` and `lift`: a log-scale interval for counts of any dispersion, built in four steps.

1. D estimates Var(Σy): the residuals Σ(y − Rx)² over 1 − leverage, never below the Poisson variance Σy.
   The ratio estimator and its linearised variance: Cochran (1977), "Sampling Techniques", chapter 6. With
   v the squared relative error, D / (Σy)² estimates v / (1 + v), because for Gamma rates the mean is
   independent of the coefficient of variation (Lukacs, 1955, "A characterization of the gamma
   distribution", Annals of Mathematical Statistics 26); so v = D / ((Σy)² − D). The same independence lets
   us abstain on v without spoiling the coverage of the rest.
2. Relative to its mean, the quantiles of a Poisson count's interval are ±z√v − (2 + z²)v/6 on the log
   scale, those of a Gamma rate's ±z√v + (2 + z²)v/6 (Wilson–Hilferty, expanded). With w = 1 − Σy/D, the
   share of the variance beyond Poisson, the centre is shifted by (2w − 1)(2 + z²)v/6.
3. v is itself estimated: for Gamma rates of dispersion a, the log of its estimate has variance near
   (2 + 2a)/n, as with n/(1 + a) degrees of freedom; Fisher and Cornish (1960), "The percentile points of
   distributions having known cumulants", Technometrics 2(2), then widen z² to z² (1 + (z² + 1)(1 + a)/2n),
   with a = wnv.
4. Where x varies, n is the effective number (Σx)²/Σx² (Kish, 1965, "Survey Sampling") and the leverage
   n / effective², 1/n for equal x and more where a few large x pull R towards their own y.

The interval is withheld (`too_few`) below 12 posts, 8 effective posts or Σy = 3, and above v = 0.75 or a
leverage of 0.9. `tests/metrics/test_intervals_coverage.py` simulates the coverage of the rest.
"""

from __future__ import annotations

from math import ceil, exp, sqrt
from typing import Final, Literal, NamedTuple

import msgspec

Status = Literal["ok", "too_few", "unknown_input", "not_configured", "no_posts", "no_data"]

Z: Final = 1.959963984540054
Z2: Final = 3.8414588206941236
SKEW: Final = 0.9735764701156873
"""(2 + z²) / 6."""
WIDENING: Final = 2.4207294103470618
"""(z² + 1) / 2."""
MIN_POSTS: Final = 12.0
MIN_EFFECTIVE_POSTS: Final = 8.0
MIN_EVENTS: Final = 3.0
MAX_VARIANCE: Final = 0.75
VARIANCE_CAP: Final = 3.0
MAX_LEVERAGE: Final = 0.9
ZERO_DISPERSION: Final = 5.0
ZERO_ODDS: Final = 3.6888794541139363
"""ln 40: with fewer than 1 chance in 40 would nothing have been seen."""
MIN_GROUP: Final = 5
MIN_EXPOSURE: Final = 1e-9
MIN_THREADS: Final = 12.0
"""Threads and lone posts below which the sizes of threads say too little about how posting varies."""
MIN_THREAD_EVENTS: Final = 2.0
GAMMA_LOWER: Final = (0.00645648691, 0.00876724654, 0.0440470545)
GAMMA_UPPER: Final = (-0.00288033105, 0.00861038311, -0.00270946117)
"""Coefficients of a^-1.5, a^-2, a^-2.5 in the cube root of the quantile: minimax fit for k up to 10^7."""


class Estimate(msgspec.Struct, frozen=True):
    """A number with its 95% interval.

    value is None where undefined; low and high are None together, where no honest interval exists.
    n is the number of posts (or events) behind it; needed is about how many more would do, None where
    status is ok or more would not help. Never NaN, never infinite.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    status: Status
    needed: int | None


class _Spread(NamedTuple):
    """The log-scale interval of one ratio of sums, before the decision to show it."""

    half_squared: float
    shift: float
    thin: float
    short: float


def proportion(k: int, n: int) -> Estimate:
    """Estimate k/n with Wilson's interval.

    Undefined for n = 0 and for counts that contradict each other (k < 0 or k > n).
    >>> round(proportion(2, 3).low, 4)
    0.2077
    """
    if n <= 0 or k < 0 or k > n:
        return Estimate(None, None, None, n, "too_few", 1 if n <= 0 else None)
    count, total = float(k), float(n)
    p = count / total
    scale = 1.0 + Z2 / total
    centre = (p + Z2 / (2.0 * total)) / scale
    half = Z * sqrt((p * (1.0 - p) + Z2 / (4.0 * total)) / total) / scale
    low = 0.0 if k == 0 else centre - half
    high = 1.0 if k == n else centre + half
    return Estimate(p, low, high, n, "ok", None)


def rate(k: int, exposure: float, *, squares: int = 0, threads: int = 0) -> Estimate:
    """Estimate k events over an exposure (say days), which come alone or in threads.

    `squares` is the sum of the squares of the threads' sizes, `threads` their number; neither is needed where
    all come alone. Between the 2.5% and 97.5% quantiles of φ Gamma(k / φ + 1/2) / exposure, from 0 for k = 0;
    the closed form is within 3e-5 of them. Undefined for an exposure below 1e-9 (a tenth of a millisecond, in
    days).
    """
    if exposure < MIN_EXPOSURE or k < 0:
        return Estimate(None, None, None, max(k, 0), "too_few", None)
    count = float(k)
    size = max(float(squares), count) / count if k > 0 else 1.0
    spread = size * (1.0 + 2.0 * (size - 1.0) / max(count, 1.0))
    if size > 1.0 and (threads < MIN_THREADS or count < MIN_THREAD_EVENTS * spread):
        lacking = MIN_THREADS - max(threads, 0) if threads < MIN_THREADS else MIN_THREADS
        return Estimate(count / exposure, None, None, k, "too_few", int(lacking))
    shape = count / spread + 0.5
    low = 0.0 if k == 0 else _gamma_quantile(shape, -Z, GAMMA_LOWER) * spread / exposure
    high = _gamma_quantile(shape, Z, GAMMA_UPPER) * spread / exposure
    return Estimate(count / exposure, low, high, k, "ok", None)


def ratio_of_sums(*, n: int, sum_y: int, sum_x: int, sum_yy: int, sum_xx: int, sum_xy: int) -> Estimate:
    """Estimate Σy/Σx over n posts, y a count of any dispersion, x what it is measured against.

    Without any event (Σy = 0) the interval is [0, upper], upper being the rate at which nothing would be
    seen in 1 of 40 cases if the dispersion were 5: (40^(5/n) − 1)/5 over the mean of x, and 3.7 / Σx for
    large n. Undefined where Σx = 0 or a sum is negative.
    """
    sums = (float(n), float(sum_y), float(sum_x), float(sum_yy), float(sum_xx), float(sum_xy))
    if n <= 0:
        return Estimate(None, None, None, n, "too_few", int(MIN_POSTS))
    if not _is_defined(*sums):
        return Estimate(None, None, None, n, "too_few", None)
    posts, y, x, _, xx, _ = sums
    spread = _spread(*sums)
    value = y / x
    if sum_y == 0 and spread.thin <= 1.0:
        effective = x * x / xx
        upper = (exp(ZERO_ODDS * (ZERO_DISPERSION / effective)) - 1.0) / ZERO_DISPERSION * (posts / x)
        return Estimate(value, 0.0, upper, n, "ok", None)
    short = spread.thin if sum_y == 0 else spread.short
    if short > 1.0:
        return Estimate(value, None, None, n, "too_few", _needed(posts, short))
    half = sqrt(spread.half_squared)
    return Estimate(value, value * exp(spread.shift - half), value * exp(spread.shift + half), n, "ok", None)


def mean_per_post(*, n: int, sum_y: int, sum_yy: int) -> Estimate:
    """Estimate Σy/n: the ratio of sums with x = 1."""
    return ratio_of_sums(n=n, sum_y=sum_y, sum_x=n, sum_yy=sum_yy, sum_xx=n, sum_xy=sum_y)


def lift(*, n1: int, sum_y1: int, sum_yy1: int, n2: int, sum_y2: int, sum_yy2: int) -> Estimate:
    """Estimate the mean of group 1 over the mean of group 2, two independent groups of posts.

    The halves of the two log-scale intervals add up by their squares (Zou and Donner, 2008, "Construction
    of confidence limits about effect measures: a general approach", Statistics in Medicine 27). Undefined
    below 5 posts in either group or where the second has no events. n counts both groups; needed is what
    the poorer one lacks.
    """
    first = (float(n1), float(sum_y1), float(sum_yy1))
    second = (float(n2), float(sum_y2), float(sum_yy2))
    needed = max(_group_needed(*first), _group_needed(*second))
    n = n1 + n2
    if n1 < MIN_GROUP or n2 < MIN_GROUP or sum_y1 < 0 or sum_y2 <= 0:
        return Estimate(None, None, None, n, "too_few", max(needed, 1))
    value = (first[1] / first[0]) / (second[1] / second[0])
    if needed > 0:
        return Estimate(value, None, None, n, "too_few", needed)
    one, two = _group_spread(*first), _group_spread(*second)
    half = sqrt(one.half_squared + two.half_squared)
    shift = one.shift - two.shift
    return Estimate(value, value * exp(shift - half), value * exp(shift + half), n, "ok", None)


def growth(told: int, first: int, last: int) -> Estimate:
    """Give the difference of the first and the last of `told` readings of a counter: exact, without interval.

    n is the number of readings; one alone is no difference.
    """
    if told < 2:
        return Estimate(None, None, None, max(told, 0), "too_few", 2 - max(told, 0))
    return Estimate(float(last - first), None, None, told, "ok", None)


def _gamma_quantile(shape: float, z: float, terms: tuple[float, float, float]) -> float:
    root = sqrt(shape)
    cube_root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * root)
    cube_root += (terms[0] + terms[1] / root + terms[2] / shape) / (shape * root)
    return cube_root * cube_root * cube_root * shape


def _is_defined(n: float, y: float, x: float, yy: float, xx: float, xy: float) -> bool:
    return n > 0.0 and x > 0.0 and xx > 0.0 and y >= 0.0 and yy >= 0.0 and xy >= 0.0


def _spread(n: float, y: float, x: float, yy: float, xx: float, xy: float) -> _Spread:
    """Steps 1 to 4 of the module's docstring; thin and short exceed 1 by the factor that n falls short."""
    ratio = y / x
    effective = x * x / xx
    leverage = n / (effective * effective)
    residual = yy - 2.0 * ratio * xy + ratio * ratio * xx
    variance = max(residual / max(1.0 - leverage, 1.0 - MAX_LEVERAGE), y)
    excess = 1.0 - y / variance if variance > 0.0 else 0.0
    room = y * y - variance
    relative = min(variance / room, VARIANCE_CAP) if room > 0.0 else VARIANCE_CAP
    half_squared = Z2 * relative * (1.0 + WIDENING * (1.0 + excess * effective * relative) / effective)
    shift = (2.0 * excess - 1.0) * SKEW * relative
    thin = max(MIN_POSTS / n, MIN_EFFECTIVE_POSTS / effective, leverage / MAX_LEVERAGE)
    short = max(thin, MIN_EVENTS / max(y, 1.0), relative / MAX_VARIANCE)
    return _Spread(half_squared, shift, thin, short)


def _group_spread(n: float, y: float, yy: float) -> _Spread:
    return _spread(n, y, n, yy, n, y)


def _group_needed(n: float, y: float, yy: float) -> int:
    if n <= 0.0:
        return int(MIN_POSTS)
    short = _group_spread(n, y, yy).short
    return _needed(n, short) if short > 1.0 else 0


def _needed(n: float, short: float) -> int:
    """Posts to add to n to have short times as many; the 1e-9 keeps 7 · (12 / 7) from becoming 13."""
    return int(max(1.0, ceil(n * short - 1e-9) - n))
