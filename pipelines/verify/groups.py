"""The accounts in groups of neighbours, so that nothing is read that does not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from msgspec import Struct

from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.queries import query

FACTS_A_GROUP = 200_000
_LAST = "\U0010ffff"


class Group(Struct, frozen=True):
    """Accounts of one network whose ids lie in [`first`, `until`)."""

    network: str
    first: str
    until: str

    @property
    def parameters(self) -> dict[str, str]:
        """Return what queries need to read this group alone."""
        return {"network": self.network, "first": self.first, "until": self.until}


def account_groups(client: ClickHouse, account: str) -> tuple[int, list[Group]]:
    """Return how many accounts there are, and all of them (or the one named) in groups."""
    sizes = client.rows(query("accounts"), {"account": account})
    if account:
        return len(sizes), [Group(network, account, f"{account}\0") for network, _, _ in sizes]
    by_network = {network: list(rows) for network, rows in groupby(sizes, key=lambda row: row[0])}
    return len(sizes), [group for network in by_network for group in _groups(network, by_network[network])]


def _groups(network: str, sizes: list[tuple[str, str, int]]) -> Iterator[Group]:
    first, facts = "", 0
    for _, account, size in sizes:
        if facts and facts + size > FACTS_A_GROUP:
            yield Group(network, first, account)
            first, facts = account, 0
        facts += size
    yield Group(network, first, _LAST)
