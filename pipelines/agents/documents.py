"""The documents of one message: each an event, or a dead letter that says why it is none."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from pipelines import clock
from pipelines.errors import Fatal, InvalidEvent
from pipelines.events import MAX_DOCUMENTS, AnyEvent, decode, split_batch
from pipelines.rows import DeadLetter

MAX_INVALID_RUN = 1_000
"""So many invalid documents in a row are no accident: the worker stops."""
_EXCERPT = 1_000


class Decoded(Struct, frozen=True):
    """One document: its event, or its dead letter."""

    event: AnyEvent | None
    letter: DeadLetter | None = None


class InvalidRun:
    """Count invalid documents in a row, in each partition: what others hold in between changes nothing."""

    def __init__(self) -> None:
        self._lengths: dict[int, int] = {}
        self._accepted: dict[int, int] = {}

    def accept(self, partition: int, offset: int) -> None:
        """Let any number of invalid documents pass up to an offset: somebody has looked at them."""
        self._accepted[partition] = offset

    def note(self, partition: int, offset: int, documents: Sequence[Decoded]) -> None:
        """Take the documents of a message. Raises Fatal when 1,000 in a row were invalid."""
        if offset <= self._accepted.get(partition, -1):
            self._lengths[partition] = 0
            return
        for document in documents:
            length = 0 if document.event is not None else self._lengths.get(partition, 0) + 1
            self._lengths[partition] = length
            if length >= MAX_INVALID_RUN and document.letter is not None:
                raise Fatal(
                    f"{MAX_INVALID_RUN} invalid documents in a row, the last at {document.letter.place}:"
                    f" {document.letter.reason}; find the producer that writes them, then start again:"
                    f" `rapport pass-over {partition} OFFSET` lets those that are in the log already pass"
                )


def decode_message(message: bytes, *, partition: int, offset: int, epoch: int) -> list[Decoded]:
    """Return the documents of a message in order."""
    documents = split_batch(message)
    if len(documents) > MAX_DOCUMENTS:
        documents = [message]
    return [
        _decode(document, partition=partition, offset=offset, index=index, epoch=epoch)
        for index, document in enumerate(documents)
    ]


def _decode(document: bytes, *, partition: int, offset: int, index: int, epoch: int) -> Decoded:
    try:
        return Decoded(decode(document))
    except InvalidEvent as error:
        letter = DeadLetter(
            epoch=epoch,
            partition=partition,
            offset=offset,
            index=index,
            source="worker",
            place=f"partition {partition}, offset {offset}, document {index}",
            reason=str(error),
            document=document[:_EXCERPT].decode("utf-8", "replace").replace("\x00", ""),
            at=clock.now_ms(),
        )
        return Decoded(None, letter)
