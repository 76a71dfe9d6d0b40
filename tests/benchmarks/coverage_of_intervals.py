"""Simulated coverage of the 95% intervals, as cells to assert on and as Markdown for the documentation.

A cell is a truth, a sample size and at least 12,000 seeded replicates; its coverage is the share of
intervals that hold the truth among those that were shown. Three standard errors of 95% are then 0.60 points,
0.70 where three quarters were shown. To print the tables, run
`python -m tests.benchmarks.coverage_of_intervals`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals import Estimate, lift, mean_per_post, proportion, rate, ratio_of_sums

REPLICATES = 12_000
WEIGHTED_REPLICATES = 16_000
DISPERSIONS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""a in Var = m + a m²: as such 0.5 to 5, and as size 1/a 0.5 to 5."""
MEANS = (0.5, 2.0, 10.0, 50.0, 200.0)
SIZES = (20, 100)

Sums = NDArray[np.int64]


class Cell(NamedTuple):
    """Coverage among the intervals shown, and their share of the replicates, both 0 to 1, at one truth."""

    family: str
    n: int
    dispersion: float
    mean: float
    coverage: float
    shown: float
    replicates: int

    @property
    def error(self) -> float:
        """Give the Monte Carlo standard error of the coverage."""
        return float(np.sqrt(0.05 * 0.95 / max(self.shown * self.replicates, 1.0)))


def wilson_cells() -> Iterator[Cell]:
    """Simulate proportions of p = 0.05 to 0.95, each averaged over p ± 0.05.

    A single p oscillates with the lattice of k/n whatever the interval (Brown, Cai and DasGupta, 2001), so
    the truth is drawn anew for each replicate, as they average it.
    """
    rng = np.random.default_rng(1)
    for n in SIZES:
        shown = [proportion(k, n) for k in range(n + 1)]
        for p in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95):
            truths = rng.uniform(p - 0.05, p + 0.05, REPLICATES)
            yield _cell("wilson", n, 0.0, p, [shown[k] for k in rng.binomial(n, truths)], truths)


def rate_cells() -> Iterator[Cell]:
    """Simulate Poisson counts of 1 to 500 expected, each averaged over ±50% for the same reason."""
    rng = np.random.default_rng(2)
    for days in (1.0, 28.0):
        for expected in (1.0, 2.0, 5.0, 20.0, 100.0, 500.0):
            truths = rng.uniform(0.5 * expected, 1.5 * expected, REPLICATES) / days
            estimates = [rate(int(k), days) for k in rng.poisson(truths * days)]
            yield _cell("rate", int(days), 0.0, expected, estimates, truths)


def thread_cells() -> Iterator[Cell]:
    """Simulate posts that come alone or in threads of 2 to 4, or of 4 to 10; ±50% as for `rate_cells`."""
    rng = np.random.default_rng(6)
    for expected in (20.0, 50.0, 100.0):
        for share, longest in ((0.08, 4), (0.3, 4), (0.3, 10), (0.8, 4)):
            beginnings = rng.uniform(0.5 * expected, 1.5 * expected, REPLICATES)
            added = np.arange(1, 4) if longest == 4 else np.array([3, 6, 9])
            drawn = [_threads(rng, int(each), share, added) for each in rng.poisson(beginnings)]
            estimates = [rate(k, 28.0, squares=squares, threads=threads) for k, squares, threads in drawn]
            truths = beginnings * (1.0 + share * added.mean()) / 28.0
            yield _cell("threads", longest, share, expected, estimates, truths)


def _threads(
    rng: np.random.Generator, threads: int, share: float, added: NDArray[np.int64]
) -> tuple[int, int, int]:
    sizes = 1 + np.where(rng.random(threads) < share, rng.choice(added, threads), 0)
    return int(sizes.sum()), int((sizes * sizes).sum()), threads


def per_post_cells(means: tuple[float, ...] = MEANS, sizes: tuple[int, ...] = SIZES) -> Iterator[Cell]:
    """Simulate means per post of negative-binomial posts."""
    rng = np.random.default_rng(3)
    for n in sizes:
        for dispersion in DISPERSIONS:
            for mean in means:
                y, yy = _posts(rng, n, dispersion, mean)
                estimates = [
                    mean_per_post(n=n, sum_y=int(a), sum_yy=int(b)) for a, b in zip(y, yy, strict=True)
                ]
                yield _cell("per post", n, dispersion, mean, estimates, np.full(REPLICATES, mean))


