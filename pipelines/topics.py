"""Administration of the topics: create, describe, offsets, and the first record of each partition."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, MemberToRemove, OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorError,
    RetriableError,
    TopicAlreadyExistsError,
)
from kafka.structs import OffsetAndMetadata
from msgspec import Struct

from pipelines.clock import monotonic_s
from pipelines.errors import Fatal, RapportError, Retriable, UsageError
from pipelines.events import DAY_MS, EARLIEST_AT, Gap, encode
from pipelines.settings import Settings

RETENTION_MS = 35 * DAY_MS
SEGMENT_MS = 7 * DAY_MS
"""How long Kafka writes to one file of the log, unless told otherwise."""
MAX_MESSAGE_BYTES = 2 * 1024 * 1024
TIMEOUT_S = 30.0
MEMBERS_LEAVE_S = 10.0
TANSU = "tansu"

_COORDINATOR_ERRORS = (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError)
_Answer = TypeVar("_Answer")


class EventsTopic(Struct, frozen=True, kw_only=True):
    """The log. `topic_id` is the broker's own name for it: another id is another log, with other offsets."""

    name: str
    topic_id: str
    partitions: int


def alerts_topic(settings: Settings) -> str:
    """Name of the topic that tells of alerts."""
    return f"{settings.topic_prefix}alerts"


def ensure_topics(settings: Settings) -> EventsTopic:
    """Create the topics that are missing and return the log.

    Raises UsageError if the log has another number of partitions than the settings say, Retriable if no
    broker answers.
    """
    wanted = {
        settings.events_topic: settings.partitions,
        settings.dead_letters_topic: 1,
        alerts_topic(settings): 1,
    }
    with _admin(settings) as admin:
        missing = [each["name"] for each in admin.describe_topics(list(wanted)) if each["error_code"] != 0]
        if missing:
            _create(admin, {name: wanted[name] for name in missing})
        topic = _describe(admin, settings)
    if topic.partitions != settings.partitions:
        raise UsageError(
            f"the topic {topic.name} has {topic.partitions} partitions, "
            f"the settings say {settings.partitions}: "
            f"set RAPPORT_PARTITIONS={topic.partitions}, or replay into a new topic (RAPPORT_TOPIC_PREFIX)"
        )
    return topic


def describe_events(settings: Settings) -> EventsTopic:
    """Return the log. Raises UsageError if there is none, Retriable if no broker answers."""
    with _admin(settings) as admin:
        return _describe(admin, settings)


def delete_topics(settings: Settings) -> None:
    """Delete the topics of these settings, with all that is in them."""
    names = [settings.events_topic, settings.dead_letters_topic, alerts_topic(settings)]
    with _admin(settings) as admin:
        there = [each["name"] for each in admin.describe_topics(names) if each["error_code"] == 0]
        if there:
            admin.delete_topics(there)


def begin_offsets(settings: Settings) -> dict[int, int]:
    """Return for each partition of the log the offset of the oldest record kept."""
    with _admin(settings) as admin:
        return _offsets(admin, _partitions(admin, settings), OffsetSpec.EARLIEST)


def end_offsets(settings: Settings) -> dict[int, int]:
    """Return for each partition of the log the offset of the next record."""
    with _admin(settings) as admin:
        partitions = _partitions(admin, settings)
        latest = _offsets(admin, partitions, OffsetSpec.LATEST)
    if settings.broker_kind != TANSU:
        return latest
    return latest | _high_watermarks(settings, {each: latest[each.partition] for each in partitions})


def committed_offsets(settings: Settings) -> dict[int, int]:
    """Return what the consumer group has committed; partitions without a commit are left out."""
    with _admin(settings) as admin:
        return _committed(admin, settings, _partitions(admin, settings))


