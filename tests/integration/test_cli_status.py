"""`rapport status` against a real broker and a real store."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer

from infra.embedded import EmbeddedStack
from pipelines import clock
from pipelines.checkpoint import Checkpoint, Position
from pipelines.frames import BrandFlags
from pipelines.preparation import prepare
from pipelines.rows import DeadLetter, Rows, version_of
from pipelines.settings import WRITER_USER, Settings, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.state_store import ClickHouseStore
from pipelines.status import Limits, gather, standing
from pipelines.topics import delete_topics, ensure_topics, write_control_records
from tests.integration.command_line import environment, rapport

MINUTE = 60_000


@pytest.fixture
def environ(stack: EmbeddedStack, database: str, topic_prefix: str) -> Iterator[dict[str, str]]:
    """Two partitions, each with the record that begins it, which is folded."""
    found = environment(stack, database, topic_prefix)
    prepare(load_settings(found))
    yield found
    delete_topics(load_settings(found))


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load_settings(environ)


def save(
    settings: Settings, partition: int, *, epoch: int = 1, offset: int, watermarks: dict[str, int]
) -> None:
    position = Position(partition, version_of(epoch, offset, 0), offset, watermarks, BrandFlags().hash, "")
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        ClickHouseStore(client).save([Checkpoint((), position)])


def test_a_log_that_was_just_begun_has_no_lag_and_is_in_step(settings: Settings) -> None:
    found = gather(settings)
    assert [(each.partition, each.end, each.position, each.lag) for each in found.partitions] == [
        (0, 1, 0, 0),
        (1, 1, 0, 0),
    ]
    assert (found.lag, found.in_step, found.store.epoch, found.store.pending) == (0, True, 1, ())
    assert found.broker.dead_letters == 0
    assert found.store.rows["batches"] == 2
    assert list(standing(found, Limits())) == []


def test_lag_is_what_comes_after_the_last_checkpoint(settings: Settings, environ: dict[str, str]) -> None:
    producer = KafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
    for _ in range(3):
        producer.send(settings.events_topic, b"{}", partition=1).get(timeout=20)
    producer.close()
    save(settings, 1, offset=1, watermarks={})
    found = gather(settings)
    assert [each.lag for each in found.partitions] == [0, 2]
    assert found.lag == 2
    assert list(standing(found, Limits())) == []
    assert list(standing(found, Limits(lag=2))) == []
    assert list(standing(found, Limits(lag=1))) == ["the workers lag behind: 2 records wait, 1 may"]
    [line] = standing(found, Limits(checkpoint_age_s=-1))
    assert line.startswith("partition 1 does not progress: 2 records wait, the last checkpoint is ")
    checked = rapport(environ, "status", "--check", "--max-lag", "1")
    assert (checked.returncode, checked.stdout) == (1, "")
    assert checked.stderr == "the workers lag behind: 2 records wait, 1 may\n"
    assert rapport(environ, "status", "--check", "--max-lag", "2").returncode == 0


def test_the_watermark_of_a_network_is_that_of_its_slowest_partition(settings: Settings) -> None:
    now = clock.now_ms()
    save(settings, 0, offset=0, watermarks={"x": now - 10 * MINUTE, "bluesky": now})
    save(settings, 1, offset=0, watermarks={"x": now - MINUTE})
    found = gather(settings)
    assert [(each.network, each.watermark_at) for each in found.networks] == [
        ("bluesky", now),
        ("x", now - 10 * MINUTE),
    ]
    assert 600 <= found.networks[1].age_s < 660
    assert list(standing(found, Limits(watermark_age_s=900))) == []
    [line] = standing(found, Limits(watermark_age_s=300))
    assert line.startswith("the watermark of x is 60")


def test_dead_letters_are_counted_by_who_refused_them_and_why(
    settings: Settings, environ: dict[str, str]
) -> None:
    letters = [
        DeadLetter(
            epoch=1, partition=0, offset=1, index=index, source="worker", place="here",
            reason=reason, document="", at=clock.now_ms(),
        )
        for index, reason in enumerate(("no id", "no id", "no text"))
    ]  # fmt: skip
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        ClickHouseStore(client).insert(Rows(dead_letters=letters))
        client.insert("source_cursors", {"source": ["simulator"], "cursor": ["17@5"]})
    found = json.loads(rapport(environ, "status", "--json").stdout)
    assert [(each["reason"], each["count"]) for each in found["store"]["dead_letters"]] == [
        ("no id", 2),
        ("no text", 1),
    ]
    [cursor] = found["store"]["cursors"]
    assert (cursor["source"], cursor["cursor"]) == ("simulator", "17@5")
    shown = rapport(environ, "status").stdout
    assert "in step with the broker" in shown
    assert ["worker", "no", "id", "2"] in [line.split() for line in shown.splitlines()]


def test_a_log_that_was_made_anew_is_not_in_step_and_has_no_lag_to_tell(settings: Settings) -> None:
    delete_topics(settings)
    again = gather(settings)
    while again.broker.topic is not None:  # the broker deletes a moment later
        again = gather(settings)
    assert again.in_step is None
    make_topics(settings)
    found = gather(settings)
    assert (found.in_step, found.lag) == (False, None)
    line = next(standing(found, Limits()))
    assert line.startswith("the tables do not come from the log that the broker has")


def make_topics(settings: Settings) -> None:
    ensure_topics(settings)
    write_control_records(settings)


def test_a_store_that_was_never_migrated_is_said_to_wait_for_it(
    stack: EmbeddedStack, database: str, topic_prefix: str
) -> None:
    found = rapport(environment(stack, database, topic_prefix), "status")
    assert found.returncode == 0
    assert "the log is not there yet: run `rapport migrate`" in found.stdout
    assert "migrations pending: all of them" in found.stdout


def test_what_is_away_is_said_and_the_rest_is_shown(environ: dict[str, str]) -> None:
    no_broker = rapport({**environ, "RAPPORT_KAFKA_BOOTSTRAP": "127.0.0.1:1"}, "status")
    assert no_broker.returncode == 0
    assert "broker  away: no broker answers at 127.0.0.1:1" in no_broker.stdout
    assert "rows stored" in no_broker.stdout
    no_store = rapport({**environ, "RAPPORT_CLICKHOUSE_PORT": "1"}, "status")
    assert no_store.returncode == 0
    assert "store   away: ClickHouse at 127.0.0.1:1" in no_store.stdout
    assert f"topic {environ['RAPPORT_TOPIC_PREFIX']}events" in no_store.stdout
    both = {"RAPPORT_CLICKHOUSE_PORT": "1", "RAPPORT_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    assert rapport({**environ, **both}, "status").returncode == 70


def test_a_stopped_folder_shows_its_store_and_says_that_the_broker_is_stopped(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path, broker="tansu") as stack:
        prepare(load_settings({**stack.environ(), "RAPPORT_PARTITIONS": "2"}))
        running = rapport({}, "status", "--data-dir", str(tmp_path))
    assert "broker  tansu" in running.stdout
    stopped = rapport({}, "status", "--data-dir", str(tmp_path))
    assert stopped.returncode == 0
    assert stopped.stdout.startswith("broker  stopped\nstore   ClickHouse ")
    assert "no migration pending, epoch 1" in stopped.stdout
    checked = rapport({}, "status", "--data-dir", str(tmp_path), "--check")
    assert (checked.returncode, checked.stderr) == (1, "the broker is stopped\n")
