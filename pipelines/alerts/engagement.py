"""The state of an account's engagement: two ages and the slow test, one incident at a time.

    learning ──▶ ok ──▶ drop | breakout ──▶ ok         recovered: a sum the other way
                 │            └──────────▶ ok         after 28 days, or 30 posts and 7 days: the new normal
                 ├──▶ no_posts                         no headline post for 28 days
                 └──▶ no_data                          nobody told the counts of three posts in a row

Only headline posts are compared, and only with headline posts: more replies are no drop. A post whose counts
nobody told is not compared at all, so that missing data never look like a drop.
"""

from __future__ import annotations

from math import exp

from msgspec import Struct, structs

from pipelines.alerts.age_detector import MIN_POSTS, AgeDetector, Signal
from pipelines.alerts.age_detector import Saved as SavedAge
from pipelines.alerts.change import Change
from pipelines.alerts.evidence import Evidence, settled
from pipelines.alerts.expectation import PostFacts
from pipelines.alerts.slow import Pane, SlowTest
from pipelines.brand import Alerting
from pipelines.events import DAY_MS

NO_POSTS_MS = 28 * DAY_MS
NEW_LEVEL_MS = 28 * DAY_MS
NEW_LEVEL_POSTS = 30
NEW_LEVEL_SOONEST_MS = 7 * DAY_MS
UNMEASURED_IN_A_ROW = 3
SLOW = "7d"
SURE = 1e-5
"""Below this p-value an alert stands out among any number of accounts."""


class Saved(Struct, frozen=True, array_like=True):
    """The state as a checkpoint holds it."""

    fast: SavedAge
    matured: SavedAge
    panes: list[Pane]
    state: str
    since: int
    measure: str
    ratio: float
    last_at: int
    unmeasured: int
    evidence: Evidence | None = None
    needed: int = 0
    """Posts still needed, as they were told last."""


