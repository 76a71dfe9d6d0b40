"""Minutes and windows against a plain recount from the stored facts, and against other orders of arrival."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.events import HOUR_MS, MINUTE_MS, AnyEvent, Delete, Post, Tick
from pipelines.identity import identity_hash
from pipelines.sinks.memory import MemorySink, Row
from tests.strategies import (
    Arriving,
    Named,
    arrivals,
    folded,
    histories,
    in_order,
    minutes_of,
    tick_steps,
    ticked,
    windows_from_minutes,
    windows_of,
)

law = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
HEADLINE = ("original", "quote")
SQUARED = ("fast_interactions", "fast_reply_interactions", "matured_reply_interactions")
"""Beside the headline posts at 24 h, only these have a metric whose interval needs their squares."""
COUNTS = ("likes", "replies", "reposts", "quotes")
BY_KIND = {"original": "originals", "quote": "quotes_made", "reply": "replies_made", "thread": "thread_posts"}
FLAGS = {
    "adds_link": "link_posts", "adds_promotion": "promotional_posts", "adds_broadcast": "broadcast_posts",
    "near_duplicate": "duplicate_posts", "on_topic": "on_topic_posts",
}  # fmt: skip
RECEIVED = {
    "reply": "replies_received", "quote": "quotes_received", "repost": "reposts_received",
    "mention": "direct_mentions_received",
}  # fmt: skip
ACTS = {"like": "likes_received", "follow": "follows_received", "unfollow": "unfollows_received"}

# ---- a recount from the facts alone, written after the catalogue and not after the fold ------------------


class Recount:
    """All minutes of all accounts, from the tables of facts."""

    def __init__(self, sink: MemorySink) -> None:
        self.minutes: dict[tuple[str, int], Named] = defaultdict(lambda: defaultdict(int))
        self.facts = {
            name: [row for row in sink.rows(name) if not row["late"]]
            for name in ("posts", "post_stats", "profiles", "interactions", "deletions")
        }
        self.deletions = {(row["account_id"], row["id"]): row for row in self.facts["deletions"]}
        for post in self.facts["posts"]:
            self._post(post)
        for act in self.facts["interactions"]:
            if act["actor"] == act["account_id"]:
                continue
            self._add(act, act["occurred_at"], ACTS[act["kind"]])
        for deletion in self.facts["deletions"]:
            if deletion["author"] == deletion["account_id"] or self._tells_own_post(deletion):
                self._add(deletion, deletion["occurred_at"], "deleted_posts")

    def _add(self, row: Row, at: int, name: str, value: int = 1) -> None:
        if value:
            self.minutes[row["account_id"], at - at % MINUTE_MS][name] += value

    def _tells_own_post(self, deletion: Row) -> bool:
        return any(
            (post["account_id"], post["id"]) == (deletion["account_id"], deletion["id"])
            and post["relation"] == "own"
            and post["kind"] != "repost"
            for post in self.facts["posts"]
        )

    def _post(self, post: Row) -> None:
        at = post["occurred_at"]
        if post["relation"] != "own":
            if post["relation"] in RECEIVED:
                self._add(post, at, RECEIVED[post["relation"]])
            if post["relation"] in ("reply", "mention"):
                self._add(post, at, "questions_received", post["asks"])
            return
        kind = post["kind"]
        if kind == "repost":
            self._add(post, at, "reposts_made")
            return
        headline, told = kind in HEADLINE, kind == "reply" and post["reply_to_account"] is not None
        self._add(post, at, "posts")
        self._add(post, at, "posts_sq", 1 + 2 * post["thread_place"])
        self._add(post, at, BY_KIND[kind])
        self._add(post, at, "headline_posts", headline)
        self._add(post, at, "posts_addressed", headline or told)
        self._add(post, at, "replies_to_others", told and not post["near_duplicate"])
        self._add(post, at, "question_posts", headline and post["asks"])
        self._add(post, at, "cross_posts", headline and post["cross_post"])
        self._add(post, at, "scored_posts", post["relevance"] is not None)
        for column, name in FLAGS.items():
            self._add(post, at, name, post[column])
        if kind != "thread":
            for age_h in (1, 24):
                self._matures(post, age_h)

    def _followers(self, post: Row, closed: int) -> int | None:
        """Return what the last profile before the post told, if it came before its age was decided."""
        if post["followers_at_post"] is not None:
            return int(post["followers_at_post"])
        known = [
            (row["occurred_at"], row["followers"])
            for row in self.facts["profiles"]
            if row["account_id"] == row["id"] == post["account_id"]
            and row["followers"] is not None
            and row["occurred_at"] <= post["occurred_at"]
            and (row["version"] < post["version"] or row["watermark"] is None or row["watermark"] < closed)
        ]
        return max(known)[1] if known else None

    def _happens_to(self, post: Row) -> Iterator[tuple[str, Row]]:
        mine = [row for table in ("posts", "post_stats", "interactions") for row in self.facts[table]]
        mine = [row for row in mine if row["account_id"] == post["account_id"]]
        deletion = self.deletions.get((post["account_id"], post["id"]))
        mine += [deletion] if deletion else []
        mine += [gone for row in mine for gone in self._taken_back(post, row)]
        for row in sorted(mine, key=lambda row: row["version"]):
            if "gone" in row:
                yield "gone", row
            elif "final" in row:
                if row["id"] == post["id"]:
                    yield "snapshot", row
            elif "of" in row:
                yield "delete", row
            elif "actor" in row:
                if row["kind"] == "like" and row["post"] == post["id"] and row["actor"] != row["account_id"]:
                    yield "likes", row
            elif row["relation"] == "own":
                if row["kind"] == "thread" and row["reply_to_post"] == post["id"]:
                    yield "own", row
            elif row["relation"] in RECEIVED and row["relation"] != "mention":
                column = {"reply": "reply_to_post", "quote": "quote_of", "repost": "repost_of"}
                if row[column[row["relation"]]] == post["id"]:
                    yield {"reply": "replies", "quote": "quotes", "repost": "reposts"}[row["relation"]], row

    def _taken_back(self, post: Row, row: Row) -> Iterator[Row]:
        """Give the deletion of an own reply to the post, at the arrival of the later of the two."""
        if row.get("kind") != "thread" or row["reply_to_post"] != post["id"]:
            return
        gone = self.deletions.get((row["account_id"], row["id"]))
        if gone is None:
            return
        if gone["version"] > row["version"]:
            yield {**gone, "gone": True}
        elif row["watermark"] is None or gone["occurred_at"] >= row["watermark"] - HOUR_MS:
            yield {**row, "occurred_at": gone["occurred_at"], "gone": True}

    def _matures(self, post: Row, age_h: int) -> None:
        posted, age = post["occurred_at"], age_h * HOUR_MS
        acts = dict.fromkeys(COUNTS, 0)
        final = taken = fallback = deleted_at = None
        own: list[int] = []
        for what, row in self._happens_to(post):
            closed, _ = _closes(post, age, final, taken)
            if (
                row["version"] > post["version"]
                and row["watermark"] is not None
                and row["watermark"] >= closed
            ):
                break
            at = row["occurred_at"]
            if what == "delete":
                deleted_at = at
            elif what == "own":
                own.append(at)
            elif what == "gone":
                own.append(-at)
            elif what != "snapshot":
                acts[what] += at < posted + age
            elif all(row[name] is None for name in COUNTS):
                continue
            elif row["final"]:
                final = final or row
            elif age <= at - posted <= age * 3 // 2:
                taken = row if taken is None or at < taken["occurred_at"] else taken
            elif age * 3 // 4 <= at - posted < age and (fallback is None or at > fallback["occurred_at"]):
                fallback = row
        closed, due = _closes(post, age, final, taken)
        if deleted_at is None or deleted_at >= due:
            told = acts if final is None and post["acts_told"] else None
            counts = _counts_then(final or taken or fallback, told, due, own)
            self._matured(post, age_h, due, counts, self._followers(post, closed))

    def _matured(
        self, post: Row, age_h: int, due: int, counts: dict[str, int | None] | None, followers: int | None
    ) -> None:
        prefix = ("fast_" if age_h == 1 else "matured_") + ("reply_" if post["kind"] == "reply" else "")
        short = "" if prefix == "matured_" else prefix
        if counts is None:
            self._add(post, due, f"{short}unmeasured_posts")
            return
        y = sum(counts[name] or 0 for name in COUNTS)
        self._add(post, due, f"{prefix}posts")
        self._add(post, due, f"{short}zero_interaction_posts", y == 0)
        for name in COUNTS:
            self._squared(post, due, f"{prefix}{name}", counts[name] or 0)
            if prefix == "matured_" and name in ("replies", "quotes"):
                self._add(post, due, f"{prefix}posts_with_{name}", counts[name] is not None)
        self._squared(post, due, f"{prefix}interactions", y)
        for name, x in (("followers", followers), ("impressions", counts["impressions"])):
            if x is not None:
                self._add(post, due, f"{prefix}posts_with_{name}")
                self._squared(post, due, f"{prefix}{name}", x)
                self._squared(post, due, f"{prefix}interactions_with_{name}", y)
                if prefix == "matured_":
                    self._add(post, due, f"{prefix}interactions_by_{name}", x * y)
        if post["relevance"] is not None:
            side = "on_topic" if post["on_topic"] else "off_topic"
            self._add(post, due, f"{prefix}{side}_posts")
            self._squared(post, due, f"{prefix}{side}_interactions", y)

    def _squared(self, row: Row, at: int, name: str, value: int) -> None:
        self._add(row, at, name, value)
        if name in SQUARED or (name.startswith("matured_") and not name.startswith("matured_reply_")):
            self._add(row, at, f"{name}_sq", value * value)


def _counts_then(
    row: Row | None, acts: dict[str, int] | None, due: int, own: list[int]
) -> dict[str, int | None] | None:
    """Return the counts that count: acts, or a snapshot's less the own replies that it holds."""
    if acts is not None:
        return {**acts, "impressions": None}
    if row is None:
        return None
    counts: dict[str, int | None] = {name: row[name] for name in (*COUNTS, "impressions")}
    until = due if row["final"] else row["occurred_at"]
    if counts["replies"] is not None:
        held = sum(1 if at > 0 else -1 for at in own if abs(at) <= until)
        counts["replies"] = max(0, counts["replies"] - held)
    return counts


