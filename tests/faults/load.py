"""Load: an endless log out of a seed, written by a thread at a steady rate while faults happen around it."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from pipelines.events import HOUR_MS, MINUTE_MS, AnyEvent, Follow, Like, Mention, Post, PostStats, Tick
from pipelines.ingest.batches import Batcher, Message
from pipelines.ingest.producer import EventProducer
from pipelines.settings import Settings

START = 1_700_000_040_000
BEAT_S = 0.1
TEXTS = ("good morning to everybody here", "what a game that was tonight!", "ünï ☕ 'q' \\ and more words")
KEPT = 400
ABSURD_AT = (0, 3_786_912_000_000)
"""1970 and 2090: such events become dead letters."""


class World:
    """Posts, counts, replies, likes and follows of some accounts; a tenth comes twice, some hours late."""

    def __init__(
        self,
        *,
        seed: int = 7,
        accounts: int = 60,
        step_ms: tuple[int, int] = (20_000, 60_000),
        tick_ms: int = 10 * MINUTE_MS,
        first: int = 0,
    ) -> None:
        self._chance = random.Random(seed)
        self._accounts, self._step_ms, self._tick_ms = accounts, step_ms, tick_ms
        self._number = first
        self.at = self._ticked = START + first * step_ms[1]
        self.dirty = False
        """Three in ten come twice, in any order within the lateness, one in twenty 1 to 48 h late."""
        self.media = False
        """Whether posts have a picture."""
        self.recent: deque[AnyEvent] = deque(maxlen=KEPT)

    def posts(self, count: int) -> Iterator[AnyEvent]:
        """Give the events of so many posts, and a tick every `tick_ms` of theirs."""
        for _ in range(count):
            self._number += 1
            self.at += self._chance.randint(*self._step_ms)
            for event in self._about_one_post():
                self.recent.append(event)
                yield event
            if self._chance.random() < (0.3 if self.dirty else 0.1):
                yield self._chance.choice(self.recent)
            if self.at - self._ticked > self._tick_ms:
                yield self.tick()

    def tick(self) -> Tick:
        """Return a tick at the time of the latest post."""
        self._ticked = self.at
        return Tick(network="x", id=f"t{self.at}", occurred_at=self.at, ingested_at=self.at)

    def jump(self, days: int) -> None:
        """Let that many days pass without a post."""
        self.at += days * 24 * HOUR_MS

    def _when(self) -> int:
        if not self.dirty:
            return self.at
        luck = self._chance.random()
        if luck < 0.01:
            return self._chance.choice(ABSURD_AT)
        if luck < 0.06:
            return self.at - self._chance.randrange(HOUR_MS, 48 * HOUR_MS)
        return self.at - self._chance.randrange(-4 * MINUTE_MS, 55 * MINUTE_MS)

    def _about_one_post(self) -> Iterator[AnyEvent]:
        number, chance, at = self._number, self._chance, self._when()
        subject = f"a{chance.randrange(self._accounts)}"
        shared: dict[str, Any] = {"network": "x", "subject": subject, "ingested_at": self.at}
        yield Post(
            id=f"p{number}", occurred_at=max(0, at - chance.randrange(20 * MINUTE_MS)), author=subject,
            text=TEXTS[number % len(TEXTS)], followers_at_post=100 + number,
            mentions=(Mention("z", "zoë"),), links=("https://example.com/ü",),
            has_media=self.media, **shared,
        )  # fmt: skip
        if number % 2:
            yield PostStats(id=f"p{number}", occurred_at=at, likes=chance.randrange(50), reposts=1, **shared)
            yield Like(id=f"l{number}", occurred_at=at, actor="z", post=f"p{number}", **shared)
        if number % 3 == 0:
            yield Follow(
                id=f"f{number}", occurred_at=max(0, at - chance.randrange(8 * HOUR_MS)), actor="z", **shared
            )
        if number % 5 == 0:
            yield Post(
                id=f"r{number}", occurred_at=at, author="z", text="and you?", reply_to_post=f"p{number}",
                reply_to_account=subject, **shared,
            )  # fmt: skip


class Load:
    """A thread that writes a world into the log, `rate` posts a second; it can rest."""

    def __init__(self, settings: Settings, world: World, *, rate: float) -> None:
        self.world, self.rate = world, rate
        self._settings = settings
        self._partitions = settings.partitions
        self._running, self._ended, self._resting = threading.Event(), threading.Event(), threading.Event()
        self._error: BaseException | None = None
        self.posts = 0
        self._written: deque[tuple[float, dict[int, int]]] = deque()
        """When which offset of each partition had been acknowledged; what is folded is forgotten."""
        self._producer = EventProducer(settings)
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._thread.start()

    def go(self) -> None:
        """Write from now on."""
        self._resting.clear()
        self._running.set()

    def rest(self) -> None:
        """Write no more; return when the broker has everything, behind a tick."""
        self._running.clear()
        while not self._resting.wait(0.05):
            self.check()
        self.write([self.world.tick()])
        self.settle()

    def settle(self) -> None:
        """Wait until the broker has everything."""
        self._producer.flush(600)

    def write(self, events: list[AnyEvent], *, singly: bool = False) -> None:
        """Write some events now, each in a message of its own if `singly`; only while the load rests."""
        batcher = Batcher(self._partitions)
        for event in events:
            self._send(batcher.add(event))
            if singly:
                self._send(batcher.flush())
        self._send(batcher.flush())
        self._note()

    def _send(self, messages: list[Message]) -> None:
        for message in messages:
            self._producer.send(message.partition, message.payload)

    @property
    def sent(self) -> int:
        """How many messages were written."""
        return self._producer.sent

    def raw(self, partition: int, message: bytes) -> None:
        """Write bytes as they are; only while the load rests."""
        self._producer.send(partition, message)
        self._note()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self._running.set()
        self._thread.join(30)
        self._producer.close()

    def lag_s(self, positions: dict[int, int]) -> float:
        """Return how long the oldest message has waited that lies behind these positions; 0 if none does."""
        while self._written:
            at, offsets = self._written[0]
            if any(offset > positions[partition] for partition, offset in offsets.items()):
                return time.monotonic() - at
            self._written.popleft()
        return 0.0

    @property
    def offsets(self) -> dict[int, int]:
        """The last offset of each partition that the broker has acknowledged."""
        return dict(self._producer.last_offsets)

    def _note(self) -> None:
        if self._producer.acknowledged:
            self._written.append((time.monotonic(), self.offsets))

    def _run(self) -> None:
        try:
            due, owed = time.monotonic(), 0.0
            while not self._ended.is_set():
                if not self._running.is_set():
                    self._resting.set()
                    self._running.wait()
                    due = time.monotonic()
                    continue
                owed += self.rate * BEAT_S
                posts = int(owed)
                owed -= posts
                self.write(list(self.world.posts(posts)))
                self.posts += posts
                due += BEAT_S
                self._ended.wait(max(0.0, due - time.monotonic()))
        except BaseException as error:  # told to whoever asks next
            self._error = error

    def check(self) -> None:
        """Raise what has ended the thread, if anything has."""
        if self._error is not None:
            raise self._error
