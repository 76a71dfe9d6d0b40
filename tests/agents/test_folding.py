"""The worker's side of the fold, in memory: what is saved when, what a rebalance and a failure leave."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from pipelines.account import AccountState
from pipelines.agents.documents import MAX_INVALID_RUN
from pipelines.agents.folding import Folding
from pipelines.agents.pace import Pace
from pipelines.agents.relevance import Scorer
from pipelines.checkpoint import Checkpoint, Position
from pipelines.errors import Fatal
from pipelines.events import Follow, Tick, encode
from pipelines.rows import DeadLetter, Rows, version_of
from pipelines.sinks.loading import AccountKey
from pipelines.sinks.memory import MemorySink

AT = 1_700_000_000_000
SLOW = Pace(insert_every_s=3_600, checkpoint_every_s=3_600)


class Store(MemorySink):
    """Tables in memory that note what happens in which order, wait when told, and fail when told."""

    def __init__(self) -> None:
        super().__init__()
        self.happened: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.failure: Exception | None = None
        for partition in (0, 1):
            super().save([Checkpoint((), Position(partition, version_of(1, 0, 0), 0, {}, "", ""))])

    def insert(self, rows: Rows) -> None:
        self.gate.wait(10)
        if self.failure is not None:
            raise self.failure
        super().insert(rows)
        self.happened.append("insert")

    def save(self, checkpoints: Sequence[Checkpoint]) -> None:
        super().save(checkpoints)
        self.happened.append("save")

    def load(self, keys: Sequence[AccountKey]) -> list[AccountState]:
        self.gate.wait(10)
        self.happened.append(f"load {len(keys)}")
        return super().load(keys)


class Bench:
    """A folding, and what it committed and buried."""

    def __init__(self, store: Store | None = None, pace: Pace = SLOW) -> None:
        self.store = store or Store()
        self.committed: list[dict[int, int]] = []
        self.buried: list[DeadLetter] = []
        self.folding = Folding(
            self.store, Scorer(), topic="events", epoch=1, commit=self._commit, bury=self._bury, pace=pace
        )

    async def _commit(self, offsets: dict[int, int]) -> None:
        self.store.happened.append("commit")
        self.committed.append(offsets)

    async def _bury(self, letters: Sequence[DeadLetter]) -> None:
        self.buried += letters


def message(*accounts: str, id_: str = "f") -> bytes:
    shared: dict[str, Any] = {"network": "x", "occurred_at": AT, "ingested_at": AT, "actor": "z"}
    return b"\n".join(encode(Follow(id=f"{id_}{each}", subject=each, **shared)) for each in accounts)


def run(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 20))  # type: ignore[arg-type]


def test_position_plus_one_is_committed_after_rows_and_checkpoint() -> None:
    async def story() -> None:
        bench = Bench()
        await bench.folding.take(0, 1, message("a"))
        await bench.folding.take(1, 1, message("b"))
        await bench.folding.take(1, 2, message("c"))
        await bench.folding.drain()
        assert bench.store.happened == ["insert", "save", "commit"]
        assert bench.committed == [{0: 2, 1: 3}]

    run(story)


def test_while_rows_are_inserted_the_next_message_is_folded_and_a_checkpoint_waits() -> None:
    async def story() -> None:
        bench = Bench(pace=Pace(insert_rows=1, insert_every_s=3_600, checkpoint_every_s=3_600))
        await bench.folding.take(0, 1, message("a"))
        bench.store.gate.clear()
        await bench.folding.take(0, 2, message("b"))
        assert bench.folding.positions() == {0: 2}
        draining = asyncio.ensure_future(bench.folding.drain())
        await asyncio.sleep(0.1)
        assert "save" not in bench.store.happened
        bench.store.gate.set()
        await draining
        assert bench.store.happened == ["insert", "insert", "save", "commit"]

    run(story)


def test_an_insert_that_takes_long_holds_up_no_beat_and_no_message() -> None:
    async def story() -> None:
        bench = Bench(pace=Pace(insert_every_s=0.001, checkpoint_every_s=3_600))
        await bench.folding.take(0, 1, message("a"))
        bench.store.gate.clear()
        for offset in range(2, 5):
            await asyncio.sleep(0.005)
            await asyncio.wait_for(bench.folding.beat(), 1)
            await asyncio.wait_for(bench.folding.take(0, offset, message("a", id_=f"f{offset}")), 1)
        assert bench.folding.positions() == {0: 4}
        bench.store.gate.set()
        await bench.folding.drain()
        assert bench.store.happened == ["insert", "insert", "save", "commit"]

    run(story)


def test_nothing_is_saved_or_committed_behind_an_insert_that_failed() -> None:
    async def story() -> None:
        bench = Bench(pace=Pace(insert_rows=1, insert_every_s=3_600, checkpoint_every_s=3_600))
        bench.store.failure = Fatal("ClickHouse refused the insert")
        await bench.folding.take(0, 1, message("a"))
        await asyncio.sleep(0.1)
        with pytest.raises(Fatal, match="refused"):
            await bench.folding.beat()
        with pytest.raises(Fatal, match="refused"):
            await bench.folding.drain()
        assert (bench.store.happened, bench.committed) == ([], [])

    run(story)


def test_a_message_that_waits_while_its_partition_is_revoked_is_dropped() -> None:
    async def story() -> None:
        bench = Bench()
        await bench.folding.take(0, 1, message("a"))
        await bench.folding.drain()
        bench = Bench(bench.store)
        bench.store.gate.clear()
        loading = asyncio.ensure_future(bench.folding.take(0, 2, message("a", id_="g")))
        await asyncio.sleep(0.1)
        waiting = asyncio.ensure_future(bench.folding.take(0, 3, message("a", id_="h")))
        await asyncio.sleep(0.1)
        bench.folding.revoke()
        bench.store.gate.set()
        await asyncio.gather(loading, waiting)
        assert bench.folding.positions() == {}
        await bench.folding.take(0, 2, message("a", id_="g"))
        assert bench.folding.positions() == {0: 2}

    run(story)


def test_accounts_that_were_saved_are_loaded_together_and_only_when_something_happens_to_them() -> None:
    async def story() -> None:
        bench = Bench()
        await bench.folding.take(0, 1, message(*"abcdef"))
        await bench.folding.drain()
        bench = Bench(bench.store, pace=Pace(recent_accounts=0, insert_every_s=3_600))
        bench.store.happened.clear()
        await bench.folding.take(0, 2, message(*"abcd", id_="g"))
        await bench.folding.take(0, 3, message(*"abcd", id_="h"))
        assert bench.store.happened == ["load 4"]

    run(story)


def test_a_message_folded_before_is_skipped_and_a_hole_is_fatal() -> None:
    async def story() -> None:
        bench = Bench()
        await bench.folding.take(0, 1, message("a"))
        await bench.folding.take(0, 1, message("a"))
        assert bench.folding.figures.messages == 1
        with pytest.raises(Fatal, match="offset 3 came after 1"):
            await bench.folding.take(0, 3, message("a"))

    run(story)


def test_a_partition_without_a_beginning_is_fatal() -> None:
    async def story() -> None:
        with pytest.raises(Fatal, match=r"partition 7 of events has no beginning: run `rapport migrate`"):
            await Bench().folding.take(7, 1, message("a"))

    run(story)


def test_once_drained_nothing_more_is_folded() -> None:
    async def story() -> None:
        bench = Bench()
        await bench.folding.take(0, 1, message("a"))
        await bench.folding.drain()
        await bench.folding.take(0, 2, message("b"))
        await bench.folding.beat()
        assert bench.folding.positions() == {0: 1}

    run(story)


def test_a_checkpoint_without_anything_new_writes_nothing() -> None:
    async def story() -> None:
        bench = Bench(pace=Pace(insert_every_s=0, checkpoint_every_s=0))
        await bench.folding.take(0, 1, message("a"))
        await bench.folding.beat()
        await bench.folding.beat()
        assert bench.store.happened == ["insert", "save", "commit"]

    run(story)


def test_invalid_documents_are_buried_before_the_checkpoint_and_a_thousand_in_a_row_are_fatal() -> None:
    async def story() -> None:
        bench = Bench()
        await bench.folding.take(0, 1, b"\n".join([b"spam"] * (MAX_INVALID_RUN - 1)))
        await bench.folding.take(1, 1, message("a"))
        await bench.folding.drain()
        assert len(bench.buried) == len(bench.store.rows("dead_letters")) == MAX_INVALID_RUN - 1
        bench = Bench()
        await bench.folding.take(0, 1, b"\n".join([b"spam"] * (MAX_INVALID_RUN - 1)))
        await bench.folding.take(1, 1, message("a"))
        with pytest.raises(Fatal, match="1000 invalid documents in a row, the last at partition 0, offset 2"):
            await bench.folding.take(0, 2, b"spam")

    run(story)


def test_the_worker_says_how_far_it_has_come_though_nothing_arrives() -> None:
    async def scenario() -> None:
        bench = Bench(pace=Pace(insert_every_s=3_600, checkpoint_every_s=3_600, beat_every_s=0))
        tick = Tick(network="x", id="t", occurred_at=AT, ingested_at=AT)
        await bench.folding.take(0, 1, encode(tick))
        await bench.folding.beat()
        [beat] = bench.store.beats.values()
        assert (beat.part, beat.name, beat.network, beat.watermark) == ("worker", "0", "x", AT)

    asyncio.run(scenario())


def test_accounts_that_changed_last_are_loaded_with_the_partition_in_one_go() -> None:
    async def story() -> None:
        first = Bench()
        for offset, account in enumerate("abc", start=1):
            await first.folding.take(0, offset, message(account))
        await first.folding.drain()
        next_one = Bench(first.store, pace=Pace(recent_accounts=2, insert_every_s=3_600))
        for offset, account in enumerate("cab", start=4):
            await next_one.folding.take(0, offset, message(account, id_="g"))
        loads = [each for each in first.store.happened if each.startswith("load")]
        assert loads == ["load 2", "load 1"], "b and c, which changed last, then a"

    run(story)
