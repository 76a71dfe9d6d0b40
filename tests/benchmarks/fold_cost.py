"""What an event costs in the fold, and what an account weighs: by window, number of accounts, and age.

    python -m tests.benchmarks.fold_cost [--accounts 1000000]

Windows: one event a step (a minute for 1 h, six hours for 28 d), so that both hold about as many panes and
give as many rows an event; only the length differs. Accounts: the same events of 1,000 accounts in a
partition that knows 1,000 accounts, or a million of which the others rest. Each figure is the median of
several runs that take turns, in CPU time. States: what an account takes in memory, and what is saved of it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from array import array
from collections.abc import Callable, Iterator
from statistics import median, quantiles
from typing import Any

import msgspec

from pipelines.account import AccountState
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Mention, Post, PostStats, Tick
from pipelines.metrics.measures import INDEX
from pipelines.metrics.vectors import vector_of
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.rows import Rows
from pipelines.settling import settle
from pipelines.windows import WINDOWS, Rolling, Window

START = 1_700_006_400_000
RUNS = 5
HOT = 1_000
BUSY_POSTS, BUSY_REACTIONS = 3_000, 20_000
_NAMES = ("posts", "posts_sq", "headline_posts", "originals", "posts_addressed", "link_posts")
SUMS = [vector_of(dict.fromkeys((INDEX[name] for name in _NAMES), 1 + number)) for number in range(11)]
"""What events add: no window's number of panes is a multiple of 11, so what enters is not what leaves."""


def per_event_us(run: Callable[[], int]) -> float:
    """Return the microseconds of CPU that an event takes, of a run that tells how many it folded."""
    began = time.process_time()
    events = run()
    return (time.process_time() - began) * 1e6 / events


def through_window(window: Window, events: int = 20_000) -> int:
    """Send events through one window, one a step, its clock going along."""
    rolling, rows = Rolling(window, START), 0
    for number in range(events):
        at = START + number * window.step_ms
        rolling.add(at, SUMS[number % 11])
        rows += len(settle([rolling], at + window.step_ms))
    if rows < events:
        raise AssertionError("every event should have given a row")
    return events


def history(accounts: int, events: int, seed: int) -> list[AnyEvent]:
    """Return posts, replies of others and counts of some accounts over a day, a tick every minute."""
    chance = random.Random(seed)
    told: list[AnyEvent] = []
    last = START
    for number in range(events):
        at = START + number * DAY_MS // events
        if at >= last + MINUTE_MS:
            last = at - at % MINUTE_MS
            told.append(Tick(network="x", id=f"t{last}", occurred_at=last, ingested_at=last))
        told.append(_event(chance, f"a{chance.randrange(accounts)}", number, at))
    return told


def _event(chance: random.Random, subject: str, number: int, at: int) -> AnyEvent:
    shared: dict[str, Any] = {"network": "x", "occurred_at": at, "ingested_at": at, "subject": subject}
    kind = chance.random()
    if kind < 0.4:
        text = f"what the bakery told on its day number {number % 900} in words"
        return Post(id=f"p{number}", author=subject, text=text, **shared)
    if kind < 0.8:
        answered = {"reply_to_post": f"p{max(number - 9, 0)}", "reply_to_account": subject}
        return Post(
            id=f"p{number}", author="other", text="is it?", mentions=(Mention(subject),), **answered, **shared
        )
    return PostStats(id=f"p{max(number - 50, 0)}", observed_at=at, likes=3, replies=1, reposts=0, **shared)


def partition_of(known: int) -> PartitionState:
    """Return a partition that knows so many accounts, all at rest but the hot ones, which are in hand."""
    state = PartitionState(0, 1, None)
    for number in range(known):
        state.expect("x", f"a{number}", 0, None)
    state.install([AccountState("x", f"a{number}", head=START) for number in range(HOT)])
    return state


