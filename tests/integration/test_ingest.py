"""Ingest against the real broker: what is in the log, and what survives a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from kafka import KafkaConsumer, TopicPartition

from pipelines import offsets, topics
from pipelines.brand import Account, Brand
from pipelines.errors import UsageError
from pipelines.events import AnyEvent, BrandVersion, Gap, Network, Post, Tick, decode, split_batch
from pipelines.ingest.batches import partition_of
from pipelines.ingest.cursor import FileCursorStore
from pipelines.ingest.producer import EventProducer
from pipelines.ingest.report import DeadLetter, IngestReport
from pipelines.ingest.router import Router
from pipelines.ingest.worker import IngestOptions, IngestWorker
from pipelines.settings import Settings, load_settings
from pipelines.sources.base import BadInput, Reading

pytestmark = pytest.mark.integration

T0 = 1_700_000_040_000
PARTITIONS = 3


class History:
    """Numbered posts by 50 authors, one a second of event time; the cursor is the last number given."""

    name, bounded = "history", True
    networks: tuple[Network, ...] = ("x",)

    def __init__(self, count: int, *, pause_s: float = 0.0) -> None:
        self.count, self.pause_s = count, pause_s

    def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
        for number in range(0 if cursor is None else int(cursor) + 1, self.count):
            if self.pause_s and number % 100 == 0:
                time.sleep(self.pause_s)
            yield Reading(event=numbered(number), cursor=str(number))


def numbered(number: int) -> Post:
    at = T0 + number * 1_000
    return Post(network="x", id=str(number), occurred_at=at, ingested_at=at, author=f"author{number % 50}")


@pytest.fixture
def settings(stack: Any) -> Iterator[Settings]:
    """Yield settings with topics and a consumer group of the test's own."""
    name = uuid.uuid4().hex[:8]
    own = load_settings(
        {
            "RAPPORT_KAFKA_BOOTSTRAP": stack.broker.bootstrap,
            "RAPPORT_BROKER_KIND": stack.broker.kind,
            "RAPPORT_TOPIC_PREFIX": f"{name}-",
            "RAPPORT_CONSUMER_GROUP": f"{name}-group",
            "RAPPORT_PARTITIONS": str(PARTITIONS),
        }
    )
    topics.ensure_topics(own)
    topics.write_control_records(own)
    yield own
    topics.delete_topics(own)


def read_topic(settings: Settings, topic: str, ends: dict[int, int]) -> dict[int, list[bytes]]:
    consumer = KafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap, group_id=None, enable_auto_commit=False
    )
    try:
        found: dict[int, list[bytes]] = {}
        for partition, end in ends.items():
            place = TopicPartition(topic, partition)
            consumer.assign([place])
            consumer.seek(place, 0)
            messages: list[bytes] = []
            while len(messages) < end:
                messages += [record.value for record in consumer.poll(timeout_ms=500).get(place, [])]
            found[partition] = messages
        return found
    finally:
        consumer.close()


def read_log(settings: Settings) -> dict[int, list[AnyEvent]]:
    messages = read_topic(settings, settings.events_topic, offsets.end_offsets(settings))
    return {
        partition: [decode(document) for message in found for document in split_batch(message)]
        for partition, found in messages.items()
    }


def ingest(settings: Settings, source: History, path: Path, *, brand: Brand | None = None) -> IngestReport:
    producer = EventProducer(settings)
    try:
        worker = IngestWorker(
            source, Router(brand), producer, FileCursorStore(path), partitions=settings.partitions
        )
        return worker.run(threading.Event())
    finally:
        producer.close()


def test_topics_are_made_once_and_keep_their_id(settings: Settings) -> None:
    first = topics.describe_events(settings)
    assert topics.ensure_topics(settings) == first
    assert first.partitions == PARTITIONS
    assert len(first.topic_id) == 36


def test_another_number_of_partitions_is_refused_with_the_way_out(settings: Settings) -> None:
    other = msgspec.structs.replace(settings, partitions=5)
    with pytest.raises(UsageError, match="has 3 partitions, the settings say 5: set RAPPORT_PARTITIONS=3"):
        topics.ensure_topics(other)


def test_a_missing_log_is_named(settings: Settings) -> None:
    with pytest.raises(UsageError, match="there is no topic nowhere-events: run `rapport migrate`"):
        topics.describe_events(msgspec.structs.replace(settings, topic_prefix="nowhere-"))


def test_each_partition_begins_with_a_gap_of_no_length_and_a_committed_offset(settings: Settings) -> None:
    assert topics.write_control_records(settings) == ()
    assert offsets.end_offsets(settings) == offsets.committed_offsets(settings) == dict.fromkeys(range(3), 1)
    assert offsets.begin_offsets(settings) == dict.fromkeys(range(3), 0)
    for (start,) in read_log(settings).values():
        assert isinstance(start, Gap)
        assert start.until == start.occurred_at


