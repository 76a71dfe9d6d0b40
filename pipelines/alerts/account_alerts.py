"""All alerts of one account: what the fold gives them, and what they say."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from pipelines.alerts.activity import Activity
from pipelines.alerts.change import Change
from pipelines.alerts.engagement import Engagement
from pipelines.alerts.engagement import Saved as SavedEngagement
from pipelines.alerts.expectation import PostFacts
from pipelines.alerts.followers import Followers
from pipelines.alerts.mentions import Mentions
from pipelines.brand import Alerting
from pipelines.events import DAY_MS, MINUTE_MS


class Saved(Struct, frozen=True, array_like=True):
    """The alerts as a checkpoint holds them; None: never judged. `mentioned`: minutes not passed yet."""

    engagement: SavedEngagement | None = None
    activity: Activity | None = None
    mentions: Mentions | None = None
    followers: Followers | None = None
    mentioned: dict[int, int] = {}


class Aged(NamedTuple):
    """A headline post that has reached an age, when that was decided; None: nobody told its counts."""

    age: str
    at: int
    post: PostFacts | None


class AccountAlerts:
    """The detectors of one account, each made when it first has something to judge."""

    __slots__ = ("_activity", "_engagement", "_followers", "_mentioned", "_mentions", "due_at")

    def __init__(self, saved: Saved | None = None) -> None:
        saved = saved or Saved()
        self._engagement = Engagement(saved.engagement) if saved.engagement else None
        self._activity, self._mentions, self._followers = saved.activity, saved.mentions, saved.followers
        self._mentioned = dict(saved.mentioned)
        self.due_at = self._next_due()
        """The next watermark at which time alone changes something; None: never."""

    def save(self) -> Saved:
        """Return the state; `AccountAlerts(saved)` is the same."""
        engagement = None if self._engagement is None else self._engagement.save()
        return Saved(engagement, self._activity, self._mentions, self._followers, dict(self._mentioned))

    # ---- what happens ----------------------------------------------------------------------------

    def posted(self, at: int) -> list[Change]:
        """Take an own post that is no repost, when it appears."""
        if self._activity is None:
            self._activity = Activity()
        return self._changed(self._activity.take(at))

    def mentioned(self, minute: int) -> None:
        """Take a mention; it is judged when its minute has passed."""
        self._mentioned[minute] = self._mentioned.get(minute, 0) + 1
        passes = minute + MINUTE_MS
        self.due_at = passes if self.due_at is None else min(self.due_at, passes)

    def followed(self, at: int, followers: int) -> list[Change]:
        """Take a snapshot of the followers."""
        if self._followers is None:
            self._followers = Followers()
        return self._changed(self._followers.take(at, followers, explained=self._explains_followers(at)))

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
            changes += self._take_mentioned(watermark)
            for part in (self._engagement, self._activity, self._followers):
                if part is not None and (change := part.pass_time(watermark)):
                    changes.append(change)
            self.due_at = self._next_due()
        return changes

    # ---- mentions --------------------------------------------------------------------------------

    def _take_mentioned(self, watermark: int) -> list[Change]:
        """Judge the minutes that have passed, in order; one of a closed bucket came too late to be judged."""
        changes: list[Change] = []
        for minute in sorted(minute for minute in self._mentioned if minute + MINUTE_MS <= watermark):
            count = self._mentioned.pop(minute)
            if self._mentions is None:
                self._mentions = Mentions()
            if minute >= self._mentions.bucket_at:
                changes += self._mentions.take(minute, count)
        if self._mentions is not None:
            changes += self._mentions.pass_time(watermark)
        return changes

    def _explains_followers(self, at: int) -> bool:
        """Tell whether something happened lately that brings followers."""
        engagement, mentions = self._engagement, self._mentions
        if engagement is not None and engagement.state == "breakout":
            return True
        return mentions is not None and at < mentions.quiet_until + DAY_MS

    # ---- when ------------------------------------------------------------------------------------

    def _changed(self, change: Change | None) -> list[Change]:
        self.due_at = self._next_due()
        return [] if change is None else [change]

    def _next_due(self) -> int | None:
        parts = (self._engagement, self._activity, self._mentions, self._followers)
        dues = [due for part in parts if part is not None and (due := part.next_due()) is not None]
        if self._mentioned:
            dues.append(min(self._mentioned) + MINUTE_MS)
        return min(dues, default=None)
