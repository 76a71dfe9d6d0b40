"""Kafka's producer, as narrow as ingest needs it: idempotent, bounded, and it knows what is acknowledged."""

from __future__ import annotations

import logging
from collections import deque
from typing import Any, Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, RetriableError

from pipelines.clock import monotonic_s
from pipelines.errors import Fatal, RapportError, Retriable
from pipelines.settings import Settings

logger = logging.getLogger(__name__)

MAX_IN_FLIGHT_BYTES = 32 * 1024 * 1024
DELIVERY_TIMEOUT_S = 15 * 60.0
BATCH_BYTES = 512 * 1024
"""Messages of a partition that go in one request; below the topic's `max.message.bytes`."""


class Producer(Protocol):
    """What the worker needs of Kafka; `EventProducer` is it."""

    last_offsets: dict[int, int]

    @property
    def sent(self) -> int:
        """Sequence number of the last message sent."""
        ...

    @property
    def acknowledged(self) -> int:
        """Sequence number up to which all is acknowledged."""
        ...

    def send(self, partition: int, message: bytes) -> None:
        """Send to a partition of the events topic."""
        ...

    def send_dead_letter(self, document: bytes) -> None:
        """Send to the topic of dead letters."""
        ...

    def flush(self, timeout_s: float) -> None:
        """Wait until everything sent is acknowledged."""
        ...


class EventProducer:
    """Send messages; each gets a sequence number, and `acknowledged` says up to which one Kafka has them all.

    The first failed message ends everything: any later call raises Retriable (the broker was away for longer
    than 15 minutes) or Fatal. Behind it nothing counts as acknowledged, so that no cursor passes it.
    kafka-python 3.0.12 has no bound on its memory (`buffer_memory` is gone), so `send` itself waits when too
    much is under way.
    """

    def __init__(self, settings: Settings, *, compression: str | None = "lz4") -> None:
        self._topic = settings.events_topic
        self._dead_letters_topic = settings.dead_letters_topic
        self._kafka = _connect(settings, compression)
        self._under_way: deque[tuple[Any, int]] = deque()
        self._bytes_under_way = 0
        self._sent = 0
        self._error: RapportError | None = None
        self.last_offsets: dict[int, int] = {}

    @property
    def sent(self) -> int:
        """Sequence number of the last message sent; 0 before the first."""
        return self._sent

    @property
    def acknowledged(self) -> int:
        """Sequence number up to which Kafka has acknowledged every message."""
        while self._under_way and self._under_way[0][0].is_done:
            self._settle()
        return self._sent - len(self._under_way)

    def send(self, partition: int, message: bytes) -> None:
        """Send to a partition of the events topic; waits while more than 32 MB are under way."""
        self._send(self._topic, partition, message)

    def send_dead_letter(self, document: bytes) -> None:
        """Send to the topic of dead letters."""
        self._send(self._dead_letters_topic, None, document)

    def flush(self, timeout_s: float = DELIVERY_TIMEOUT_S) -> None:
        """Wait until everything sent is acknowledged. Raises Retriable if that takes too long."""
        deadline = monotonic_s() + timeout_s
        while self.acknowledged < self._sent:
            if monotonic_s() > deadline:
                raise Retriable(
                    f"Kafka has not acknowledged {len(self._under_way)} messages within {timeout_s:g} s"
                )
            self._wait_for_first()

    def close(self) -> None:
        """Let go of the connections; what is not acknowledged may be lost, and no cursor has passed it."""
        self._kafka.close(timeout=5)

    def _send(self, topic: str, partition: int | None, message: bytes) -> None:
        if self._error is not None:
            raise self._error
        while self._bytes_under_way > MAX_IN_FLIGHT_BYTES:
            self._wait_for_first()
        try:
            future = self._kafka.send(topic, message, partition=partition)
        except KafkaError as error:
            raise _translated(error) from error
        self._sent += 1
        self._bytes_under_way += len(message)
        self._under_way.append((future, len(message)))

    def _wait_for_first(self) -> None:
        future = self._under_way[0][0]
        try:
            future.get(timeout=0.5)
        except KafkaTimeoutError:
            if not future.is_done:
                return
        except KafkaError:
            logger.debug("the message at the head failed")
        self._settle()

    def _settle(self) -> None:
        if self._error is not None:
            raise self._error
        future, size = self._under_way[0]
        if future.failed():
            self._error = _translated(future.exception)
            raise self._error from future.exception
        self._under_way.popleft()
        self._bytes_under_way -= size
        placed = future.value
        if (
            placed.topic == self._topic and placed.offset >= 0
        ):  # a retry known to be a duplicate may have none
            self.last_offsets[placed.partition] = placed.offset


def _connect(settings: Settings, compression: str | None) -> KafkaProducer:
    try:
        return KafkaProducer(
            bootstrap_servers=settings.kafka_bootstrap,
            client_id="rapport-ingest",
            acks="all",
            enable_idempotence=True,
            compression_type=compression,
            batch_size=BATCH_BYTES,
            max_request_size=4 * BATCH_BYTES,
            delivery_timeout_ms=int(DELIVERY_TIMEOUT_S * 1000),
            reconnect_backoff_max_ms=2_000,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )
    except RetriableError as error:
        raise Retriable(f"no broker answers at {settings.kafka_bootstrap}: {error}") from error


def _translated(error: Exception) -> RapportError:
    if isinstance(error, KafkaTimeoutError) or getattr(error, "retriable", False):
        return Retriable(f"Kafka was away for too long: {error!r}")
    return Fatal(f"Kafka refused a message: {error!r}")
