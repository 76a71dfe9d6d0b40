"""Simulate the limits of the CUSUMs, and write them into `pipelines/alerts/limits.py`.

Posts of an account to which nothing happens are drawn, independent and hours apart, and scored as the
detector scores them: how far a post lies from the lower of both levels, or from the level that was when its
sum left 0, ranked among the last 104 distances. Posts are normal; the logarithms of gamma ones of shapes 1
and 3.3 gave heights within 0.15 of these up to 1,600 posts. An excursion, from 0 to 0, that passes a height
is one false alarm; steps over excursions is the mean run length of that height.

    python -m tests.benchmarks.alert_limits [--steps 40000] [--write]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from pipelines.alerts.expectation import REMEMBERED
from pipelines.alerts.levels import RECENT_SHARE, USUAL_SHARE
from pipelines.alerts.limits import REFERENCES, RUN_LENGTHS

CHAINS = 256
SETTLED = 300
"""Steps that are not counted: the levels begin at the truth."""
HEIGHTS = np.round(np.arange(0.25, 15.01, 0.125), 3)
CLIP = 2.0
SEED = 20_140_801
SCORES = ndtri((np.arange(REMEMBERED + 1) + 0.5) / (REMEMBERED + 1))
_FILE = Path(__file__).resolve().parents[2] / "pipelines" / "alerts" / "limits.py"

Floats = NDArray[np.float64]


class Account:
    """Many accounts at once: their levels and the distances of their last posts."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._recent, self._usual = np.zeros(CHAINS), np.zeros(CHAINS)
        self._ring, self._at = rng.standard_normal((CHAINS, REMEMBERED)), 0

    def level(self) -> Floats:
        """Return the level that a drop must be below."""
        return np.minimum(self._recent, self._usual)

    def score(self, posts: Floats, level: Floats) -> Floats:
        """Return the normal score of each post beside a level."""
        scores: Floats = SCORES[(self._ring < (posts - level)[:, None]).sum(axis=1)]
        return scores

    def learn(self, posts: Floats) -> None:
        """Take a post of each account."""
        apart = posts - self._recent
        self._ring[:, self._at] = apart
        self._at = (self._at + 1) % REMEMBERED
        self._recent += RECENT_SHARE * np.clip(apart, -CLIP, CLIP)
        self._usual += USUAL_SHARE * np.clip(posts - self._usual, -CLIP, CLIP)


class Sums:
    """The sums of one reference value in all chains, and how many excursions passed each height."""

    def __init__(self, reference: float) -> None:
        self._reference = reference
        self._sums, self._peaks, self._levels = np.zeros(CHAINS), np.zeros(CHAINS), np.zeros(CHAINS)
        self.passages = np.zeros(len(HEIGHTS))

    def take(self, account: Account, posts: Floats) -> None:
        """Take a post of each account."""
        self._levels = np.where(self._sums > 0.0, self._levels, account.level())
        step = 2 * self._reference * (-account.score(posts, self._levels) - self._reference)
        self._sums = np.maximum(self._sums + step, 0.0)
        over = (self._sums == 0.0) & (self._peaks > 0.0)
        self.passages += (self._peaks[over][:, None] >= HEIGHTS).sum(axis=0)
        self._peaks = np.where(over, 0.0, np.maximum(self._peaks, self._sums))


def passages(rng: np.random.Generator, *, steps: int) -> list[Floats]:
    """Return, for each reference value, how many excursions passed each height."""
    account, sums = Account(rng), [Sums(reference) for reference in REFERENCES]
    for step in range(-SETTLED, steps):
        posts = rng.standard_normal(CHAINS)
        for each in sums if step >= 0 else ():
            each.take(account, posts)
        account.learn(posts)
    return [each.passages for each in sums]


def limits_of(passed: Floats, *, steps: int) -> tuple[float, ...]:
    """Return the height of every run length in `RUN_LENGTHS`, by interpolation in their logarithms."""
    known = passed > 0
    lengths = steps * CHAINS / passed[known]
    found = np.interp(np.log(RUN_LENGTHS), np.log(lengths), HEIGHTS[known])
    return tuple(round(float(height), 3) for height in found)


def main() -> None:
    """Print the table, and write it where `--write` is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=40_000)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = passages(np.random.default_rng(SEED), steps=options.steps)
    lines = "".join(f"    {limits_of(passed, steps=options.steps)},\n" for passed in found)
    print(lines, end="")  # noqa: T201
    if options.write:
        head, rest = _FILE.read_text().split("    # limits-begin\n")
        tail = rest.split("    # limits-end\n")[1]
        _FILE.write_text(f"{head}    # limits-begin\n{lines}    # limits-end\n{tail}")


if __name__ == "__main__":
    main()
