"""Whether an account posts at all: silent for 7 days, dropped out after 21.

A silence is no drop of engagement, and a drop of engagement no silence: this one looks at nothing but the
time of the last own post that is no repost.
"""

from __future__ import annotations

from msgspec import Struct

from pipelines.alerts.change import Change
from pipelines.events import DAY_MS

STEPS_MS = {"inactive_7d": 7 * DAY_MS, "inactive_21d": 21 * DAY_MS}


class Activity(Struct, array_like=True):
    """When the account posted last, and what it is called since."""

    last_at: int = 0
    state: str = ""

    def take(self, at: int) -> Change | None:
        """Take an own post."""
        ended, known = self.state in STEPS_MS, bool(self.state)
        self.last_at = max(self.last_at, at)
        self.state = "ok"
        if known and not ended:
            return None
        return Change(alert="activity", state="ok", since=at, at=at, reason="posts again" if ended else "")

    def next_due(self) -> int | None:
        """Return the next instant at which silence alone changes the state; None: never."""
        if self.state == "ok":
            return self.last_at + STEPS_MS["inactive_7d"]
        if self.state == "inactive_7d":
            return self.last_at + STEPS_MS["inactive_21d"]
        return None

    def pass_time(self, watermark: int) -> Change | None:
        """Say what silence has changed by this watermark, one step at a time."""
        due = self.next_due()
        if due is None or due > watermark:
            return None
        self.state = "inactive_7d" if self.state == "ok" else "inactive_21d"
        days = STEPS_MS[self.state] // DAY_MS
        return Change(
            alert="activity", state=self.state, since=due, at=due, reason=f"no own post for {days} days"
        )
