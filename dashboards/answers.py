"""The local page's way to ClickHouse: neutral SQL, the choices as parameters, read as the reader."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from dashboards.panels import Dashboard, Panel, Variable
from dashboards.queries import fill_in, metrics_query
from pipelines import clock
from pipelines.errors import RapportError
from pipelines.events import DAY_MS
from pipelines.settings import READER_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse

Row = Mapping[str, Any]
Ask = Callable[[str, Mapping[str, Any]], list[Row]]
"""Runs a query with parameters; callable from several threads at once."""

_AT_ONCE = 3
_MOMENT_S = 20.0


class Choice(Struct, frozen=True, kw_only=True):
    """What the reader chose. Times in milliseconds; a variable that is missing or empty means all."""

    from_at: int
    to_at: int
    window: str
    values: Mapping[str, tuple[str, ...]] = {}


class Bound(Struct, frozen=True):
    """A query as clickhouse-driver takes it: SQL with %(name)s, and the values, which it escapes."""

    sql: str
    parameters: Mapping[str, Any]


class Known(Struct, frozen=True):
    """What the store holds: its first event and its clock, in milliseconds; the time zone of the brand."""

    first_at: int
    until_at: int
    time_zone: str


class Answer(Struct, frozen=True):
    """The rows of one panel, or why there are none."""

    rows: tuple[Row, ...] = ()
    error: str = ""

    @property
    def has_data(self) -> bool:
        """Tell whether the panel has something to draw."""
        return any(row.get("value", 0) is not None for row in self.rows)


def bind(sql: str, choice: Choice) -> Bound:
    """Put a choice into a neutral query, as parameters. Raises KeyError for an unknown placeholder."""
    parameters: dict[str, Any] = {}
    instants = {"from": choice.from_at, "to": choice.to_at}

    def token(name: str) -> str:
        if name == "window":
            parameters["window"] = choice.window
            return "%(window)s"
        parameters[name] = instants[name]
        return f"fromUnixTimestamp64Milli(toInt64(%({name})s), 'UTC')"

    def condition(column: str, variable: str) -> str:
        chosen = choice.values.get(variable, ())
        if not chosen:
            return "1"
        parameters[f"in_{variable}"] = tuple(chosen)
        return f"{column} IN %(in_{variable})s"

    text = fill_in(sql.replace("%", "%%"), token=token, condition=condition)
    # Without parameters the driver takes a query as it stands.
    return Bound(text if parameters else text.replace("%%", "%"), parameters)


def ask_store(settings: ClickHouseSettings, *, patience_s: float = 10.0) -> Ask:
    """Return how to query a store as the reader: one connection a call, so that threads do not meet."""

    def ask(sql: str, parameters: Mapping[str, Any]) -> list[Row]:
        with ClickHouse(settings, READER_USER, patience_s=patience_s) as client:
            columns, rows = client.table(sql, parameters)
            return [dict(zip((name for name, _ in columns), row, strict=True)) for row in rows]

    return ask


class _Last(Struct, frozen=True):
    """The last answers: the same question within a moment, as by another theme, need not be asked again."""

    choice: Choice
    at_s: float
    answers: dict[int, Answer]

    def holds_for(self, choice: Choice) -> bool:
        young = clock.monotonic_s() - self.at_s < _MOMENT_S
        return young and choice == self.choice and not any(each.error for each in self.answers.values())


class Answers:
    """Answers of a board's panels; panels that differ by their metric alone share one query."""

    def __init__(self, board: Dashboard, ask: Ask) -> None:
        self._board, self._ask = board, ask
        self._pool = ThreadPoolExecutor(max_workers=_AT_ONCE, thread_name_prefix="panels")
        self._lock = threading.Lock()
        self._last: _Last | None = None

    def known(self, now: int) -> Known:
        """Return what the store holds; nothing known yet is the time from now to now."""
        row = self._ask(_KNOWN, {})[0]
        zones = self._ask(_ZONE, {})
        if not row["accounts"]:
            return Known(now - self._board.days * DAY_MS, now, "UTC")
        zone = zones[0]["time_zone"] if zones else "UTC"
        return Known(_milli(row["first_at"]), min(_milli(row["until_at"]), now), zone)

    def options(self, variable: Variable, choice: Choice) -> list[tuple[str, str]]:
        """Return what may be chosen for a variable: value and text."""
        if variable.options is not None:
            return list(variable.options.items())
        rows = self._run(variable.sql, choice)
        return [(str(next(iter(row.values()))), str(list(row.values())[-1])) for row in rows]

    def colours(self, palette: tuple[str, ...]) -> dict[tuple[str, str], str]:
        """Return a colour for each account that stays its own whatever is chosen."""
        rows = self._ask(_ACCOUNTS, {})
        return {
            (row["network"], row["account_id"]): palette[index % len(palette)]
            for index, row in enumerate(rows)
        }

    def marks(self, choice: Choice) -> list[Row]:
        """Return what is marked on panels over time: the rows of the board's annotations."""
        return [row for each in self._board.annotations for row in self._run(each.sql, choice)]

    def all(self, choice: Choice) -> dict[int, Answer]:
        """Return the answer of every panel."""
        sql_of = asked(self._board)
        queries = set(sql_of.values())
        with self._lock:  # a board that is asked twice at once would only get both slower
            if self._last is not None and self._last.holds_for(choice):
                return self._last.answers
            found = dict(
                zip(queries, self._pool.map(lambda sql: self._answer(sql, choice), queries), strict=True)
            )
            answers = {panel.id: _part(panel, found[sql_of[panel.id]]) for panel in self._board.panels}
            self._last = _Last(choice, clock.monotonic_s(), answers)
        return answers

    def _answer(self, sql: str, choice: Choice) -> Answer:
        try:
            return Answer(tuple(self._run(sql, choice)))
        except RapportError as error:
            return Answer(error=str(error))

    def _run(self, sql: str, choice: Choice) -> list[Row]:
        bound = bind(sql, choice)
        return self._ask(bound.sql, bound.parameters)


def asked(board: Dashboard) -> dict[int, str]:
    """Return the neutral query that answers each panel, by its id; panels of one batch have the same."""
    names: dict[str, list[str]] = {}
    for panel in board.panels:
        if panel.batch:
            names.setdefault(panel.batch, []).append(panel.metric)
    batches = {batch: metrics_query(batch, metrics) for batch, metrics in names.items()}
    return {panel.id: batches.get(panel.batch, panel.sql) for panel in board.panels}


def _part(panel: Panel, answer: Answer) -> Answer:
    if not panel.batch:
        return answer
    return Answer(tuple(row for row in answer.rows if row["metric"] == panel.metric), answer.error)


def _milli(at: datetime) -> int:
    return round(at.astimezone(UTC).timestamp() * 1_000)


_KNOWN = """
SELECT count() AS accounts, min(known_since) AS first_at, max(greatest(watermark, last_at)) AS until_at
FROM account_clocks
"""
_ZONE = "SELECT time_zone FROM brand_versions ORDER BY last_at DESC LIMIT 1"
_ACCOUNTS = "SELECT network, account_id FROM accounts ORDER BY first_at, network, account_id LIMIT 500"
