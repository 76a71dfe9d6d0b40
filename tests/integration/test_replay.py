"""`rapport replay`: a log folded again gives the same tables, empty ones or those that it made before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.embedded import EmbeddedStack
from pipelines.cli.replay import command
from pipelines.errors import UsageError
from pipelines.preparation import prepare
from pipelines.settings import MIGRATE_USER
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify import verify
from tests.integration.worker_run import Chain, chain, history

pytestmark = pytest.mark.integration


@pytest.fixture
def log(stack: EmbeddedStack, database: str, topic_prefix: str, tmp_path: Path) -> Iterator[Chain]:
    with chain(stack, database, topic_prefix, tmp_path) as made:
        yield made


def test_a_log_folded_again_gives_the_same_tables(log: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in log.environ.items():
        monkeypatch.setenv(name, value)
    log.send(history(300))
    fold(log)
    assert log.differences() == []
    assert replayed().startswith(f"epoch 2: {log.sent + 3} messages will be folded")
    fold(log)
    assert verified(log) == "lost=0 twice=0 differing=0"
    with ClickHouse(log.settings.clickhouse, MIGRATE_USER) as keeper:
        keeper.run(f"DROP DATABASE {log.settings.clickhouse.database} SYNC")
    assert prepare(log.settings).epoch == 1
    assert replayed().endswith("the log is whole: every window is written\n")
    fold(log)
    assert log.differences() == []
    assert verified(log) == "lost=0 twice=0 differing=0"


def test_tables_restored_from_a_backup_go_on_where_they_are(
    log: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in log.environ.items():
        monkeypatch.setenv(name, value)
    messages = list(history(300))
    log.send(messages[: len(messages) // 2])
    fold(log)
    database = log.settings.clickhouse.database
    with ClickHouse(log.settings.clickhouse, MIGRATE_USER, database="system") as keeper:
        keeper.run(f"BACKUP DATABASE {database} TO File('{log.settings.topic_prefix}saved')")
        log.send(messages[len(messages) // 2 :])
        fold(log)
        keeper.run(f"DROP DATABASE {database} SYNC")
        keeper.run(f"CREATE DATABASE {database}")
        keeper.run(f"RESTORE DATABASE {database} FROM File('{log.settings.topic_prefix}saved')")
    assert replayed("checkpoint") == (
        f"{len(messages) - len(messages) // 2} messages lie behind the tables and will be folded;"
        " start the workers\n"
    )
    fold(log)
    assert log.differences() == []
    assert verified(log) == "lost=0 twice=0 differing=0"


def test_tables_ahead_of_their_log_do_not_belong_to_it(log: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in log.environ.items():
        monkeypatch.setenv(name, value)
    log.send(history(20))
    fold(log)
    with ClickHouse(log.settings.clickhouse, MIGRATE_USER) as keeper:
        keeper.run(
            "INSERT INTO checkpoints SELECT * REPLACE (version + 1000 AS version,"
            " replaceRegexpOne(body, '\"offset\":[0-9]+', '\"offset\":999999') AS body)"
            " FROM checkpoints FINAL WHERE kind = 'position' LIMIT 1"
        )
    done = CliRunner().invoke(command, ["--from", "checkpoint"])
    assert isinstance(done.exception, UsageError)
    assert "they do not belong together any more" in str(done.exception)


def fold(log: Chain) -> None:
    worker = log.start()
    log.wait_until_folded()
    log.finish(worker)


def replayed(begin: str = "earliest") -> str:
    done = CliRunner().invoke(command, ["--from", begin], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def verified(log: Chain) -> str:
    report = verify(log.client)
    assert report.findings == ()
    return str(report)
