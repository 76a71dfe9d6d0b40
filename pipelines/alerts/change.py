"""A change of state: what an alert says from when on."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pipelines.alerts.evidence import Evidence

AlertName = Literal["engagement", "mentions", "followers", "activity"]
INCIDENTS = frozenset({"drop", "breakout", "surge", "jump", "inactive_7d", "inactive_21d"})
"""States that are told to people; the others say that all is well, or that nothing can be said."""


class Change(Struct, frozen=True, kw_only=True):
    """The state of one alert of an account, from `since` on, as it was known at `at`.

    The evidence of an incident is that by which it was found, and stays, but for a p-value that falls.

    A later change of the same `since` says the same state with newer evidence. `measure`: what found it:
    `1h`, `24h`, `7d` or the like. `needed`: posts that are still needed. `reason`: one sentence, for people.
    """

    alert: AlertName
    state: str
    since: int
    at: int
    measure: str = ""
    evidence: Evidence | None = None
    needed: int | None = None
    reason: str = ""
