"""`rapport doctor` against a real broker and a real store, whole and spoilt."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from infra.embedded import EmbeddedStack
from pipelines.diagnosis import examine
from pipelines.diagnosis.broker import check_broker
from pipelines.diagnosis.store import RIGHTS, check_store
from pipelines.preparation import prepare
from pipelines.settings import READER_USER, WRITER_USER, load_settings
from pipelines.topics import delete_topics
from tests.integration.command_line import environment, rapport
from tests.stores import connect


@pytest.fixture
def environ(stack: EmbeddedStack, database: str, topic_prefix: str) -> Iterator[dict[str, str]]:
    found = environment(stack, database, topic_prefix)
    prepare(load_settings(found))
    yield found
    delete_topics(load_settings(found))


def test_a_whole_set_up_has_nothing_wrong(environ: dict[str, str]) -> None:
    settings = load_settings(environ)
    found = list(examine(settings))
    assert [each.what for each in found if each.level == "wrong"] == []
    said = [each.what for each in found if each.level == "ok"]
    events = f"topic {settings.events_topic}"
    for what in (
        "rapport_reader enters and has just its rights",
        "rapport_writer enters and has just its rights",
        "rapport_migrate enters and has just its rights",
        f"database {settings.clickhouse.database}: no migration pending",
        f"{events}: 2 partitions",
        f"{events}: kept 35 days",
        "log: the tables come from this topic, epoch 1",
    ):
        assert what in said
    port = settings.clickhouse.port
    assert f"store (native protocol) listens at 127.0.0.1:{port}, for this machine alone" in said
    done = rapport(environ, "doctor")
    assert done.returncode == 0
    assert "\n0 wrong, " in done.stdout


def test_nothing_running_is_said_with_the_way_out_and_exit_code_1() -> None:
    nothing = {"RAPPORT_CLICKHOUSE_PORT": "1", "RAPPORT_KAFKA_BOOTSTRAP": "127.0.0.1:1"}
    done = rapport(nothing, "doctor")
    assert done.returncode == 1
    assert (
        "wrong  store: no ClickHouse answers at 127.0.0.1:1\n       → start it (`rapport demo`" in done.stdout
    )
    assert "wrong  broker: no broker answers at 127.0.0.1:1\n" in done.stdout
    assert "ok     packages: all " in done.stdout
    assert "2 wrong" in done.stdout
    assert done.stderr == ""


def test_a_database_and_topics_that_are_missing_lead_to_migrate(
    stack: EmbeddedStack, database: str, topic_prefix: str
) -> None:
    settings = load_settings(environment(stack, database, topic_prefix))
    found = {each.what: each.way_out for each in examine(settings) if each.level == "wrong"}
    names = ", ".join(f"{topic_prefix}{name}" for name in ("events", "dead-letters", "alerts"))
    assert found == {
        f"database {database}: migrations pending: all": "run `rapport migrate`",
        f"topics: {names} not there": "run `rapport migrate`",
    }


def test_another_number_of_partitions_and_another_log_are_wrong(
    environ: dict[str, str], stack: EmbeddedStack
) -> None:
    wanted = load_settings({**environ, "RAPPORT_PARTITIONS": "3"})
    found = {each.what: each.way_out for each in check_broker(wanted) if each.level == "wrong"}
    assert found == {
        f"topic {wanted.events_topic}: 2 partitions, the settings say 3": "set RAPPORT_PARTITIONS=2"
    }
    client = connect(stack.store, "migrate", database=wanted.clickhouse.database)
    client.execute("TRUNCATE TABLE topics")
    client.disconnect()
    [wrong] = [each.what for each in check_broker(load_settings(environ)) if each.level == "wrong"]
    assert wrong.startswith("log: the tables do not know the topic")


def test_a_log_that_is_kept_too_short_or_takes_small_messages_only_is_named(
    environ: dict[str, str], stack: EmbeddedStack
) -> None:
    if stack.broker.kind != "kafka":
        pytest.skip("Tansu does not change a topic's settings: Kafka is not installed (Java 17+ and Maven)")
    settings = load_settings(environ)
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    changed = {"retention.ms": str(86_400_000), "max.message.bytes": "1000"}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, settings.events_topic, configs=changed)])
    admin.close()
    found = {each.what: each.level for each in check_broker(settings) if each.level != "ok"}
    assert found == {
        f"topic {settings.events_topic}: kept 1 d, a replay needs 35 d": "warn",
        f"topic {settings.events_topic}: messages up to 1,000 B only": "wrong",
    }


def test_a_user_without_a_password_here_is_not_checked(environ: dict[str, str]) -> None:
    only_reader = {
        name: value for name, value in environ.items() if "MIGRATE" not in name and "WRITER" not in name
    }
    found = list(check_store(load_settings(only_reader).clickhouse))
    assert [each.what for each in found if each.level == "warn"] == [
        "rapport_writer is not checked",
        "rapport_migrate is not checked",
    ]
    assert not [each for each in found if each.level == "wrong"]


def test_a_wrong_password_is_wrong_and_never_printed(tmp_path: Path) -> None:
    """In a server of its own: libchdb 26.7 now and then aborts after a failed login."""
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        environ = {**stack.environ(), "RAPPORT_CLICKHOUSE_WRITER_PASSWORD": "hunter2"}
        found = list(check_store(load_settings(environ).clickhouse))
    wrong = [each.what for each in found if each.level == "wrong"]
    assert wrong
    assert wrong[0].startswith("rapport_writer: ")
    assert "hunter2" not in "".join(wrong)


def test_a_database_that_is_missing_leads_to_migrate_and_not_to_passwords(tmp_path: Path) -> None:
    """In a server of its own, as above: ClickHouse lets nobody in whose default database is missing."""
    with EmbeddedStack(tmp_path, with_broker=False) as stack:
        admin = connect(stack.store, "migrate", database="system")
        admin.execute("DROP DATABASE rapport SYNC")
        admin.disconnect()
        found = list(check_store(load_settings(stack.environ()).clickhouse))
    wrong = [each for each in found if each.level == "wrong"]
    assert wrong[0].what == "rapport_reader is not let in: there is no database rapport"
    assert wrong[0].way_out == "run `rapport migrate`"


def test_rights_other_than_a_users_own_are_named(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer is held to what the reader may: it may read and fill the table, and so is named for it."""
    monkeypatch.setitem(RIGHTS, WRITER_USER, RIGHTS[READER_USER])
    settings = load_settings(environ).clickhouse
    posts = f"{settings.database}.posts"
    assert [each.what for each in check_store(settings) if each.level == "wrong"] == [
        f"rapport_writer may SELECT on {posts}",
        f"rapport_writer may INSERT on {posts}",
    ]


def test_a_stopped_folder_is_examined_by_starting_its_store(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path, broker="tansu") as stack:
        prepare(load_settings({**stack.environ(), "RAPPORT_PARTITIONS": "2"}))
    done = rapport({}, "doctor", "--data-dir", str(tmp_path))
    assert done.returncode == 0
    assert "ok     broker: stopped, as its folder is" in done.stdout
    other = rapport({}, "doctor", "--data-dir", str(tmp_path / "other"))
    assert other.returncode == 1
    assert "holds no data of rapport" in other.stdout
