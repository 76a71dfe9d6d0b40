"""What speaks for an alert: how much was expected, how much came, and how sure that is."""

from __future__ import annotations

from math import erfc, exp, log, sqrt

from msgspec import Struct

from pipelines.alerts.expectation import typical

Z95 = 1.959963984540054
SUM_DIGITS = 4
TELLING = 3
"""Posts that are named: those that tell most."""


class Evidence(Struct, frozen=True, kw_only=True):
    """The posts of an alert against what was expected of them.

    expected and observed are typical (geometric mean) interactions a post; ratio is observed over expected,
    low and high its 95% interval, None where there is none. p_value is the chance that nothing has changed
    and a day shows this much. `telling` names the posts that tell most, the strongest first.
    """

    expected: float
    observed: float
    ratio: float
    low: float | None
    high: float | None
    p_value: float | None
    posts: int
    telling: tuple[str, ...] = ()


class Run(Struct, array_like=True):
    """Posts that follow each other: their number, their sums, and those that tell most."""

    began_at: int = 0
    posts: int = 0
    observed: float = 0.0
    expected: float = 0.0
    squares: float = 0.0
    """Of the residuals."""
    telling: list[tuple[float, str]] = []

    @property
    def mean(self) -> float:
        """Return the mean residual: the logarithm of the ratio."""
        return (self.observed - self.expected) / self.posts if self.posts else 0.0

    def add(self, id_: str, *, at: int, observed: float, expected: float, weight: float) -> None:
        """Take a post; of all posts, those of the largest weight are named."""
        if not self.posts:
            self.began_at, self.telling = at, []
        self.posts += 1
        self.observed = round(self.observed + observed, SUM_DIGITS)
        self.expected = round(self.expected + expected, SUM_DIGITS)
        self.squares = round(self.squares + (observed - expected) ** 2, SUM_DIGITS)
        named = sorted([*self.telling, (round(weight, 3), id_)], key=lambda each: -each[0])
        self.telling = named[:TELLING]

    def clear(self) -> None:
        """Begin anew."""
        self.began_at, self.posts = 0, 0
        self.observed = self.expected = self.squares = 0.0
        self.telling = []

    def evidence(self, *, p_value: float, inflation: float, spread: float) -> Evidence:
        """Return the evidence of these posts.

        The interval is that of a mean of logarithms; its variance is at least that of the account's other
        posts (`spread`, a standard deviation) and is inflated where posts resemble their neighbours.
        """
        around = max(0.0, self.squares / self.posts - self.mean**2)
        half = Z95 * sqrt(max(around, spread**2) * inflation / self.posts)
        return Evidence(
            expected=shown(typical(self.expected / self.posts)),
            observed=shown(typical(self.observed / self.posts)),
            ratio=shown(exp(self.mean)),
            low=shown(exp(self.mean - half)),
            high=shown(exp(min(self.mean + half, 700.0))),
            p_value=shown(p_value),
            posts=self.posts,
            telling=tuple(name for _, name in self.telling),
        )


def settled(value: float) -> float:
    """Return a number as a state may hold it: short, and the same after it was saved."""
    return round(value, 6)


def shown(value: float) -> float:
    """Return a number of an evidence with six digits that count: it is kept while an incident is on.

    >>> shown(0.123456789), shown(1234567.0)
    (0.123457, 1234570.0)
    """
    return float(f"{value:.6g}")


def student_tail(t: float, degrees: float) -> float:
    """Return the chance that Student's t exceeds `t`, by the normal deviate of Wallace.

    Wallace (1959), "Bounds on normal approximations to Student's and the chi-square distributions", Annals of
    Mathematical Statistics 30; within 0.001 for 5 degrees of freedom and more.
    >>> round(student_tail(2.0, 10.0), 3)
    0.037
    """
    deviate = sqrt(degrees * log(1.0 + t * t / degrees)) * (8.0 * degrees + 1.0) / (8.0 * degrees + 3.0)
    tail = 0.5 * erfc(deviate / sqrt(2.0))
    return tail if t >= 0.0 else 1.0 - tail
