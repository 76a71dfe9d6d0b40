"""The posts of one account at one age: has something changed?

Each post's normal score z (see `expectation`) goes into two one-sided CUSUMs (see `cusum`), one for drops,
one for breakouts; k is half the shift of z that a halving of interactions makes. The limits come from
simulation (`limits`).

A score is taken against the level that was when its sum left 0, so that no sum adapts to what it looks for:
what a drop teaches is expected when the sum is back at 0, or the incident over.
"""

from __future__ import annotations

from math import exp, log, sqrt

from msgspec import Struct

from pipelines.alerts.cusum import COMMON_SHARE, DIGITS, Common, Neighbour, Sum
from pipelines.alerts.evidence import Evidence, Run, settled
from pipelines.alerts.expectation import Expectation, Judged, PostFacts
from pipelines.alerts.expectation import Saved as SavedExpectation
from pipelines.alerts.limits import limit, run_length
from pipelines.brand import Alerting
from pipelines.events import DAY_MS

HALVING = log(2.0)
MIN_POSTS = 4
CERTAINTY = 1.25
"""Standard errors by which the mean of a run must be beyond the smallest effect: nine in ten."""
CALM_HEIGHT = 1.0
"""Effects are learnt from a post before which no sum was higher: else they would take in a drop before it is
found. The post itself does not decide, so that low kinds of posts are learnt as well as high ones."""
SILENCE_DAYS = 3.0
SILENCE_GAPS = 10.0
"""After so many days and so many usual gaps without a post sums begin anew: no silence makes the low posts of
one evening last."""
SHARES = 2
"""The false alarms allowed are shared by the two ages."""
RECOVERED_RATIO = 0.85
"""How near to what is expected a drop must come back; for a breakout, its inverse."""
RECOVERY_HEIGHT = 3.0
MAX_CORRELATION = 0.5
REMEMBERED_RUN = 30
SCORE_MEMORY = 150
GAP_MEMORY = 100
MAX_GAP_DAYS = 14.0
MIN_GAP_DAYS = 0.0001
SLOWEST_RUN_POSTS = 50.0
CLIP = 2.5


class Saved(Struct, frozen=True, array_like=True):
    """A detector as a checkpoint holds it."""

    expectation: SavedExpectation
    drop: Sum
    breakout: Sum
    inside: Run
    recovery: float
    correlation: float
    score: float
    scored: int
    gap_days: float
    last_at: int
    common: float = COMMON_SHARE


class Signal(Struct, frozen=True):
    """A change was found: `drop`, `breakout` or `recovered`."""

    state: str
    evidence: Evidence


