"""What `verify` found, one finding a place."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Verdict = Literal["lost", "twice", "differing"]
VERDICTS: tuple[Verdict, ...] = ("lost", "twice", "differing")


class Finding(Struct, frozen=True, order=True):
    """One place that is wrong: `count` facts, offsets or values of it, and what was expected and found."""

    verdict: Verdict
    place: str
    what: str
    count: int = 1

    def __str__(self) -> str:
        return f"{self.verdict}: {self.place}: {self.what}"


class Checked(Struct):
    """How much was looked at."""

    offsets: int = 0
    accounts: int = 0
    posts: int = 0


class Report(Struct, frozen=True, kw_only=True):
    """All findings. `pending`: facts and windows beyond the last checkpoints, which are not judged yet."""

    findings: tuple[Finding, ...]
    checked: Checked
    pending: int = 0

    def count(self, verdict: Verdict) -> int:
        """Return how many facts, offsets or values have this verdict."""
        return sum(finding.count for finding in self.findings if finding.verdict == verdict)

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def __str__(self) -> str:
        return " ".join(f"{verdict}={self.count(verdict)}" for verdict in VERDICTS)
