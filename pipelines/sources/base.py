"""What every source is: the outside world as canonical events, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from pipelines.brand import Brand
from pipelines.errors import UsageError
from pipelines.events import AnyEvent, Network
from pipelines.settings import XSpending
from pipelines.stored import Facts, Spend


class Reading(Struct, frozen=True, kw_only=True):
    """One event of a source, not yet routed (`subject` is empty), and the cursor after it.

    `cursor` is what the source needs to go on behind this event; None: no place to resume.
    """

    event: AnyEvent
    cursor: str | None = None


class BadInput(Struct, frozen=True, kw_only=True):
    """A piece of input that could not become an event: where it stands, why, and how it begins."""

    where: str
    reason: str
    excerpt: str = ""


class Standing(Struct, frozen=True, kw_only=True):
    """A live source listens though nothing happens: the cursor to go on from, and nothing else."""

    cursor: str


Item = Reading | BadInput | Standing


class Lack(Struct, frozen=True, kw_only=True):
    """Something that a source never tells: what, the names of the metrics that need it, what brings it.

    `silent` are metrics that would come out as 0 instead of unknown; they are withheld where they are shown.
    """

    network: Network
    what: str
    metrics: tuple[str, ...]
    brings: str
    silent: tuple[str, ...] = ()


class Source(Protocol):
    """A source of one network's events, or of several networks' when it reads files.

    A bounded source ends, and gives its events in the order of `occurred_at`.
    """

    name: str
    bounded: bool
    networks: tuple[Network, ...]

    def read(self, cursor: str | None) -> Iterator[Item]:
        """Give what comes after `cursor` (None: from the beginning)."""
        ...


def _no_secret(name: str) -> str:
    raise UsageError(f"{name} is not set")


class SourceRequest(Struct, frozen=True, kw_only=True):
    """What a source is made from: its arguments and options, its folder, its cursor, and the time.

    `brand` gives the brand as it is now (None: there is none). `secret` gives a token by the name of its
    variable and raises UsageError if it is not set. `facts` and `spend` are None where no store is near.
    """

    arguments: tuple[str, ...]
    options: Mapping[str, str]
    work_dir: Path
    cursor: str | None
    now: Callable[[], int]
    sleep: Callable[[float], object]
    brand: Callable[[], Brand | None] = lambda: None
    secret: Callable[[str], str] = _no_secret
    facts: Facts | None = None
    spend: Spend | None = None
    x_spending: XSpending = XSpending()

    def number(self, name: str, default: float, *, at_least: float = 0.0) -> float:
        """Return an option that is a number. Raises UsageError if it is none, or too small."""
        text = self.options.get(name)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            raise UsageError(f"option {name} must be a number, not {text!r}") from None
        if value < at_least:
            raise UsageError(f"option {name} must be at least {at_least:g}, not {text}")
        return value

    def only(self, *known: str) -> None:
        """Raise UsageError for an option that the source does not have."""
        for name in self.options:
            if name not in known:
                raise UsageError(f"this source has no option {name}; it has: {', '.join(known) or 'none'}")
