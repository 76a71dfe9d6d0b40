"""The topics: create, describe, delete, and the first record of each partition."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, TopicAlreadyExistsError

from pipelines.administration import TIMEOUT_S, EventsTopic, described, opened_admin, translated
from pipelines.errors import UsageError
from pipelines.events import DAY_MS, EARLIEST_AT, Gap, encode
from pipelines.offsets import end_offsets, ensure_committed
from pipelines.settings import Settings

RETENTION_MS = 35 * DAY_MS
SEGMENT_MS = 7 * DAY_MS
"""How long Kafka writes to one file of the log, unless told otherwise."""
MAX_MESSAGE_BYTES = 2 * 1024 * 1024


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
    with opened_admin(settings) as admin:
        missing = [each["name"] for each in admin.describe_topics(list(wanted)) if each["error_code"] != 0]
        if missing:
            _create(admin, {name: wanted[name] for name in missing})
        topic = described(admin, settings)
    if topic.partitions != settings.partitions:
        raise UsageError(
            f"the topic {topic.name} has {topic.partitions} partitions, "
            f"the settings say {settings.partitions}: "
            f"set RAPPORT_PARTITIONS={topic.partitions}, or replay into a new topic (RAPPORT_TOPIC_PREFIX)"
        )
    return topic


def describe_events(settings: Settings) -> EventsTopic:
    """Return the log. Raises UsageError if there is none, Retriable if no broker answers."""
    with opened_admin(settings) as admin:
        return described(admin, settings)


def delete_topics(settings: Settings) -> None:
    """Delete the topics of these settings, with all that is in them."""
    names = [settings.events_topic, settings.dead_letters_topic, alerts_topic(settings)]
    with opened_admin(settings) as admin:
        there = [each["name"] for each in admin.describe_topics(names) if each["error_code"] == 0]
        if there:
            admin.delete_topics(there)


def write_control_records(settings: Settings) -> tuple[int, ...]:
    """Give each partition a first record and a committed offset of at least 1; return the partitions changed.

    A partition without a committed offset above 0 loses records at its first rebalance (aiokafka 0.14.0 seeks
    to committed offsets above 0 only). The record says that nobody was listening for no time at all. Run it
    before the first worker starts; doing it again changes nothing.
    """
    empty = [partition for partition, end in end_offsets(settings).items() if end == 0]
    if empty:
        _write_start(settings, empty)
    return tuple(sorted({*empty, *ensure_committed(settings)}))


def broker_version(settings: Settings) -> str:
    """Return the broker's kind and the version of Kafka whose protocol it speaks, such as `kafka 4.3`."""
    with opened_admin(settings) as admin:
        broker = admin.describe_cluster()["brokers"][0]["broker_id"]
        version = admin.get_broker_version_data(broker).broker_version
    return f"{settings.broker_kind} {'.'.join(map(str, version))}"


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
        raise translated(error) from error
    finally:
        producer.close(timeout=5)
