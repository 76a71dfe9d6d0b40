"""The documents of one message: each an event, or a dead letter that says why it is none."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from pipelines import clock
from pipelines.erasing import ERASED, UNKEYED, Eraser
from pipelines.errors import Fatal, InvalidEvent
from pipelines.events import MAX_DOCUMENTS, AnyEvent, Erase, Forgotten, decode, split_batch
from pipelines.identity import identity_hash
from pipelines.rows import DeadLetter

MAX_INVALID_RUN = 1_000
"""So many invalid documents in a row are no accident: the worker stops."""
_EXCERPT = 1_000


class Decoded(Struct, frozen=True):
    """One document: its event, or its dead letter. `erased`: digests of whom or what it says to forget.

    `told_as`: where the event is a stub, the identity of what was told, by which a second telling is known.
    """

    event: AnyEvent | None
    letter: DeadLetter | None = None
    erased: tuple[str, ...] = ()
    told_as: int | None = None


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


def decode_message(
    message: bytes, *, partition: int, offset: int, epoch: int, eraser: Eraser | None = None
) -> list[Decoded]:
    """Return the documents of a message in order; of people who were erased only stubs."""
    documents = split_batch(message)
    if len(documents) > MAX_DOCUMENTS:
        documents = [message]
    decoded = [
        _decode(document, partition=partition, offset=offset, index=index, epoch=epoch)
        for index, document in enumerate(documents)
    ]
    if eraser is not None:
        return [_without_erased(each, eraser) for each in decoded]
    if any(isinstance(each.event, Erase) for each in decoded):
        raise Fatal(UNKEYED)
    return decoded


def _without_erased(document: Decoded, eraser: Eraser) -> Decoded:
    """Return what is left of a document; an order to erase holds from the next document on."""
    event = document.event
    if event is None:
        return _nameless_letter(document, eraser)
    if isinstance(event, Erase):
        return Decoded(event, erased=tuple(eraser.learn(event)))
    stub, fresh = eraser.stub_of(event)
    if stub is None:
        at = event.occurred_at
        return Decoded(Forgotten(network=event.network, id=ERASED, occurred_at=at, ingested_at=at))
    told_as = None if stub is event else identity_hash(event)
    return Decoded(stub, erased=fresh, told_as=told_as)


def _nameless_letter(document: Decoded, eraser: Eraser) -> Decoded:
    """Return a dead letter without its document, if that names somebody who was erased."""
    letter = document.letter
    if letter is None or not eraser.names_erased(f"{letter.reason} {letter.document}"):
        return document
    reason = "names somebody who was erased, and cannot be read"
    return Decoded(None, msgspec.structs.replace(letter, reason=reason, document=""))


def identities_of_stubs(documents: Sequence[Decoded]) -> dict[int, int]:
    """Return what the stubs among the documents were told as, by index."""
    return {index: each.told_as for index, each in enumerate(documents) if each.told_as is not None}


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
