"""What an ingest counts, and what it writes about bad input."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from pipelines.sources.base import BadInput

MAX_REASONS = 100
"""Distinct reasons that are counted apart; further ones are counted as `other`."""
MAX_EXCERPT = 500


class IngestReport(Struct, frozen=True, kw_only=True):
    """What an ingest has done so far. `documents` counts a control event once a partition.

    `first_at` and `last_at` span the events' own time. `last_offsets`: the highest acknowledged offset of
    each partition that was written to; who waits for the agent waits for these. `ended`: the source came to
    its end. `withdrawals_unknown`: deletions and edits of what was never stored. `ticked_at`: until when its
    last tick let time pass.
    """

    readings: int = 0
    documents: int = 0
    messages: int = 0
    bytes: int = 0
    ticks: int = 0
    dead_letters: int = 0
    dead_letter_reasons: dict[str, int] = {}
    withdrawals_unknown: int = 0
    first_at: int | None = None
    last_at: int | None = None
    last_offsets: dict[int, int] = {}
    ended: bool = False
    ticked_at: int | None = None


class Counts(Struct, kw_only=True):
    """The counters behind a report."""

    readings: int = 0
    documents: int = 0
    messages: int = 0
    bytes: int = 0
    ticks: int = 0
    dead_letters: int = 0
    dead_letter_reasons: dict[str, int] = {}
    withdrawals_unknown: int = 0
    first_at: int | None = None
    last_at: int | None = None
    ended: bool = False
    ticked_at: int | None = None

    def span(self, at: int) -> None:
        """Widen the time that the events cover."""
        self.first_at = at if self.first_at is None or at < self.first_at else self.first_at
        self.last_at = at if self.last_at is None or at > self.last_at else self.last_at

    def bury(self, reason: str) -> None:
        """Count a dead letter by its reason."""
        known = reason in self.dead_letter_reasons or len(self.dead_letter_reasons) < MAX_REASONS
        key = reason if known else "other"
        self.dead_letter_reasons[key] = self.dead_letter_reasons.get(key, 0) + 1
        self.dead_letters += 1

    def report(self, last_offsets: dict[int, int]) -> IngestReport:
        """Return the counts as they are now."""
        fields = msgspec.structs.asdict(self)
        fields["dead_letter_reasons"] = dict(self.dead_letter_reasons)
        return IngestReport(**fields, last_offsets=dict(last_offsets))


class DeadLetter(Struct, frozen=True, kw_only=True):
    """What the topic of dead letters says about a piece of bad input."""

    source: str
    where: str
    reason: str
    excerpt: str
    at: int


def dead_letter(bad: BadInput, *, source: str, at: int) -> bytes:
    """Return the dead letter as one line of JSON; characters that are no Unicode become `?`."""
    letter = DeadLetter(
        source=source,
        where=_clean(bad.where),
        reason=_clean(bad.reason),
        excerpt=_clean(bad.excerpt[:MAX_EXCERPT]),
        at=at,
    )
    return msgspec.json.encode(letter)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
