"""What the notifier reads and remembers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from pipelines.alerts.expectation import PostFacts
from pipelines.brand import NO_BRAND, Brand, decode_brand
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.columns import Columns

_STATES = """
SELECT
    network,
    account_id,
    account,
    alert,
    state,
    toUnixTimestamp64Milli(since),
    firing,
    measure,
    expected,
    observed,
    ratio,
    low,
    high,
    p_value,
    posts,
    telling,
    reason
FROM alert_state
ORDER BY
    network,
    account,
    alert
"""
_TOLD = """
SELECT network, account_id, alert, state, toUnixTimestamp64Milli(since), channel
FROM alert_deliveries FINAL
WHERE outcome IN ('sent', 'too_old')
"""
_INCIDENTS = """
SELECT rule, part, toUnixTimestamp64Milli(began_at)
FROM pipeline_incidents FINAL
WHERE is_on
"""
_SILENCES = """
SELECT network, account_id, toUnixTimestamp64Milli(until_at)
FROM alert_silences FINAL
WHERE until_at > now64(3)
"""
_BRAND = """
SELECT content
FROM brands FINAL
ORDER BY occurred_at DESC, written_at DESC
LIMIT 1
"""
_POSTS = """
SELECT id, permalink, text, ifNull(interactions_24h, interactions_1h)
FROM post_facts
WHERE network = %(network)s AND account_id = %(account)s AND id IN %(ids)s
"""
_HANDLES = "SELECT network, account_id, handle FROM accounts"
_ACCOUNTS = """
SELECT network, account_id
FROM accounts
WHERE (%(network)s = '' OR network = %(network)s)
    AND (account_id = %(account)s OR lower(handle) = lower(%(account)s))
"""

_MATURED = """
SELECT
    matured.network,
    matured.account_id,
    matured.id,
    toUnixTimestamp64Milli(matured.occurred_at),
    assumeNotNull(matured.interactions),
    matured.followers,
    matured.kind = 'quote',
    posts.has_link,
    posts.has_media,
    posts.has_mention
FROM
(
    SELECT network, account_id, id, due_at, occurred_at, interactions, followers, kind
    FROM matured FINAL
    WHERE age = '24h' AND measured AND isNotNull(interactions) AND kind IN ('original', 'quote')
) AS matured
INNER JOIN
(
    SELECT network, account_id, id, has_link, has_media, has_mention
    FROM posts FINAL
    WHERE relation = 'own' AND kind IN ('original', 'quote')
) AS posts USING (network, account_id, id)
ORDER BY
    matured.network,
    matured.account_id,
    matured.due_at,
    matured.id
"""

StateRow = tuple[
    str, str, str, str, str, int, int, str,
    float | None, float | None, float | None, float | None, float | None, float | None, int | None,
    list[str], str,
]  # fmt: skip
"""The columns of `_STATES`."""
ToldKey = tuple[str, str, str, str, int, str]
"""Network, account id, alert, state, since, channel."""


class AlertStore:
    """The tables of alerts, for the notifier and the command line."""

    def __init__(self, client: ClickHouse) -> None:
        self._client = client

    def states(self) -> list[StateRow]:
        """Return every row of `alert_state`."""
        return [tuple(row) for row in self._client.rows(_STATES)]

    def told(self) -> set[ToldKey]:
        """Return what was told, or was too old to be told, by channel."""
        return {tuple(row) for row in self._client.rows(_TOLD)}

    def silences(self) -> dict[tuple[str, str], int]:
        """Return until when each silenced account is silent."""
        return {(network, account): until for network, account, until in self._client.rows(_SILENCES)}

    def brand(self) -> Brand:
        """Return the brand that holds now: the last that the log told."""
        found = self._client.rows(_BRAND)
        try:
            return decode_brand(found[0][0]) if found else NO_BRAND
        except msgspec.DecodeError:
            return NO_BRAND

    def posts(
        self, network: str, account: str, ids: Collection[str]
    ) -> dict[str, tuple[str, str, int | None]]:
        """Return permalink, text and interactions of these posts, by id."""
        if not ids:
            return {}
        keys = {"network": network, "account": account, "ids": tuple(ids)}
        return {id_: (link, text, count) for id_, link, text, count in self._client.rows(_POSTS, keys)}

    def find(self, account: str, network: str = "") -> list[tuple[str, str]]:
        """Return network and id of the accounts with this handle or id."""
        keys = {"account": account.removeprefix("@"), "network": network}
        return [(found, id_) for found, id_ in self._client.rows(_ACCOUNTS, keys)]

    def histories(self) -> dict[tuple[str, str], list[PostFacts]]:
        """Return the headline posts at age 24 h of every account, in the order in which they were decided."""
        found: dict[tuple[str, str], list[PostFacts]] = {}
        for network, account, id_, at, interactions, followers, *traits in self._client.rows(_MATURED):
            quotes, links, shows, mentions = (bool(trait) for trait in traits)
            post = PostFacts(
                id=id_,
                at=at,
                interactions=interactions,
                followers=followers,
                quotes=quotes,
                links=links,
                shows=shows,
                mentions=mentions,
            )
            found.setdefault((network, account), []).append(post)
        return found

    def handles(self) -> dict[tuple[str, str], str]:
        """Return the handle, or where none is known the id, of every account."""
        return {(network, id_): handle or id_ for network, id_, handle in self._client.rows(_HANDLES)}

    def note(self, keys: Sequence[ToldKey], *, outcome: str, detail: str, at: int) -> None:
        """Remember what became of messages."""
        names = ("network", "account_id", "alert", "state", "since", "channel")
        columns = {name: [key[place] for key in keys] for place, name in enumerate(names)}
        same = {"outcome": outcome, "detail": detail, "at": at}
        self._client.insert(
            "alert_deliveries",
            {**columns, **{name: [value] * len(keys) for name, value in same.items()}},
        )

    def incidents(self) -> dict[tuple[str, str], int]:
        """Return from when on each incident of the pipeline is on, by rule and part."""
        return {(rule, part): began for rule, part, began in self._client.rows(_INCIDENTS)}

    def note_incidents(self, begins: Mapping[tuple[str, str], int], *, is_on: bool, at: int) -> None:
        """Remember incidents of the pipeline that began, or that are over."""
        if not begins:
            return
        count = len(begins)
        columns: Columns = {
            "rule": [rule for rule, _ in begins],
            "part": [part for _, part in begins],
            "began_at": list(begins.values()),
            "is_on": [is_on] * count,
            "at": [at] * count,
        }
        self._client.insert("pipeline_incidents", columns)

    def rows(self, sql: str) -> list[Mapping[str, Any]]:
        """Return the rows of a query, by column."""
        columns, rows = self._client.table(sql)
        return [dict(zip((name for name, _ in columns), row, strict=True)) for row in rows]

    def silence(self, network: str, account: str, *, until_at: int, at: int) -> None:
        """Tell nothing of an account until then."""
        row = {"network": network, "account_id": account, "until_at": until_at, "at": at}
        self._client.insert("alert_silences", {name: [value] for name, value in row.items()})
