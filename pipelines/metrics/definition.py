"""What a metric is: one frozen definition from which its Python value, its SQL and its documentation come.

A metric reads measures and a `Context`; it gives an `Estimate`: value, 95% interval, n, status. Before the
interval's own verdict (`ok`, `too_few`) four silences are decided, in this order:

    not_configured   the brand file lacks what the metric needs
    no_data          nothing was counted, and no source listened for at least half of the time
    no_posts         there is nothing that the number could be about
    unknown_input    the source did not tell a needed count, of any post or of too many posts

A silent metric has no value, no interval and no `needed`; n says how many posts were known all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, Literal

from msgspec import Struct

from pipelines.metrics.intervals import Estimate, Status
from pipelines.metrics.units import Unit

DAY_MS: Final = 86_400_000

Sum = str | tuple[str, ...]
"""One measure, or the sum of several."""
Needs = Literal["promotion", "topics", "channels"]
Family = Literal["proportion", "ratio", "rate", "lift", "growth"]
FAMILIES: Final[tuple[Family, ...]] = ("proportion", "ratio", "rate", "lift", "growth")
NEEDS_WORDS: Final[Mapping[Needs, str]] = {
    "promotion": "own domains or offers in the brand file",
    "topics": "topics in the brand file",
    "channels": "own feeds, or own accounts in two places, in the brand file",
}


class Known(Struct, frozen=True):
    """A count that the source may not tell: of `among` posts it is known for `of`.

    The metric is `unknown_input` where it is known for none, or for less than `percent` in a hundred.
    """

    of: Sum
    among: Sum
    percent: int = 0


class Context(Struct, frozen=True, kw_only=True):
    """What holds for all metrics of one row: the window in milliseconds, and what the brand file tells.

    `unheard_ms`: for how long of the window, since the account is known, no source of its network listened.
    """

    known_since: int
    start: int
    end: int
    knows_promotion: bool = False
    knows_topics: bool = False
    knows_channels: bool = False
    unheard_ms: int = 0

    @property
    def observed_days(self) -> float:
        """Days of the window since the first event known of the account, 0 or more."""
        return max(self.end - max(self.start, self.known_since), 0) / DAY_MS

    @property
    def is_deaf(self) -> bool:
        """Whether no source listened for at least half of the window, as far as the account is known."""
        return self.unheard_ms > 0 and self.unheard_ms * 2 >= self.end - max(self.start, self.known_since)

    def meets(self, needs: Needs) -> bool:
        """Tell whether the brand file has what a metric needs."""
        match needs:
            case "promotion":
                return self.knows_promotion
            case "topics":
                return self.knows_topics
            case "channels":
                return self.knows_channels


def total(measures: Mapping[str, int], sum_: Sum) -> int:
    """Return a sum of measures; one that is missing is 0."""
    names = (sum_,) if isinstance(sum_, str) else sum_
    return sum(measures.get(name, 0) for name in names)


class _Named(Struct, frozen=True):
    name: str


class Metric(_Named, frozen=True, kw_only=True):
    """What all metrics share. `claims` are numbered as in docs/metrics.md; `aliases`: what others call it."""

    family: ClassVar[Family]
    interval: ClassVar[str]

    title: str
    question: str
    unit: Unit
    claims: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    needs: Needs | None = None
    known: tuple[Known, ...] = ()
    note: str = ""

    @property
    def operands(self) -> tuple[Sum, ...]:
        """The sums that the family's formula takes, in its order."""
        raise NotImplementedError

    @property
    def base(self) -> Sum | None:
        """The posts that the number is about: without any it is `no_posts`. None: it can be about none."""
        raise NotImplementedError

    @property
    def formula(self) -> str:
        """The formula in words of the measures."""
        raise NotImplementedError

    @property
    def subject_posts(self) -> Sum | None:
        """The posts before the source's silence took any away."""
        return self.known[0].among if self.known else self.base

    @property
    def counted(self) -> Sum | None:
        """What is `no_data` if it is 0 where nobody listened. None: it is read apart from the stream."""
        return self.subject_posts

    @property
    def description(self) -> str:
        """One paragraph for a panel: the question, the formula, and when there is no number."""
        needs = f" Needs {NEEDS_WORDS[self.needs]}." if self.needs else ""
        note = f" {self.note}" if self.note else ""
        return f"{self.question} {self.formula}.{needs}{note}"

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure that it reads, once, in the order of reading."""
        sums: list[Sum] = list(self.operands)
        for known in self.known:
            sums += [known.of, known.among]
        if self.base is not None:
            sums.append(self.base)
        names = (name for one in sums for name in ((one,) if isinstance(one, str) else one))
        return tuple(dict.fromkeys(names))

    def interval_of(self, values: Sequence[int], context: Context) -> Estimate:
        """Return the estimate of the sums of `operands`, in their order."""
        raise NotImplementedError

    def estimate(self, measures: Mapping[str, int], context: Context) -> Estimate:
        """Return the metric of one row of measures."""
        values = [total(measures, operand) for operand in self.operands]
        estimate = self.interval_of(values, context)
        silence = self._silence(measures, context)
        if silence is None:
            return estimate
        return Estimate(None, None, None, estimate.n, silence, None)

    def _silence(self, measures: Mapping[str, int], context: Context) -> Status | None:
        if self.needs is not None and not context.meets(self.needs):
            return "not_configured"
        if context.is_deaf and self.counted is not None and total(measures, self.counted) == 0:
            return "no_data"
        if self.subject_posts is not None and total(measures, self.subject_posts) == 0:
            return "no_posts"
        for known in self.known:
            told = total(measures, known.of)
            if told == 0 or told * 100 < known.percent * total(measures, known.among):
                return "unknown_input"
        return None


def words(sum_: Sum) -> str:
    """Write a sum of measures as a person does."""
    return sum_ if isinstance(sum_, str) else f"({' + '.join(sum_)})"
