"""Own posts until their counts are compared: at age 1 h (fast) and 24 h (matured).

A post matures once at each age A, in the minute of its due instant:

    occurred_at        0.75 A      A              1.5 A
    |-------------------|----------|----------------|
                         fallback   earliest read    without any: the fallback, else unmeasured
                                    here is taken

Where the source tells every act, and for a final snapshot of unknown time, it is due at occurred_at + A.
"""

from __future__ import annotations

from msgspec import Struct, field

from pipelines.events import DAY_MS, HOUR_MS, PostStats

FAST_AGE_MS = HOUR_MS
MATURED_AGE_MS = DAY_MS
AGES_MS = (FAST_AGE_MS, MATURED_AGE_MS)
HAS_LINK, HAS_MEDIA, HAS_MENTION = 1, 2, 4
AGE_NAMES = {FAST_AGE_MS: "1h", MATURED_AGE_MS: "24h"}


class Reactions(Struct, array_like=True, omit_defaults=True):
    """Counts of one post at one instant; None: not told."""

    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    impressions: int | None = None

    @property
    def interactions(self) -> int:
        """Return the sum of what is known."""
        return (self.likes or 0) + (self.replies or 0) + (self.reposts or 0) + (self.quotes or 0)


class Snapshot(Struct, frozen=True, array_like=True):
    """Counts, and when they were read."""

    observed_at: int
    reactions: Reactions


class Stage(Struct, array_like=True):
    """One age of one post: the acts counted so far, the snapshot that decides, the best one before it."""

    acts: Reactions
    taken: Snapshot | None = None
    fallback: Snapshot | None = None
    done: bool = False


class Pending(Struct, array_like=True):
    """An own headline post or reply that has not reached both ages yet."""

    id: str
    occurred_at: int
    kind: str
    fast: Stage
    matured: Stage
    acts_told: bool = False
    relevance_milli: int | None = None
    on_topic: bool = False
    followers: int | None = None
    own_replies: list[int] = field(default_factory=list)
    """When the account replied to it itself; below 0: when such a reply was deleted."""
    final: Reactions | None = None
    withdrawn_at: int | None = None
    traits: int = 0
    """What the post holds, for what is expected of it: bits of `HAS_LINK`, `HAS_MEDIA`, `HAS_MENTION`."""
    followers_at: int | None = None
    """When the profile was read that told the followers; 0: none yet; None: the post told them itself."""

    def stage(self, age_ms: int) -> Stage:
        """Return the stage of an age."""
        return self.fast if age_ms == FAST_AGE_MS else self.matured

    @property
    def done(self) -> bool:
        """Whether both ages are decided."""
        return self.fast.done and self.matured.done

    def due_at(self, age_ms: int) -> int:
        """Return the instant at which this age is counted."""
        if self.acts_told or self.final is not None:
            return self.occurred_at + age_ms
        taken = self.stage(age_ms).taken
        return self.occurred_at + age_ms * 3 // 2 if taken is None else taken.observed_at

    def decided_at(self, age_ms: int) -> int:
        """Return the first watermark that decides this age: acts are closed at it, snapshots once past it."""
        acts = self.acts_told and self.final is None
        return self.due_at(age_ms) + (0 if acts else 1)

    def next_due(self) -> int | None:
        """Return the next watermark that decides something; None when all is decided."""
        fast, matured = self.fast.done, self.matured.done
        if fast:
            return None if matured else self.decided_at(MATURED_AGE_MS)
        first = self.decided_at(FAST_AGE_MS)
        return first if matured else min(first, self.decided_at(MATURED_AGE_MS))


class Maturing(Struct, frozen=True):
    """A post has reached an age: its counts then, the account's own replies left out; None: nobody told."""

    post: Pending
    age_ms: int
    due_at: int
    reactions: Reactions | None


def new_pending(
    id_: str,
    occurred_at: int,
    kind: str,
    *,
    acts_told: bool,
    relevance_milli: int | None,
    on_topic: bool,
    followers: int | None,
    followers_at: int | None = None,
    traits: int = 0,
) -> Pending:
    """Return a post that begins to wait."""
    zero = (0, 0, 0, 0) if acts_told else ()
    return Pending(
        id_,
        occurred_at,
        kind,
        Stage(Reactions(*zero)),
        Stage(Reactions(*zero)),
        acts_told,
        relevance_milli,
        on_topic,
        followers,
        traits=traits,
        followers_at=followers_at,
    )


