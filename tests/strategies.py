"""Generated logs of two accounts, and a worker in memory that folds them, stops anywhere and resumes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import Struct

from pipelines.brand import Brand, brand_hash, encode_brand
from pipelines.checkpoint import Checkpoint
from pipelines.events import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    AnyEvent,
    BrandVersion,
    Delete,
    Edit,
    Follow,
    Like,
    Mention,
    Post,
    PostStats,
    Profile,
    Tick,
    Unfollow,
)
from pipelines.metrics.measures import NAMES
from pipelines.metrics.vectors import counts_of
from pipelines.partition import NOT_SCORED, PartitionState, Relevance
from pipelines.rows import LedgerRow, Rows
from pipelines.sinks.memory import MemorySink, Row, counts_in
from pipelines.windows import WINDOWS

START = 19_000 * DAY_MS
"""2022-01-08, a whole multiple of every step."""
BRAND = Brand(own_domains=("shop.example",), offers=("tea class",))
ME, YOU, OTHER = "me", "you", "other"
TEXTS = (
    "good morning to everybody in this town",
    "have you seen what the river did last night?",
    "our new tea class begins on the first of May",
    "thanks",
    "I could not agree more with every single word of it",
    "",
)
LINKS = ((), ("https://shop.example/a",), ("https://news.example/b",), ("https://t.co/c",))


class Arriving(Struct, frozen=True):
    """An event, and how long after its time it reaches the log."""

    event: AnyEvent
    delay_ms: int = 0

    @property
    def arrives_at(self) -> int:
        """Return the instant at which it reaches the log."""
        return self.event.occurred_at + self.delay_ms


def post(at: int, id_: str, author: str = ME, subject: str = ME, **values: Any) -> Post:
    """Return a post seen at once."""
    return Post(network="x", id=id_, occurred_at=at, ingested_at=at, author=author, subject=subject, **values)


def stats(of: Post, age_ms: int | None, **counts: int | None) -> PostStats:
    """Return a snapshot of a post at an age; None: final."""
    observed_at = None if age_ms is None else of.occurred_at + age_ms
    at = of.occurred_at if observed_at is None else observed_at
    return PostStats(
        network=of.network, id=of.id, occurred_at=at, ingested_at=at, subject=of.author,
        observed_at=observed_at, **counts,
    )  # fmt: skip


def tick(at: int) -> Tick:
    """Return a tick of the network of all these posts."""
    return Tick(network="x", id=f"tick:{at}", occurred_at=at, ingested_at=at)


def brand_version(brand: Brand = BRAND) -> BrandVersion:
    """Return a version of the brand file at the beginning."""
    return BrandVersion(
        network="x", id=brand_hash(brand), occurred_at=START, ingested_at=START, content=encode_brand(brand)
    )


# ---- generated events ------------------------------------------------------------------------------------

_minutes = st.integers(0, 30 * 60)
_counts = st.one_of(st.none(), st.integers(0, 4))
_ages_h = st.sampled_from([0.1, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 18.0, 20.0, 24.0, 30.0, 36.0, 40.0, None, -1.0])


@st.composite
def own_posts(draw: st.DrawFn, index: int, earlier: Sequence[Post]) -> Post:
    """Return the next own post of one of the two accounts."""
    author = draw(st.sampled_from([ME, ME, ME, YOU]))
    mine = [each for each in earlier if each.author == author]
    kinds = ["original", "original", "reply", "unknown reply", "repost", "quote"]
    kind = draw(st.sampled_from(kinds + (["thread", "thread", "own quote"] if mine else [])))
    values: dict[str, Any] = {
        "text": draw(st.sampled_from(TEXTS)),
        "links": draw(st.sampled_from(LINKS)),
        "mentions": draw(st.sampled_from([(), (Mention(OTHER, "other"),), (Mention(author, "self"),)])),
        "followers_at_post": draw(st.sampled_from([None, 10])),
        "acts_told": draw(st.booleans()),
    }
    at = START + draw(_minutes) * MINUTE_MS + index
    match kind:
        case "reply":
            values |= {"reply_to_post": "elsewhere", "reply_to_account": OTHER}
        case "unknown reply":
            values |= {"reply_to_post": "elsewhere"}
        case "repost":
            values |= {"repost_of": "elsewhere", "repost_of_account": OTHER}
        case "quote":
            values |= {"quote_of": "elsewhere", "quote_of_account": OTHER}
        case "thread" | "own quote":
            target = draw(st.sampled_from(mine))
            at = target.occurred_at + draw(st.integers(0, 120)) * MINUTE_MS + index
            values |= (
                {"reply_to_post": target.id, "reply_to_account": author}
                if kind == "thread"
                else {"quote_of": target.id, "quote_of_account": author}
            )
    return post(at, f"p{index}", author, author, **values)


@st.composite
def reactions(draw: st.DrawFn, index: int, posts: Sequence[Post]) -> AnyEvent:
    """Return something that happens to a post, or to its account."""
    target = draw(st.sampled_from(posts))
    at = target.occurred_at + draw(st.integers(0, 40 * 60)) * MINUTE_MS + index
    shared: dict[str, Any] = {
        "network": "x",
        "id": f"r{index}",
        "occurred_at": at,
        "ingested_at": at,
        "subject": target.author,
    }
    match draw(st.sampled_from(["stats", "stats", "stats", "act", "act", "like", "other"])):
        case "stats":
            age_h = draw(_ages_h)
            counts = {
                name: draw(_counts) for name in ("likes", "replies", "reposts", "quotes", "impressions")
            }
            return stats(target, None if age_h is None else int(age_h * HOUR_MS), **counts)
        case "act":
            links_to: dict[str, Any] = draw(
                st.sampled_from(
                    [
                        {"reply_to_post": target.id, "reply_to_account": target.author},
                        {"quote_of": target.id, "quote_of_account": target.author},
                        {"repost_of": target.id, "repost_of_account": target.author},
                        {"mentions": (Mention(target.author, "x"),)},
                        {},
                    ]
                )
            )
            return post(at, f"r{index}", OTHER, target.author, text=draw(st.sampled_from(TEXTS)), **links_to)
        case "like":
            return Like(**shared, actor=draw(st.sampled_from([OTHER, target.author])), post=target.id)
    return draw(other_events(shared, target))


@st.composite
def other_events(draw: st.DrawFn, shared: dict[str, Any], target: Post) -> AnyEvent:
    """Return something about the account, or the end of a post: often about when its first age is due."""
    kind = draw(st.sampled_from(["follow", "unfollow", "edit", "profile", "delete", "delete", "delete"]))
    match kind:
        case "follow":
            return Follow(**shared, actor=OTHER)
        case "unfollow":
            return Unfollow(**shared, actor=OTHER)
        case "edit":
            return Edit(**{**shared, "id": target.id}, text="other words")
        case "profile":
            return Profile(**{**shared, "id": target.author}, followers=draw(_counts))
    at = target.occurred_at + draw(st.sampled_from([1, 50, 65, 90, 100, 600, 1_450])) * MINUTE_MS
    shared = {**shared, "id": target.id, "occurred_at": at, "ingested_at": at}
    return Delete(**shared, author=draw(st.sampled_from(["", target.author])))


@st.composite
def histories(draw: st.DrawFn, max_posts: int = 7, max_reactions: int = 14) -> list[AnyEvent]:
    """Return what two accounts and those around them did in about two days, in the order of its time."""
    posts: list[Post] = []
    for index in range(draw(st.integers(1, max_posts))):
        posts.append(draw(own_posts(index, posts)))
    events: list[AnyEvent] = list(posts)
    deleted = set()
    for index in range(draw(st.integers(0, max_reactions))):
        event = draw(reactions(index, posts))
        if not isinstance(event, Delete) or event.id not in deleted:
            events.append(event)
        if isinstance(event, Delete):
            deleted.add(event.id)
    return sorted(events, key=lambda event: event.occurred_at)


_delays = st.sampled_from([0, 0, 0, 1, 20, 50, 59, 61, 180])


@st.composite
def arrivals(draw: st.DrawFn) -> list[Arriving]:
    """Return a history as it reaches the log: late, much too late, twice."""
    arriving = [
        Arriving(event, draw(_delays) * MINUTE_MS)
        for event in draw(histories())
        for _ in range(draw(st.sampled_from([1, 1, 1, 2])))
    ]
    return sorted(arriving, key=lambda each: each.arrives_at)


tick_steps = st.sampled_from([1, 7, 15, 45, 240, 2_000]).map(lambda minutes: minutes * MINUTE_MS)


def ticked(arriving: Iterable[Arriving], step_ms: int) -> list[AnyEvent]:
    """Return the log: ticks between the events wherever a step ends, and a closing one 38 h later."""
    log: list[AnyEvent] = [brand_version()]
    last = None
    for each in sorted(arriving, key=lambda one: one.arrives_at):
        now = each.arrives_at - each.arrives_at % step_ms
        if last is not None and now > last:
            log.append(tick(now))
        last = now if last is None else max(now, last)
        log.append(each.event)
    end = max(event.occurred_at for event in log)
    return [*log, tick(end + 38 * HOUR_MS), tick(end + 32 * DAY_MS)]


def in_order(history: Iterable[AnyEvent]) -> list[Arriving]:
    """Return a history that arrives at once."""
    return [Arriving(event) for event in history]


# ---- the worker --------------------------------------------------------------------------------------------


def relevance_of(event: AnyEvent) -> Relevance:
    """Return a score that depends on the post alone."""
    if not isinstance(event, Post) or not event.text:
        return NOT_SCORED
    milli = 100 * len(event.text) % 1_000
    return milli, "tea", milli >= 500


class Worker:
    """One partition: folds messages of one event each, inserts rows, saves checkpoints, stops, resumes."""

    def __init__(self, sink: MemorySink, epoch: int = 1) -> None:
        self.sink = sink
        self.state = PartitionState(0, epoch, sink.position(0))
        for known in sink.known(0):
            self.state.expect(known.network, known.account, known.version, known.next_due)

    def fold(self, log: Sequence[AnyEvent], first: int = 0, *, size: int = 1) -> None:
        """Fold a log from an offset on, `size` documents a message; what is folded already is left out."""
        for at in range(0, len(log), size):
            offset = first + at // size
            if self.state.check_offset(offset):
                self._fold_message(offset, log[at : at + size])

    def _fold_message(self, offset: int, events: Sequence[AnyEvent]) -> None:
        rows = Rows()
        self.state.install(self.sink.load(self.state.missing(events)))
        for key, since in self.state.minutes_missing(events).items():
            self.state.give_minutes(key, self.sink.minutes(key, since, self.state.oldest_version))
        counts = self.state.fold(offset, events, [relevance_of(event) for event in events], rows)
        rows.ledger.append(LedgerRow(self.state.epoch, self.state.partition, offset, counts))
        self.sink.insert(rows)

    def take_checkpoint(self) -> Checkpoint | None:
        """Save everything that changed."""
        checkpoint = self.state.take_checkpoint()
        if checkpoint is not None:
            self.sink.save([checkpoint])
        return checkpoint


def folded(log: Sequence[AnyEvent]) -> MemorySink:
    """Return the tables after a whole log, saved once at its end."""
    sink = MemorySink()
    worker = Worker(sink)
    worker.fold(log)
    worker.take_checkpoint()
    return sink


# ---- what is compared --------------------------------------------------------------------------------------

Named = dict[str, int]


def named(row: Row) -> Named:
    """Return a row's measures by name."""
    return {NAMES[index]: value for index, value in counts_in(row).items()}


