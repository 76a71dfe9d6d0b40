"""A chain of its own for a test: topics, a database, worker processes, and the fold in memory to compare."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from infra.embedded import EmbeddedStack
from pipelines import topics
from pipelines.agents.documents import decode_message
from pipelines.events import HOUR_MS, MINUTE_MS, AnyEvent, Follow, Mention, Post, PostStats, Tick, encode
from pipelines.ingest.batches import partition_of
from pipelines.ingest.producer import EventProducer
from pipelines.metrics.measures import NAMES
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.preparation import prepare
from pipelines.rows import LedgerRow, Rows
from pipelines.settings import WRITER_USER, Settings, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.memory import MemorySink

PARTITIONS, EPOCH = 3, 1
ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
START = 1_700_000_040_000
FACTS = ("posts", "post_stats", "profiles", "interactions", "post_edits", "deletions", "matured")
TEXTS = ("good morning to everybody here", "what a game that was tonight!", "ünï ☕ 'q' \\ and more words")
TABLES = (*FACTS, "account_windows", "account_windows_latest", "batches", "brands")


class Chain:
    """Topics and tables of one test, and the messages that it wrote."""

    def __init__(self, settings: Settings, environ: dict[str, str], folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.environ = environ
        self.messages: dict[int, list[bytes]] = {partition: [] for partition in range(PARTITIONS)}
        self._processes: list[subprocess.Popen[bytes]] = []
        self.log = folder / "worker.log"
        self.client = ClickHouse(settings.clickhouse, WRITER_USER)

    def send(self, messages: Iterable[tuple[int, bytes]]) -> None:
        """Write messages to partitions and wait until the broker has them."""
        producer = EventProducer(self.settings)
        for partition, payload in messages:
            producer.send(partition, payload)
            self.messages[partition].append(payload)
        producer.flush()
        producer.close()

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[bytes]:
        """Start a worker process, or with `--processes` one that looks after some."""
        pace = {"RAPPORT_INSERT_EVERY_S": "0.1", "RAPPORT_CHECKPOINT_EVERY_S": "0.4"}
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "pipelines", "--verbose", "work", *arguments],
                env={**self.environ, **pace, **more},
                stdout=output,
                stderr=output,
            )
        self._processes.append(process)
        return process

    def stop(self) -> None:
        """Kill what still runs."""
        for process in self._processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        time.sleep(0.2)
        self.client.rows("SELECT 1")  # libchdb may abort when a client is killed: wait until it is back
        self.client.close()

    def said(self) -> str:
        """Return the log of the workers."""
        return self.log.read_text(errors="replace")

    def position(self) -> int:
        """Return how many messages the last checkpoints cover."""
        sql = "SELECT sum(JSONExtractInt(body, 'offset')) FROM checkpoints FINAL WHERE kind = 'position'"
        return int(self.client.rows(sql)[0][0])

    def ledger(self) -> int:
        """Return how many messages were inserted."""
        return int(self.client.rows("SELECT count() FROM batches FINAL WHERE offset > 0")[0][0])

    @property
    def sent(self) -> int:
        """How many messages were written."""
        return sum(map(len, self.messages.values()))

    def wait_until_folded(self) -> None:
        """Wait until a checkpoint covers everything that was written."""
        self.wait(lambda: self.position() >= self.sent)

    def wait(self, condition: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> None:
        """Wait until something holds; fail with the workers' last words."""
        deadline = time.monotonic() + patience_s
        while not condition():
            assert time.monotonic() < deadline, self.said()[-3_000:]
            time.sleep(0.05)

    def finish(self, process: subprocess.Popen[bytes]) -> None:
        """Ask a worker to end: it must end within 10 s, in order, with everything committed."""
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0, self.said()[-3_000:]
        assert time.monotonic() - begun < 10

    def expected(self) -> MemorySink:
        """Return the tables of an undisturbed fold in memory of what was written."""
        sink = MemorySink()
        for partition, messages in self.messages.items():
            state, rows = PartitionState(partition, EPOCH, None), Rows()
            first = topics_first_record()
            for offset, message in enumerate([first, *messages]):
                documents = decode_message(message, partition=partition, offset=offset, epoch=EPOCH)
                events = [document.event for document in documents]
                counts = state.fold(offset, events, [NOT_SCORED] * len(events), rows)
                rows.ledger.append(LedgerRow(EPOCH, partition, offset, counts))
            sink.insert(rows)
            checkpoint = state.take_checkpoint()
            assert checkpoint is not None
            sink.save([checkpoint])
        return sink

    def differences(self) -> list[tuple[str, Any]]:
        """Return rows in which ClickHouse (under FINAL) and the fold in memory differ, by table."""
        expected = self.expected()
        found: list[tuple[str, Any]] = []
        for table in TABLES:
            rows = expected.rows(table)
            columns = list(rows[0]) if rows else ["version"]
            ours = {repr([_plain(row.get(name)) for name in _with_measures(table, columns)]) for row in rows}
            theirs = {repr(row) for row in self.read(table, _with_measures(table, columns))}
            found += [(table, row) for row in ours ^ theirs]
        ours = {
            repr([row["account_id"], row["at"], *(row.get(name, 0) for name in NAMES)])
            for row in expected.rows("checkpoints")
            if row["kind"] == "minute"
        }
        theirs = {
            repr(row) for row in self.read("checkpoints", ["account_id", "at", *NAMES], "kind = 'minute'")
        }
        return found + [("minutes", row) for row in ours ^ theirs]

    def read(self, table: str, columns: Sequence[str], where: str = "1") -> list[list[Any]]:
        """Return columns of a table as the merged table would hold them."""
        names = ", ".join(f"`{name}`" for name in columns)
        rows = self.client.rows(f"SELECT {names} FROM {table} FINAL WHERE {where}")
        return [[_plain(value) for value in row] for row in rows]

    def dead_letters_of_topic(self) -> int:
        """Return how many messages the topic of dead letters holds."""
        consumer = KafkaConsumer(bootstrap_servers=self.settings.kafka_bootstrap, group_id=None)
        partition = TopicPartition(self.settings.dead_letters_topic, 0)
        end = int(consumer.end_offsets([partition])[partition])
        consumer.close()
        return end


