"""What every source is: the outside world as canonical events, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from pipelines.events import AnyEvent, Network


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


class Source(Protocol):
    """A source of one network's events, or of several networks' when it reads files.

    A bounded source ends, and gives its events in the order of `occurred_at`.
    """

    name: str
    bounded: bool
    networks: tuple[Network, ...]

    def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
        """Give what comes after `cursor` (None: from the beginning)."""
        ...
