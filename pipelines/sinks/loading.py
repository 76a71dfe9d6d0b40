"""Saved accounts made again: one row an account from the store, its minutes packed or as lists of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from msgspec import Struct

from pipelines.account import AccountState
from pipelines.checkpoint import StoredPost
from pipelines.frames import AccountFrame, BrandFlags
from pipelines.metrics.measures import NAMES
from pipelines.metrics.vectors import HIGH_PARTS, LOW_BITS, SIZE
from pipelines.restoring import restore
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.packed_minutes import MARK, minutes_of
from pipelines.windows import HORIZON_MS, SavedMinutes

AccountKey = tuple[str, str]
"""Network and account id."""
MAX_QUERY_BYTES = 16 * 1024 * 1024


class _Saved(Struct, frozen=True):
    """One account, its minutes apart; the fields are the first columns of the queries."""

    network: str
    account: str
    header: str
    version: int
    known_since: int
    last_at: int
    brand: str
    knows_promotion: bool
    knows_topics: bool
    knows_channels: bool
    post_ids: list[str]
    post_ats: list[int]
    post_bodies: list[str]

    def state(self, minutes: SavedMinutes) -> AccountState:
        """Return the account as it was."""
        frame = AccountFrame(
            network=self.network,
            account=self.account,
            version=self.version,
            known_since=self.known_since,
            last_at=self.last_at,
            brand=BrandFlags(self.brand, self.knows_promotion, self.knows_topics, self.knows_channels),
        )
        posts = map(StoredPost, self.post_ids, self.post_ats, self.post_bodies)
        return restore(frame, self.header, minutes, [*posts])


_WIDTH = len(_Saved.__struct_fields__)


def load_accounts(client: ClickHouse, keys: Sequence[AccountKey]) -> Iterator[AccountState]:
    """Give the saved accounts among those named."""
    of_old: list[AccountKey] = []
    for row in _rows(client, _PACKED, keys):
        saved, (old, *minutes) = _Saved(*row[:_WIDTH]), row[_WIDTH:]
        if old:
            of_old.append((saved.network, saved.account))
        else:
            yield saved.state(minutes_of(*minutes))
    if of_old:
        for row in _rows(client, _BY_COLUMN, of_old):
            yield _Saved(*row[:_WIDTH]).state(_from_columns(*row[_WIDTH:]))


def _rows(client: ClickHouse, sql: str, keys: Sequence[AccountKey]) -> list[tuple[Any, ...]]:
    parameters = {"keys": tuple(keys), "horizon": HORIZON_MS, "mark": MARK}
    return client.rows(sql, parameters, settings={"max_query_size": MAX_QUERY_BYTES})


def _from_columns(ats: list[int], sizes: list[int], places: list[int], values: list[int]) -> SavedMinutes:
    """Return minutes from flat lists: how many places each has, which, and what stands there."""
    sums = np.zeros((len(ats), SIZE), np.int64)
    sums[np.repeat(np.arange(len(ats)), sizes), places] = values
    return SavedMinutes(np.array(ats, np.int64), sums)


def _vector_sql() -> str:
    """Write a row's measures as a vector: the wide ones in two parts."""
    wide = [NAMES[index] for index in HIGH_PARTS]
    low = [
        f"toInt64(modulo({name}, {1 << LOW_BITS}))" if name in wide else f"toInt64({name})" for name in NAMES
    ]
    return f"[{', '.join([*low, *(f'toInt64(intDiv({name}, {1 << LOW_BITS}))' for name in wide)])}]"


def _query(of_a_minute: str, minutes: str) -> str:
    """Write the query: the columns of a row that holds a minute, and how those of an account come together.

    One query, so that header, minutes and posts come from one state of the table. Minutes and posts that can
    no longer change anything stay where they are; a header that was replaced only makes that a little less.
    """
    return f"""
WITH
    oldest AS
    (
        SELECT min(JSONExtractInt(body, 1)) - %(horizon)s
        FROM checkpoints
        WHERE kind = 'header' AND (network, account_id) IN %(keys)s
    )
SELECT
    network,
    account_id,
    anyIf(saved.body, saved.kind = 'header'),
    anyIf(saved.version, saved.kind = 'header'),
    anyIf(toUnixTimestamp64Milli(saved.known_since), saved.kind = 'header'),
    anyIf(toUnixTimestamp64Milli(saved.last_at), saved.kind = 'header'),
    anyIf(saved.brand, saved.kind = 'header'),
    anyIf(saved.knows_promotion, saved.kind = 'header'),
    anyIf(saved.knows_topics, saved.kind = 'header'),
    anyIf(saved.knows_channels, saved.kind = 'header'),
    (groupArrayIf((saved.id, at_ms, saved.body), saved.kind = 'post') AS posts).1,
    posts.2,
    posts.3,
    {minutes}
FROM
(
    SELECT
        network,
        account_id,
        kind,
        toUnixTimestamp64Milli(at) AS at_ms,
        id,
        body,
        version,
        known_since,
        last_at,
        brand,
        knows_promotion,
        knows_topics,
        knows_channels,
        {of_a_minute}
    FROM checkpoints FINAL
    WHERE kind IN ('header', 'minute', 'post')
        AND (network, account_id) IN %(keys)s
        AND (kind = 'header' OR at_ms >= (SELECT * FROM oldest))
) AS saved
GROUP BY
    network,
    account_id
HAVING countIf(saved.kind = 'header') > 0
"""  # noqa: S608 - column names of ours, never input


_PACKED = _query(
    f"substring(body, {len(MARK) + 1}) AS packed",
    """
    countIf(saved.kind = 'minute' AND NOT startsWith(saved.body, %(mark)s)),
    (arraySort(groupArrayIf((at_ms, packed), saved.kind = 'minute' AND length(packed) > 2)) AS minutes).1,
    arrayMap(minute -> length(minute.2), minutes),
    arrayStringConcat(minutes.2)
    """,
)
_BY_COLUMN = _query(
    f"""
        if(kind = 'minute', {_vector_sql()}, []) AS vector,
        arrayFilter((place, value) -> value != 0, range(length(vector)), vector) AS places,
        arrayFilter(value -> value != 0, vector) AS told
    """,
    """
    (arraySort(groupArrayIf((at_ms, places, told), saved.kind = 'minute' AND notEmpty(places))) AS minutes).1,
    arrayMap(minute -> length(minute.2), minutes),
    arrayFlatten(minutes.2),
    arrayFlatten(minutes.3)
    """,
)