def minutes_of(sink: MemorySink, without: Iterable[str] = ()) -> dict[tuple[str, int], Named]:
    """Return each account's minutes that hold anything."""
    left_out = set(without)
    found = {
        (row["account_id"], row["at"]): {k: v for k, v in named(row).items() if k not in left_out}
        for row in sink.rows("checkpoints")
        if row["kind"] == "minute"
    }
    return {key: counts for key, counts in found.items() if counts}


def windows_of(
    sink: MemorySink, without: Iterable[str] = ()
) -> dict[tuple[str, str], list[tuple[int, Named]]]:
    """Return each account's windows as steps: an end and the sums that hold from there on."""
    left_out = set(without)
    found: dict[tuple[str, str], list[tuple[int, Named]]] = {}
    for row in sink.rows("account_windows"):
        steps = found.setdefault((row["account_id"], row["window"]), [])
        counts = {name: value for name, value in named(row).items() if name not in left_out}
        if counts != (steps[-1][1] if steps else {}):
            steps.append((row["at"], counts))
    return {key: steps for key, steps in found.items() if steps}


def windows_from_minutes(
    minutes: dict[tuple[str, int], Named],
) -> dict[tuple[str, str], list[tuple[int, Named]]]:
    """Return the windows by brute force: wherever they can change, the sum of all that lies inside."""
    found: dict[tuple[str, str], list[tuple[int, Named]]] = {}
    for account in {account for account, _ in minutes}:
        mine = {at: counts for (name, at), counts in minutes.items() if name == account}
        for window in WINDOWS:
            steps = _steps(mine, window.length_ms, window.step_ms)
            if steps:
                found[account, window.name] = steps
    return found


def _steps(minutes: dict[int, Named], length_ms: int, step_ms: int) -> list[tuple[int, Named]]:
    panes = {at // step_ms * step_ms for at in minutes}
    steps: list[tuple[int, Named]] = []
    for end in sorted({p + step_ms for p in panes} | {p + length_ms + step_ms for p in panes}):
        sums: Named = {}
        for at, counts in minutes.items():
            if end - length_ms <= at // step_ms * step_ms < end:
                for name, value in counts.items():
                    sums[name] = sums.get(name, 0) + value
        if sums != (steps[-1][1] if steps else {}):
            steps.append((end, sums))
    return steps


def saved(checkpoint: Checkpoint | None) -> Any:
    """Return a checkpoint as plain values."""
    return msgspec.to_builtins(checkpoint, str_keys=True, enc_hook=counts_of)