class Engagement:
    """What must be known of an account to judge its next headline post."""

    __slots__ = (
        "_evidence",
        "_last_at",
        "_measure",
        "_ratio",
        "_told_needed",
        "_unmeasured",
        "ages",
        "since",
        "slow",
        "state",
    )

    def __init__(self, saved: Saved | None = None) -> None:
        self.ages = {
            "1h": AgeDetector(saved.fast if saved else None),
            "24h": AgeDetector(saved.matured if saved else None),
        }
        self.slow = SlowTest(saved.panes if saved else None)
        self.state = saved.state if saved else ""
        self.since = saved.since if saved else 0
        self._measure = saved.measure if saved else ""
        self._ratio = saved.ratio if saved else 1.0
        self._last_at = saved.last_at if saved else 0
        self._unmeasured = saved.unmeasured if saved else 0
        self._evidence = saved.evidence if saved else None
        self._told_needed = saved.needed if saved else 0

    def save(self) -> Saved:
        """Return the state; `Engagement(saved)` is the same."""
        return Saved(
            self.ages["1h"].save(),
            self.ages["24h"].save(),
            self.slow.panes,
            self.state,
            self.since,
            self._measure,
            self._ratio,
            self._last_at,
            self._unmeasured,
            self._evidence,
            self._told_needed,
        )

    @property
    def incident(self) -> str:
        """Return `drop` or `breakout` while one is on, else nothing."""
        return self.state if self.state in ("drop", "breakout") else ""

    def next_due(self) -> int | None:
        """Return the next instant at which time alone changes the state; None: never."""
        if not self.state or self.state == "no_posts":
            return None
        due = self._last_at + NO_POSTS_MS
        return min(due, self.since + NEW_LEVEL_MS) if self.incident else due

    def pass_time(self, watermark: int) -> Change | None:
        """Say what time alone has changed by this watermark."""
        due = self.next_due()
        if due is None or due > watermark:
            return None
        if self.incident and due == self.since + NEW_LEVEL_MS:
            return self._settle(due)
        if self.incident:
            self._end(new_level=None)
        reason = f"no original or quote post for {NO_POSTS_MS // DAY_MS} days: nothing to compare"
        return self._enter("no_posts", due, reason=reason)

    def take_unmeasured(self, at: int) -> Change | None:
        """Take a headline post whose counts nobody told by its 24 h."""
        self._last_at = max(self._last_at, at)
        self._unmeasured += 1
        if self._unmeasured < UNMEASURED_IN_A_ROW or self.state == "no_data" or self.incident:
            return None
        for detector in self.ages.values():
            detector.begin_anew()
        reason = f"nobody told the counts of the last {self._unmeasured} posts by their 24 hours"
        return self._enter("no_data", at, reason=reason)

    def take(self, age: str, post: PostFacts, rules: Alerting, *, at: int) -> Change | None:
        """Take a headline post that has reached an age at `at`."""
        self._last_at = max(self._last_at, at)
        if age == "24h":
            self._unmeasured = 0
        detector, incident = self.ages[age], self.incident
        slow = self._take_slow(age, post, rules)
        signal = detector.take(post, rules, incident=incident)
        if incident:
            return self._follow(age, signal, at)
        if signal is not None:
            return self._begin(signal.state, age, signal.evidence, at)
        if slow is not None:
            return self._begin(slow[0], SLOW, slow[1], at)
        return self._watch(at)

    def _take_slow(self, age: str, post: PostFacts, rules: Alerting) -> tuple[str, Evidence] | None:
        if age != "24h" or self.incident:
            return None
        detector = self.ages["24h"]
        value = detector.expectation.rest_of(post)
        return self.slow.take(post.at, value, rules, inflation=detector.inflation)

    # ---- no incident -----------------------------------------------------------------------------

    @property
    def _needed(self) -> int:
        return min(detector.needed for detector in self.ages.values())

    def _watch(self, at: int) -> Change | None:
        needed = self._needed
        if needed:
            if self.state == "learning" and needed == self._told_needed:
                return None
            self._told_needed = needed
            reason = f"{needed} more posts are needed to know what is usual"
            since = self.since if self.state == "learning" else at
            return self._enter("learning", since, at=at, needed=needed, reason=reason)
        if self.state != "ok" and not (self.state == "no_data" and self._unmeasured):
            return self._enter("ok", at)
        return None

    def _begin(self, state: str, measure: str, evidence: Evidence, at: int) -> Change:
        self._measure, self._ratio, self._evidence = measure, evidence.ratio, evidence
        for detector in self.ages.values():
            detector.begin_incident(state, slowly=evidence.ratio if measure == SLOW else None)
        return self._enter(state, at, evidence=evidence)

    # ---- an incident -----------------------------------------------------------------------------

    def _follow(self, age: str, signal: Signal | None, at: int) -> Change | None:
        leading = "24h" if self._measure == SLOW else self._measure
        if age != leading:
            return None
        if signal is not None:
            self._end(new_level=None)
            return self._enter("ok", at, evidence=signal.evidence, reason="back to what was usual before")
        detector = self.ages[leading]
        old_enough = at - self.since >= NEW_LEVEL_SOONEST_MS
        if old_enough and detector.inside.posts >= NEW_LEVEL_POSTS:
            return self._settle(at)
        if detector.inside.posts >= MIN_POSTS:
            self._ratio = settled(exp(detector.inside.mean))
        return self._strengthen(detector.p_value_inside(self.incident), at)

    def _strengthen(self, p_value: float, at: int) -> Change | None:
        """Say the same evidence with a p-value that has halved: it decides whether many accounts hide it."""
        known = self._evidence
        if known is None or known.p_value is None or known.p_value < SURE or p_value > known.p_value / 2:
            return None
        self._evidence = structs.replace(known, p_value=p_value)
        return self._enter(self.state, self.since, at=at, evidence=self._evidence)

    def _settle(self, at: int) -> Change:
        """End an incident that has become the account's normal."""
        ratio = self._ratio
        self._end(new_level=ratio)
        reason = f"not back, and now taken as usual: {ratio:.2f} times what it was"
        return self._enter("ok", at, reason=reason)

    def _end(self, *, new_level: float | None) -> None:
        for detector in self.ages.values():
            detector.end_incident(new_level=new_level)
        self.slow.clear()
        self._evidence = None

    def _enter(
        self,
        state: str,
        since: int,
        *,
        at: int | None = None,
        evidence: Evidence | None = None,
        needed: int | None = None,
        reason: str = "",
    ) -> Change:
        self.state, self.since = state, since
        if not self.incident:
            self._measure = ""
        return Change(
            alert="engagement",
            state=state,
            since=since,
            at=since if at is None else at,
            measure=self._measure,
            evidence=evidence,
            needed=needed,
            reason=reason,
        )