def test_the_broker_tells_its_version(settings: Settings) -> None:
    kind, version = topics.broker_version(settings).split(" ")
    assert kind == settings.broker_kind
    assert tuple(map(int, version.split("."))) >= (3, 9)


def test_every_event_is_in_its_partition_in_order_and_the_offsets_tell_the_end(
    settings: Settings, tmp_path: Path
) -> None:
    brand = Brand(accounts=tuple(Account(network="x", id=f"author{number}") for number in range(50)))
    report = ingest(settings, History(5_000), tmp_path / "cursors.json", brand=brand)
    log = read_log(settings)
    for partition, events in log.items():
        assert isinstance(events[0], Gap)
        assert isinstance(events[1], BrandVersion)
        posts = [each for each in events if isinstance(each, Post)]
        assert [each.id for each in posts] == [
            str(number)
            for number in range(5_000)
            if partition_of("x", f"author{number % 50}", 3) == partition
        ]
        assert isinstance(events[-1], Tick)
    ends = offsets.end_offsets(settings)
    assert {partition: offset + 1 for partition, offset in report.last_offsets.items()} == ends
    assert sum(len(events) for events in log.values()) == report.documents + PARTITIONS
    assert FileCursorStore(tmp_path / "cursors.json").load("history") == "4999"


def test_an_idempotent_producer_acknowledges_in_order_and_numbers_offsets_without_holes(
    settings: Settings,
) -> None:
    producer = EventProducer(settings)
    for number in range(500):
        producer.send(0, str(number).encode())
    producer.flush()
    producer.close()
    assert producer.acknowledged == producer.sent == 500
    assert producer.last_offsets == {0: 500}
    (messages,) = read_topic(settings, settings.events_topic, {0: 501}).values()
    assert messages[1:] == [str(number).encode() for number in range(500)]


def test_dead_letters_are_in_their_topic(settings: Settings, tmp_path: Path) -> None:
    class Poisoned(History):
        def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
            yield BadInput(where="posts.jsonl:1", reason="not JSON", excerpt="{")
            yield from super().read(cursor)
            yield BadInput(where="posts.jsonl:12", reason="no id", excerpt="{}")

    report = ingest(settings, Poisoned(10), tmp_path / "cursors.json")
    assert report.dead_letter_reasons == {"not JSON": 1, "no id": 1}
    (messages,) = read_topic(settings, settings.dead_letters_topic, {0: 2}).values()
    letters = [msgspec.json.decode(message, type=DeadLetter) for message in messages]
    assert [(each.source, each.where, each.reason) for each in letters] == [
        ("history", "posts.jsonl:1", "not JSON"),
        ("history", "posts.jsonl:12", "no id"),
    ]


def test_after_each_kill_the_cursor_is_behind_the_log_and_in_the_end_nothing_is_missing(
    settings: Settings, tmp_path: Path
) -> None:
    path, count = tmp_path / "cursors.json", 6_000
    resumed_at = []
    for wait_s in (0.5, 0.35, 0.6, 0.45):
        process = start_process(settings, path, count)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(wait_s)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        saved = FileCursorStore(path).load("history")
        resumed_at.append(-1 if saved is None else int(saved))
        assert posts_in(settings) >= set(range(resumed_at[-1] + 1))
    assert resumed_at == sorted(resumed_at)
    assert 0 < resumed_at[-1] < count - 1, "the kills came before the first cursor or after the end"
    assert ingest(settings, History(count), path).readings == count - 1 - resumed_at[-1]
    assert posts_in(settings) == set(range(count))


def posts_in(settings: Settings) -> set[int]:
    return {
        int(each.id) for events in read_log(settings).values() for each in events if isinstance(each, Post)
    }


def start_process(settings: Settings, path: Path, count: int) -> subprocess.Popen[str]:
    environ = {
        **os.environ,
        "RAPPORT_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "RAPPORT_BROKER_KIND": settings.broker_kind,
        "RAPPORT_TOPIC_PREFIX": settings.topic_prefix,
        "RAPPORT_PARTITIONS": str(settings.partitions),
    }
    command = [sys.executable, "-m", "tests.integration.test_ingest", str(path), str(count)]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, env=environ, cwd=root, stdout=subprocess.PIPE, text=True)


def run_slowly(path: Path, count: int) -> None:
    """Ingest about 3,000 posts a second, saving the cursor every 50 ms; the process to be killed."""
    settings = load_settings()
    producer = EventProducer(settings)
    worker = IngestWorker(
        History(count, pause_s=0.03),
        Router(None),
        producer,
        FileCursorStore(path),
        partitions=settings.partitions,
        options=IngestOptions(save_every_s=0.05),
    )
    sys.stdout.write("started\n")
    sys.stdout.flush()
    worker.run(threading.Event())


if __name__ == "__main__":
    run_slowly(Path(sys.argv[1]), int(sys.argv[2]))
