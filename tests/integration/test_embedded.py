"""The embedded stack: starts, stops, survives the death of any part, keeps its data, guards it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clickhouse_driver import Client
from clickhouse_driver.errors import Error as ClickHouseError
from clickhouse_driver.errors import ServerException
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from infra.embedded import DataDirInUse, EmbeddedStack, StoreAddress, find_running, kafka_broker
from infra.embedded.health import broker_answers
from pipelines.settings import load_settings
from pipelines.sinks.migrate import migrate
from tests.conftest import REPOSITORY
from tests.faults.disks import KEPT_FREE_BYTES
from tests.stores import connect

ACCESS_DENIED = 497
READONLY = 164


def wait_until(condition: Callable[[], bool], *, at_most_s: float = 30) -> None:
    deadline = time.monotonic() + at_most_s
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def answers(store: StoreAddress) -> bool:
    client = connect(store, "migrate")
    try:
        return bool(client.execute("SELECT 1") == [(1,)])
    except (ClickHouseError, OSError):
        return False
    finally:
        client.disconnect()


def refused(client: Client, query: str) -> int:
    with pytest.raises(ServerException) as caught:
        client.execute(query)
    return int(caught.value.code)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def start_in_another_process(data_dir: Path) -> subprocess.Popen[str]:
    """Start a stack whose process heeds Ctrl-C even where a shell began the tests in its background."""
    code = (
        "import signal, sys, time; from pathlib import Path; from infra.embedded import EmbeddedStack\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with EmbeddedStack(Path(sys.argv[1]), broker='tansu') as stack:\n"
        "    print(*stack.pids.values(), flush=True); time.sleep(600)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, str(data_dir)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )


def test_broker_and_store_answer_on_the_loopback_address(stack: EmbeddedStack) -> None:
    assert answers(stack.store)
    assert stack.store.host == "127.0.0.1"
    host, port = stack.broker.bootstrap.split(":")
    assert host == "127.0.0.1"
    assert broker_answers(int(port))
    assert stack.environ()["RAPPORT_KAFKA_BOOTSTRAP"] == stack.broker.bootstrap


def test_running_stack_is_found_by_its_data_directory(tmp_path: Path) -> None:
    assert find_running(tmp_path) is None
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        found = find_running(tmp_path)
        assert found is not None
        assert found.store == stack.store
        assert found.broker is None
        assert found.environ() == stack.environ()
    assert find_running(tmp_path) is None


def test_passwords_are_private_and_not_on_a_command_line(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "stack.json").stat().st_mode & 0o777 == 0o600
        password = stack.store.writer_password
        assert password not in Path(f"/proc/{stack.pids['store']}/cmdline").read_text()
        assert password not in repr(stack.store)


def test_store_keeps_rows_and_passwords_when_started_alone_again(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        client = connect(stack.store, "migrate")
        client.execute("CREATE TABLE kept (n UInt8) ENGINE = MergeTree ORDER BY n")
        client.execute("INSERT INTO kept VALUES", [(7,)])
        client.disconnect()
        before = stack.store.reader_password
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        client = connect(stack.store, "migrate")
        assert client.execute("SELECT n FROM kept") == [(7,)]
        client.disconnect()
        assert stack.store.reader_password == before


def test_killed_store_is_started_again_on_its_port_with_its_rows(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        client = connect(stack.store, "migrate")
        client.execute("CREATE TABLE kept (n UInt8) ENGINE = MergeTree ORDER BY n")
        client.execute("INSERT INTO kept VALUES", [(7,)])
        client.disconnect()
        pid = stack.pids["store"]
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: stack.restarts["store"] == 1 and answers(stack.store))
        client = connect(stack.store, "writer")
        assert client.execute("SELECT n FROM kept") == [(7,)]
        client.disconnect()


@pytest.mark.skipif(not kafka_broker.is_installed(), reason="Kafka is not installed (Java 17+ and Maven)")
def test_kafka_keeps_records_over_kill_and_restart(tmp_path: Path) -> None:
    def read(bootstrap: str) -> list[bytes]:
        consumer = KafkaConsumer(
            bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=3_000
        )
        consumer.assign([TopicPartition("kept", 0)])
        values = [next(consumer).value]
        consumer.close()
        return values

    with EmbeddedStack(tmp_path, broker="kafka") as stack:
        assert stack.broker.kind == "kafka"
        assert stack.broker.version.startswith("4.3.")
        admin = KafkaAdminClient(bootstrap_servers=stack.broker.bootstrap)
        admin.create_topics([NewTopic("kept", 1, 1)])
        admin.close()
        producer = KafkaProducer(bootstrap_servers=stack.broker.bootstrap, acks="all")
        producer.send("kept", b"one").get(timeout=20)
        producer.close()
        pid, port = stack.pids["broker"], int(stack.broker.bootstrap.split(":")[1])
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: stack.restarts["broker"] == 1 and broker_answers(port))
        assert read(stack.broker.bootstrap) == [b"one"]
    with EmbeddedStack(tmp_path, broker="kafka") as stack:
        assert read(stack.broker.bootstrap) == [b"one"]


def test_second_stack_on_a_directory_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with (
        EmbeddedStack(tmp_path, with_broker=False),
        pytest.raises(DataDirInUse, match=f"in use by the process {os.getpid()}"),
    ):
        EmbeddedStack(tmp_path, with_broker=False).start()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_death_of_the_parent_leaves_no_process_and_no_lock(tmp_path: Path, how: signal.Signals) -> None:
    with start_in_another_process(tmp_path) as parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(children) == 2
        parent.send_signal(how)
        parent.wait(timeout=20)
    wait_until(lambda: all(is_gone(pid) for pid in children), at_most_s=5)
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        assert answers(stack.store)


def test_store_stops_writing_before_the_disk_is_full(stack: EmbeddedStack) -> None:
    client = connect(stack.store, "migrate")
    [(kept_free,)] = client.execute("SELECT keep_free_space FROM system.disks WHERE name = 'default'")
    client.disconnect()
    assert kept_free == KEPT_FREE_BYTES


def test_migrate_makes_the_database_of_a_server_that_has_none(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        admin = connect(stack.store, "migrate", database="system")
        admin.execute("DROP DATABASE rapport SYNC")
        admin.disconnect()
        migrate(load_settings(stack.environ()).clickhouse)
        reader = connect(stack.store, "reader")
        assert reader.execute("SELECT count() FROM accounts") == [(0,)]
        reader.disconnect()


def test_reader_sees_views_and_nothing_else(stack: EmbeddedStack, database: str) -> None:
    reader = connect(stack.store, "reader", database=database)
    migrate = connect(stack.store, "migrate", database=database)
    migrate.execute("CREATE TABLE secret (n UInt8) ENGINE = MergeTree ORDER BY n")
    for query in (
        "SELECT n FROM secret",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'n UInt8')",
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1', 'system.one')",
        "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'n UInt8')",
        "SELECT * FROM `default`.`/etc/hostname`",
        "SELECT * FROM system.parts",
        "INSERT INTO secret VALUES (1)",
        "CREATE TABLE mine (n UInt8) ENGINE = Memory",
        "DROP TABLE secret",
    ):
        assert refused(reader, query) in (ACCESS_DENIED, READONLY), query
    assert reader.execute("SHOW TABLES") == []
    reader.disconnect()
    migrate.disconnect()


def test_reader_selects_from_a_view_over_tables_it_may_not_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.embedded.grants.views", lambda: ["shown"])
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        migrate = connect(stack.store, "migrate")
        migrate.execute("CREATE TABLE hidden (n UInt8) ENGINE = MergeTree ORDER BY n")
        migrate.execute("INSERT INTO hidden VALUES", [(7,)])
        migrate.execute("CREATE VIEW shown AS SELECT n FROM hidden")
        reader = connect(stack.store, "reader")
        assert reader.execute("SELECT n FROM shown") == [(7,)]
        assert reader.execute("SHOW TABLES") == [("shown",)]
        assert refused(reader, "SELECT n FROM hidden") == ACCESS_DENIED
        reader.disconnect()
        migrate.disconnect()


def test_reader_may_shorten_its_time_but_not_lift_its_limits(stack: EmbeddedStack) -> None:
    reader = connect(stack.store, "reader", database="system")
    assert reader.execute("SELECT 1", settings={"max_execution_time": 5}) == [(1,)]
    assert refused(reader, "SELECT 1 SETTINGS max_execution_time = 1000") == 452
    assert refused(reader, "SELECT 1 SETTINGS max_memory_usage = 1") == READONLY
    assert refused(reader, "SET readonly = 0") == READONLY
    reader.disconnect()


def test_writer_inserts_and_selects_but_defines_nothing(stack: EmbeddedStack, database: str) -> None:
    migrate = connect(stack.store, "migrate", database=database)
    migrate.execute("CREATE TABLE written (n UInt8) ENGINE = MergeTree ORDER BY n")
    writer = connect(stack.store, "writer", database=database)
    writer.execute("INSERT INTO written VALUES", [(7,)])
    assert writer.execute("SELECT n FROM written") == [(7,)]
    for query in (
        "DROP TABLE written",
        "ALTER TABLE written DELETE WHERE 1",
        "CREATE TABLE other (n UInt8) ENGINE = Memory",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'n UInt8')",
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    ):
        assert refused(writer, query) == ACCESS_DENIED, query
    writer.disconnect()
    migrate.disconnect()


def test_nobody_gets_in_as_default(stack: EmbeddedStack) -> None:
    client = Client(stack.store.host, port=stack.store.native_port, user="default")
    for query in ("SYSTEM STOP LISTEN TCP", "SELECT count() FROM system.tables", "CREATE DATABASE mine"):
        assert refused(client, query) in (201, ACCESS_DENIED), query
    client.disconnect()