def _closes(post: Row, age: int, final: Row | None, taken: Row | None) -> tuple[int, int]:
    """Return the first watermark at which nothing more is taken, and the instant that is counted."""
    posted = post["occurred_at"]
    if final is not None:
        return posted + age + 1, posted + age
    if post["acts_told"]:
        return posted + age, posted + age
    due = posted + age * 3 // 2 if taken is None else taken["occurred_at"]
    return due + 1, due


@law
@given(arriving=arrivals(), step_ms=tick_steps)
def test_minutes_and_windows_equal_a_plain_recount_from_the_facts(
    arriving: list[Arriving], step_ms: int
) -> None:
    sink = folded(ticked(arriving, step_ms))
    recounted = {key: dict(counts) for key, counts in Recount(sink).minutes.items()}
    assert minutes_of(sink, ["late_events"]) == recounted
    assert windows_of(sink, ["late_events"]) == windows_from_minutes(recounted)


# ---- order -------------------------------------------------------------------------------------------------

DECIDED_BY_ARRIVAL = (
    "duplicate_posts",
    "replies_to_others",
    "link_posts",
    "promotional_posts",
    "broadcast_posts",
    "posts_sq",
)
"""What depends on the own posts known when one arrives: near-duplicates, what a thread adds, its size."""


MOVED_WITHOUT: dict[tuple[str, ...], tuple[str, ...]] = {
    ("own", "stands"): (),
    ("own",): ("duplicate_posts", "replies_to_others"),
    (): DECIDED_BY_ARRIVAL,
}
"""What another order may change where only these chains are kept."""


