"""What is stored already, asked by those who bring more: whom a thing concerned, which posts are our own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from pipelines.events import Network
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.stored import OwnPost

IDS_A_QUERY = 1_000
"""The text of a query is bounded, and so is an id."""

_OF_POSTS = """
SELECT DISTINCT id, account_id
FROM posts
WHERE network = %(network)s AND id IN %(ids)s AND (%(any)s OR account_id IN %(accounts)s)
"""
_OF_ACTS = """
SELECT DISTINCT id, account_id
FROM interactions
WHERE network = %(network)s
    AND kind = %(of)s
    AND id IN %(ids)s
    AND (%(any)s OR account_id IN %(accounts)s)
"""
_OF_PEOPLE = """
SELECT DISTINCT person, account_id
FROM
(
    SELECT author AS person, account_id
    FROM posts
    WHERE network = %(network)s AND author IN %(ids)s AND (%(any)s OR account_id IN %(accounts)s)
    UNION ALL
    SELECT actor AS person, account_id
    FROM interactions
    WHERE network = %(network)s AND actor IN %(ids)s AND (%(any)s OR account_id IN %(accounts)s)
)
"""
_QUERIES = {"like": _OF_ACTS, "follow": _OF_ACTS, "account": _OF_PEOPLE}

_OWN_POSTS = """
SELECT
    own.id,
    own.at,
    arraySort(groupArrayIf(looks.at, looks.at > 0))
FROM
(
    SELECT DISTINCT id, toUnixTimestamp64Milli(occurred_at) AS at
    FROM posts
    WHERE network = %(network)s
        AND account_id IN %(accounts)s
        AND author = account_id
        AND repost_of IS NULL
        AND occurred_at >= fromUnixTimestamp64Milli(%(since)s)
) AS own
LEFT JOIN
(
    SELECT DISTINCT id, toUnixTimestamp64Milli(occurred_at) AS at
    FROM post_stats
    WHERE network = %(network)s AND account_id IN %(accounts)s AND NOT final
) AS looks ON looks.id = own.id
GROUP BY own.id, own.at
"""
_POST_IDS = """
SELECT DISTINCT id
FROM posts
WHERE network = %(network)s AND occurred_at >= fromUnixTimestamp64Milli(%(since)s)
    AND id NOT IN (SELECT id FROM deletions WHERE network = %(network)s)
ORDER BY id
"""


class ClickHouseFacts:
    """The facts in ClickHouse; see `stored.Facts` and `ingest.withdrawals.Subjects`."""

    def __init__(self, client: ClickHouse) -> None:
        self._client = client

    def subjects_of(
        self, network: Network, of: str, ids: Collection[str], accounts: Collection[str]
    ) -> dict[str, list[str]]:
        """Return the accounts that each id concerns; an id that is not stored is left out."""
        found: dict[str, list[str]] = {}
        for some in _pieces(tuple(ids)):
            parameters = {
                "network": network,
                "of": of,
                "ids": some,
                "any": int(not accounts),
                "accounts": tuple(accounts) or ("",),
            }
            for id_, account in self._client.rows(_QUERIES.get(of, _OF_POSTS), parameters):
                found.setdefault(str(id_), []).append(str(account))
        return found

    def own_posts(self, network: Network, accounts: Collection[str], since: int) -> list[OwnPost]:
        """Return the posts, reposts left out, that the accounts themselves made since then."""
        if not accounts:
            return []
        parameters: dict[str, Any] = {"network": network, "accounts": tuple(accounts), "since": since}
        rows = self._client.rows(_OWN_POSTS, parameters)
        return [OwnPost(str(id_), int(at), tuple(map(int, looks))) for id_, at, looks in rows]

    def post_ids(self, network: Network, since: int) -> list[str]:
        """Return the ids of all posts made since then that are not deleted."""
        return [str(id_) for (id_,) in self._client.rows(_POST_IDS, {"network": network, "since": since})]


def _pieces(ids: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(ids), IDS_A_QUERY):
        yield tuple(ids[start : start + IDS_A_QUERY])
