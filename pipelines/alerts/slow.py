"""The slow test: the last 7 days against the 28 before, for changes too gradual for a sum to gather.

Days are gathered in half weeks, the panes of the test:

    |--|--|--|--|--|--|--|--|--|--|
     28 days before          7 days      judged when the newest pane is full

With Jeffreys' prior the posterior of the difference of two mean logarithms is a difference of two Student
variables; Welch's degrees of freedom make one of it (Welch, 1947, "The generalization of Student's problem",
Biometrika 34; the posterior: Behrens–Fisher, in Box and Tiao, 1973, "Bayesian inference in statistical
analysis", 2.5). A change is told where its posterior chance to be larger than the smallest effect is 95 %,
and where as much is seen by chance less than once in the days allowed (as many tests as there are half
weeks).

Accounts have good weeks and bad ones. Where half weeks before differ by more than their posts explain, both
errors are inflated by as much (the design effect of clusters: Kish, 1965, "Survey Sampling", 5.4), and there
are no more degrees of freedom than half weeks allow.
"""

from __future__ import annotations

from math import exp, log, sqrt

from msgspec import Struct

from pipelines.alerts.evidence import SUM_DIGITS, Z95, Evidence, shown, student_tail
from pipelines.alerts.expectation import typical
from pipelines.brand import Alerting
from pipelines.events import DAY_MS

PANE_MS = 7 * DAY_MS // 2
RECENT, BEFORE = 2, 8
MIN_POSTS = 15
CHANCE = 0.95
SHARES = 2
"""Drops and breakouts share the false alarms allowed."""
SMALLEST_VARIANCE = 0.0225


class Pane(Struct, array_like=True):
    """The posts of one half week: sums of logarithms of interactions + ½ without known effects."""

    number: int
    posts: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Take a post."""
        self.posts += 1
        self.total = round(self.total + value, SUM_DIGITS)
        self.squares = round(self.squares + value * value, SUM_DIGITS)


class _Side(Struct, frozen=True):
    posts: int
    mean: float
    variance: float
    panes: int = 0
    inflation: float = 1.0
    """The variance between panes over that which their posts explain, 1 at least."""


class SlowTest:
    """The last ten half weeks of one account."""

    def __init__(self, panes: list[Pane] | None = None) -> None:
        self.panes = panes or []

    def take(
        self, at: int, value: float, rules: Alerting, *, inflation: float
    ) -> tuple[str, Evidence] | None:
        """Take a post; return `drop` or `breakout` with its evidence where a full half week shows one."""
        number = at // PANE_MS
        found = None
        if self.panes and number > self.panes[-1].number:
            found = self._judge(number, rules, inflation)
        self._pane(number).add(value)
        return found

    def clear(self) -> None:
        """Begin anew: after an incident the days before are no measure."""
        self.panes = []

    def _pane(self, number: int) -> Pane:
        for pane in reversed(self.panes):
            if pane.number == number:
                return pane
        self.panes.append(Pane(number))
        self.panes.sort(key=lambda pane: pane.number)
        del self.panes[: -(RECENT + BEFORE + 1)]
        return next(pane for pane in self.panes if pane.number == number)

    def _judge(self, number: int, rules: Alerting, inflation: float) -> tuple[str, Evidence] | None:
        recent = _side(self.panes, range(number - RECENT, number))
        before = _side(self.panes, range(number - RECENT - BEFORE, number - RECENT))
        if min(recent.posts, before.posts) < MIN_POSTS:
            return None
        smallest = -log(1.0 - rules.smallest_effect)
        difference = recent.mean - before.mean
        terms = (recent.variance / recent.posts, before.variance / before.posts)
        error = sqrt(sum(terms) * max(inflation, before.inflation))
        degrees = sum(terms) ** 2 / (terms[0] ** 2 / (recent.posts - 1) + terms[1] ** 2 / (before.posts - 1))
        degrees = min(degrees, max(before.panes - 1, 1))
        larger = student_tail((smallest - abs(difference)) / error, degrees)
        by_chance = student_tail(abs(difference) / error, degrees)
        if larger < CHANCE or by_chance > PANE_MS / DAY_MS / SHARES / rules.false_alarm_days:
            return None
        evidence = Evidence(
            expected=shown(typical(before.mean)),
            observed=shown(typical(recent.mean)),
            ratio=shown(exp(difference)),
            low=shown(exp(difference - Z95 * error)),
            high=shown(exp(difference + Z95 * error)),
            p_value=shown(by_chance),
            posts=recent.posts,
        )
        return ("drop" if difference < 0 else "breakout"), evidence


def _side(panes: list[Pane], numbers: range) -> _Side:
    chosen = [pane for pane in panes if pane.number in numbers]
    posts = sum(pane.posts for pane in chosen)
    if posts < 2:
        return _Side(posts, 0.0, 0.0)
    mean = sum(pane.total for pane in chosen) / posts
    around = sum(pane.squares for pane in chosen) - posts * mean * mean
    variance = max(SMALLEST_VARIANCE, around / (posts - 1))
    between = sum(pane.posts * (pane.total / pane.posts - mean) ** 2 for pane in chosen)
    inflation = between / max(len(chosen) - 1, 1) / variance
    return _Side(posts, mean, variance, len(chosen), max(1.0, inflation))
