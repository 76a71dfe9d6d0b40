"""What a broker says of itself and of our topics: asked by status and doctor, nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaError
from msgspec import Struct

from pipelines.errors import Retriable
from pipelines.settings import Settings
from pipelines.topics import alerts_topic

PATIENCE_S = 5.0


class TopicFacts(Struct, frozen=True, kw_only=True):
    """A topic. `records`: offsets it spans.

    None where the broker does not tell, also `retention_ms` (below 0: for ever) and `segment_ms`.
    """

    name: str
    topic_id: str
    partitions: int
    records: int | None
    retention_ms: int | None
    segment_ms: int | None
    max_message_bytes: int | None


class BrokerFacts(Struct, frozen=True, kw_only=True):
    """A broker: kind and version of the protocol, its members, and those of our topics that it has."""

    version: str
    brokers: int
    topics: dict[str, TopicFacts]


def look_at_broker(settings: Settings) -> BrokerFacts:
    """Ask a broker for our topics. Raises Retriable if none answers within 5 s."""
    with _admin(settings) as admin:
        brokers = admin.describe_cluster()["brokers"]
        version = admin.get_broker_version_data(brokers[0]["broker_id"]).broker_version
        names = [settings.events_topic, settings.dead_letters_topic, alerts_topic(settings)]
        found = [each for each in admin.describe_topics(names) if each["error_code"] == 0]
        return BrokerFacts(
            version=f"{settings.broker_kind} {'.'.join(map(str, version))}",
            brokers=len(brokers),
            topics={each["name"]: _facts(admin, each) for each in found},
        )


@contextmanager
def _admin(settings: Settings) -> Iterator[Any]:
    patience_ms = int(PATIENCE_S * 1_000)
    try:
        admin = KafkaAdminClient(
            bootstrap_servers=settings.kafka_bootstrap,
            client_id="rapport-look",
            bootstrap_timeout_ms=patience_ms,
            request_timeout_ms=patience_ms,
        )
    except (KafkaError, ValueError, OSError) as error:
        raise _away(settings) from error
    try:
        yield admin
    except KafkaError as error:
        raise Retriable(f"the broker at {settings.kafka_bootstrap} does not answer: {error!r}") from error
    finally:
        admin.close()


def _away(settings: Settings) -> Retriable:
    return Retriable(f"no broker answers at {settings.kafka_bootstrap}")


def _facts(admin: Any, topic: dict[str, Any]) -> TopicFacts:
    partitions = [TopicPartition(topic["name"], number) for number in range(len(topic["partitions"]))]
    configs = _configs(admin, topic["name"])
    return TopicFacts(
        name=topic["name"],
        topic_id=str(topic["topic_id"]),
        partitions=len(partitions),
        records=_records(admin, partitions),
        retention_ms=configs.get("retention.ms"),
        segment_ms=configs.get("segment.ms"),
        max_message_bytes=configs.get("max.message.bytes"),
    )


def _records(admin: Any, partitions: list[TopicPartition]) -> int | None:
    with suppress(KafkaError):
        begins = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.EARLIEST))
        ends = admin.list_partition_offsets(dict.fromkeys(partitions, OffsetSpec.LATEST))
        return sum(int(ends[each].offset - begins[each].offset) for each in partitions)
    return None


def _configs(admin: Any, topic: str) -> dict[str, int]:
    """Return the topic's settings that are numbers; empty where the broker does not tell them."""
    with suppress(KafkaError, KeyError):
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic)]
        answers = admin.describe_configs(asked, config_filter="all")
        told: dict[str, Any] = next(iter(answers.values()))[topic]
        values = {name: str(each["value"]) for name, each in told.items()}
        return {name: int(value) for name, value in values.items() if value.lstrip("-").isdecimal()}
    return {}
