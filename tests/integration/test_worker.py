"""The worker process on a real log: kills, restarts, poison, rebalances; the tables are those of one fold."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from infra.embedded import EmbeddedStack
from pipelines import offsets, topics
from pipelines.events import MINUTE_MS, Follow, encode
from pipelines.preparation import prepare
from tests.integration.command_line import rapport
from tests.integration.worker_run import PARTITIONS, START, Chain, chain, history, ticks

pytestmark = pytest.mark.integration


@pytest.fixture
def log(stack: EmbeddedStack, database: str, topic_prefix: str, tmp_path: Path) -> Iterator[Chain]:
    with chain(stack, database, topic_prefix, tmp_path) as made:
        yield made


def test_three_kills_in_the_middle_leave_the_tables_of_one_fold(log: Chain) -> None:
    chance = random.Random(3)
    in_the_middle = 0
    for kill in range(3):
        before = log.ledger()
        log.send(history(600, seed=kill, first=600 * kill))
        worker = log.start()
        log.wait(lambda before=before: log.ledger() > before)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.3))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        in_the_middle += log.position() < log.sent
    assert in_the_middle >= 2, "the kills came too late to mean anything"
    log.send(ticks(START + 1_900 * MINUTE_MS))
    worker = log.start()
    log.wait_until_folded()
    log.finish(worker)
    assert offsets.committed_offsets(log.settings) == offsets.end_offsets(log.settings)
    assert log.differences() == []


def test_nothing_is_committed_before_the_checkpoint_that_covers_it(log: Chain) -> None:
    log.send(history(300))
    worker = log.start(RAPPORT_CHECKPOINT_EVERY_S="3600")
    log.wait(lambda: log.ledger() == log.sent)
    time.sleep(4)  # longer than Faust waits before it commits by itself
    assert log.position() == 0
    assert set(offsets.committed_offsets(log.settings).values()) == {1}
    log.finish(worker)
    assert log.position() == log.sent
    assert offsets.committed_offsets(log.settings) == offsets.end_offsets(log.settings)
    assert log.differences() == []


def test_two_workers_share_the_partitions_and_hand_them_over(log: Chain) -> None:
    log.send(history(600))
    first, second = log.start(), log.start()
    log.wait(lambda: sorted(_shares(log)) == [1, 2])
    log.send(history(600, seed=8, first=600))
    log.finish(first)
    log.send(history(600, seed=9, first=1_200))
    log.wait_until_folded()
    third = log.start()
    log.wait(lambda: sorted(_shares(log)) == [1, 2])
    log.send(history(600, seed=10, first=1_800))
    log.wait_until_folded()
    log.finish(second)
    log.finish(third)
    assert log.differences() == []
    assert "the worker ends" not in log.said()


def test_a_killed_worker_is_replaced_by_its_supervisor_and_all_end_in_order(log: Chain) -> None:
    log.send(history(300))
    supervisor = log.start("--processes", "2")
    log.wait(lambda: sorted(_shares(log)) == [1, 2])
    victim, other = psutil.Process(supervisor.pid).children()
    victim.kill()
    log.send(history(300, seed=8, first=300))
    log.wait_until_folded()
    log.wait(lambda: log.said().count("worker 0 is process") + log.said().count("worker 1 is process") == 3)
    assert "was killed by SIGKILL; it is started again in 0.5 s" in log.said()
    assert other.is_running()
    log.finish(supervisor)
    assert not other.is_running()
    assert offsets.committed_offsets(log.settings) == offsets.end_offsets(log.settings)
    assert log.differences() == []


def test_a_killed_store_is_waited_for(log: Chain, stack: EmbeddedStack) -> None:
    worker = log.start()
    for round_ in range(3):
        log.send(history(500, seed=round_, first=500 * round_))
        log.wait(lambda: log.position() > 0)
        pid = stack.pids["store"]
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    log.wait_until_folded()
    log.finish(worker)
    assert log.differences() == []


def test_poison_becomes_dead_letters_one_for_one_and_the_rest_is_counted(log: Chain) -> None:
    good = encode(Follow(network="x", id="f1", occurred_at=START, ingested_at=START, subject="a", actor="b"))
    poison = [
        b"{", b"null", b"\xff\xfe", b'{"kind":"telepathy"}', good.replace(b'"a"', b'""'),
        good.replace(b'"a"', b'"\\ud800"'), good.replace(b'"a"', b'"\\u0000"'), good[:-1],
        good.replace(str(START).encode(), b"0"), good.replace(str(START).encode(), b"9" * 30),
        b"[" * 100_000, b'{"kind":"follow","x":' + b"1" * 700_000 + b"}", b'"' + "é\u202e".encode() + b'"',
    ]  # fmt: skip
    messages = [
        (0, b"\n".join([each, good.replace(b"f1", b"f%d" % number)])) for number, each in enumerate(poison)
    ]
    too_many = b"\n".join([b"1"] * 65_537)
    another = good.replace(b'"a"', b'"z"')  # an account lives in one partition
    log.send([*messages, (1, too_many), (2, b""), (1, another), *ticks(START + MINUTE_MS)])
    worker = log.start()
    log.wait_until_folded()
    log.finish(worker)
    letters = log.read("dead_letters", ["source", "place", "reason"])
    assert len(letters) == len(poison) + 1 == log.dead_letters_of_topic()
    assert all(source == "worker" and place and reason for source, place, reason in letters)
    assert ["worker", "partition 0, offset 1, document 0"] in [letter[:2] for letter in letters]
    assert len(log.read("interactions", ["id"])) == len(poison) + 1
    assert log.differences() == []


def test_a_thousand_invalid_documents_in_a_row_stop_it_with_a_word(log: Chain) -> None:
    log.send([*history(30), *((0, b"\n".join([b"spam"] * 100)) for _ in range(12))])
    worker = log.start(RAPPORT_CHECKPOINT_EVERY_S="3600")
    assert worker.wait(30) == 70
    assert "1000 invalid documents in a row, the last at partition 0, offset" in log.said()
    assert "find the producer that writes them, then start again" in log.said()
    assert set(offsets.committed_offsets(log.settings).values()) == {1}
    passed = rapport(log.environ, "pass-over", "0")
    assert passed.returncode == 0, passed.stderr
    worker = log.start()
    log.wait_until_folded()
    log.finish(worker)
    assert len(log.read("dead_letters", ["place"])) == 1_200 == log.dead_letters_of_topic()
    assert log.differences() == []


def test_a_hole_in_the_log_stops_it_with_a_word(log: Chain) -> None:
    log.send((0, encode(_follow(number))) for number in range(10))
    admin = KafkaAdminClient(bootstrap_servers=log.settings.kafka_bootstrap)
    admin.delete_records({TopicPartition(log.settings.events_topic, 0): 5})
    admin.close()
    worker = log.start()
    assert worker.wait(60) == 70
    assert "partition 0: offset 5 came after 0; what lies between is missing from the log" in log.said()


def test_a_log_made_anew_is_refused_until_migrate_opens_an_epoch(log: Chain) -> None:
    log.send([(0, encode(_follow(1)))])
    worker = log.start()
    log.wait_until_folded()
    log.finish(worker)
    topics.delete_topics(log.settings)
    topics.ensure_topics(log.settings)
    worker = log.start()
    assert worker.wait(60) == 2
    assert "run `rapport migrate` to go on with the new log in a new epoch" in log.said()
    assert prepare(log.settings).epoch == 2
    log.send([(0, encode(_follow(1))), (0, encode(_follow(2)))])
    worker = log.start()
    log.wait(lambda: log.read("batches", ["offset"], "epoch = 2 AND offset = 2") != [])
    log.finish(worker)
    assert sorted(log.read("interactions", ["id"])) == [["f1"], ["f2"]]
    assert log.read("batches", ["duplicates"], "epoch = 2 AND offset = 1") == [[1]]


def _follow(number: int) -> Follow:
    at = START + number
    return Follow(network="x", id=f"f{number}", occurred_at=at, ingested_at=at, subject="a", actor="b")


def _shares(log: Chain) -> list[int]:
    """Return how many partitions each member of the group has."""
    admin = KafkaAdminClient(bootstrap_servers=log.settings.kafka_bootstrap)
    try:
        (group,) = admin.describe_groups([log.settings.consumer_group]).values()
    finally:
        admin.close()
    shares = []
    for member in group["members"]:
        assignment = member["member_assignment"]
        topics_of = assignment["assigned_partitions"] if assignment else []
        shares.append(sum(len(each["partitions"]) for each in topics_of))
    assert sum(shares) <= PARTITIONS
    return shares
