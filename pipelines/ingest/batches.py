"""Packing: events into messages of many documents, each for one partition. Pure."""

from __future__ import annotations

from functools import lru_cache

from kafka.partitioner.default import murmur2
from msgspec import Struct

from pipelines.errors import InvalidEvent
from pipelines.events import CONTROL, AnyEvent, encode, join_batch, partition_key

MAX_BATCH_DOCUMENTS = 200
MAX_BATCH_BYTES = 256 * 1024
"""A message is sent when one more document would not fit; a longer document cannot be counted."""


class Message(Struct, frozen=True):
    """Documents of one partition, ready to be sent."""

    partition: int
    payload: bytes
    documents: int


@lru_cache(maxsize=65_536)
def partition_of(network: str, subject: str, partitions: int) -> int:
    """Return the partition of a subject's events, as Kafka's own clients choose it by key (murmur2)."""
    return int(murmur2(partition_key(network, subject)) & 0x7FFFFFFF) % partitions


class Batcher:
    """Gather documents until a message is full. Inside a partition the order of adding is kept."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self._open: list[list[bytes]] = [[] for _ in range(partitions)]
        self._sizes = [0] * partitions

    def add(self, event: AnyEvent) -> list[Message]:
        """Add an event, a control event to every partition; return the messages that are full.

        Raises InvalidEvent for what no reader would accept: text that is not UTF-8, or a document that is too
        long.
        """
        document = _encode(event)
        if event.subject or not isinstance(event, CONTROL):
            return self._append(partition_of(event.network, event.subject, self._partitions), document)
        full: list[Message] = []
        for partition in range(self._partitions):
            full += self._append(partition, document)
        return full

    def flush(self) -> list[Message]:
        """Return what is gathered, full or not."""
        return [self._close(partition) for partition in range(self._partitions) if self._open[partition]]

    def _append(self, partition: int, document: bytes) -> list[Message]:
        full = []
        grown = self._sizes[partition] + len(document) + 1
        if grown > MAX_BATCH_BYTES and self._open[partition]:
            full.append(self._close(partition))
            grown = len(document) + 1
        self._open[partition].append(document)
        self._sizes[partition] = grown
        if len(self._open[partition]) >= MAX_BATCH_DOCUMENTS:
            full.append(self._close(partition))
        return full

    def _close(self, partition: int) -> Message:
        documents = self._open[partition]
        self._open[partition], self._sizes[partition] = [], 0
        return Message(partition, join_batch(documents), len(documents))


def _encode(event: AnyEvent) -> bytes:
    try:
        document = encode(event)
    except UnicodeEncodeError as error:
        raise InvalidEvent(f"text is not valid Unicode: {error.reason}") from error
    if len(document) > MAX_BATCH_BYTES:
        raise InvalidEvent(f"the document is longer than {MAX_BATCH_BYTES} bytes")
    return document
