"""What was found, as `recount` events of bounded size, into the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pipelines.control import LateAge, Recount, RecountedMinute, WindowEnd
from pipelines.ingest.batches import Batcher, Message
from pipelines.ingest.producer import Producer
from pipelines.recount.findings import AccountFindings

MAX_EVENT_BYTES = 150_000
"""Of minutes, ends and ages in one event: a message holds 256 KiB."""
_Part = RecountedMinute | WindowEnd | LateAge


class Sender:
    """Puts events into the log, each behind the partition of its account."""

    def __init__(self, producer: Producer, partitions: int) -> None:
        self._producer = producer
        self._batcher = Batcher(partitions)

    def send(self, found: AccountFindings, now: int) -> None:
        """Send what sets an account right."""
        for event in events_of(found, now):
            self._pass_on(self._batcher.add(event))

    def finish(self) -> dict[int, int]:
        """Wait until all is acknowledged; return the last offset of each partition that got something."""
        self._pass_on(self._batcher.flush())
        self._producer.flush(_PATIENCE_S)
        return dict(self._producer.last_offsets)

    def _pass_on(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._producer.send(message.partition, message.payload)


_PATIENCE_S = 60.0


def events_of(found: AccountFindings, now: int) -> Iterator[Recount]:
    """Give the events that set an account right, none of them too long for a message.

    What an event holds is absolute: sent twice, or in part, it does no harm.
    """
    parts: list[_Part] = [*found.ages, *found.minutes, *found.ends]
    for number, some in enumerate(_pieces(parts)):
        yield Recount(
            network=found.network,  # type: ignore[arg-type]
            id=f"recount:{found.upto}:{number}",
            occurred_at=now,
            ingested_at=now,
            subject=found.account,
            upto=found.upto,
            minutes=tuple(each for each in some if isinstance(each, RecountedMinute)),
            ends=tuple(each for each in some if isinstance(each, WindowEnd)),
            ages=tuple(each for each in some if isinstance(each, LateAge)),
        )


def _pieces(parts: Sequence[_Part]) -> Iterator[list[_Part]]:
    piece: list[_Part] = []
    size = 0
    for part in parts:
        length = len(msgspec.json.encode(part)) + 1
        if piece and size + length > MAX_EVENT_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(part)
        size += length
    if piece:
        yield piece
