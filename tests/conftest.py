"""What tests share: one embedded stack a session, a database and a topic prefix a test, the real data."""

import os
import shutil
import uuid
from collections.abc import Generator, Iterator
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import settings

from infra.embedded import EmbeddedStack
from tests import scratch
from tests.metrics.migrated_store import MigratedStore, opened
from tests.stores import EMPTY, MIGRATED, MigratedDatabases, connect

REPOSITORY = Path(__file__).resolve().parent.parent
# What a machine with other work takes longer for is not wrong.
settings.register_profile("rapport", deadline=None)
settings.load_profile("rapport")
_database_names = cycle(EMPTY)

# What a test may be skipped for in CI; all else that is skipped there is a failure.
ALLOWED_SKIPS = ("a real Grafana", "the internet")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the files of tests in memory where there is room, unless told where with --basetemp."""
    is_worker = hasattr(config, "workerinput")  # of pytest-xdist: it is told where
    if is_worker or config.option.basetemp or (memory := scratch.memory()) is None:
        return
    folder = scratch.make(memory, os.getpid())
    config.option.basetemp = str(folder / "files")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStack]:
    """The embedded stack: Kafka where it is installed, else Tansu; RAPPORT_BROKER forces one."""
    with EmbeddedStack(tmp_path_factory.mktemp("stack"), databases=("rapport", *EMPTY, *MIGRATED)) as running:
        yield running


@pytest.fixture
def database(stack: EmbeddedStack) -> Iterator[str]:
    """The name of an empty ClickHouse database of this test alone; rapport_reader sees its views."""
    name = next(_database_names)
    client = connect(stack.store, "migrate", database="system")
    client.execute(f"DROP DATABASE IF EXISTS {name} SYNC")
    client.execute(f"CREATE DATABASE {name}")
    yield name
    client.execute(f"DROP DATABASE IF EXISTS {name} SYNC")
    client.disconnect()


@pytest.fixture(scope="session")
def migrated_databases(stack: EmbeddedStack) -> MigratedDatabases:
    return MigratedDatabases(stack)


@pytest.fixture
def migrated_database(migrated_databases: MigratedDatabases) -> Iterator[str]:
    """The name of a database of this test alone with all our tables and views, and no rows."""
    with migrated_databases.one() as name:
        yield name


@pytest.fixture
def store(stack: EmbeddedStack, migrated_database: str) -> Iterator[MigratedStore]:
    """That database as the worker writes it and a reader sees it."""
    with opened(stack.store, migrated_database) as found:
        yield found


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for the topics of this test alone, ending in a dot."""
    return f"t{uuid.uuid4().hex[:12]}."


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real posts: RAPPORT_DATA, else `../shared/data` beside the repository."""
    folder = Path(os.environ.get("RAPPORT_DATA") or REPOSITORY.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"real data not found: {folder}")
    return folder


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With RAPPORT_STRICT_SKIPS=1 turn a skip for a reason that is not allowed into a failure."""
    report = yield
    _fail_on_forbidden_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same for a whole module that skips itself."""
    report = yield
    _fail_on_forbidden_skip(report)
    return report


def _fail_on_forbidden_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("RAPPORT_STRICT_SKIPS") != "1" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not any(allowed in reason for allowed in ALLOWED_SKIPS):
        report.outcome = "failed"
        report.longrepr = f"skipped, and not for a reason of the list in tests/conftest.py: {reason}"
