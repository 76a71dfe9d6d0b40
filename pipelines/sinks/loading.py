"""Saved accounts made again: one row an account from the store, its minutes as flat lists of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from pipelines.account import AccountState
from pipelines.checkpoint import StoredPost
from pipelines.metrics.measures import NAMES
from pipelines.metrics.vectors import HIGH_PARTS, LOW_BITS, SIZE
from pipelines.rows import AccountFrame, BrandFlags
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.windows import HORIZON_MS, SavedMinutes

AccountKey = tuple[str, str]
"""Network and account id."""
MAX_QUERY_BYTES = 16 * 1024 * 1024


class _Saved(Struct, frozen=True):
    """One account; the fields are the columns of the query."""

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
    minutes: list[int]
    """Their instants, in order; then how many places each has, which, and what stands there."""
    sizes: list[int]
    places: list[int]
    values: list[int]
    post_ids: list[str]
    post_ats: list[int]
    post_bodies: list[str]


def load_accounts(client: ClickHouse, keys: Sequence[AccountKey]) -> Iterator[AccountState]:
    """Give the saved accounts among those named."""
    parameters = {"keys": tuple(keys), "horizon": HORIZON_MS}
    for row in client.rows(_ACCOUNTS, parameters, settings={"max_query_size": MAX_QUERY_BYTES}):
        yield _state(_Saved(*row))


def _state(saved: _Saved) -> AccountState:
    frame = AccountFrame(
        network=saved.network,
        account=saved.account,
        version=saved.version,
        known_since=saved.known_since,
        last_at=saved.last_at,
        brand=BrandFlags(saved.brand, saved.knows_promotion, saved.knows_topics, saved.knows_channels),
    )
    posts = map(StoredPost, saved.post_ids, saved.post_ats, saved.post_bodies)
    return AccountState.restore(frame, saved.header, _minutes(saved), [*posts])


def _minutes(saved: _Saved) -> SavedMinutes:
    sums = np.zeros((len(saved.minutes), SIZE), np.int64)
    sums[np.repeat(np.arange(len(saved.minutes)), saved.sizes), saved.places] = saved.values
    return SavedMinutes(np.array(saved.minutes, np.int64), sums)


def _vector_sql() -> str:
    """Write a row's measures as a vector: the wide ones in two parts."""
    wide = [NAMES[index] for index in HIGH_PARTS]
    low = [
        f"toInt64(modulo({name}, {1 << LOW_BITS}))" if name in wide else f"toInt64({name})" for name in NAMES
    ]
    return f"[{', '.join([*low, *(f'toInt64(intDiv({name}, {1 << LOW_BITS}))' for name in wide)])}]"


# One query, so that header, minutes and posts come from one state of the table. Minutes and posts that can no
# longer change anything stay where they are.
_ACCOUNTS = f"""
WITH
    heads AS
    (
        SELECT network, account_id, toInt64(JSONExtractInt(body, 1)) AS head
        FROM checkpoints FINAL
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
    (arraySort(groupArrayIf((at_ms, places, told), saved.kind = 'minute' AND notEmpty(places))) AS minutes).1,
    arrayMap(minute -> length(minute.2), minutes),
    arrayFlatten(minutes.2),
    arrayFlatten(minutes.3),
    (groupArrayIf((saved.id, at_ms, saved.body), saved.kind = 'post') AS posts).1,
    posts.2,
    posts.3
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
        if(kind = 'minute', {_vector_sql()}, []) AS vector,
        arrayFilter((place, value) -> value != 0, range(length(vector)), vector) AS places,
        arrayFilter(value -> value != 0, vector) AS told
    FROM checkpoints FINAL
    WHERE kind IN ('header', 'minute', 'post')
        AND (network, account_id) IN %(keys)s
        AND (kind = 'header' OR at_ms >= (SELECT min(head) FROM heads) - %(horizon)s)
) AS saved
GROUP BY
    network,
    account_id
HAVING countIf(saved.kind = 'header') > 0
"""  # noqa: S608 - column names of ours, never input