def reactions_of(stats: PostStats) -> Reactions | None:
    """Return a snapshot's counts; None if it tells none of the four."""
    if stats.likes is None and stats.replies is None and stats.reposts is None and stats.quotes is None:
        return None
    return Reactions(stats.likes, stats.replies, stats.reposts, stats.quotes, stats.impressions)


def observe(post: Pending, stats: PostStats) -> None:
    """Take a snapshot of the post; the watermark decides later what it is worth."""
    reactions = reactions_of(stats)
    if reactions is None:
        return
    if stats.observed_at is None:
        if post.final is None:
            post.final = reactions
        return
    snapshot = Snapshot(stats.observed_at, reactions)
    for age_ms in AGES_MS:
        _observe_at(post, age_ms, snapshot)


def _observe_at(post: Pending, age_ms: int, snapshot: Snapshot) -> None:
    stage = post.stage(age_ms)
    if stage.done:
        return
    age = snapshot.observed_at - post.occurred_at
    if age_ms <= age <= age_ms * 3 // 2:
        if stage.taken is None or snapshot.observed_at < stage.taken.observed_at:
            stage.taken = snapshot
    elif age_ms * 3 // 4 <= age < age_ms and (
        stage.fallback is None or snapshot.observed_at > stage.fallback.observed_at
    ):
        stage.fallback = snapshot


def tell_followers(post: Pending, at: int, followers: int) -> bool:
    """Take what a profile tells; True where it is the nearest before the post so far."""
    if post.followers_at is None or not post.followers_at < at <= post.occurred_at:
        return False
    post.followers, post.followers_at = followers, at
    return True


def withdraw(post: Pending, at: int) -> None:
    """Note that the post was deleted: what was not due by then is never counted."""
    post.withdrawn_at = at
    for age_ms in AGES_MS:
        if post.occurred_at + age_ms > at:
            post.stage(age_ms).done = True


def reply_oneself(post: Pending, at: int) -> None:
    """Note that the account replied to its own post: counts read from then on hold it."""
    post.own_replies.append(at)


def take_back_reply(post: Pending, at: int) -> None:
    """Note that such a reply was deleted: counts read from then on hold it no more."""
    post.own_replies.append(-at)


def count_act(post: Pending, act: str, at: int) -> None:
    """Count a single like, reply, repost or quote (`act` is the field's name) that happened at `at`."""
    if not post.acts_told:
        return
    for age_ms in AGES_MS:
        stage = post.stage(age_ms)
        if not stage.done and at < post.occurred_at + age_ms:
            setattr(stage.acts, act, (getattr(stage.acts, act) or 0) + 1)


def decide_due(post: Pending, watermark: int) -> list[Maturing]:
    """Decide every age whose due instant the watermark has reached."""
    decided = []
    for age_ms in AGES_MS:
        stage = post.stage(age_ms)
        if stage.done or post.decided_at(age_ms) > watermark:
            continue
        stage.done, due_at = True, post.due_at(age_ms)
        if post.withdrawn_at is None or due_at <= post.withdrawn_at:
            decided.append(Maturing(post, age_ms, due_at, _counts_at(post, stage, due_at)))
    return decided


def _counts_at(post: Pending, stage: Stage, due_at: int) -> Reactions | None:
    """Return the counts that count: the replies less the account's own, where the source counts them too."""
    if post.final is not None:
        return _without_own_replies(post, post.final, due_at)
    if post.acts_told:
        return stage.acts
    snapshot = stage.taken or stage.fallback
    return None if snapshot is None else _without_own_replies(post, snapshot.reactions, snapshot.observed_at)


def _without_own_replies(post: Pending, counts: Reactions, until: int) -> Reactions:
    own = sum(1 if at > 0 else -1 for at in post.own_replies if abs(at) <= until)
    if own <= 0 or counts.replies is None:
        return counts
    return Reactions(
        counts.likes, max(0, counts.replies - own), counts.reposts, counts.quotes, counts.impressions
    )
