"""What was decided about own posts, decided again: kind, near-duplicate, and the counts at each age.

Written after the catalogue and not after the fold: it goes through an account's facts once, in the order of
the log, with nothing in its hands but the facts.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from pipelines.events import PostStats
from pipelines.ids import id_time
from pipelines.maturity import (
    Pending,
    count_act,
    decide_due,
    new_pending,
    observe,
    reply_oneself,
    take_back_reply,
    withdraw,
)
from pipelines.scoring.post import MIN_WORDS, MIN_WORDS_OF_REPLY
from pipelines.scoring.text import fingerprint
from pipelines.verify.ages import Aged, aged_of
from pipelines.verify.recent import Recent
from pipelines.waiting import MAX_EARLY
from pipelines.windows import ALLOWED_LATENESS_MS


class OwnPost(Struct, frozen=True):
    """An own post as it is stored; the fields are the columns of own_posts.sql."""

    account: str
    version: int
    watermark: int | None
    id: str
    posted_at: int
    author: str
    text: str
    reply_to_post: str | None
    reply_to_account: str | None
    quotes: bool
    reposts: bool
    followers_at_post: int | None
    acts_told: bool
    kind: str
    near_duplicate: bool
    relevance_milli: int | None
    on_topic: bool
    counted: bool
    written: int


class Happening(Struct, frozen=True):
    """Something that happened to a post; the fields are the columns of happenings.sql.

    `what`: the name of a count, `snapshot`, `final`, `delete`, `own_reply`, `reply_gone` (such a reply was
    deleted), or `followers` (told in `likes`).
    """

    account: str
    version: int
    watermark: int | None
    what: str
    post: str
    at: int
    likes: int | None = None
    replies: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    impressions: int | None = None


class Judgement(Struct, frozen=True):
    """What an own post is by the rules."""

    post: OwnPost
    kind: str
    near_duplicate: bool


class _Waiting(Struct):
    """A post that waits for an age, and the watermark at which it was looked at last."""

    pending: Pending
    seen_at: int | None


class AccountJudge:
    """Goes through the facts of one account."""

    def __init__(self, network: str) -> None:
        self._network = network
        self._recent = Recent()
        self._waiting: dict[str, _Waiting] = {}
        self._early: dict[str, list[Happening]] = {}
        self._early_count = 0
        self._followers: list[tuple[int, int]] = []
        self._untold: list[str] = []
        """Posts whose followers a profile may still tell."""
        self._deleted: dict[str, int] = {}
        self._answered: dict[str, str] = {}
        """Thread posts, and the own post that each replies to."""
        self.judgements: list[Judgement] = []
        self.aged: dict[tuple[str, str], Aged] = {}
        self.unsure: set[str] = set()
        """Posts that may have lost an act because it came long before them."""

    def judge(self, facts: Iterable[OwnPost | Happening], watermark: int | None) -> None:
        """Take all facts, and let time pass up to the watermark."""
        for fact in sorted(facts, key=lambda fact: fact.version):
            if isinstance(fact, OwnPost):
                self._post(fact)
            elif fact.what == "followers":
                self._profile(fact)
            else:
                self._happens(fact)
        for waiting in self._waiting.values():
            self._pass_time(waiting, watermark)

    def _profile(self, fact: Happening) -> None:
        if fact.likes is None:
            return
        self._followers.append((fact.at, fact.likes))
        oldest = 0 if fact.watermark is None else fact.watermark - ALLOWED_LATENESS_MS
        self._untold = [post for post in self._untold if self._waiting[post].pending.occurred_at >= oldest]
        for post in self._untold:
            waiting = self._waiting[post]
            self._pass_time(waiting, fact.watermark)
            waiting.pending.followers = self._followers_at(waiting.pending.occurred_at)

    def _followers_at(self, instant: int) -> int | None:
        """Return what the last profile before an instant told."""
        return max((each for each in self._followers if each[0] <= instant), default=(0, None))[1]

    def _post(self, post: OwnPost) -> None:
        kind = _kind_of(post, self._recent)
        words = _fingerprint(post)
        near_duplicate = self._recent.repeats(words, post.posted_at)
        self.judgements.append(Judgement(post, kind, near_duplicate))
        if not post.counted or kind == "repost":
            return
        self._recent.remember(post.id, words, post.posted_at)
        if kind != "thread":
            self._begin(post, kind)
        if kind == "thread" and post.reply_to_post is not None:
            parent = self._answered[post.id] = post.reply_to_post
            self._happens(
                Happening(post.account, post.version, post.watermark, "own_reply", parent, post.posted_at)
            )
        self._take_early_deletion(post)

    def _take_early_deletion(self, post: OwnPost) -> None:
        at = self._deleted.get(post.id)
        if at is None or (post.watermark is not None and at < post.watermark - ALLOWED_LATENESS_MS):
            return
        self._recent.mark_deleted(post.id, at)
        if post.id in self._waiting:
            withdraw(self._waiting[post.id].pending, at)
        self._take_back(Happening(post.account, post.version, post.watermark, "delete", post.id, at))

    def _begin(self, post: OwnPost, kind: str) -> None:
        pending = new_pending(
            post.id,
            post.posted_at,
            kind,
            acts_told=post.acts_told,
            relevance_milli=post.relevance_milli,
            on_topic=post.on_topic,
            followers=self._followers_at(post.posted_at)
            if post.followers_at_post is None
            else post.followers_at_post,
        )
        early = self._early.pop(post.id, [])
        self._early_count -= len(early)
        for fact in early:
            if post.watermark is not None and fact.at < post.watermark - ALLOWED_LATENESS_MS:
                self.unsure.add(post.id)  # it may have been forgotten before the post came
            take(pending, fact, self._network)
        self._waiting[post.id] = _Waiting(pending, post.watermark)
        if post.followers_at_post is None:
            self._untold.append(post.id)

    def _happens(self, fact: Happening) -> None:
        if fact.what in ("delete", "late_delete"):
            self._recent.mark_deleted(fact.post, fact.at)
            if fact.what == "late_delete":
                return
            self._deleted.setdefault(fact.post, fact.at)
            self._take_back(fact)
        waiting = self._waiting.get(fact.post)
        if waiting is not None:
            self._pass_time(waiting, fact.watermark)
            take(waiting.pending, fact, self._network)
        elif fact.what != "delete" and fact.post not in self._recent:
            self._keep(fact)

    def _take_back(self, delete: Happening) -> None:
        """Take an own reply that is gone from what was replied to."""
        parent = self._answered.get(delete.post)
        if parent is not None and self._recent.holds(delete.post, delete.at):
            self._happens(msgspec.structs.replace(delete, what="reply_gone", post=parent))

    def _keep(self, fact: Happening) -> None:
        """Keep what happened to a post that is not there yet, while the account is sure to keep it too."""
        posted_at = id_time(self._network, fact.post)
        old = fact.watermark is not None and 0 < posted_at < fact.watermark - ALLOWED_LATENESS_MS
        if old or self._early_count >= MAX_EARLY:
            self.unsure.add(fact.post)
            return
        self._early.setdefault(fact.post, []).append(fact)
        self._early_count += 1

    def _pass_time(self, waiting: _Waiting, watermark: int | None) -> None:
        """Decide what a tick between the two looks at this post has decided."""
        if watermark is None or watermark == waiting.seen_at:
            return
        waiting.seen_at = watermark
        for maturing in decide_due(waiting.pending, watermark):
            aged = aged_of(maturing)
            self.aged[aged.id, aged.age] = aged


def take(pending: Pending, fact: Happening, network: str) -> None:
    """Let something happen to a post that waits for an age."""
    match fact.what:
        case "delete" | "late_delete":
            withdraw(pending, fact.at)
        case "own_reply":
            reply_oneself(pending, fact.at)
        case "reply_gone":
            take_back_reply(pending, fact.at)
        case "snapshot" | "final":
            observe(pending, _stats(network, fact))
        case act:
            count_act(pending, act, fact.at)


def _kind_of(post: OwnPost, recent: Recent) -> str:
    if post.reposts:
        return "repost"
    if post.reply_to_account == post.author:
        return "thread"
    if post.reply_to_account is not None:
        return "reply"
    if post.reply_to_post is not None:
        return "thread" if recent.holds(post.reply_to_post, post.posted_at) else "reply"
    return "quote" if post.quotes else "original"


def _fingerprint(post: OwnPost) -> int:
    """Return the words of the post as a number; 0 where there are too few to be a near-duplicate."""
    if post.reposts:
        return 0
    words, count = fingerprint(post.text)
    thread = post.reply_to_account == post.author
    reply = not thread and (post.reply_to_post is not None or post.reply_to_account is not None)
    return words if count >= (MIN_WORDS_OF_REPLY if reply else MIN_WORDS) else 0


def _stats(network: str, fact: Happening) -> PostStats:
    return PostStats(
        network=network,  # type: ignore[arg-type]
        id=fact.post,
        occurred_at=fact.at,
        ingested_at=fact.at,
        observed_at=None if fact.what == "final" else fact.at,
        likes=fact.likes,
        replies=fact.replies,
        reposts=fact.reposts,
        quotes=fact.quotes,
        impressions=fact.impressions,
    )