def chains_of(event: AnyEvent) -> list[tuple[str, ...]]:
    """Return in which chains an event has its place: what is decided by what was known, or came, before.

    own     what a post repeats, or adds to its thread, is told by the own posts before it
    stands  a deleted post is repeated by none that comes after the deletion
    """
    if isinstance(event, Post) and event.author == event.subject:
        return [("own", event.subject), ("stands", event.subject)]
    return [("stands", event.subject)] if isinstance(event, Delete) else []


def shuffled_between_ticks(log: list[AnyEvent], seed: int, chains: tuple[str, ...]) -> list[AnyEvent]:
    """Shuffle what lies between two ticks, but along these chains."""
    chance = random.Random(seed)
    shuffled: list[AnyEvent] = []
    between: list[AnyEvent] = []
    for event in [*log, None]:
        if event is None or isinstance(event, Tick):
            shuffled += _shuffled(between, chance, chains)
            shuffled += [] if event is None else [event]
            between = []
        else:
            between.append(event)
    return shuffled


def _shuffled(events: list[AnyEvent], chance: random.Random, kept: tuple[str, ...]) -> list[AnyEvent]:
    waiting = list(enumerate(events))
    told: list[AnyEvent] = []
    while waiting:
        taken: set[tuple[str, ...]] = set()
        free = []
        for place, event in waiting:
            chains = {chain for chain in chains_of(event) if chain[0] in kept}
            if not chains & taken:
                free.append((place, event))
            taken |= chains
        chosen = chance.choice(free)
        waiting.remove(chosen)
        told.append(chosen[1])
    return told


