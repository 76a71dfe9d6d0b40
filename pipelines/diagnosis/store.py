"""The store: reachable, its three users with just their rights, the schema, its clock."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pipelines import clock
from pipelines.diagnosis.addresses import exposure, listens
from pipelines.diagnosis.finding import Finding, ok, warn, wrong
from pipelines.errors import NoDatabase, RapportError, UsageError
from pipelines.settings import MIGRATE_USER, READER_USER, WRITER_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.migrate import pending

_PATIENCE_S = 1.0
_SKEW_S, _GREAT_SKEW_S = 2.0, 60.0
_START = "start it (`rapport demo` or `docker compose up`), or name a stack's folder with --data-dir"
_USERS_FILE = "give the server infra/clickhouse/users.d as it is"


class Right(Struct, frozen=True):
    """What a user must (or must not) be allowed; `name` is a table or view of ours, or *."""

    grant: str
    name: str
    allowed: bool


RIGHTS = {
    READER_USER: (
        Right("SELECT", "accounts", True),
        Right("SELECT", "posts", False),
        Right("INSERT", "posts", False),
        Right("CREATE TABLE", "*", False),
        Right("DROP TABLE", "*", False),
    ),
    WRITER_USER: (
        Right("SELECT", "posts", True),
        Right("INSERT", "posts", True),
        Right("CREATE TABLE", "*", False),
        Right("DROP TABLE", "*", False),
    ),
    MIGRATE_USER: (
        Right("CREATE TABLE", "*", True),
        Right("CREATE VIEW", "*", True),
        Right("ALTER", "*", True),
        Right("DROP TABLE", "*", True),
    ),
}


def check_store(settings: ClickHouseSettings) -> Iterator[Finding]:
    """Look at ClickHouse as each of its three users."""
    where = f"{settings.host}:{settings.port}"
    if not listens(settings.host, settings.port):
        yield wrong(f"store: no ClickHouse answers at {where}", _START)
        return
    yield exposure("store (native protocol)", settings.host, settings.port)
    if listens(settings.host, settings.http_port):
        yield exposure("store (HTTP)", settings.host, settings.http_port)
    else:
        yield warn(
            f"store: nothing listens at its HTTP port {settings.http_port}",
            "set RAPPORT_CLICKHOUSE_HTTP_PORT; only the SQL console and Grafana need it",
        )
    for user in RIGHTS:
        yield from _user(settings, user)


def _user(settings: ClickHouseSettings, user: str) -> Iterator[Finding]:
    try:
        settings.password_of(user)
    except UsageError as error:
        yield warn(f"{user} is not checked", str(error))
        return
    try:
        with ClickHouse(settings, user, database="", patience_s=_PATIENCE_S) as client:
            if user == READER_USER:
                yield from _server(client)
            yield from _rights(client)
            if user == WRITER_USER:
                yield _schema(settings)
    except NoDatabase as error:
        yield wrong(f"{user} is not let in: there is no database {error.database}", "run `rapport migrate`")
    except RapportError as error:
        yield wrong(f"{user}: {error}", "set its password as the server knows it")


def _server(client: ClickHouse) -> Iterator[Finding]:
    """Look at the version, and at the clock: half the way of the question is taken for the way back."""
    before = clock.now_ms()
    version, theirs = client.rows("SELECT version(), toUnixTimestamp64Milli(now64(3))")[0]
    skew_s = (int(theirs) - (before + clock.now_ms()) / 2) / 1_000
    said = f"store: ClickHouse {version}, its clock {abs(skew_s):.1f} s {'ahead' if skew_s > 0 else 'behind'}"
    way_out = "let both machines take their time from NTP"
    if abs(skew_s) > _GREAT_SKEW_S:
        yield wrong(said, way_out)
    else:
        yield warn(said, way_out) if abs(skew_s) > _SKEW_S else ok(said)


def _rights(client: ClickHouse) -> Iterator[Finding]:
    bad = []
    for right in RIGHTS[client.user]:
        on = f"{client.settings.database}.{right.name}"
        if bool(client.rows(f"CHECK GRANT {right.grant} ON {on}")[0][0]) != right.allowed:
            bad.append(f"{client.user} {'may not' if right.allowed else 'may'} {right.grant} on {on}")
    if client.user == READER_USER and int(client.rows("SELECT getSetting('readonly')")[0][0]) != 1:
        bad.append(f"{client.user} is not read-only")
    for what in bad:
        yield wrong(what, _USERS_FILE)
    if not bad:
        yield ok(f"{client.user} enters and has just its rights")


def _schema(settings: ClickHouseSettings) -> Finding:
    try:
        with ClickHouse(settings, WRITER_USER, patience_s=_PATIENCE_S) as client:
            there = client.rows("EXISTS TABLE migrations")[0][0]
            waiting = pending(client) if there else ["all"]
    except RapportError as error:
        return wrong(f"database {settings.database}: {error}", "run `rapport migrate`")
    if waiting:
        said = f"database {settings.database}: migrations pending: {', '.join(waiting)}"
        return wrong(said, "run `rapport migrate`")
    return ok(f"database {settings.database}: no migration pending")
