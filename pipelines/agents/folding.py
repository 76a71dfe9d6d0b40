"""The worker's side of the fold: load what is missing, score, fold, insert about every second, checkpoint.

    message ── decode ── load ── score ── fold ─┬─ rows ─ ─ every second ─ ─ INSERT
                                                └─ state ─ ─ every minute ─ ─ INSERT checkpoint ─ ─ commit

One message at a time: everything that changes the state runs under one lock. While rows are inserted the next
messages are folded; a checkpoint waits until every row before it is in. A partition that is revoked while
something is awaited takes its state and the message in hand with it.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pipelines import clock
from pipelines.agents.documents import Decoded, InvalidRun, decode_message, identities_of_stubs
from pipelines.agents.pace import Pace
from pipelines.agents.relevance import Scorer
from pipelines.checkpoint import Checkpoint
from pipelines.dues import Key
from pipelines.erasing import UNKEYED, Eraser
from pipelines.errors import Fatal
from pipelines.partition import PartitionState
from pipelines.rows import AlertRow, DeadLetter, Erasure, Figure, Heartbeat, LedgerRow, Rows, version_of
from pipelines.sinks.state_store import StateStore
from pipelines.telemetry import Reading, WorkerFigures, of_worker, stored

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Folding:
    """Everything between a message of the log and ClickHouse, for the partitions of one worker."""

    def __init__(
        self,
        store: StateStore,
        scorer: Scorer,
        *,
        topic: str,
        epoch: int,
        commit: Callable[[dict[int, int]], Awaitable[None]],
        bury: Callable[[Sequence[DeadLetter]], Awaitable[None]],
        announce: Callable[[Sequence[AlertRow]], Awaitable[None]] | None = None,
        pace: Pace | None = None,
        process: str = "worker",
        erasure_secret: str | None = None,
    ) -> None:
        self._store, self._scorer = store, scorer
        self._topic, self._epoch = topic, epoch
        self._commit, self._bury, self._announce = commit, bury, announce
        self._pace = pace or Pace()
        self._partitions: dict[int, PartitionState] = {}
        self._rows = Rows()
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clickhouse")
        self._inserting: asyncio.Future[None] | None = None
        self._invalid = InvalidRun()
        self._process = process
        self._eraser = None if erasure_secret is None else Eraser(erasure_secret)
        self._assignment = 0
        self._drained = False
        self._inserted_at = self._checkpoint_at = self._beat_at = clock.monotonic_s()
        self._since_checkpoint = 0
        self.assigned: frozenset[int] | None = None
        """The partitions of this worker; None before the group has formed and while it forms anew."""
        self.figures = WorkerFigures()

    # ---- partitions come and go ------------------------------------------------------------------

    def assign(self, partitions: Iterable[int]) -> None:
        """Note which partitions are this worker's; their states are read when their first message comes."""
        self.assigned = frozenset(partitions)

    def revoke(self) -> None:
        """Forget every partition: a rebalance takes all of them, and what is given back is read anew.

        What was folded and not yet inserted stays: such rows are absolute and versioned, whoever owns them.
        """
        self._assignment += 1
        self.assigned = None
        self._partitions.clear()

    def watermarks(self) -> dict[tuple[int, str], int]:
        """Return the watermark of each partition and network. Any thread may ask."""
        return {
            (number, network): at
            for number, state in list(self._partitions.items())
            for network, at in list(state.watermarks.items())
        }

    def positions(self) -> dict[int, int]:
        """Return the last offset folded of each partition whose state is here. Any thread may ask."""
        return {number: state.offset for number, state in list(self._partitions.items())}

    # ---- one message -----------------------------------------------------------------------------

    async def take(self, partition: int, offset: int, message: bytes) -> None:
        """Fold one message. Raises Fatal where going on would lose or double something."""
        assignment = self._assignment
        async with self._lock:
            if self._is_over(assignment):
                return
            state = await self._state(partition)
            if self._is_over(assignment) or not state.check_offset(offset):
                return
            documents = decode_message(
                message, partition=partition, offset=offset, epoch=self._epoch, eraser=self._eraser
            )
            await self._load(state, documents)
            if self._is_over(assignment):
                return
            self._fold(state, offset, documents)
            if len(self._rows) >= self._pace.insert_rows:
                await self._insert()
            if self._since_checkpoint >= self._pace.checkpoint_documents:
                await self._checkpoint()

    def _is_over(self, assignment: int) -> bool:
        """Tell whether what was begun under an assignment must be dropped."""
        return self._drained or self._assignment != assignment

    async def beat(self) -> None:
        """Insert and checkpoint what is due by time; called several times a second."""
        async with self._lock:
            if self._drained:
                return
            await self._raise_failed_insert()
            now = clock.monotonic_s()
            if now - self._checkpoint_at >= self._pace.checkpoint_every_s:
                await self._checkpoint()
            elif now - self._inserted_at >= self._pace.insert_every_s and self._inserting is None:
                await self._insert()  # behind one that is under way the next rows gather, up to `insert_rows`
            if now - self._beat_at >= self._pace.beat_every_s:
                self._beat_at = now
                await self._in_thread(self._store.beat, self._heartbeats())

    def _heartbeats(self) -> list[Heartbeat]:
        now_at = clock.now_ms()
        return [
            Heartbeat(
                part="worker",
                name=str(number),
                network=network,
                every_s=self._pace.beat_every_s,
                watermark=watermark,
                at=now_at,
            )
            for (number, network), watermark in self.watermarks().items()
        ]

    async def drain(self) -> None:
        """Save everything that was folded: rows, checkpoint, commit. Nothing more is folded after it."""
        async with self._lock:
            await self._checkpoint()
            self._drained = True

    async def _state(self, partition: int) -> PartitionState:
        state = self._partitions.get(partition)
        if state is not None:
            return state
        assignment = self._assignment
        position = await self._in_thread(self._store.position, partition)
        if position is None:
            raise Fatal(f"partition {partition} of {self._topic} has no beginning: run `rapport migrate`")
        state = PartitionState(partition, self._epoch, position)
        await self._know_erased()
        for known in await self._in_thread(self._store.known, partition):
            if self._eraser is None or not self._eraser.is_erased(known.network, known.account):
                state.expect(known.network, known.account, known.version, known.next_due)
        await self._install(state, state.recent(self._pace.recent_accounts))
        self._invalid.accept(
            partition, await self._in_thread(self._store.passed_over, partition, self._epoch)
        )
        if self._assignment == assignment:
            self._partitions[partition] = state
        return state

    async def _know_erased(self) -> None:
        erased = await self._in_thread(self._store.erasures)
        if self._eraser is not None:
            self._eraser.know(erased)
        elif erased:
            raise Fatal(UNKEYED)

    async def _load(self, state: PartitionState, documents: Sequence[Decoded]) -> None:
        await self._install(state, state.missing(document.event for document in documents))
        for key, since in state.minutes_missing(document.event for document in documents).items():
            minutes = await self._in_thread(self._store.minutes, key, since, state.oldest_version)
            state.give_minutes(key, minutes)

    async def _install(self, state: PartitionState, keys: Sequence[Key]) -> None:
        if keys:
            state.install(await self._in_thread(self._store.load, keys))
            self.figures.loads += 1
            self.figures.loaded_accounts += len(keys)

    def _fold(self, state: PartitionState, offset: int, documents: Sequence[Decoded]) -> None:
        relevances = self._scorer.score(documents, state.rules)
        events = [document.event for document in documents]
        counts = state.fold(offset, events, relevances, self._rows, identities_of_stubs(documents))
        if counts.skipped == 0:
            self._rows.ledger.append(LedgerRow(self._epoch, state.partition, offset, counts))
        self._rows.dead_letters += [document.letter for document in documents if document.letter]
        self._rows.erasures += [
            Erasure(digest, version_of(self._epoch, offset, index))
            for index, document in enumerate(documents)
            for digest in document.erased
        ]
        self._invalid.note(state.partition, offset, documents)
        self._since_checkpoint += len(documents)
        self.figures.messages += 1
        self.figures.documents += counts.documents
        for document in documents:
            if document.letter:
                self.figures.dead.count(document.letter.reason)

    # ---- writing ---------------------------------------------------------------------------------

    async def _insert(self) -> None:
        """Begin to insert what was folded, as soon as the INSERT before is done."""
        await self._inserted()
        self._inserted_at = clock.monotonic_s()
        if len(self._rows):
            rows, self._rows = self._rows, Rows()
            self._inserting = asyncio.ensure_future(self._write(rows))

    async def _write(self, rows: Rows) -> None:
        begun = clock.monotonic_s()
        await self._in_thread(self._store.insert, rows)
        if rows.dead_letters:
            await self._bury(rows.dead_letters)
        if rows.alerts and self._announce is not None:
            await self._announce(rows.alerts)
        self.figures.batch_rows.observe(len(rows))
        self.figures.insert_s.observe(clock.monotonic_s() - begun)

    async def _inserted(self) -> None:
        """Wait for the INSERT that is under way. Raises what it raised."""
        if self._inserting is not None:
            await self._inserting
            self._inserting = None

    async def _raise_failed_insert(self) -> None:
        if self._inserting is not None and self._inserting.done():
            await self._inserted()

    async def _checkpoint(self) -> None:
        await self._insert()
        await self._inserted()
        self._checkpoint_at = clock.monotonic_s()
        if not self._since_checkpoint:
            return
        self._since_checkpoint = 0
        assignment = self._assignment
        checkpoints = [found for state in self._partitions.values() if (found := state.take_checkpoint())]
        if not checkpoints:
            return
        await self._in_thread(self._store.save, checkpoints)
        self.figures.checkpoints += 1
        self.figures.checkpoint_at = clock.now_ms()
        if self._assignment == assignment:
            await self._commit(_next_offsets(checkpoints))
        for state in self._partitions.values():
            state.let_go(self._pace.accounts)
        await self._in_thread(self._store.tell, self._told())

    @property
    def refused_s(self) -> float:
        """Seconds since the store began to refuse what is asked of it; 0: it does not. Any thread may ask."""
        return self._store.refused_s

    def readings(self) -> list[Reading]:
        """Return all that this worker tells of itself. Any thread may ask."""
        self.figures.refused_s = self.refused_s
        return of_worker(self.figures, self.watermarks(), now_at=clock.now_ms())

    def _told(self) -> list[Figure]:
        return stored(self.readings(), part="worker", process=self._process, at=self.figures.checkpoint_at)

    async def _in_thread(self, call: Callable[..., T], *arguments: Any) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, functools.partial(call, *arguments))


def _next_offsets(checkpoints: Sequence[Checkpoint]) -> dict[int, int]:
    return {each.position.partition: each.position.offset + 1 for each in checkpoints}
