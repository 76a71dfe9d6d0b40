"""Where the log begins and ends, how far the consumer group is, and where it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import MemberToRemove, OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NoError,
    NotCoordinatorError,
)
from kafka.structs import OffsetAndMetadata

from pipelines.administration import TIMEOUT_S, opened_admin, partitions_of, translated
from pipelines.clock import monotonic_s
from pipelines.errors import Retriable, UsageError
from pipelines.settings import Settings

MEMBERS_LEAVE_S = 10.0
TANSU = "tansu"

_COORDINATOR_ERRORS = (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError)
_Answer = TypeVar("_Answer")


def begin_offsets(settings: Settings) -> dict[int, int]:
    """Return for each partition of the log the offset of the oldest record kept."""
    with opened_admin(settings) as admin:
        return _offsets(admin, partitions_of(admin, settings), OffsetSpec.EARLIEST)


def end_offsets(settings: Settings) -> dict[int, int]:
    """Return for each partition of the log the offset of the next record."""
    with opened_admin(settings) as admin:
        partitions = partitions_of(admin, settings)
        latest = _offsets(admin, partitions, OffsetSpec.LATEST)
    if settings.broker_kind != TANSU:
        return latest
    return latest | _high_watermarks(settings, {each: latest[each.partition] for each in partitions})


def committed_offsets(settings: Settings) -> dict[int, int]:
    """Return what the consumer group has committed; partitions without a commit are left out."""
    with opened_admin(settings) as admin:
        return _committed(admin, settings, partitions_of(admin, settings))


def ensure_committed(settings: Settings) -> tuple[int, ...]:
    """Give each partition a committed offset of at least 1; return the partitions that had none."""
    with opened_admin(settings) as admin:
        partitions = partitions_of(admin, settings)
        committed = _committed(admin, settings, partitions)
        begins = _offsets(admin, partitions, OffsetSpec.EARLIEST)
        fresh = {
            each: max(1, begins[each.partition]) for each in partitions if not committed.get(each.partition)
        }
        if fresh:
            _commit(admin, settings, fresh)
    return tuple(each.partition for each in fresh)


def begin_again(settings: Settings, offsets: Mapping[int, int]) -> None:
    """Let the consumer group go on at these offsets. Raises UsageError while a worker is a member of it.

    A member that was killed stays for the time of its session.
    """
    with opened_admin(settings) as admin:
        deadline = monotonic_s() + MEMBERS_LEAVE_S
        while _members(admin, settings):
            if monotonic_s() > deadline:
                raise UsageError("workers are running: stop them all, then try again")
            time.sleep(0.5)
        topic = settings.events_topic
        _commit(admin, settings, {TopicPartition(topic, each): max(1, at) for each, at in offsets.items()})


def leave_group(settings: Settings, instance: str) -> None:
    """Take a static member out of the consumer group. Raises Retriable or Fatal; gone already is fine."""
    with opened_admin(settings) as admin:
        admin.remove_group_members(settings.consumer_group, [MemberToRemove(group_instance_id=instance)])


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
        raise translated(error) from error
    finally:
        consumer.close()
    return found


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
