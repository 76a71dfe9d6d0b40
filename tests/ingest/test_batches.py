from __future__ import annotations

from collections import defaultdict

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from pipelines.errors import InvalidEvent
from pipelines.events import AnyEvent, Post, Tick, split_batch
from pipelines.events import decode as decode_event
from pipelines.ingest.batches import MAX_BATCH_BYTES, MAX_BATCH_DOCUMENTS, Batcher, Message, partition_of

AT = 1_700_000_000_000


def post(number: int, subject: str = "a", text: str = "") -> Post:
    return Post(
        network="x", id=str(number), occurred_at=AT, ingested_at=AT, author="a", subject=subject, text=text
    )


def tick(number: int) -> Tick:
    return Tick(network="x", id=f"t{number}", occurred_at=AT + number, ingested_at=AT)


def test_a_message_is_full_at_two_hundred_documents() -> None:
    batcher = Batcher(1)
    for number in range(MAX_BATCH_DOCUMENTS - 1):
        assert batcher.add(post(number)) == []
    (full,) = batcher.add(post(199))
    assert (full.partition, full.documents) == (0, 200)
    assert len(split_batch(full.payload)) == 200
    assert batcher.flush() == []


def test_a_message_is_closed_before_it_grows_too_long() -> None:
    batcher = Batcher(1)
    assert batcher.add(post(1, text="x" * 200_000)) == []
    (full,) = batcher.add(post(2, text="x" * 200_000))
    assert full.documents == 1
    assert len(full.payload) <= MAX_BATCH_BYTES


def test_a_document_that_is_too_long_can_never_be_counted() -> None:
    with pytest.raises(InvalidEvent, match="longer than 262144 bytes"):
        Batcher(1).add(post(1, text="x" * 300_000))


def test_text_that_is_no_unicode_can_never_be_counted() -> None:
    with pytest.raises(InvalidEvent, match="not valid Unicode"):
        Batcher(1).add(post(1, text="\ud800"))


def test_a_control_event_stands_in_its_place_in_every_partition() -> None:
    batcher = Batcher(3)
    batcher.add(post(1))
    batcher.add(tick(1))
    batcher.add(post(2))
    home = partition_of("x", "a", 3)
    found = {message.partition: ids(message) for message in batcher.flush()}
    assert found == {each: (["1", "t1", "2"] if each == home else ["t1"]) for each in range(3)}


@pytest.mark.parametrize("subject", ["1", "12", "123", "1234", "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "ä"])
def test_the_partition_is_the_one_that_another_client_chooses(subject: str) -> None:
    key = f"mastodon:{subject}".encode()
    theirs = DefaultPartitioner()(key, list(range(8)), list(range(8)))
    assert partition_of("mastodon", subject, 8) == theirs


def ids(message: Message) -> list[str]:
    return [decode_event(document).id for document in split_batch(message.payload)]


events = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.sampled_from("abcdefgh"), st.integers(0, 60_000)),
        st.tuples(st.just("tick"), st.just(""), st.just(0)),
        st.tuples(st.just("flush"), st.just(""), st.just(0)),
    ),
    max_size=60,
)


@given(events, st.integers(1, 5))
def test_nothing_is_lost_and_the_order_inside_a_partition_is_kept(
    steps: list[tuple[str, str, int]], partitions: int
) -> None:
    batcher = Batcher(partitions)
    sent: list[Message] = []
    expected: dict[int, list[str]] = defaultdict(list)
    for number, (step, subject, length) in enumerate(steps):
        if step == "flush":
            sent += batcher.flush()
            continue
        event: AnyEvent = post(number, subject, "x" * length) if step == "post" else tick(number)
        targets = [partition_of("x", subject, partitions)] if step == "post" else range(partitions)
        for partition in targets:
            expected[partition].append(event.id)
        sent += batcher.add(event)
    sent += batcher.flush()
    found: dict[int, list[str]] = defaultdict(list)
    for message in sent:
        assert len(message.payload) <= MAX_BATCH_BYTES
        assert len(split_batch(message.payload)) == message.documents <= MAX_BATCH_DOCUMENTS
        found[message.partition] += ids(message)
    assert found == expected