@law
@given(
    history=histories(),
    step_ms=tick_steps,
    seed=st.integers(0, 2**32),
    kept=st.sampled_from([("own", "stands"), ("own",), ()]),
)
def test_order_between_two_ticks_does_not_matter_but_to_near_duplicates_and_threads(
    history: list[AnyEvent], step_ms: int, seed: int, kept: tuple[str, ...]
) -> None:
    once = {identity_hash(event): event for event in history}  # of two that tell one thing, the first counts
    brand, *rest = log = ticked(in_order(once.values()), step_ms)
    one, other = folded(log), folded([brand, *shuffled_between_ticks(rest, seed, kept)])
    decided = MOVED_WITHOUT[kept]
    assert minutes_of(one, decided) == minutes_of(other, decided)
    assert windows_of(one, decided) == windows_of(other, decided)


@law
@given(
    history=histories(),
    step_ms=tick_steps,
    delays=st.lists(st.integers(0, HOUR_MS), min_size=60, max_size=60),
)
def test_lateness_that_is_allowed_changes_no_minute_but_where_posts_mature(
    history: list[AnyEvent], step_ms: int, delays: list[int]
) -> None:
    late = [Arriving(event, delay) for event, delay in zip(history, delays, strict=False)]
    in_time = {
        key: _not_matured(counts)
        for key, counts in minutes_of(folded(ticked(in_order(history), step_ms))).items()
    }
    delayed = {key: _not_matured(counts) for key, counts in minutes_of(folded(ticked(late, step_ms))).items()}
    assert {k: v for k, v in in_time.items() if v} == {k: v for k, v in delayed.items() if v}


def _not_matured(counts: Named) -> Named:
    decided = ("fast_", "matured_", "unmeasured_", "zero_")
    return {
        name: value
        for name, value in counts.items()
        if not name.startswith(decided) and name not in DECIDED_BY_ARRIVAL
    }
