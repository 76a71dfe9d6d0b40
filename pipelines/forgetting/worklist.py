"""The work list of an erasure, in the table `erasing`: it outlives the process, and is empty in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from pipelines.erased_text import patterns
from pipelines.erasing import Eraser
from pipelines.forgetting.person import Person
from pipelines.forgetting.queries import quietly
from pipelines.recent import id_hash
from pipelines.sinks.clickhouse import ClickHouse

PATTERNS = ("talk", "short", "page", "brand", "word", "id")
_ALL = "SELECT DISTINCT network, what, value FROM erasing WHERE value != '' ORDER BY network, what, value"

Named = Mapping[str, tuple[str, ...]]
"""Accounts, things, handles and names, each under its own word."""


class _Row(Struct, frozen=True):
    network: str
    what: str
    value: str
    stub: str = ""
    root: int = 0


def put(client: ClickHouse, person: Person, eraser: Eraser) -> dict[str, Named]:
    """Add a person; return everybody on the list, by network: an erasure cut short is finished too."""
    _insert(client, _rows_of(person, eraser))
    listed = read(client)
    _insert(client, (row for network, named in listed.items() for row in _patterns(network, named)))
    return listed


def read(client: ClickHouse) -> dict[str, Named]:
    """Return everybody on the list, by network."""
    listed: dict[str, dict[str, tuple[str, ...]]] = {}
    for network, what, value in quietly(client, _ALL):
        named = listed.setdefault(network, dict.fromkeys(("account", "thing", "handle", "name"), ()))
        named[what] = (*named[what], value)
    return dict(listed)


def clear(client: ClickHouse) -> None:
    """Forget the list itself."""
    client.run("TRUNCATE TABLE erasing")


def _rows_of(person: Person, eraser: Eraser) -> Iterator[_Row]:
    network = person.network
    yield _Row(network, "account", person.account, eraser.stub_of_account(network, person.account))
    for thing in person.things:
        stub = eraser.stub_of_thing(network, thing)
        yield _Row(network, "thing", thing, stub, id_hash(stub))
    for what, called in (("handle", person.handles), ("name", person.names)):
        for name in called:
            yield _Row(network, what, name)


def _patterns(network: str, named: Named) -> Iterator[_Row]:
    found = patterns(named["account"], named["handle"], named["name"])
    for what in PATTERNS:
        yield _Row(network, what, "", getattr(found, what))


def _insert(client: ClickHouse, rows: Iterator[_Row]) -> None:
    listed = list(rows)
    client.insert(
        "erasing", {name: [getattr(row, name) for row in listed] for name in _Row.__struct_fields__}
    )
