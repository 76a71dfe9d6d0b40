"""The orders to erase somebody that the log holds: a replay has to know them before its first event."""

from __future__ import annotations

from collections.abc import Iterator

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from pipelines.clock import monotonic_s
from pipelines.errors import InvalidEvent, Retriable
from pipelines.events import Erase, decode, split_batch
from pipelines.settings import Settings

PATIENCE_S = 60.0
_MARK = b'"erase"'


def erase_orders(settings: Settings, begins: dict[int, int], ends: dict[int, int]) -> list[Erase]:
    """Return all orders of the log. Each partition holds every one of them: the shortest is read.

    Raises Retriable if the broker gives nothing for a minute.
    """
    shortest = min(ends, key=lambda partition: (ends[partition] - begins[partition], partition))
    return [
        event
        for message in _messages(settings, shortest, begins[shortest], ends[shortest])
        if _MARK in message
        for event in _orders(message)
    ]


def _orders(message: bytes) -> Iterator[Erase]:
    for document in split_batch(message):
        if _MARK in document:
            try:
                event = decode(document)
            except InvalidEvent:
                continue
            if isinstance(event, Erase):
                yield event


def _messages(settings: Settings, partition: int, begin: int, end: int) -> Iterator[bytes]:
    consumer = KafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap, group_id=None, enable_auto_commit=False
    )
    try:
        place = TopicPartition(settings.events_topic, partition)
        consumer.assign([place])
        consumer.seek(place, begin)
        heard_at = monotonic_s()
        while consumer.position(place) < end:
            if records := consumer.poll(timeout_ms=1_000).get(place, ()):
                heard_at = monotonic_s()
            elif monotonic_s() - heard_at > PATIENCE_S:
                raise Retriable(f"the broker gave nothing of partition {partition} for a minute: try again")
            yield from (record.value for record in records)
    except KafkaError as error:
        raise Retriable(f"the broker did not give partition {partition}: {error!r}") from error
    finally:
        consumer.close()
