"""The schema: migrations once and in order, then the views.

The three users and their rights come with the server's configuration (infra/clickhouse/users.d), since users
that a server reads from files cannot be granted anything by SQL.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator

from msgspec import Struct

from pipelines.errors import Fatal, UsageError
from pipelines.metrics.view_sql import fragments
from pipelines.settings import MIGRATE_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sql_files import filled, sql_files

logger = logging.getLogger(__name__)

FACT_TABLES = (
    "posts",
    "post_stats",
    "profiles",
    "interactions",
    "post_edits",
    "deletions",
    "matured",
)
_FACT_TABLES = """
SELECT name, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN %(tables)s
"""
_APPLIED = """
CREATE TABLE IF NOT EXISTS migrations
(
    name String COMMENT 'file of the migration',
    digest String COMMENT 'SHA-256 of what was applied',
    applied_at DateTime DEFAULT now()
)
ENGINE = MergeTree
ORDER BY name
"""


class Migrated(Struct, frozen=True):
    """What a run did: the migrations it applied, and how many views it made."""

    applied: tuple[str, ...]
    views: int


def migrate(settings: ClickHouseSettings, *, facts_ttl_days: int = 400) -> Migrated:
    """Bring the database to this version of the code. Running it twice is harmless.

    Raises UsageError if a migration that was applied reads differently now, or if the schema is ahead.
    """
    with ClickHouse(settings, MIGRATE_USER, database="") as server:
        server.run(f"CREATE DATABASE IF NOT EXISTS {_quoted(settings.database)}")
    with ClickHouse(settings, MIGRATE_USER) as client:
        client.run(_APPLIED)
        values = _values(settings, facts_ttl_days)
        applied = tuple(_apply_new(client, values))
        _keep_facts(client, facts_ttl_days)
        views = _make_views(client, values)
    return Migrated(applied, len(views))


def pending(client: ClickHouse) -> list[str]:
    """Return the migrations of this code that the database has not seen."""
    known = {name for (name,) in client.rows("SELECT name FROM migrations")}
    return [file.name for file in sql_files("migrations") if file.name not in known]


def _values(settings: ClickHouseSettings, facts_ttl_days: int) -> dict[str, str]:
    return {
        "database": _quoted(settings.database),
        "definer": MIGRATE_USER,
        "facts_ttl_days": str(int(facts_ttl_days)),
        **fragments(),
    }


def _quoted(name: str) -> str:
    if not name.replace("_", "").isalnum():
        raise UsageError(f"RAPPORT_CLICKHOUSE_DATABASE must be letters, digits and _, not {name!r}")
    return f"`{name}`"


def statements(text: str) -> Iterator[str]:
    """Give the statements of a file: they end with a semicolon at the end of a line."""
    for statement in f"{text}\n".split(";\n"):
        if any(line.strip() and not line.lstrip().startswith("--") for line in statement.splitlines()):
            yield statement


def _apply_new(client: ClickHouse, values: dict[str, str]) -> Iterator[str]:
    known: dict[str, str] = dict(client.rows("SELECT name, digest FROM migrations"))
    ours = sql_files("migrations")
    if ahead := sorted(set(known) - {file.name for file in ours}):
        raise UsageError(f"the schema is ahead of this code: it has {', '.join(ahead)}; update the code")
    for file in ours:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if file.name not in known:
            for statement in statements(filled(file, values)):
                client.run(statement)
            client.insert("migrations", {"name": [file.name], "digest": [digest]})
            logger.info("applied %s", file.name)
            yield file.name
        elif known[file.name] != digest:
            raise UsageError(f"{file.name} was applied but reads differently now: restore it, add a new one")


def _keep_facts(client: ClickHouse, days: int) -> None:
    """Set how long facts are kept, where it is another time than before."""
    ttl = f"TTL written_at + toIntervalDay({days})"
    for table, made in client.rows(_FACT_TABLES, {"tables": FACT_TABLES}):
        if ttl not in made:
            client.run(f"ALTER TABLE {table} MODIFY {ttl}")
            logger.info("%s is kept for %s days", table, days)


def _make_views(client: ClickHouse, values: dict[str, str]) -> list[str]:
    """Make the views; one that needs another waits until that one is there."""
    waiting = {file.name.removesuffix(".sql"): filled(file, values) for file in sql_files("views")}
    made: list[str] = []
    while waiting:
        failed: dict[str, Fatal] = {}
        for name, text in list(waiting.items()):
            error = _try(lambda text=text: _run_all(client, text))  # type: ignore[misc]
            if error is None:
                made.append(name)
                del waiting[name]
            else:
                failed[name] = error
        if len(failed) == len(waiting) and failed:
            raise next(iter(failed.values()))
    return made


def _run_all(client: ClickHouse, text: str) -> None:
    for statement in statements(text):
        client.run(statement)


def _try(make: Callable[[], None]) -> Fatal | None:
    try:
        make()
    except Fatal as error:
        return error
    return None
