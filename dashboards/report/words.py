"""Numbers as sentences of plain words: each with what it rests on, none where the numbers cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct

_FRACTIONS: Final = (
    (1 / 10, "a tenth"),
    (1 / 5, "a fifth"),
    (1 / 4, "a quarter"),
    (1 / 3, "a third"),
    (2 / 5, "two fifths"),
    (1 / 2, "half"),
    (3 / 5, "three fifths"),
    (2 / 3, "two thirds"),
    (3 / 4, "three quarters"),
    (4 / 5, "four fifths"),
    (9 / 10, "nine tenths"),
)
_NEAR: Final = 0.025
_NONE_OF_IT, _ALL_OF_IT = 0.005, 0.995
_DAY_S: Final = 86_400


class Fact(Struct, frozen=True, kw_only=True):
    """A metric as it stands and as it stood a window earlier (`before` None: not known then)."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    status: str
    needed: int | None = None
    before: float | None = None
    before_low: float | None = None
    before_high: float | None = None


class People(Struct, frozen=True, kw_only=True):
    """Those who wait for an answer, and the ties; `others`: accounts that anything is known of."""

    waiting: int
    waiting_with_question: int
    longest_s: float
    ties: int
    fading: int
    others: int


def paragraph(facts: Mapping[str, Fact], people: People) -> list[str]:
    """Return the sentences that hold, in the order in which they are read.

    A metric whose status is not ok, or that has no interval, gives none. A change is told only where the
    intervals do not meet.
    """
    said = [write(facts[name]) for name, write in _SENTENCES.items() if name in facts and _holds(facts[name])]
    return [*said, *_people(people)]


def why_silent(facts: Mapping[str, Fact]) -> str:
    """Return the sentence that stands where there is no other."""
    lacking = [fact.needed for fact in facts.values() if fact.status == "too_few" and fact.needed]
    if lacking:
        more = min(lacking)
        posts = "post" if more == 1 else "posts"
        return f"Nothing can be said yet: about {more} more {posts} would do for a first number."
    return "Nothing can be said yet: no number of this time rests on enough posts."


def share(value: float) -> str:
    """Write a share as a person says it.

    >>> share(0.66), share(0.41), share(0.5), share(0), share(0.03)
    ('two thirds', 'two fifths', 'half', 'none', '3 %')
    """
    if value < _NONE_OF_IT:
        return "none"
    if value > _ALL_OF_IT:
        return "all"
    near, words = min(_FRACTIONS, key=lambda each: abs(each[0] - value))
    return words if abs(near - value) <= _NEAR else f"{100 * value:.0f} %"


def _holds(fact: Fact) -> bool:
    return fact.status == "ok" and None not in (fact.value, fact.low, fact.high) and fact.n > 0


def _share(subject: str, verb: str) -> Callable[[Fact], str]:
    def write(fact: Fact) -> str:
        assert fact.value is not None and fact.low is not None and fact.high is not None
        span = f"{100 * fact.low:.0f} to {100 * fact.high:.0f} %"
        told = share(fact.value)
        return (
            f"{told[0].upper()}{told[1:]} of {subject} {verb} ({span}, n {fact.n:,}){_change(fact, share)}."
        )

    return write


def _mean(write_value: Callable[[str], str], counted: str) -> Callable[[Fact], str]:
    def write(fact: Fact) -> str:
        assert fact.value is not None and fact.low is not None and fact.high is not None
        span = f"{_number(fact.low)} to {_number(fact.high)}"
        return f"{write_value(_number(fact.value))} ({span}, n {fact.n:,} {counted}){_change(fact, _number)}."

    return write


def _change(fact: Fact, write: Callable[[float], str]) -> str:
    """Say the change against one window earlier, if the intervals lie apart and the words differ."""
    if fact.before is None or fact.before_low is None or fact.before_high is None:
        return ""
    assert fact.value is not None and fact.low is not None and fact.high is not None
    if write(fact.before) == write(fact.value):
        return ""
    if fact.low > fact.before_high:
        return f", up from {write(fact.before)}"
    return f", down from {write(fact.before)}" if fact.high < fact.before_low else ""


def _people(people: People) -> Iterator[str]:
    if people.waiting:
        who = "One person waits" if people.waiting == 1 else f"{people.waiting:,} people wait"
        asking = f", {people.waiting_with_question:,} with a question" * bool(people.waiting_with_question)
        longest = _since(people.longest_s)
        yield f"{who} for an answer{asking}; the longest since {longest} (n {people.waiting:,})."
    if people.ties:
        fading = "none of these ties fades" if not people.fading else f"{people.fading:,} of these ties fade"
        others = f"{people.others:,} people who were ever in touch"
        yield f"With {people.ties:,} of {others} it goes both ways; {fading} (n {people.others:,})."


def _since(seconds: float) -> str:
    if seconds < 2 * _DAY_S:
        hours = max(round(seconds / 3_600), 1)
        return f"{hours} hour" if hours == 1 else f"{hours} hours"
    return f"{seconds / _DAY_S:.0f} days"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}"


_SENTENCES: Final[Mapping[str, Callable[[Fact], str]]] = {
    "posts_per_day": _mean(lambda value: f"You posted {value} times a day", "posts"),
    "interactions_per_post": _mean(lambda value: f"A post brought {value} reactions within a day", "posts"),
    "zero_interaction_share": _share("your posts", "moved nobody"),
    "conversation_ratio": _share("your posts", "are replies to people"),
    "on_topic_share": _share("your posts", "are about your topics"),
    "promotion_share": _share("your posts", "speak of what you sell"),
}