def through_partition(state: PartitionState, log: list[AnyEvent], first: int) -> int:
    """Fold a log in messages of 100 events, as a worker does."""
    for begin in range(0, len(log), 100):
        part = log[begin : begin + 100]
        state.fold(first + begin // 100, part, [NOT_SCORED] * len(part), Rows())
    return len(log)


def windows_report() -> Iterator[str]:
    """Give the cost of an event in each window, and of the longest against the shortest."""
    runs: dict[str, list[float]] = {window.name: [] for window in WINDOWS}
    for _ in range(RUNS):
        for window in WINDOWS:
            runs[window.name].append(per_event_us(lambda of=window: through_window(of)))  # type: ignore[misc]
    middle = {name: median(times) for name, times in runs.items()}
    yield "| window | µs of CPU an event |\n|---|---|"
    yield from (f"| {name} | {cost:.2f} |" for name, cost in middle.items())
    yield f"\n28 d against 1 h: {100 * (middle['28d'] / middle['1h'] - 1):+.1f} %\n"


def accounts_report(many: int) -> Iterator[str]:
    """Give the cost of an event in a partition of few and of many known accounts."""
    log = history(HOT, 20_000, seed=1)
    runs: dict[int, list[float]] = {HOT: [], many: []}
    for _ in range(RUNS):
        for known, times in runs.items():
            state = partition_of(known)
            times.append(per_event_us(lambda of=state: through_partition(of, log, 0)))  # type: ignore[misc]
    few_us, many_us = median(runs[HOT]), median(runs[many])
    yield "| accounts known | µs of CPU an event |\n|---|---|"
    yield f"| {HOT:,} | {few_us:.1f} |\n| {many:,} | {many_us:.1f} |"
    yield f"\n{many:,} against {HOT:,}: {100 * (many_us / few_us - 1):+.1f} %\n"


def states_report() -> Iterator[str]:
    """Give what accounts weigh after 28 days: 1,000 of many sizes, and one that never rests."""
    accounts = aged()
    checkpoint = accounts.take_checkpoint()
    assert checkpoint is not None
    held = [weight(state) / 1_000 for state in accounts.accounts.values()]
    saved = [len(each.header) / 1_000 for each in checkpoint.accounts]
    yield "| of an account, kB | median | p95 | most |\n|---|---|---|---|"
    yield f"| in memory | {_row(held)} |\n| saved header | {_row(saved)} |"


def _row(sizes: list[float]) -> str:
    return f"{median(sizes):.1f} | {quantiles(sizes, n=20)[-1]:.1f} | {max(sizes):.1f}"


def aged() -> PartitionState:
    """Return 1,000 accounts after 28 days: posts by Zipf, each with reactions; the first is busy."""
    chance = random.Random(4)
    events: list[AnyEvent] = []
    for account in range(HOT):
        posts = max(BUSY_POSTS // (account + 1), 5)
        for number in range(posts):
            at = START + chance.randrange(28 * DAY_MS)
            events += _life(chance, f"a{account}", f"p{account}.{number}", at, BUSY_REACTIONS // BUSY_POSTS)
    events.sort(key=lambda event: event.occurred_at)
    state, offset, clock = PartitionState(0, 1, None), 0, START
    for event in events:
        if event.occurred_at >= clock + 5 * MINUTE_MS:
            clock = event.occurred_at
            tick = Tick(network="x", id=f"t{clock}", occurred_at=clock, ingested_at=clock)
            state.fold(offset, [tick], [NOT_SCORED], Rows())
            offset += 1
        state.fold(offset, [event], [NOT_SCORED], Rows())
        offset += 1
    return state


def _life(chance: random.Random, account: str, id_: str, at: int, reactions: int) -> Iterator[AnyEvent]:
    text = f"something else that was told on the day number {id_} in words {chance.random()}"
    yield Post(
        network="x", id=id_, occurred_at=at, ingested_at=at, subject=account, author=account, text=text,
        followers_at_post=100,
    )  # fmt: skip
    for number in range(reactions):
        when = at + chance.randrange(2 * HOUR_MS)
        yield Post(
            network="x", id=f"{id_}.{number}", occurred_at=when, ingested_at=when, subject=account,
            author=f"o{number}", reply_to_post=id_, reply_to_account=account,
        )  # fmt: skip
    for age_ms in (HOUR_MS, DAY_MS):
        when = at + age_ms
        yield PostStats(
            network="x",
            id=id_,
            occurred_at=when,
            ingested_at=when,
            subject=account,
            observed_at=when,
            likes=4,
        )


def weight(thing: object, seen: set[int] | None = None) -> int:
    """Return the bytes of an object and of all that it holds, each once: no classes, no windows' shapes."""
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, type | Window | bool | type(None)):
        return 0
    seen.add(id(thing))
    size = sys.getsizeof(thing)
    return size + sum(weight(part, seen) for part in _parts(thing))


def _parts(thing: object) -> Iterator[object]:
    if isinstance(thing, dict):
        yield from thing.keys()
        yield from thing.values()
    elif isinstance(thing, list | tuple | set | frozenset):
        yield from thing
    elif isinstance(thing, str | bytes | int | float | array):
        return
    elif isinstance(thing, msgspec.Struct):
        yield from (getattr(thing, name) for name in thing.__struct_fields__)
    else:
        yield getattr(thing, "__dict__", None)
        slots = getattr(type(thing), "__slots__", ())
        yield from (getattr(thing, name, None) for name in slots)


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--accounts", type=int, default=1_000_000)
    chosen = options.parse_args()
    for report in (windows_report(), accounts_report(chosen.accounts), states_report()):
        print("\n".join(report), flush=True)  # noqa: T201 - its output


if __name__ == "__main__":
    main()