class AgeDetector:
    """What must be known to judge the next post of one age."""

    __slots__ = (
        "_common",
        "_correlation",
        "_gap_days",
        "_last_at",
        "_recovery",
        "_score",
        "_scored",
        "breakout",
        "drop",
        "expectation",
        "inside",
    )

    def __init__(self, saved: Saved | None = None) -> None:
        self.expectation = Expectation(saved.expectation if saved else None)
        self.drop = saved.drop if saved else Sum(0.0, Run())
        self.breakout = saved.breakout if saved else Sum(0.0, Run())
        self.inside = saved.inside if saved else Run()
        self._recovery = saved.recovery if saved else 0.0
        self._correlation = saved.correlation if saved else 0.0
        self._score = saved.score if saved else 0.0
        self._scored = saved.scored if saved else 0
        self._gap_days = saved.gap_days if saved else 1.0
        self._last_at = saved.last_at if saved else 0
        self._common = Common(saved.common) if saved else Common()

    def save(self) -> Saved:
        """Return the state; `AgeDetector(saved)` is the same detector."""
        return Saved(
            self.expectation.save(),
            self.drop,
            self.breakout,
            self.inside,
            self._recovery,
            self._correlation,
            self._score,
            self._scored,
            self._gap_days,
            self._last_at,
            self._common.variance,
        )

    @property
    def needed(self) -> int:
        """Return how many more posts must be known before one can be judged."""
        return self.expectation.needed

    @property
    def inflation(self) -> float:
        """Return by how much a mean of neighbouring posts varies more than one of strangers: 1 to 2."""
        return 1.0 + 2.0 * min(MAX_CORRELATION, max(0.0, self._correlation))

    def take(self, post: PostFacts, rules: Alerting, *, incident: str) -> Signal | None:
        """Judge a post; learn from it unless an incident (`drop` or `breakout`) is on."""
        if not incident and self._was_silent(post.at):
            self.begin_anew()
        neighbour = self._common.meet(post.at - self._last_at if self._last_at else None)
        self._note_gap(post.at)
        if self.needed:
            self.expectation.learn(post)
            return None
        if incident:
            return self._follow(post, neighbour, incident)
        calm = max(self.drop.height, self.breakout.height) <= CALM_HEIGHT
        signal = self._watch(post, neighbour, rules)
        if signal is None:
            self._learn_correlation(self.expectation.judge(post).score)
            self.expectation.learn(post, calm=calm, own=neighbour.own)
        return signal

    def begin_incident(self, incident: str, *, slowly: float | None = None) -> None:
        """Keep the level that the incident has left; `slowly`: how much of it the recent one still is."""
        each, towards = self._side(incident)
        levels = self.expectation.levels
        if slowly is not None:
            levels.hold(levels.before(slowly), towards=towards)
        else:
            levels.hold(self._level_of(each, towards), towards=towards)

    def end_incident(self, *, new_level: float | None) -> None:
        """Go back to watching; `new_level`: the ratio to what was usual that is usual from now on."""
        if new_level is not None and not self.needed:
            self.expectation.levels.shift(log(new_level))
        self.begin_anew()
        self.inside.clear()
        self._recovery = 0.0

    def begin_anew(self) -> None:
        """Let no sum go on: what it has gathered is too far from the next post."""
        for each in (self.drop, self.breakout):
            each.clear()

    def _side(self, incident: str) -> tuple[Sum, float]:
        return (self.drop, -1.0) if incident == "drop" else (self.breakout, 1.0)

    def _level_of(self, each: Sum, towards: float) -> int:
        return self.expectation.levels.to_leave(towards=towards) if each.level is None else each.level

    # ---- no incident -----------------------------------------------------------------------------

    def _watch(self, post: PostFacts, neighbour: Neighbour, rules: Alerting) -> Signal | None:
        for state in ("drop", "breakout"):
            each, towards = self._side(state)
            self._add(each, post, neighbour, towards=towards)
            if self._is_passed(each, rules, towards=towards):
                evidence = self._evidence_of(each)
                self.inside = each.run
                each.run = Run()
                self._recovery = 0.0
                return Signal(state, evidence)
        return None

    def _reference(self) -> float:
        """Return k: half of what a halving moves the score, in its standard deviations."""
        return min(1.0, max(0.2, HALVING / self.expectation.spread / 2.0))

    def _add(self, each: Sum, post: PostFacts, neighbour: Neighbour, *, towards: float) -> None:
        level = self._level_of(each, towards)
        judged = self.expectation.judge(post, against=level)
        each.add(judged.score, towards=towards, reference=self._reference(), neighbour=neighbour)
        if each.height == 0.0:
            each.clear()
            return
        each.level = level
        self._join(each.run, post, judged, towards=towards)

    def _join(self, run: Run, post: PostFacts, judged: Judged, *, towards: float) -> None:
        """Take a post into a run; beyond 2½ spreads it counts no more: one viral post is not a level."""
        bound = CLIP * self.expectation.spread
        residual = max(-bound, min(bound, judged.residual)) if towards > 0 else judged.residual
        run.add(
            post.id,
            at=post.at,
            observed=judged.expected + residual,
            expected=judged.expected,
            weight=towards * judged.residual,
        )

    def _is_passed(self, each: Sum, rules: Alerting, *, towards: float) -> bool:
        run = each.run
        if run.posts < MIN_POSTS:
            return False
        error = self.expectation.spread / sqrt(run.posts)
        if towards * run.mean < CERTAINTY * error - log(1.0 - rules.smallest_effect):
            return False
        posts = rules.false_alarm_days * SHARES / max(self._gap_days, MIN_GAP_DAYS)
        bound = limit(reference=self._reference(), run_length=max(SLOWEST_RUN_POSTS, posts))
        return each.height >= bound

    def _evidence_of(self, each: Sum) -> Evidence:
        return self._evidence(each.run, p_value=self._p_value(each))

    def _p_value(self, each: Sum) -> float:
        posts_between = run_length(reference=self._reference(), height=each.height)
        return 1.0 - exp(-1.0 / (posts_between * max(self._gap_days, MIN_GAP_DAYS)))

    def p_value_inside(self, incident: str) -> float:
        """Return the chance that a day shows as much as the incident has gathered by now."""
        return self._p_value(self._side(incident)[0])

    def _evidence(self, run: Run, *, p_value: float) -> Evidence:
        return run.evidence(p_value=p_value, inflation=self.inflation, spread=self.expectation.spread)

    # ---- an incident -----------------------------------------------------------------------------

    def _follow(self, post: PostFacts, neighbour: Neighbour, incident: str) -> Signal | None:
        """Gather what the incident shows, and tell when it is over: a CUSUM the other way.

        It adds what the incident's own sum loses: as long as posts stay halved it falls, at the old level it
        rises.
        """
        each, towards = self._side(incident)
        judged = self.expectation.judge(post)
        self._join(self.inside, post, judged, towards=towards)
        if self.inside.posts > REMEMBERED_RUN:
            _shorten(self.inside)
        k = self._reference()
        step = each.add(judged.score, towards=towards, reference=k, neighbour=neighbour)
        self._recovery = round(max(0.0, self._recovery - step / (2.0 * k)), DIGITS)
        if self._recovery < RECOVERY_HEIGHT or not self._is_back(towards):
            return None
        return Signal("recovered", self._evidence(self.inside, p_value=1.0))

    def _is_back(self, towards: float) -> bool:
        """Tell whether the last score alone is no sign of the incident any more."""
        return towards * self.inside.mean < -log(RECOVERED_RATIO) or self._recovery >= 2 * RECOVERY_HEIGHT

    # ---- what is learnt --------------------------------------------------------------------------

    def _learn_correlation(self, score: float) -> None:
        if self._scored:
            share = max(1.0 / (self._scored + 20), 1.0 / SCORE_MEMORY)
            moved = self._correlation + share * (score * self._score - self._correlation)
            self._correlation = round(moved, DIGITS)
        self._score = round(score, DIGITS)
        self._scored = min(self._scored + 1, SCORE_MEMORY)

    def _was_silent(self, at: int) -> bool:
        silence = max(SILENCE_DAYS, SILENCE_GAPS * self._gap_days)
        return bool(self._last_at) and (at - self._last_at) / DAY_MS > silence

    def _note_gap(self, at: int) -> None:
        if self._last_at:
            longest = min(MAX_GAP_DAYS, SILENCE_GAPS * self._gap_days)
            gap = min(max((at - self._last_at) / DAY_MS, MIN_GAP_DAYS), longest)
            share = max(1.0 / (self._scored + 2), 1.0 / GAP_MEMORY)
            self._gap_days = settled(self._gap_days + share * (gap - self._gap_days))
        self._last_at = max(self._last_at, at)


def _shorten(run: Run) -> None:
    """Let a run weigh as its last posts do."""
    share = (run.posts - 1) / run.posts
    run.observed, run.expected = settled(run.observed * share), settled(run.expected * share)
    run.squares = settled(run.squares * share)
    run.posts -= 1
