"""What Jetstream sends: the v2 stream's frames and the v1 wire, as one thing.

v2: https://github.com/bluesky-social/jetstream, lexicon network.bsky.jetstream.subscribeEvents.
v1: the same repository, `/subscribe`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from pipelines.errors import InvalidEvent

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_PREFIX = "network.bsky.jetstream.subscribeEvents#"


class Frame(Struct, gc=False):
    """One frame. `seq`: the server's number (v2; v1 where it tells it). `time_us`: when the server saw it.

    `kind`: commit, identity, account, sync, info or error; of info and error `text` says which.
    """

    kind: str
    seq: int | None = None
    time_us: int = 0
    did: str = ""
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: Raw | None = None
    active: bool = True
    status: str = ""
    handle: str = ""
    text: str = ""


class _Account(Struct, gc=False):
    active: bool = True
    status: str | None = None


class _Identity(Struct, gc=False):
    handle: str | None = None


class _Payload(Struct, gc=False):
    type: str = field(name="$type", default="")
    seq: int | None = None
    did: str = ""
    time: str = ""
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: Raw | UnsetType = UNSET
    account: _Account | None = None
    identity: _Identity | None = None
    name: str = ""


class _Message(Struct, gc=False):
    type: str = field(name="$type", default="")
    payload: _Payload | None = None
    error: str = ""


class _Commit(Struct, gc=False):
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: Raw | UnsetType = UNSET


class _V1(Struct, gc=False):
    did: str = ""
    time_us: int = 0
    kind: str = ""
    cursor: int | None = None
    commit: _Commit | None = None
    account: _Account | None = None
    identity: _Identity | None = None


_v2_decoder = msgspec.json.Decoder(_Message)
_v1_decoder = msgspec.json.Decoder(_V1)


def decode_v2(frame: bytes) -> Frame:
    """Return a frame of the v2 stream. Raises InvalidEvent for anything else."""
    message: _Message = _decoded(_v2_decoder, frame)
    if message.type == "error":
        return Frame(kind="error", text=message.error)
    payload = message.payload
    if message.type != "message" or payload is None:
        raise InvalidEvent("`$.$type` is neither message nor error")
    kind = payload.type.removeprefix(_PREFIX).removeprefix("#")
    if kind == "info":
        return Frame(kind=kind, text=payload.name)
    if payload.seq is None:
        raise InvalidEvent("`$.payload.seq` is missing")
    return Frame(
        kind=kind,
        seq=payload.seq,
        time_us=microseconds(payload.time, "$.payload.time"),
        did=payload.did,
        operation=payload.operation,
        collection=payload.collection,
        rkey=payload.rkey,
        record=None if payload.record is UNSET else payload.record,
        active=payload.account is None or payload.account.active,
        status=(payload.account and payload.account.status) or "",
        handle=(payload.identity and payload.identity.handle) or "",
    )


def decode_v1(frame: bytes) -> Frame:
    """Return a frame of the v1 wire. Raises InvalidEvent for anything else."""
    told: _V1 = _decoded(_v1_decoder, frame)
    if not told.kind or not told.time_us:
        raise InvalidEvent(f"`$.{'time_us' if told.kind else 'kind'}` is missing")
    commit = told.commit or _Commit()
    return Frame(
        kind=told.kind,
        seq=told.cursor,
        time_us=told.time_us,
        did=told.did,
        operation=commit.operation,
        collection=commit.collection,
        rkey=commit.rkey,
        record=None if commit.record is UNSET else commit.record,
        active=told.account is None or told.account.active,
        status=(told.account and told.account.status) or "",
        handle=(told.identity and told.identity.handle) or "",
    )


T = TypeVar("T")


def _decoded(decoder: msgspec.json.Decoder[T], frame: bytes) -> T:
    try:
        return decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent(str(error)) from error


def microseconds(text: str, field_name: str) -> int:
    """Return an RFC 3339 instant as microseconds since the Unix epoch. Raises InvalidEvent."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        return (at - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError) as error:
        raise InvalidEvent(f"`{field_name}` is not a date: {text[:40]!r}") from error
