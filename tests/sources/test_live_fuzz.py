"""Whatever a network sends, its reader says why it cannot be an event, and raises nothing else."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import InvalidEvent, Retriable
from pipelines.events import Event, encode
from pipelines.sources.jetstream.frames import decode_v1, decode_v2
from pipelines.sources.jetstream.records import COLLECTIONS, event_of
from pipelines.sources.mastodon.statuses import Statuses
from pipelines.sources.x_stream.lines import UNREADABLE, Lines

TIMES = int(os.environ.get("RAPPORT_FUZZ", "1"))
"""As in test_fuzz.py: 1 takes some seconds, 20 about a minute."""
NOW = 1_790_000_000_000
OVEN = "did:plc:oven7oven7oven7oven7oven"
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(
        ["2026-09-21T14:13:20Z", "0000-00-00T99:99:99Z", "9999-12-31T23:59:59-14:00", "", "\ud800"]
    ),
    st.sampled_from([f"at://{OVEN}/app.bsky.feed.post/3k1", "at://", "did:plc:x", OVEN]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = ("text", "createdAt", "langs", "reply", "facets", "embed", "tags", "subject", "via")
RECORD = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES))


def frame(wire: int, collection: str, operation: str, record: Any, more: dict[str, Any]) -> bytes:
    commit = {"operation": operation, "collection": collection, "rkey": "3k1", "record": record}
    if wire == 1:
        told: dict[str, Any] = {
            "did": OVEN,
            "time_us": NOW * 1_000,
            "kind": "commit",
            "commit": commit,
            **more,
        }
    else:
        payload = {
            "$type": "#commit",
            "seq": 1,
            "did": OVEN,
            "time": "2026-09-21T14:13:20Z",
            **commit,
            **more,
        }
        told = {"$type": "message", "payload": payload}
    return json.dumps(told).encode()


@settings(max_examples=80 * TIMES, deadline=None)
@given(
    st.sampled_from([1, 2]),
    st.sampled_from(COLLECTIONS),
    st.sampled_from(["create", "update", "delete", "x"]),
    RECORD,
    st.dictionaries(
        st.sampled_from(["did", "time", "time_us", "kind", "seq", "account"]), VALUES, max_size=2
    ),
)
def test_a_frame_of_jetstream_is_an_event_or_invalid(
    wire: int, collection: str, operation: str, record: Any, more: dict[str, Any]
) -> None:
    content = frame(wire, collection, operation, record, more)
    try:
        event = event_of((decode_v1 if wire == 1 else decode_v2)(content), now=NOW, acts_told=True)
    except InvalidEvent:
        return
    assert event is None or encode(event)


@settings(max_examples=60 * TIMES, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_frame_are_invalid(content: bytes) -> None:
    for decode in (decode_v1, decode_v2):
        try:
            decode(content)
        except InvalidEvent:
            continue


POST = (
    "id",
    "text",
    "author_id",
    "created_at",
    "entities",
    "referenced_tweets",
    "withheld",
    "lang",
    "note_tweet",
)
LINE = st.fixed_dictionaries(
    {},
    optional={
        "data": st.fixed_dictionaries({"id": st.just("5")}, optional=dict.fromkeys(POST[1:], VALUES))
        | VALUES,
        "matching_rules": VALUES,
        "errors": VALUES,
        "delete": st.fixed_dictionaries({}, optional={"tweet": VALUES, "event_at": VALUES}),
    },
)


@settings(max_examples=80 * TIMES, deadline=None)
@given(LINE | VALUES)
def test_a_line_of_x_is_read_or_unreadable(line: Any) -> None:
    try:
        told = Lines({"oven": "11"}).read(json.dumps(line).encode(), now=NOW)
    except (*UNREADABLE, Retriable):
        return
    assert all(isinstance(event, Event) for event in told.events)


STATUS = (
    "id",
    "created_at",
    "account",
    "content",
    "mentions",
    "tags",
    "reblog",
    "quote",
    "edited_at",
    "poll",
)


@settings(max_examples=80 * TIMES, deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(STATUS, VALUES)))
def test_a_status_of_mastodon_is_an_event_or_not_as_documented(status: dict[str, Any]) -> None:
    known = (InvalidEvent, AttributeError, TypeError, KeyError, ValueError)
    statuses = Statuses("oven.example")
    for read in (statuses.post, statuses.edit, statuses.counts, statuses.profile):
        try:
            read(status, now=NOW)
        except known:
            continue
