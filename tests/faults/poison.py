"""Poison: what is no document, one message in a hundred, and each becomes a dead letter."""

from __future__ import annotations

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import MessageSizeTooLargeError

from pipelines.events import EARLIEST_AT, Follow, encode
from pipelines.settings import Settings
from tests.faults.faults import Hurt
from tests.faults.system import PATIENCE_S, System

MESSAGES_A_PIECE = 100
"""One of them is poison."""
HUGE_BYTES = 10_000_000
AHEAD_AT = 3_786_912_000_000
"""2090-01-01."""
_BURIED = "SELECT count() FROM dead_letters FINAL WHERE epoch > 0"


def poison_among(system: System, pieces: int) -> Hurt:
    """Write a message that is no document to every 99 of one good document each."""
    system.keep(2)
    system.recover()
    system.load.rest()
    system.load.world.recent.clear()  # what is absurd among it would be a dead letter more
    buried, graveyard = _buried(system), _Graveyard(system.tried.settings)
    written = system.load.sent
    _write(system, pieces)
    written = system.load.sent - written
    patience_s = PATIENCE_S + written / 100
    recovery_s = system.wait(
        lambda: _buried(system) - buried >= pieces, "it is buried", patience_s=patience_s
    )
    recovery_s += system.recover(patience_s=patience_s)
    assert _buried(system) - buried == pieces, "dead letters are not one for one"
    assert graveyard.new_keys() == pieces, "the topic of dead letters does not hold each"
    assert not any(each.over.is_set() for each in system.workers), system.said()
    system.load.go()
    return Hurt(pieces, recovery_s, f"{written:,} messages, dead letters one for one")


def _write(system: System, pieces: int) -> None:
    corpus, partitions = poison(), system.tried.settings.partitions
    _see_huge_refused(system.tried.settings)
    for piece in range(pieces):
        begun = system.load.sent
        while system.load.sent - begun < MESSAGES_A_PIECE - 1:
            system.load.write(list(system.load.world.posts(1)), singly=True)
        system.load.raw(piece % partitions, corpus[piece % len(corpus)])


def _buried(system: System) -> int:
    return int(system.tried.client.rows(_BURIED)[0][0])


class _Graveyard:
    """The topic of dead letters from its present end on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._partition = TopicPartition(settings.dead_letters_topic, 0)
        with self._consumer() as consumer:
            self._begin = consumer.end_offsets([self._partition])[self._partition]

    def new_keys(self) -> int:
        """Return how many places are named there now: worker and twin name the same, and one may twice."""
        keys = set()
        with self._consumer() as consumer:
            end = consumer.end_offsets([self._partition])[self._partition]
            consumer.assign([self._partition])
            consumer.seek(self._partition, self._begin)
            while consumer.position(self._partition) < end:
                for records in consumer.poll(1_000).values():
                    keys.update(record.key for record in records)
        return len(keys)

    def _consumer(self) -> KafkaConsumer:
        return KafkaConsumer(bootstrap_servers=self._settings.kafka_bootstrap, group_id=None)


def _see_huge_refused(settings: Settings) -> None:
    """See that 10 MB do not enter the log as they are; what enters is as long only once it is unpacked."""
    producer = KafkaProducer(bootstrap_servers=settings.kafka_bootstrap, max_request_size=2 * HUGE_BYTES)
    try:
        producer.send(settings.events_topic, b"1" * HUGE_BYTES, partition=0).get(60)
    except MessageSizeTooLargeError:
        return
    finally:
        producer.close()
    raise AssertionError("the broker took a message of 10 MB")


def poison() -> list[bytes]:
    """Return messages of one document each that can never be counted."""
    at = 1_700_000_000_000
    when = b"%d" % at
    good = encode(Follow(network="x", id="f1", occurred_at=at, ingested_at=at, subject="a", actor="b"))
    return [
        b"{", b"null", b"\xff\xfe", b'{"kind":"telepathy"}', good.replace(b'"a"', b'""'), b"NaN",
        good.replace(b'"a"', b'"\\ud800"'), good.replace(b'"a"', b'"\\u0000"'), good[:-1],
        good.replace(b'"f1"', b"7"), good.replace(b'"id":"f1",', b""), good.replace(when, b"NaN"),
        good.replace(when, b"9" * 30), good.replace(when, b"%d" % (EARLIEST_AT - 1)),
        good.replace(when, b"0"), good.replace(when, b"%d" % AHEAD_AT, 1),
        b"[" * 2_000, b"[" * 200_000, b'{"kind":"follow","x":' + b"1" * 700_000 + b"}",
        b'"' + "é\u202e".encode() + b'"',
    ]  # fmt: skip
