"""Simulate the limits of the CUSUMs, and write them into `pipelines/alerts/limits.py`.

Posts of an account to which nothing happens are drawn, and scored as the detector scores them: the rank of a
post among the 104 before it, as a normal score. Ranks do not depend on the distribution of the posts, so one
table holds for every account. A sum that passes a height begins again at 0; steps over passages is the mean
run length of that height.

    python -m tests.benchmarks.alert_limits [--steps 40000] [--write]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from pipelines.alerts.expectation import REMEMBERED
from pipelines.alerts.limits import REFERENCES, RUN_LENGTHS

CHAINS = 256
HEIGHTS = np.round(np.arange(0.5, 10.01, 0.125), 3)
SEED = 20_140_801
_FILE = Path(__file__).resolve().parents[2] / "pipelines" / "alerts" / "limits.py"

Floats = NDArray[np.float64]


def normal_scores(rng: np.random.Generator, *, chains: int, steps: int) -> Floats:
    """Return sequential normal scores of exchangeable posts: one row a step, one column a chain."""
    posts = rng.random((chains, steps + REMEMBERED), dtype=np.float32)
    scores = np.empty((steps, chains))
    for step in range(steps):
        before = posts[:, step : step + REMEMBERED]
        below = (before < posts[:, step + REMEMBERED, None]).sum(axis=1)
        scores[step] = ndtri((below + 0.5) / (REMEMBERED + 1))
    return scores


def run_lengths(scores: Floats, *, reference: float, heights: Floats = HEIGHTS) -> Floats:
    """Return the mean number of posts between two passages of each height; infinite where none passed."""
    sums = np.zeros((scores.shape[1], len(heights)))
    passages = np.zeros(len(heights))
    for row in scores:
        sums = np.maximum(sums + (2 * reference * (-row - reference))[:, None], 0.0)
        passed = sums >= heights
        passages += passed.sum(axis=0)
        sums[passed] = 0.0
    with np.errstate(divide="ignore"):
        return scores.size / passages


def limits_of(scores: Floats, *, reference: float) -> tuple[float, ...]:
    """Return the height of every run length in `RUN_LENGTHS`, by interpolation in their logarithms."""
    lengths = run_lengths(scores, reference=reference)
    known = np.isfinite(lengths)
    found = np.interp(np.log(RUN_LENGTHS), np.log(lengths[known]), HEIGHTS[known])
    return tuple(round(float(height), 3) for height in found)


def main() -> None:
    """Print the table, and write it where `--write` is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    scores = normal_scores(np.random.default_rng(SEED), chains=CHAINS, steps=options.steps)
    rows = [limits_of(scores, reference=reference) for reference in REFERENCES]
    lines = "".join(f"    {row},\n" for row in rows)
    print(lines, end="")  # noqa: T201
    if options.write:
        head, rest = _FILE.read_text().split("    # limits-begin\n")
        tail = rest.split("    # limits-end\n")[1]
        _FILE.write_text(f"{head}    # limits-begin\n{lines}    # limits-end\n{tail}")


if __name__ == "__main__":
    main()
