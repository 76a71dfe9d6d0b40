"""The broker's administration, as topics and offsets need it: a client, the log, errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, RetriableError
from msgspec import Struct

from pipelines.errors import Fatal, RapportError, Retriable, UsageError
from pipelines.settings import Settings

TIMEOUT_S = 30.0


class EventsTopic(Struct, frozen=True, kw_only=True):
    """The log. `topic_id` is the broker's own name for it: another id is another log, with other offsets."""

    name: str
    topic_id: str
    partitions: int


@contextmanager
def opened_admin(settings: Settings) -> Iterator[Any]:
    """Give a client. Raises Retriable if no broker answers, or RapportError for what the broker said."""
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
        raise translated(error) from error
    finally:
        admin.close()


def translated(error: KafkaError) -> RapportError:
    """Return an error of Kafka as one of ours."""
    if error.retriable:
        return Retriable(f"the broker did not answer: {error!r}")
    return Fatal(f"the broker refused: {error!r}")


def described(admin: Any, settings: Settings) -> EventsTopic:
    """Return the log. Raises UsageError if there is none."""
    (found,) = admin.describe_topics([settings.events_topic])
    if found["error_code"] != 0:
        raise UsageError(f"there is no topic {settings.events_topic}: run `rapport migrate`")
    return EventsTopic(
        name=found["name"], topic_id=str(found["topic_id"]), partitions=len(found["partitions"])
    )


def partitions_of(admin: Any, settings: Settings) -> list[TopicPartition]:
    """Return all partitions of the log."""
    topic = described(admin, settings)
    return [TopicPartition(topic.name, partition) for partition in range(topic.partitions)]
