"""The SQL of an erasure, from infra/clickhouse/erase.

    names/TABLE.sql    which rows name somebody on the work list (subjects.sql: those of a subject)
    clean/TABLE.sql    those rows without them: stubs, or what others say

Neither holds a name or an id: the text of a mutation stays on the disk after it is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sql_files import filled, sql_file, sql_files

_QUIET = {"log_queries": 0, "max_query_size": 64 * 1024 * 1024}
"""What is asked names somebody: no log of the server shall keep it."""


def quietly(
    client: ClickHouse, sql: str, parameters: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    """Return the rows of a query that no log of the server keeps."""
    return client.rows(sql, parameters, settings=_QUIET)


@cache
def query(name: str) -> str:
    """Return one query of the folder itself."""
    return sql_file("erase", name).read_text(encoding="utf-8")


@cache
def tables() -> tuple[str, ...]:
    """Return the tables of which some rows may name somebody who is no subject."""
    return tuple(file.name.removesuffix(".sql") for file in sql_files("erase/names"))


@cache
def names(table: str) -> str:
    """Return which rows of a table name somebody on the work list."""
    return filled(sql_file("erase/names", table), _lists()).rstrip()


@cache
def clean(table: str) -> str | None:
    """Return those rows of a table without them; None where they just go."""
    file = sql_file("erase/clean", table)
    return filled(file, {**_lists(), "names": names(table)}) if file.is_file() else None


def _lists() -> dict[str, str]:
    """Return what stands for the work list: sets and arrays of ids, patterns, and texts without names."""
    pattern = {name: _part("pattern", what=name) for name in ("talk", "short", "page", "brand", "word", "id")}
    known = _nameless("text", pattern)
    return {
        **pattern,
        "accounts": _part("values", what="account"),
        "things": _part("values", what="thing"),
        "account_list": _part("array", what="account", column="value"),
        "account_stubs": _part("array", what="account", column="stub"),
        "thing_list": _part("array", what="thing", column="value"),
        "thing_stubs": _part("array", what="thing", column="stub"),
        "thing_roots": _part("array", what="thing", column="root"),
        "nameless_text": f"if(hasAny(mentions, whom), {_talkless(known, pattern['short'])}, {known})",
        **{f"nameless_{column}": _nameless(column, pattern) for column in ("link", "bio", "url")},
        "nameless_prose": known,
    }


def _part(name: str, **values: str) -> str:
    return filled(sql_file("erase/lists", name), values).rstrip()


def _nameless(column: str, pattern: Mapping[str, str]) -> str:
    paged = f"replaceRegexpAll({column}, {pattern['page']}, '\\\\1erased\\\\2')"
    return _talkless(paged, pattern["talk"])


def _talkless(text: str, pattern: str) -> str:
    return f"replaceRegexpAll({text}, {pattern}, '@erased\\\\1')"
