"""Decoding: whatever cannot be counted is refused with a reason, and nothing else ever comes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.bounds import MAX_COUNT
from pipelines.errors import InvalidEvent
from pipelines.events import (
    EARLIEST_AT,
    HOUR_MS,
    MINUTE_MS,
    Mention,
    Post,
    PostStats,
    decode,
    encode,
    join_batch,
    split_batch,
)

AT = 1_700_000_000_000
POST: dict[str, Any] = {
    "kind": "post", "network": "x", "id": "1", "subject": "me", "author": "me", "occurred_at": AT,
    "ingested_at": AT,
}  # fmt: skip
STATS: dict[str, Any] = {
    "kind": "post_stats", "network": "x", "id": "1", "subject": "me", "occurred_at": AT, "ingested_at": AT,
    "observed_at": AT,
}  # fmt: skip


def document(base: dict[str, Any] = POST, /, **values: Any) -> bytes:
    return json.dumps({**base, **values}).encode()


def raw(field: str, value: str, base: dict[str, Any] = POST) -> bytes:
    return document({**base, field: "@@"}).replace(b'"@@"', value.encode())


POISON: dict[str, bytes] = {
    "empty": b"",
    "cut short": document()[:-5],
    "two documents": document() + document(),
    "no object": b"[1, 2]",
    "null": b"null",
    "bad UTF-8": document().replace(b'"id": "1"', b'"id": "\xff\xfe"'),
    "overlong UTF-8": document().replace(b'"id": "1"', b'"id": "\xc0\x80"'),
    "lone surrogate": raw("text", r'"\ud800"'),
    "lone low surrogate": raw("text", r'"\udc00 x"'),
    "raw control character": raw("text", '"a\x00b"'),
    "NaN": raw("likes", "NaN", STATS),
    "infinity": raw("likes", "Infinity", STATS),
    "depth 2,000": raw("unknown", "[" * 2_000 + "]" * 2_000),
    "depth 200,000": raw("unknown", "[" * 200_000 + "]" * 200_000),
    "depth 200,000, never closed": raw("unknown", '{"a":' * 200_000),
    "unknown kind": document(kind="poke"),
    "no kind": json.dumps({k: v for k, v in POST.items() if k != "kind"}).encode(),
    "unknown network": document(network="myspace"),
    "no id": json.dumps({k: v for k, v in POST.items() if k != "id"}).encode(),
    "empty id": document(id=""),
    "number for an id": document(id=1),
    "no subject": document(subject=""),
    "no author": json.dumps({k: v for k, v in POST.items() if k != "author"}).encode(),
    "id of 513 characters": document(id="1" * 513),
    "control character in an id": document(id="a\x00b"),
    "control character in a handle": document(author_handle="\x1b[2J"),
    "control character in a mention": document(mentions=[["a\x07"]]),
    "control character in a link": document(links=["https://a.example/\x01"]),
    "text of more than 100,000 characters": document(text="a" * 100_001),
    "1,001 mentions": document(mentions=[["a"]] * 1_001),
    "1,001 links": document(links=["https://a.example"] * 1_001),
    "1,001 hashtags": document(hashtags=["a"] * 1_001),
    "instant as text": document(occurred_at="2024-01-01T00:00:00Z"),
    "instant in seconds": document(occurred_at=1_700_000_000),
    "instant with a fraction": document(occurred_at=AT + 0.5),
    "instant beyond 64 bits": document(occurred_at=2**63, ingested_at=2**63),
    "instant of thirty digits": document(occurred_at=10**30, ingested_at=10**30),
    "negative instant": document(occurred_at=-1),
    "year 2100": document(occurred_at=4_102_444_800_000, ingested_at=4_102_444_800_000),
    "before 2006": document(occurred_at=EARLIEST_AT - 1),
    "more than five minutes ahead": document(occurred_at=AT + 5 * MINUTE_MS + 1),
    "count beyond 64 bits": document(STATS, likes=2**63),
    "count of thirty digits": document(STATS, likes=10**30),
    "count that nobody believes": document(STATS, likes=MAX_COUNT + 1),
    "negative count": document(STATS, replies=-1),
    "count as text": document(STATS, likes="3"),
    "count with a fraction": document(STATS, likes=1.5),
    "followers beyond 64 bits": document(followers_at_post=2**64),
    "two instants of one snapshot": document(STATS, observed_at=AT - HOUR_MS),
    "tick beyond 2100": document(
        {k: v for k, v in POST.items() if k != "author"}, kind="tick", occurred_at=2**62
    ),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_poison_is_refused_with_a_reason(poison: bytes) -> None:
    with pytest.raises(InvalidEvent) as refused:
        decode(poison)
    assert str(refused.value)


def test_reason_names_the_field() -> None:
    with pytest.raises(InvalidEvent, match="likes"):
        decode(document(STATS, likes=-1))
    with pytest.raises(InvalidEvent, match="author_handle"):
        decode(document(author_handle="\x1b[2J"))


@given(st.binary(max_size=300))
def test_only_invalid_event_comes_out_of_any_bytes(garbage: bytes) -> None:
    with pytest.raises(InvalidEvent):
        decode(garbage)


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    base=st.sampled_from([POST, STATS]),
    field=st.sampled_from([*Post.__struct_fields__, *PostStats.__struct_fields__, "kind"]),
    value=values,
)
def test_any_value_in_any_field_is_an_event_or_invalid(base: dict[str, Any], field: str, value: Any) -> None:
    try:
        event = decode(document({**base, field: value}))
    except InvalidEvent:
        return
    assert decode(encode(event)) == event


def test_control_characters_are_left_out_of_texts_but_line_breaks_stay() -> None:
    event = decode(document(text="a\x00b\x1b[2J\n\tc\r", hashtags=["d\x07e"]))
    assert isinstance(event, Post)
    assert event.text == "ab[2J\n\tc\r"
    assert event.hashtags == ("de",)


def test_escaped_backslash_is_no_control_character() -> None:
    event = decode(document(text=r"C:\bin\u0000", id="a\\b"))
    assert isinstance(event, Post)
    assert (event.text, event.id) == (r"C:\bin\u0000", "a\\b")


def test_largest_values_that_are_believed_pass() -> None:
    event = decode(document(STATS, likes=MAX_COUNT, replies=0))
    assert isinstance(event, PostStats)
    assert (event.likes, event.replies, event.quotes) == (MAX_COUNT, 0, None)
    whole = decode(document(id="1" * 512, mentions=[["a", "b"]] * 1_000, text="a" * 100_000))
    assert isinstance(whole, Post)
    assert whole.mentions[-1] == Mention("a", "b")


def test_tick_that_closes_an_archive_may_lie_ahead() -> None:
    tick = decode(
        document(
            {"kind": "tick", "network": "x", "id": "t", "occurred_at": AT + 36 * HOUR_MS}, ingested_at=AT
        )
    )
    assert tick.occurred_at == AT + 36 * HOUR_MS


def test_unknown_fields_are_ignored() -> None:
    assert decode(document(colour="green")) == decode(document())


def test_batch_splits_into_the_documents_that_were_joined() -> None:
    assert split_batch(join_batch([b'{"a":1}', b'{"b":2}'])) == [b'{"a":1}', b'{"b":2}']
    assert split_batch(b'\n{"a":1}\r\n\n') == [b'{"a":1}\r']