def topics_first_record() -> bytes:
    """Return the record with which `rapport migrate` begins each partition."""
    return (
        b'{"kind":"gap","network":"x","id":"start","occurred_at":1136073600000,"ingested_at":1136073600000,'
        b'"until":1136073600000,"reason":"the log begins"}'
    )


def _with_measures(table: str, columns: list[str]) -> list[str]:
    if not table.startswith("account_windows"):
        return columns
    return [*(name for name in columns if name not in NAMES), *NAMES]


def _plain(value: Any) -> Any:
    match value:
        case None:
            return 0
        case bool():
            return int(value)
        case datetime():
            return round(value.timestamp() * 1_000)
        case float():
            return round(value, 3)
        case tuple():
            return list(value)
    return value


@contextmanager
def chain(stack: EmbeddedStack, database: str, topic_prefix: str, folder: Path) -> Iterator[Chain]:
    """Make topics and tables ready, and leave nothing behind."""
    environ = {
        **os.environ,
        **stack.environ(),
        "RAPPORT_CLICKHOUSE_DATABASE": database,
        "RAPPORT_TOPIC_PREFIX": topic_prefix,
        "RAPPORT_CONSUMER_GROUP": f"{topic_prefix}group",
        "RAPPORT_PARTITIONS": str(PARTITIONS),
        "RAPPORT_DATA_DIR": str(folder),
        "PYTHONPATH": str(ROOT),
        "RAPPORT_METRICS_PORT": "0",
    }
    settings = load_settings(environ)
    prepare(settings)
    made = Chain(settings, environ, folder)
    try:
        yield made
    finally:
        made.stop()
        topics.delete_topics(settings)


def history(posts: int, *, accounts: int = 40, seed: int = 7, first: int = 0) -> Iterator[tuple[int, bytes]]:
    """Give messages of posts, counts, replies and follows, with a tick to all every ten minutes of theirs."""
    chance = random.Random(seed)
    at = START + first * 60_000
    ticked = at
    for number in range(first, first + posts):
        at += chance.randrange(20_000, 60_000)
        events = list(_events(number, at, f"a{chance.randrange(accounts)}", chance))
        yield partition_of("x", events[0].subject, PARTITIONS), b"\n".join(map(encode, events))
        if at - ticked > 10 * MINUTE_MS:
            ticked = at
            yield from ticks(at)


def ticks(at: int) -> Iterator[tuple[int, bytes]]:
    """Give a tick for every partition."""
    tick = encode(Tick(network="x", id=f"t{at}", occurred_at=at, ingested_at=at))
    yield from ((partition, tick) for partition in range(PARTITIONS))


def _events(number: int, at: int, subject: str, chance: random.Random) -> Iterator[AnyEvent]:
    shared: dict[str, Any] = {"network": "x", "subject": subject, "ingested_at": at}
    text = TEXTS[number % len(TEXTS)]
    yield Post(
        id=f"p{number}", occurred_at=at, author=subject, text=text, followers_at_post=100 + number,
        mentions=(Mention("z", "zoë"),), links=("https://example.com/ü",), **shared,
    )  # fmt: skip
    if number % 2:
        yield PostStats(id=f"p{number}", occurred_at=at, likes=chance.randrange(50), reposts=1, **shared)
    if number % 3 == 0:
        yield Follow(id=f"f{number}", occurred_at=at - chance.randrange(3 * HOUR_MS), actor="z", **shared)
    if number % 5 == 0:
        yield Post(
            id=f"r{number}", occurred_at=at, author="z", text="and you?", reply_to_post=f"p{number}",
            reply_to_account=subject, **shared,
        )  # fmt: skip
