"""What an account expects of a post like this one, and how a post compares with it.

A post of y interactions counts as x = ln(y + ½), the variance-stabilising transform of overdispersed counts
(Anscombe, 1948, "The transformation of Poisson, binomial and negative-binomial data", Biometrika 35). From x
is taken what is known to move it: the part of the week, whether it quotes, links, shows or mentions
something, each an effect that is shrunk to the account's mean while few such posts are known (James and
Stein, 1961), and how its followers differ from those of its other posts. What is left is compared with two
levels (see `levels`). How far it lies from a level is ranked among the last 104 posts, and the rank is a
normal score (Conover, Tercero-Gómez and Cordero-Franco, 2017, "The sequential normal scores transformation",
Sequential Analysis 36). Ranks make it robust: one viral post is only the highest rank.

A change of all posts is a change of level, and no effect: effects are learnt from how a post differs from its
neighbours. Who compares with a level that was before a change began gives that level (`judge`).

Numbers are integers of a thousandth or a millionth, so that a state saved and loaded is the same state.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from math import exp, log
from statistics import NormalDist

from msgspec import Struct, structs

from pipelines.alerts.levels import UNIT, Levels
from pipelines.events import DAY_MS, HOUR_MS

REMEMBERED = 104
"""Posts among which a new one is ranked."""
ENOUGH = 20
"""Posts below which nothing is judged."""
APART_MS = HOUR_MS
"""Of posts closer together than this, one is remembered: 104 posts then hold four days or more."""
SHRINKAGE = 15
"""Posts that an effect must hold before it counts by half."""
MAX_WEIGHT = 150
RIDGE = 0.1
"""How strongly effects are drawn back to 0: what all posts share is level, not effect."""
EFFECTS = 20
EFFECT_UNIT = 10_000
"""Effects are integers of a ten thousandth, so that they fit into 16 bits."""
_MOST = 32_000
SMALLEST_SPREAD = 0.15
MOST_BY_FOLLOWERS = 0.2
"""Followers explain so much of a logarithm and no more: many at once are bought, and do not react."""
NEIGHBOUR_SHARE = 0.2
"""How much each post makes of the mean of its neighbours, against which effects are learnt."""
_CLIP = 2.0
_WEEKEND = 5
_SCORES = NormalDist()
_BLOCK_MS = 4 * HOUR_MS
_EPOCH_WEEKDAY = 3
"""1 January 1970 was a Thursday, Monday being 0."""


class PostFacts(Struct, frozen=True, kw_only=True):
    """What is compared of one headline post at one age."""

    id: str
    at: int
    interactions: int
    followers: int | None = None
    quotes: bool = False
    links: bool = False
    shows: bool = False
    mentions: bool = False


class Judged(Struct, frozen=True):
    """A post beside what was expected of it: a logarithm of interactions + ½, and its normal score.

    residual: the logarithm of what came over what was expected, known effects taken out.
    """

    expected: float
    residual: float
    score: float


class Saved(Struct, frozen=True, array_like=True):
    """An expectation as a checkpoint holds it."""

    ring: bytes
    effects: bytes
    weights: bytes
    remembered_at: int
    followers: int
    around: int = 0
    levels: Levels | None = None
    """None: saved before there were levels; the ring then holds what was left of posts, not of levels."""


class Expectation:
    """The levels of one age, the last posts beside them, ranked, and the effects of what they were."""

    __slots__ = (
        "_around",
        "_effects",
        "_followers",
        "_ranked",
        "_remembered_at",
        "_ring",
        "_weights",
        "levels",
    )

    def __init__(self, saved: Saved | None = None) -> None:
        self._ring, self._effects, self._weights = array("h"), array("h"), array("B")
        self._remembered_at, self._followers = 0, 0
        self._around, self.levels = 0, Levels()
        if saved is None:
            self._effects.extend([0] * EFFECTS)
            self._weights.extend([0] * EFFECTS)
        else:
            self._ring.frombytes(saved.ring)
            self._effects.frombytes(saved.effects)
            self._weights.frombytes(saved.weights)
            self._remembered_at, self._followers = saved.remembered_at, saved.followers
            self._around, self.levels = saved.around, saved.levels or self._first_levels()
        self._ranked = array("h", sorted(self._ring))

    def _first_levels(self) -> Levels:
        """Take the middle of posts that were saved without levels as both."""
        levels = Levels()
        if self._ring:
            middle = round(_median(sorted(self._ring)))
            self._ring = array("h", (_thousandths((rest - middle) / 1_000) for rest in self._ring))
            levels.begin(middle / 1_000)
            levels.learnt = len(self._ring)
        return levels

    def save(self) -> Saved:
        """Return the state; `Expectation(saved)` is the same expectation."""
        return Saved(
            self._ring.tobytes(),
            self._effects.tobytes(),
            self._weights.tobytes(),
            self._remembered_at,
            self._followers,
            self._around,
            structs.replace(self.levels),
        )

    @property
    def needed(self) -> int:
        """Return how many more posts must be known before one can be judged."""
        return max(0, ENOUGH - len(self._ring))

    @property
    def spread(self) -> float:
        """Return the standard deviation of what is left, from the lower half: drops are what it must tell."""
        ranked = self._ranked
        low = (_median(ranked) - ranked[len(ranked) // 10]) / 1.2816
        return max(SMALLEST_SPREAD, low / 1_000)

    def judge(self, post: PostFacts, *, against: int | None = None) -> Judged:
        """Compare a post with those before it, or with a level of theirs. Only where `needed` is 0."""
        level = (self.levels.recent if against is None else against) / UNIT
        apart = self.rest_of(post) - level
        middle = _median(self._ranked) / 1_000
        expected = log(typical(level + middle) * exp(self._offset(post)) + 0.5)
        return Judged(expected, apart - middle, self._score(_thousandths(apart)))

    def rest_of(self, post: PostFacts) -> float:
        """Return ln(y + ½) of the interactions y without what is known to move them.

        It is taken from y and not from the logarithm, so that nothing stays nothing: a post without any
        reaction is not the worse for being of a kind that usually has some.
        """
        return log(post.interactions * exp(-self._offset(post)) + 0.5)

    def learn(self, post: PostFacts, *, calm: bool = True, own: float = 1.0) -> None:
        """Take a post into what is expected of the next one; of some within an hour one is remembered.

        calm: False while a change may be on; then effects stay as they are. own: how much of the post is not
        what the one before it told.
        """
        rest = self.rest_of(post)
        if not self.levels.learnt:
            self.levels.begin(rest)
        apart = rest - self.levels.recent / UNIT
        if calm and len(self._ring) >= ENOUGH // 2:
            self._learn_effects(post, _thousandths(apart))
        self.levels.learn(
            beside_recent=own * self._clipped(apart),
            beside_usual=own * self._clipped(rest - self.levels.usual / UNIT),
        )
        self._learn_followers(post)
        if self.needed or post.at - self._remembered_at >= APART_MS:
            self._remember(_thousandths(apart), post.at)

    def _clipped(self, apart: float) -> float:
        """Return a distance that moves levels: what lies beyond two spreads moves them no further."""
        if len(self._ring) < ENOUGH // 2:
            return apart
        middle, bound = _median(self._ranked) / 1_000, _CLIP * self.spread
        return max(middle - bound, min(middle + bound, apart))

    def _remember(self, apart: int, at: int) -> None:
        self._ring.append(apart)
        insort(self._ranked, apart)
        self._remembered_at = at
        if len(self._ring) > REMEMBERED:
            del self._ranked[bisect_left(self._ranked, self._ring.pop(0))]

    def _score(self, apart: int) -> float:
        below = (bisect_left(self._ranked, apart) + bisect_right(self._ranked, apart)) / 2
        return _SCORES.inv_cdf((below + 0.5) / (len(self._ranked) + 1))

    def _offset(self, post: PostFacts) -> float:
        """Return what is known to move this post: its effects, and its followers against the usual."""
        offset = sum(self._effects[cell] for cell in cells_of(post)) / EFFECT_UNIT
        if post.followers and self._followers:
            away = log(post.followers) - self._followers / 1_000_000
            offset += max(-MOST_BY_FOLLOWERS, min(MOST_BY_FOLLOWERS, away))
        return offset

    def _learn_effects(self, post: PostFacts, apart: int) -> None:
        """Move each effect towards what is left beside the neighbours, by its score.

        A score has mean 0 however skewed counts are. What the neighbours have too is no effect: else a drop
        would become the effect of every kind of post within some thirty posts.
        """
        ranked, size = self._ranked, len(self._ranked)
        spread = max(1_000 * SMALLEST_SPREAD, (ranked[3 * size // 4] - ranked[size // 4]) / 1.349)
        left = max(-_CLIP, min(_CLIP, self._score(apart))) * spread * EFFECT_UNIT / 1_000
        beside = left - self._around
        self._around += round(NEIGHBOUR_SHARE * beside)
        for cell in cells_of(post):
            self._weights[cell] = min(self._weights[cell] + 1, MAX_WEIGHT)
            effect = self._effects[cell]
            step = round((beside - RIDGE * effect) / (self._weights[cell] + SHRINKAGE))
            self._effects[cell] = max(-_MOST, min(_MOST, effect + step))

    def _learn_followers(self, post: PostFacts) -> None:
        if not post.followers:
            return
        now = round(log(post.followers) * 1_000_000)
        self._followers += round((now - self._followers) / 50) if self._followers else now


def cells_of(post: PostFacts) -> tuple[int, int, int, int, int]:
    """Return the effects that apply: one of twelve parts of the week (UTC), and four of yes or no."""
    weekend = (post.at // DAY_MS + _EPOCH_WEEKDAY) % 7 >= _WEEKEND
    part = post.at % DAY_MS // _BLOCK_MS + (6 if weekend else 0)
    return (
        part,
        13 if post.quotes else 12,
        15 if post.links else 14,
        17 if post.shows else 16,
        19 if post.mentions else 18,
    )


def typical(logarithm: float) -> float:
    """Return interactions for a logarithm of interactions + ½; never below 0."""
    return max(0.0, exp(min(logarithm, 700.0)) - 0.5)


def _thousandths(apart: float) -> int:
    return max(-_MOST, min(_MOST, round(apart * 1_000)))


def _median(ranked: Sequence[int]) -> float:
    size = len(ranked)
    return (ranked[size // 2] + ranked[(size - 1) // 2]) / 2
