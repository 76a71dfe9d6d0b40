"""All alerts of one account: what the fold gives them, and what they say."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from pipelines.alerts.activity import Activity
from pipelines.alerts.change import Change
from pipelines.alerts.engagement import Engagement
from pipelines.alerts.engagement import Saved as SavedEngagement
from pipelines.alerts.expectation import PostFacts
from pipelines.brand import Alerting


class Saved(Struct, frozen=True, array_like=True):
    """The alerts as a checkpoint holds them; None: never judged."""

    engagement: SavedEngagement | None = None
    activity: Activity | None = None


class Aged(NamedTuple):
    """A headline post that has reached an age, at the instant it was decided; None: nobody told its
    counts."""

    age: str
    at: int
    post: PostFacts | None


class AccountAlerts:
    """The detectors of one account, each made when it first has something to judge."""

    __slots__ = ("_activity", "_engagement", "due_at")

    def __init__(self, saved: Saved | None = None) -> None:
        saved = saved or Saved()
        self._engagement = Engagement(saved.engagement) if saved.engagement else None
        self._activity = saved.activity
        self.due_at = self._next_due()
        """The next watermark at which time alone changes something; None: never."""

    def save(self) -> Saved:
        """Return the state; `AccountAlerts(saved)` is the same."""
        engagement = None if self._engagement is None else self._engagement.save()
        return Saved(engagement, self._activity)

    def posted(self, at: int) -> list[Change]:
        """Take an own post that is no repost, when it appears."""
        if self._activity is None:
            self._activity = Activity()
        return self._changed(self._activity.take(at))

    def aged(self, aged: Aged, rules: Alerting) -> list[Change]:
        """Take a headline post that has reached an age; time has passed until then."""
        passed = self.pass_time(aged.at)
        if self._engagement is None:
            self._engagement = Engagement()
        change = None
        if aged.post is not None:
            change = self._engagement.take(aged.age, aged.post, rules, at=aged.at)
        elif aged.age == "24h":
            change = self._engagement.take_unmeasured(aged.at)
        return passed + self._changed(change)

    def pass_time(self, watermark: int) -> list[Change]:
        """Say what time alone has changed by this watermark."""
        changes: list[Change] = []
        while self.due_at is not None and self.due_at <= watermark:
            for part in (self._engagement, self._activity):
                if part is not None and (change := part.pass_time(watermark)):
                    changes.append(change)
            self.due_at = self._next_due()
        return changes

    def _changed(self, change: Change | None) -> list[Change]:
        self.due_at = self._next_due()
        return [] if change is None else [change]

    def _next_due(self) -> int | None:
        dues = [part.next_due() for part in (self._engagement, self._activity) if part is not None]
        return min((due for due in dues if due is not None), default=None)
