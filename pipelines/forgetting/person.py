"""Whom an erasure is about, and all that names them."""

from __future__ import annotations

from msgspec import Struct

from pipelines.events import Network
from pipelines.forgetting.queries import query, quietly
from pipelines.sinks.clickhouse import ClickHouse


class Person(Struct, frozen=True, kw_only=True):
    """An account that is to be forgotten. `things`: ids of what it said and did."""

    network: Network
    account: str
    things: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def person_of(client: ClickHouse, network: Network, account: str) -> Person:
    """Return an account with all that the tables know of it."""
    found = quietly(client, query("known"), {"network": network, "account": account})

    def known(what: str) -> tuple[str, ...]:
        return tuple(value for kind, value in found if kind == what and value != account)

    return Person(
        network=network,
        account=account,
        things=known("thing"),
        handles=known("handle"),
        names=known("name"),
    )