def write_control_records(settings: Settings) -> tuple[int, ...]:
    """Give each partition a first record and a committed offset of at least 1; return the partitions changed.

    A partition without a committed offset above 0 loses records at its first rebalance (aiokafka 0.14.0 seeks
    to committed offsets above 0 only). The record says that nobody was listening for no time at all. Run it
    before the first worker starts; doing it again changes nothing.
    """
    empty = [partition for partition, end in end_offsets(settings).items() if end == 0]
    if empty:
        _write_start(settings, empty)
    with _admin(settings) as admin:
        partitions = _partitions(admin, settings)
        committed = _committed(admin, settings, partitions)
        begins = _offsets(admin, partitions, OffsetSpec.EARLIEST)
        fresh = {
            each: max(1, begins[each.partition]) for each in partitions if not committed.get(each.partition)
        }
        if fresh:
            _commit(admin, settings, fresh)
    return tuple(sorted({*empty, *(each.partition for each in fresh)}))


def leave_group(settings: Settings, instance: str) -> None:
    """Take a static member out of the consumer group. Raises Retriable or Fatal; gone already is fine."""
    with _admin(settings) as admin:
        admin.remove_group_members(settings.consumer_group, [MemberToRemove(group_instance_id=instance)])


def begin_again(settings: Settings, offsets: Mapping[int, int]) -> None:
    """Let the consumer group go on at these offsets. Raises UsageError while a worker is a member of it.

    A member that was killed stays for the time of its session.
    """
    with _admin(settings) as admin:
        deadline = monotonic_s() + MEMBERS_LEAVE_S
        while _members(admin, settings):
            if monotonic_s() > deadline:
                raise UsageError("workers are running: stop them all, then try again")
            time.sleep(0.5)
        topic = settings.events_topic
        _commit(admin, settings, {TopicPartition(topic, each): max(1, at) for each, at in offsets.items()})


def first_messages(settings: Settings, offsets: Mapping[int, int]) -> dict[int, bytes]:
    """Return the message at an offset of each partition; those that hold none any more are left out."""
    consumer = KafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap, group_id=None, enable_auto_commit=False
    )
    found: dict[int, bytes] = {}
    try:
        for partition, offset in offsets.items():
            each = TopicPartition(settings.events_topic, partition)
            consumer.assign([each])
            consumer.seek(each, offset)
            records = consumer.poll(timeout_ms=int(TIMEOUT_S * 1_000), max_records=1)
            for record in records.get(each, ()):
                found[partition] = record.value
    except KafkaError as error:
        raise _translated(error) from error
    finally:
        consumer.close()
    return found


def broker_version(settings: Settings) -> str:
    """Return the broker's kind and the version of Kafka whose protocol it speaks, such as `kafka 4.3`."""
    with _admin(settings) as admin:
        broker = admin.describe_cluster()["brokers"][0]["broker_id"]
        version = admin.get_broker_version_data(broker).broker_version
    return f"{settings.broker_kind} {'.'.join(map(str, version))}"


@contextmanager
def _admin(settings: Settings) -> Iterator[Any]:
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=settings.kafka_bootstrap,
            client_id="rapport-admin",
            bootstrap_timeout_ms=int(TIMEOUT_S * 1000),
        )
    except RetriableError as error:
        raise Retriable(
            f"no broker answers at {settings.kafka_bootstrap}: start it, or set RAPPORT_KAFKA_BOOTSTRAP"
        ) from error
    try:
        yield admin
    except KafkaError as error:
        raise _translated(error) from error
    finally:
        admin.close()


def _translated(error: KafkaError) -> RapportError:
    if error.retriable:
        return Retriable(f"the broker did not answer: {error!r}")
    return Fatal(f"the broker refused: {error!r}")


def _create(admin: Any, partitions: dict[str, int]) -> None:
    configs = {
        "cleanup.policy": "delete",
        "retention.ms": str(RETENTION_MS),
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
    }
    topics = {name: {"num_partitions": count, "configs": configs} for name, count in partitions.items()}
    with suppress(TopicAlreadyExistsError):  # somebody else may be faster
        admin.create_topics(topics)
    admin.wait_for_topics(list(partitions), timeout_ms=int(TIMEOUT_S * 1000))


