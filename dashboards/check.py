"""Every query of every board, in both faces, run as the reader on a store with the simulated business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from dashboards.answers import Choice, bind
from dashboards.grafana import render
from dashboards.panels import Dashboard
from dashboards.plugin import ALL, expand
from pipelines.errors import RapportError
from pipelines.events import DAY_MS
from pipelines.settings import READER_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse

HOSTILE: Final = ("' ; DROP TABLE posts; --", "ünï – 😀 %s %(x)s", "a\\b", "${account:singlequote}")


class Ran(Struct, frozen=True):
    """One query that ran: what asked it, its columns (name and type), and how many rows came."""

    board: str
    face: str
    asker: str
    columns: tuple[tuple[str, str], ...]
    rows: int


class Asked(Struct, frozen=True):
    """One query as ClickHouse gets it, with its parameters."""

    face: str
    asker: str
    sql: str
    parameters: Mapping[str, object] | None = None


def run_all(
    settings: ClickHouseSettings,
    board: Dashboard,
    values: Mapping[str, Sequence[str]],
    *,
    accounts: Sequence[str],
    window: str,
    to_at: int,
    describe: bool = False,
) -> Iterator[Ran]:
    """Run a board's queries; variables missing from `values` are All, of which `accounts` are there.

    The columns are told only with `describe`. Raises RapportError that names who asked.
    """
    with ClickHouse(settings, READER_USER, patience_s=5) as client:
        for asked in [
            *_local(board, values, window, to_at),
            *_grafana(board, values, accounts, window, to_at),
        ]:
            try:
                described = (
                    client.rows(f"DESCRIBE TABLE ({asked.sql}\n)", asked.parameters) if describe else []
                )
                rows = len(client.rows(asked.sql, asked.parameters))
            except RapportError as error:
                raise RapportError(f"{board.uid}, {asked.face}, {asked.asker}: {error}") from error
            columns = tuple((str(row[0]), str(row[1])) for row in described)
            yield Ran(board.uid, asked.face, asked.asker, columns, rows)


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
    queries = [(panel.title, panel.sql) for panel in board.panels]
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
) -> Iterator[Asked]:
    tree = render(board)
    multi = [variable.name for variable in board.variables if variable.multi]
    chosen = {"window": (window,), **{name: values.get(name, (ALL,)) for name in multi}}
    options = {name: accounts if name == "account" else () for name in multi}
    queries = [
        (each["name"], each["definition"]) for each in tree["templating"]["list"] if each["type"] == "query"
    ]
    queries += [
        (each["name"], each["target"]["rawSql"]) for each in tree["annotations"]["list"] if "target" in each
    ]
    for panel in tree["panels"]:
        queries += [(panel["title"], target["rawSql"]) for target in panel.get("targets", ())]
    for asker, sql in queries:
        text = expand(sql, chosen, options, from_at=to_at - board.days * DAY_MS, to_at=to_at)
        yield Asked("grafana", asker, text)
