"""Every query of every board, in both faces, run as the reader on a store with the simulated business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from msgspec import Struct

from dashboards.answers import Choice, asked, bind
from dashboards.grafana import render
from dashboards.panels import Dashboard
from dashboards.plugin import ALL, expand
from pipelines.errors import RapportError
from pipelines.events import DAY_MS
from pipelines.settings import READER_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse

TIME_SERIES: Final = 0
TABLE: Final = 1
"""Formats of the plugin."""
_AT_ONCE: Final = 2
HOSTILE: Final = ("' ; DROP TABLE posts; --", "ünï – 😀 %s %(x)s", "a\\b", "${account:singlequote}")


class Ran(Struct, frozen=True):
    """One query that ran: who asked it, as what, its columns (name and type), and how many rows came."""

    board: str
    face: str
    asker: str
    form: int
    columns: tuple[tuple[str, str], ...]
    rows: int


class Asked(Struct, frozen=True):
    """One query as ClickHouse gets it, with its parameters."""

    face: str
    asker: str
    sql: str
    parameters: Mapping[str, object] | None = None
    form: int = TABLE


def run_all(
    settings: ClickHouseSettings,
    board: Dashboard,
    values: Mapping[str, Sequence[str]],
    *,
    accounts: Sequence[str],
    window: str,
    to_at: int,
    thrifty: bool = False,
) -> Iterator[Ran]:
    """Run a board's queries; variables missing from `values` are All, of which `accounts` are there.

    `thrifty`: of Grafana's queries that differ by their metric alone only one. Raises RapportError that names
    who asked.
    """
    queries = [
        *_local(board, values, window, to_at),
        *_grafana(board, values, accounts, window, to_at, thrifty=thrifty),
    ]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda one: _run(settings, board, one), queries)


def _run(settings: ClickHouseSettings, board: Dashboard, one: Asked) -> Ran:
    with ClickHouse(settings, READER_USER, patience_s=5) as client:
        try:
            columns, rows = client.table(one.sql, one.parameters)
        except RapportError as error:
            raise RapportError(f"{board.uid}, {one.face}, {one.asker}: {error}") from error
    return Ran(board.uid, one.face, one.asker, one.form, tuple(columns), len(rows))


def choices_to_try(accounts: Sequence[str]) -> Iterable[tuple[str, Mapping[str, Sequence[str]]]]:
    """Give what a reader may choose at worst: all, one, several, and values that want to break out."""
    yield "all", {}
    yield "one", {"account": accounts[:1]}
    yield "several", {"account": accounts[:3], "network": ("x", "bluesky")}
    yield "hostile", dict.fromkeys(("account", "network", "topic"), HOSTILE)


def _local(board: Dashboard, values: Mapping[str, Sequence[str]], window: str, to_at: int) -> Iterator[Asked]:
    choice = Choice(
        from_at=to_at - board.days * DAY_MS,
        to_at=to_at,
        window=window,
        values={name: tuple(each) for name, each in values.items()},
    )
    titles = {sql: board.panel(panel_id).title for panel_id, sql in asked(board).items()}
    queries = [(title, sql) for sql, title in titles.items()]
    queries += [(f"variable {each.name}", each.sql) for each in board.variables if each.sql]
    for asker, sql in queries:
        bound = bind(sql, choice)
        yield Asked("local", asker, bound.sql, bound.parameters or None)


def _grafana(
    board: Dashboard,
    values: Mapping[str, Sequence[str]],
    accounts: Sequence[str],
    window: str,
    to_at: int,
    *,
    thrifty: bool,
) -> Iterator[Asked]:
    multi = [variable.name for variable in board.variables if variable.multi]
    chosen = {"window": (window,), **{name: values.get(name, (ALL,)) for name in multi}}
    options = {name: accounts if name == "account" else () for name in multi}
    for asker, sql, form in _asked_by_grafana(board, thrifty=thrifty):
        text = expand(sql, chosen, options, from_at=to_at - board.days * DAY_MS, to_at=to_at)
        yield Asked("grafana", asker, text, form=form)


def _asked_by_grafana(board: Dashboard, *, thrifty: bool) -> Iterator[tuple[str, str, int]]:
    """Give who asks, the query with its macros, and the format that the plugin makes of it."""
    tree = render(board)
    for each in tree["templating"]["list"]:
        if each["type"] == "query":
            yield each["name"], each["definition"], TABLE
    for each in tree["annotations"]["list"]:
        if "target" in each:
            yield each["name"], each["target"]["rawSql"], TABLE
    batch = {panel.id: panel.batch for panel in board.panels}
    ran: set[str] = set()
    for panel in tree["panels"]:
        alike = batch.get(panel["id"], "")
        if not (thrifty and alike in ran):
            yield from ((panel["title"], each["rawSql"], each["format"]) for each in panel.get("targets", ()))
        ran |= {alike} - {""}