def _describe(admin: Any, settings: Settings) -> EventsTopic:
    (found,) = admin.describe_topics([settings.events_topic])
    if found["error_code"] != 0:
        raise UsageError(f"there is no topic {settings.events_topic}: run `rapport migrate`")
    return EventsTopic(
        name=found["name"], topic_id=str(found["topic_id"]), partitions=len(found["partitions"])
    )


def _partitions(admin: Any, settings: Settings) -> list[TopicPartition]:
    topic = _describe(admin, settings)
    return [TopicPartition(topic.name, partition) for partition in range(topic.partitions)]


def _offsets(admin: Any, partitions: list[TopicPartition], spec: OffsetSpec) -> dict[int, int]:
    answers = admin.list_partition_offsets(dict.fromkeys(partitions, spec))
    return {each.partition: answers[each].offset for each in partitions}


def _high_watermarks(settings: Settings, latest: dict[TopicPartition, int]) -> dict[int, int]:
    """Return the true ends on Tansu 0.6.0: its ListOffsets counts only the first record of the last batch."""
    behind = {each: end - 1 for each, end in latest.items() if end > 0}
    consumer = KafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap, group_id=None, enable_auto_commit=False
    )
    try:
        ends = {}
        for each, position in behind.items():
            consumer.assign([each])
            consumer.seek(each, position)
            deadline = monotonic_s() + TIMEOUT_S
            while consumer.highwater(each) is None:
                consumer.poll(timeout_ms=100, max_records=1)
                if monotonic_s() > deadline:
                    raise Retriable(f"the broker did not tell where partition {each.partition} ends")
            ends[each.partition] = int(consumer.highwater(each))
        return ends
    finally:
        consumer.close()


def _write_start(settings: Settings, partitions: list[int]) -> None:
    start = Gap(
        network="x",
        id="start",
        occurred_at=EARLIEST_AT,
        ingested_at=EARLIEST_AT,
        until=EARLIEST_AT,
        reason="the log begins",
    )
    producer = KafkaProducer(bootstrap_servers=settings.kafka_bootstrap, allow_auto_create_topics=False)
    try:
        futures = [producer.send(settings.events_topic, encode(start), partition=each) for each in partitions]
        for future in futures:
            future.get(timeout=TIMEOUT_S)
    except KafkaError as error:
        raise _translated(error) from error
    finally:
        producer.close(timeout=5)


def _committed(admin: Any, settings: Settings, partitions: list[TopicPartition]) -> dict[int, int]:
    group = settings.consumer_group
    answers = _with_coordinator(lambda: admin.list_group_offsets({group: partitions}))[group]
    return {tp.partition: found.offset for tp, found in answers.items() if found.offset >= 0}


def _members(admin: Any, settings: Settings) -> int:
    described = _with_coordinator(lambda: admin.describe_groups([settings.consumer_group]))
    return sum(len(group["members"]) for group in described.values())


def _commit(admin: Any, settings: Settings, offsets: dict[TopicPartition, int]) -> None:
    wanted = {each: OffsetAndMetadata(offset, "", -1) for each, offset in offsets.items()}

    def commit() -> None:
        for error in admin.alter_group_offsets(settings.consumer_group, wanted).values():
            if error is not NoError:
                raise error()

    _with_coordinator(commit)


def _with_coordinator(ask: Callable[[], _Answer]) -> _Answer:
    """Ask again while the group has no coordinator: a young broker first makes its topic of offsets."""
    deadline = monotonic_s() + TIMEOUT_S
    while True:
        try:
            return ask()
        except _COORDINATOR_ERRORS:
            if monotonic_s() > deadline:
                raise
            time.sleep(0.2)
