"""One query of a person, as the read-only user: rows as they come, errors in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from clickhouse_driver import Client
from clickhouse_driver.errors import Error, NetworkError, ServerException, SocketTimeoutError
from msgspec import Struct

from pipelines.errors import RapportError, Retriable, UsageError
from pipelines.settings import READER_USER, ClickHouseSettings

BLOCK_ROWS = 8_192
"""Rows that are held in memory at once."""

_AWAY = (NetworkError, SocketTimeoutError, EOFError, ConnectionError, OSError)
_OVERLOADED = frozenset({3, 49, 107, 202, 203, 209, 210, 242, 243, 252, 285, 319, 425, 999, 1001, 1002})
_WRONG_PASSWORD = frozenset({192, 193, 194, 516})
_TOO_MUCH = {
    158: "it reads more rows than rapport_reader may",
    159: "it takes longer than rapport_reader may",
    160: "it would take longer than rapport_reader may",
    241: "it needs more memory than rapport_reader may use",
    307: "it reads more than rapport_reader may",
    396: "its result is larger than rapport_reader may fetch",
}
_QUOTA = 201
_NO_QUOTES = str.maketrans("", "", "`'")
_SYNTAX, _UNKNOWN_COLUMN, _UNKNOWN_TABLE, _READONLY, _UNKNOWN_DATABASE, _DENIED = 62, 47, 60, 164, 81, 497


class Column(Struct, frozen=True):
    """A column of an answer: its name and ClickHouse's name of its type."""

    name: str
    type: str


class Answer(Struct, frozen=True):
    """What a query gives. `rows` can be read once; `zone` is that of times whose type names none."""

    columns: tuple[Column, ...]
    rows: Iterator[tuple[Any, ...]]
    zone: ZoneInfo


@contextmanager
def asked(settings: ClickHouseSettings, sql: str) -> Iterator[Answer]:
    """Ask as rapport_reader, and let the rows stream as long as the context lasts.

    Raises UsageError for a query that is wrong, not allowed or too large, Retriable if the server is away;
    the rows may raise them too.
    """
    client = _client(settings)
    try:
        with _plain_words(settings):
            rows = client.execute_iter(sql, with_column_types=True, settings={"max_block_size": BLOCK_ROWS})
            columns = tuple(Column(*each) for each in next(rows, ()))
            zone = ZoneInfo(client.connection.server_info.get_timezone() or "UTC")
        yield Answer(columns, _streamed(settings, rows), zone)
    finally:
        client.disconnect()


def _client(settings: ClickHouseSettings) -> Any:
    return Client(
        settings.host,
        port=settings.port,
        user=READER_USER,
        password=settings.password_of(READER_USER),
        database=settings.database,
        connect_timeout=5,
        send_receive_timeout=120,
        compression="lz4",
    )


def _streamed(settings: ClickHouseSettings, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    with _plain_words(settings):
        yield from rows


@contextmanager
def _plain_words(settings: ClickHouseSettings) -> Iterator[None]:
    try:
        yield
    except ServerException as error:
        raise in_plain_words(error.code, str(error.message)) from error
    except (*_AWAY, Error) as error:
        where = f"{settings.host}:{settings.port}"
        raise Retriable(
            f"no ClickHouse answers at {where}: start it (`rapport demo` or `docker compose up`),"
            " or name the folder of an embedded stack with --data-dir"
        ) from error


def in_plain_words(code: int, message: str) -> RapportError:
    """Return what a server's exception means to the one who asked."""
    said = _first_sentence(message)
    if code in _OVERLOADED:
        return Retriable(f"ClickHouse cannot answer now (code {code}): {said}")
    if code in _WRONG_PASSWORD:
        return UsageError(
            f"ClickHouse does not let {READER_USER} in: check RAPPORT_CLICKHOUSE_READER_PASSWORD"
        )
    return UsageError(_mistake(code, said, message))


def _mistake(code: int, said: str, message: str) -> str:
    if code in _TOO_MUCH:
        return f"the query is too large: {_TOO_MUCH[code]}. Ask for less: one account, fewer days, a LIMIT"
    if code == _SYNTAX:
        return _syntax(said, message)
    shown = "SHOW TABLES names them"
    return {
        _QUOTA: f"{READER_USER} has asked too much in this minute: wait a minute, then ask again",
        _UNKNOWN_COLUMN: f"there is no column {_named(said)}{_meant(message)}",
        _UNKNOWN_TABLE: f"there is no view {_named(said)}{_meant(message)}; {shown}",
        _UNKNOWN_DATABASE: f"there is no database {_named(said)}: run `rapport migrate` first",
        _DENIED: f"not allowed: {READER_USER} reads views and nothing else{_grant(said)}; {shown}",
        _READONLY: f"not allowed: {READER_USER} only reads ({said})",
    }.get(code, said)


def _syntax(said: str, message: str) -> str:
    if "Multi-statements" in message:
        return "one statement at a time: there is more after the first semicolon"
    found = re.search(r"failed at position (\d+) \(.*?\)(?: \(line (\d+), col (\d+)\))?: (.*)", said)
    if found is None:
        return said
    place = f"line {found[2]}, column {found[3]}" if found[2] else f"character {found[1]}"
    rest = found[4] if len(found[4]) <= 40 else f"{found[4][:40]}…"
    return f"the query cannot be read from {place} on: {rest or 'it ends too early'}"


def _first_sentence(message: str) -> str:
    """Return what the server says, less its stack trace, scope and lists of what it had expected."""
    text = message.split("Stack trace", maxsplit=1)[0].removeprefix("DB::Exception: ")
    text = " ".join(text.split())
    text = re.split(r"\. (?:Expected|Maybe you meant)\b|[:.]? In scope | in scope |: [Ww]hile ", text)[0]
    return text.rstrip(". ")


def _named(said: str) -> str:
    found = re.search(r"[`'\"]([^`'\"]+)[`'\"]|^Database (\S+)", said)
    return (found[1] or found[2]) if found else said.rpartition(" ")[2]


def _meant(message: str) -> str:
    found = re.search(r"[Mm]aybe you meant:? \[?([^\]?\n]+)", message)
    return f"; maybe you meant {found[1].translate(_NO_QUOTES).rstrip('. ')}" if found else ""


def _grant(said: str) -> str:
    found = re.search(r"the grant (\w[\w ]*?)(?:\(.*\))? ON (\S+)", said)
    return f", not {found[1]} on {found[2]}" if found else ""
