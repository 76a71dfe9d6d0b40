"""Every query of every board, in both faces, run as the reader on a store with the simulated business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal

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
Face = Literal["local", "grafana"]
FACES: Final[tuple[Face, ...]] = ("local", "grafana")
_AT_ONCE: Final = 2
HOSTILE: Final = ("' ; DROP TABLE posts; --", "ünï – 😀 %s %(x)s", "a\\b", "${account:singlequote}")


class Ran(Struct, frozen=True):
    """One query that ran: who asked it, as what, its columns (name and type), and how many rows came."""

    board: str
    face: Face
    asker: str
    form: int
    columns: tuple[tuple[str, str], ...]
    rows: int


class Asked(Struct, frozen=True):
    """One query as ClickHouse gets it, with its parameters."""

    board: str
    face: Face
    asker: str
    sql: str
    parameters: Mapping[str, object] | None = None
    form: int = TABLE


def run_all(settings: ClickHouseSettings, asked: Iterable[Asked]) -> Iterator[Ran]:
    """Run queries as the reader. Raises RapportError that names who asked."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda one: _run(settings, one), asked)


def queries(
    boards: Sequence[Dashboard],
    values: Mapping[str, Sequence[str]],
    *,
    accounts: Sequence[str],
    window: str,
    to_at: int,
    faces: Sequence[Face] = FACES,
) -> list[Asked]:
    """Return the boards' queries as ClickHouse gets them.

    Variables missing from `values` are All, of which `accounts` are there. What several boards ask is there
    once, and of Grafana's queries that differ by their metric alone one.
    """
    asked_by: dict[str, Asked] = {}
    alike: set[str] = set()
    for board in boards:
        if "local" in faces:
            asked_by |= {one.sql: one for one in _local(board, values, window, to_at)}
        if "grafana" in faces:
            asked_by |= {one.sql: one for one in _grafana(board, values, accounts, window, to_at, alike)}
    return list(asked_by.values())


def _run(settings: ClickHouseSettings, one: Asked) -> Ran:
    with ClickHouse(settings, READER_USER, patience_s=5) as client:
        try:
            columns, rows = client.table(one.sql, one.parameters)
        except RapportError as error:
            raise RapportError(f"{one.board}, {one.face}, {one.asker}: {error}") from error
    return Ran(one.board, one.face, one.asker, one.form, tuple(columns), len(rows))


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
        yield Asked(board.uid, "local", asker, bound.sql, bound.parameters or None)


def _grafana(
    board: Dashboard,
    values: Mapping[str, Sequence[str]],
    accounts: Sequence[str],
    window: str,
    to_at: int,
    alike: set[str],
) -> Iterator[Asked]:
    multi = [variable.name for variable in board.variables if variable.multi]
    chosen = {"window": (window,), **{name: values.get(name, (ALL,)) for name in multi}}
    options = {name: accounts if name == "account" else () for name in multi}
    for asker, sql, form in _asked_by_grafana(board, alike):
        text = expand(sql, chosen, options, from_at=to_at - board.days * DAY_MS, to_at=to_at)
        yield Asked(board.uid, "grafana", asker, text, form=form)


def _asked_by_grafana(board: Dashboard, alike: set[str]) -> Iterator[tuple[str, str, int]]:
    """Give who asks, the query with its macros, and the format that the plugin makes of it."""
    tree = render(board)
    for each in tree["templating"]["list"]:
        if each["type"] == "query":
            yield each["name"], each["definition"], TABLE
    for each in tree["annotations"]["list"]:
        if "target" in each:
            yield each["name"], each["target"]["rawSql"], TABLE
    batch = {panel.id: f"{panel.batch} {panel.kind}" for panel in board.panels if panel.batch}
    for panel in tree["panels"]:
        name = batch.get(panel["id"], "")
        if name not in alike:
            yield from ((panel["title"], each["rawSql"], each["format"]) for each in panel.get("targets", ()))
        alike |= {name} - {""}