def weighted_cells() -> Iterator[Cell]:
    """Simulate rates per impression, impressions log-normal with sigma 1 around 1,000."""
    rng = np.random.default_rng(4)
    for n in SIZES:
        for dispersion in (0.5, 5.0):
            for mean in (2.0, 50.0):
                truth = mean / 1000.0
                x = np.ceil(1000.0 * rng.lognormal(-0.5, 1.0, (WEIGHTED_REPLICATES, n))).astype(np.int64)
                y = rng.poisson(rng.gamma(1.0 / dispersion, dispersion * truth * x))
                sums = zip(y.sum(1), x.sum(1), (y * y).sum(1), (x * x).sum(1), (x * y).sum(1), strict=True)
                estimates = [
                    ratio_of_sums(
                        n=n, sum_y=int(a), sum_x=int(b), sum_yy=int(c), sum_xx=int(d), sum_xy=int(e)
                    )
                    for a, b, c, d, e in sums
                ]
                yield _cell(
                    "per impression", n, dispersion, mean, estimates, np.full(WEIGHTED_REPLICATES, truth)
                )


def lift_cells() -> Iterator[Cell]:
    """Simulate the lift of a group of 20 or 100 posts over an independent group of 20 or 100."""
    rng = np.random.default_rng(5)
    for n1, n2 in ((20, 20), (20, 100), (100, 100)):
        for dispersion in DISPERSIONS:
            for mean1, mean2 in ((2.0, 1.0), (10.0, 50.0)):
                y1, yy1 = _posts(rng, n1, dispersion, mean1)
                y2, yy2 = _posts(rng, n2, dispersion, mean2)
                estimates = [
                    lift(n1=n1, sum_y1=int(a), sum_yy1=int(b), n2=n2, sum_y2=int(c), sum_yy2=int(d))
                    for a, b, c, d in zip(y1, yy1, y2, yy2, strict=True)
                ]
                truth = np.full(REPLICATES, mean1 / mean2)
                yield _cell("lift", n1 * 1000 + n2, dispersion, mean1 / mean2, estimates, truth)


def markdown() -> str:
    """Write every table, coverage in % and, where less than all, the share of intervals shown."""
    tables = [table("Proportions (Wilson)", "n", list(wilson_cells()))]
    tables.append(table("Events per day (Gamma–Poisson)", "days", list(rate_cells())))
    threads = list(thread_cells())
    for longest in dict.fromkeys(cell.n for cell in threads):
        title = f"Posts per day, by the share that begins a thread of up to {longest} posts"
        tables.append(table(title, "share", [cell for cell in threads if cell.n == longest]))
    for title, cells in (
        ("Means per post", list(per_post_cells())),
        ("Rates per impression, log-normal impressions (sigma 1)", list(weighted_cells())),
    ):
        for n in SIZES:
            tables.append(table(f"{title}, n = {n}", "dispersion", [c for c in cells if c.n == n]))
    lifts = list(lift_cells())
    for size in dict.fromkeys(cell.n for cell in lifts):
        title = f"Lift, {size // 1000} posts over {size % 1000}"
        tables.append(table(title, "dispersion", [c for c in lifts if c.n == size]))
    return "\n".join(tables)


def _posts(rng: np.random.Generator, n: int, dispersion: float, mean: float) -> tuple[Sums, Sums]:
    y = rng.poisson(rng.gamma(1.0 / dispersion, dispersion * mean, (REPLICATES, n)))
    return y.sum(1), (y * y).sum(1)


def _cell(
    family: str,
    n: int,
    dispersion: float,
    mean: float,
    estimates: list[Estimate],
    truths: NDArray[np.float64],
) -> Cell:
    shown = [(e.low, e.high, t) for e, t in zip(estimates, truths.tolist(), strict=True)]
    held = [low <= t <= high for low, high, t in shown if low is not None and high is not None]
    coverage = sum(held) / len(held) if held else float("nan")
    return Cell(family, n, dispersion, mean, coverage, len(held) / len(estimates), len(estimates))


def table(title: str, row: str, cells: list[Cell]) -> str:
    """Write one table, a column per mean; row is "n", "days", "share" or "dispersion"."""
    means = list(dict.fromkeys(cell.mean for cell in cells))
    rows: dict[float, list[str]] = {}
    for cell in cells:
        text = f"{100 * cell.coverage:.1f}" + (f" ({100 * cell.shown:.0f})" if cell.shown < 0.995 else "")
        rows.setdefault(cell.n if row in ("n", "days") else cell.dispersion, []).append(text)
    head = f"| {row} | " + " | ".join(f"{m:g}" for m in means) + " |\n|" + " --- |" * (len(means) + 1)
    body = "\n".join(f"| {name:g} | " + " | ".join(texts) + " |" for name, texts in rows.items())
    return f"**{title}**\n\n{head}\n{body}\n"


if __name__ == "__main__":
    sys.stdout.write(markdown() + "\n")
