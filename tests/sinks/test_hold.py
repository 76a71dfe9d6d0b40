"""What one process alone may do, against the real ClickHouse."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from infra.embedded import EmbeddedStack
from pipelines.errors import Retriable, UsageError
from pipelines.settings import MIGRATE_USER, load_settings
from pipelines.sinks import hold
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.hold import held

pytestmark = pytest.mark.integration

STANDS = """
import sys, time
from pipelines.settings import MIGRATE_USER, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.hold import held

with ClickHouse(load_settings().clickhouse, MIGRATE_USER) as client, held(client, sys.argv[1]):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def environ(stack: EmbeddedStack, database: str) -> dict[str, str]:
    return {**stack.environ(), "RAPPORT_CLICKHOUSE_DATABASE": database}


@pytest.fixture
def client(environ: dict[str, str]) -> Iterator[ClickHouse]:
    with ClickHouse(load_settings(environ).clickhouse, MIGRATE_USER) as client:
        yield client


def test_what_is_held_is_refused_to_others_until_it_is_let_go(
    client: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "PATIENCE_S", 0.5)
    with held(client, "a") as mine:
        with pytest.raises(UsageError, match=r"^another `a` is under way, begun on \S+ \d+ s ago: wait"):
            held(client, "a").__enter__()
        with held(client, "b"):
            mine.check()
    with held(client, "a"):
        pass


def test_what_a_killed_process_held_is_free(client: ClickHouse, environ: dict[str, str]) -> None:
    with subprocess.Popen([sys.executable, "-c", STANDS, "a"], env=environ, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        other.kill()
    with held(client, "a") as mine:
        mine.check()


def test_a_hold_that_clickhouse_ended_is_told(client: ClickHouse) -> None:
    with held(client, "a") as mine:
        client.rows("KILL QUERY WHERE query_id LIKE '%: a' SYNC")
        deadline = time.monotonic() + 20
        with pytest.raises(Retriable, match="ClickHouse was away meanwhile"):
            while time.monotonic() < deadline:
                mine.check()
                time.sleep(0.05)
