"""A producer that also writes dead letters into their table."""

from __future__ import annotations

from zlib import crc32

import msgspec

from pipelines import clock
from pipelines.ingest.producer import DELIVERY_TIMEOUT_S, Producer
from pipelines.ingest.report import DeadLetter as IngestDeadLetter
from pipelines.rows import DeadLetter, Rows
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.state_store import ClickHouseStore

MAX_LETTERS, LETTERS_EVERY_S = 1_000, 1.0
"""Dead letters are inserted when there are so many, or so long after the first of them."""


class Recording:
    """An ingest's producer that also writes dead letters into their table, some at a time.

    Nothing counts as acknowledged behind a dead letter that is not in the table yet, so no cursor passes one.
    Writing one twice is harmless: it replaces itself.
    """

    def __init__(self, producer: Producer, client: ClickHouse) -> None:
        self._producer, self._store = producer, ClickHouseStore(client)
        self._letters: list[DeadLetter] = []
        self._before = 0
        self._due_at = 0.0
        self.last_offsets = producer.last_offsets

    @property
    def sent(self) -> int:
        """Sequence number of the last message sent."""
        return self._producer.sent

    @property
    def acknowledged(self) -> int:
        """Sequence number up to which Kafka has everything, and the table every dead letter."""
        if self._letters and clock.monotonic_s() >= self._due_at:
            self._write()
        done = self._producer.acknowledged
        return min(done, self._before) if self._letters else done

    def send(self, partition: int, message: bytes) -> None:
        """Send to a partition of the events topic."""
        self._producer.send(partition, message)

    def send_dead_letter(self, document: bytes) -> None:
        """Send to the topic of dead letters, and keep it for the table."""
        if not self._letters:
            self._before, self._due_at = self._producer.sent, clock.monotonic_s() + LETTERS_EVERY_S
        self._producer.send_dead_letter(document)
        self._letters.append(_letter(document))
        if len(self._letters) >= MAX_LETTERS:
            self._write()

    def flush(self, timeout_s: float = DELIVERY_TIMEOUT_S) -> None:
        """Wait until Kafka has everything, and the table every dead letter."""
        self._producer.flush(timeout_s)
        self._write()

    def _write(self) -> None:
        self._store.insert(Rows(dead_letters=self._letters))
        self._letters = []


def _letter(document: bytes) -> DeadLetter:
    """Return the row of a dead letter, which never was in the log: a checksum tells two of a place apart."""
    told = msgspec.json.decode(document, type=IngestDeadLetter)
    return DeadLetter(
        epoch=0,
        partition=0,
        offset=0,
        index=crc32(f"{told.reason}\n{told.excerpt}".encode()),
        source=told.source,
        place=told.where,
        reason=told.reason,
        document=told.excerpt,
        at=told.at,
    )
