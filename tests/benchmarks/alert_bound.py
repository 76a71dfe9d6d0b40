"""How soon a drop by half can be found at all: the information that a post carries, and the best detector.

No detector with a mean of A posts between false alarms finds a change sooner, in the mean and at worst, than
the CUSUM of the logarithm of f1 / f0, densities of posts with and without the drop (Lorden, 1971, "Procedures
for reacting to a change in distribution", Annals of Mathematical Statistics 42; Moustakides, 1986, "Optimal
stopping times for detecting changes in distributions", Annals of Statistics 14). For large A its delay is
ln(A) / I, where I, the mean of that logarithm after the change, is the Kullback–Leibler divergence.

Here f0 and f1 are smoothed histograms of the series' own residuals, of all its posts as they were and halved,
so this detector knows what none can know; and neighbouring posts count as strangers, which they are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from pipelines.alerts.backtest import cut
from pipelines.alerts.expectation import Expectation, PostFacts
from pipelines.events import DAY_MS

FALSE_ALARMS_A_MONTH = 0.2
DROP = 0.5
BIN = 0.1
EDGES = np.arange(-12.0, 12.0 + BIN / 2, BIN)
RARE = 1e-6
"""Chance of a bin in which no post lies."""
HEIGHTS = np.arange(0.5, 12.01, 0.125)
CHAINS, STEPS, TRIES, SETTLED, PATIENCE = 400, 1_000, 4_000, 150, 2_000
SEED = 20_140_801

Floats = NDArray[np.float64]


class Bound(Struct, frozen=True):
    """What is possible: nats a post, the first-order bound of the mean, and the best detector's median."""

    information: float
    lorden: float
    median: float


def best_possible(posts: Sequence[PostFacts]) -> Bound:
    """Return how soon a drop by half can be found with `FALSE_ALARMS_A_MONTH`, in posts."""
    usual, halved = residuals(posts)
    steps, information = likelihood_ratios(usual, halved)
    months = (posts[-1].at - posts[0].at) / DAY_MS / 30.4
    between = len(posts) / months / FALSE_ALARMS_A_MONTH
    before, after = steps[_bins(usual)], steps[_bins(halved)]
    rng = np.random.default_rng(SEED)
    height = height_of(before, between, rng)
    return Bound(information, log(between) / information, median_delay(before, after, height, rng))


def residuals(posts: Sequence[PostFacts]) -> tuple[Floats, Floats]:
    """Return what is left of each post after what is expected of it, as it was and halved."""
    expectation, pairs = Expectation(), []
    for post in posts:
        if not expectation.needed:
            both = (expectation.judge(post), expectation.judge(cut(post, DROP)))
            pairs.append([judged.residual for judged in both])
        expectation.learn(post)
    usual, halved = np.array(pairs).T
    return usual, halved


def likelihood_ratios(usual: Floats, halved: Floats) -> tuple[Floats, float]:
    """Return ln(f1 / f0) of each bin, and its mean under f1."""
    low, high = np.quantile(usual, [0.25, 0.75])
    width = 1.06 * min(float(usual.std()), float(high - low) / 1.349) * len(usual) ** -0.2  # Silverman, 1986
    f0, f1 = (_density(values, width) for values in (usual, halved))
    steps = np.log(f1 / f0)
    return steps, float((f1 * steps).sum())


def _density(values: Floats, width: float) -> Floats:
    counts = np.bincount(_bins(values), minlength=len(EDGES)) / len(values)
    smooth: Floats = gaussian_filter1d(counts, width / BIN) + RARE
    return smooth / smooth.sum()


def _bins(values: Floats) -> NDArray[np.intp]:
    return np.clip(np.digitize(values, EDGES) - 1, 0, len(EDGES) - 1)


def height_of(before: Floats, between: float, rng: np.random.Generator) -> float:
    """Return the height that the sum passes by chance once in `between` posts."""
    sums, passages = np.zeros((CHAINS, len(HEIGHTS))), np.zeros(len(HEIGHTS))
    for _ in range(STEPS):
        sums = np.maximum(sums + rng.choice(before, CHAINS)[:, None], 0.0)
        passed = sums >= HEIGHTS
        passages += passed.sum(axis=0)
        sums[passed] = 0.0
    known = passages > 0
    lengths = CHAINS * STEPS / passages[known]
    return float(np.interp(log(between), np.log(lengths), HEIGHTS[known]))


def median_delay(before: Floats, after: Floats, height: float, rng: np.random.Generator) -> float:
    """Return the median number of posts from the change to the passage of the height."""
    sums = np.zeros(TRIES)
    for _ in range(SETTLED):
        sums = np.maximum(sums + rng.choice(before, TRIES), 0.0)
        sums[sums >= height] = 0.0
    for posts in range(1, PATIENCE):
        sums = np.where(sums >= height, sums, np.maximum(sums + rng.choice(after, TRIES), 0.0))
        if (sums >= height).mean() >= 0.5:
            return float(posts)
    return float("inf")
