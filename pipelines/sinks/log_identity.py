"""Which log the tables come from: an epoch for each topic identity that the broker ever gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from pipelines.checkpoint import Checkpoint, Position
from pipelines.errors import UsageError
from pipelines.frames import BrandFlags
from pipelines.rows import BatchCounts, LedgerRow, Rows, version_of
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.state_store import ClickHouseStore

MAX_EPOCH = 255

_EPOCHS = """
SELECT epoch, topic_id, partitions
FROM topics FINAL
WHERE topic = %(topic)s
ORDER BY epoch
"""
_BRAND_BEFORE = """
SELECT hash, content
FROM brands FINAL
WHERE partition = %(partition)s AND bitAnd(bitShiftRight(version, 16), 1099511627775) <= %(offset)s
ORDER BY version DESC
LIMIT 1
"""


class Beginning(Struct, frozen=True):
    """The first offset that a partition still holds, and from when on it holds everything (0: from ever)."""

    offset: int
    whole_from: int = 0


def epoch_of_log(client: ClickHouse, topic: str, topic_id: str) -> int:
    """Return the epoch of a log. Raises UsageError if the tables know another log, or none."""
    known = client.rows(_EPOCHS, {"topic": topic})
    if not known:
        raise UsageError(f"the tables do not know the topic {topic} yet: run `rapport migrate`")
    epoch, latest_id, _ = known[-1]
    if latest_id != topic_id:
        raise UsageError(
            f"the topic {topic} is not the one that the tables come from (the broker lost its log, or it was"
            " made anew): run `rapport migrate` to go on with the new log in a new epoch"
        )
    return int(epoch)


def open_log(client: ClickHouse, topic: str, topic_id: str, partitions: Sequence[int]) -> int:
    """Make the tables know the log; return its epoch. A log that they know already is left as it is.

    A new epoch goes on with the clocks and the brand of the one before. Raises UsageError if the number of
    partitions changed: then accounts would look for their state in other partitions.
    """
    known = client.rows(_EPOCHS, {"topic": topic})
    if known and known[-1][1] == topic_id:
        return int(known[-1][0])
    if known and known[-1][2] != len(partitions):
        raise UsageError(f"the topic {topic} had {known[-1][2]} partitions, now it has {len(partitions)}")
    epoch = int(known[-1][0]) + 1 if known else 1
    if epoch > MAX_EPOCH:
        raise UsageError(f"the topic {topic} was made anew {MAX_EPOCH} times; begin with an empty database")
    _begin_partitions(ClickHouseStore(client), epoch, partitions)
    client.insert(
        "topics",
        {"topic": [topic], "topic_id": [topic_id], "epoch": [epoch], "partitions": [len(partitions)]},
    )
    return epoch


def open_replay(client: ClickHouse, topic: str, topic_id: str, beginnings: Mapping[int, Beginning]) -> int:
    """Begin to fold a known log again, from what it still holds; return the epoch.

    Accounts begin anew, with no clock and with the brand that held at the beginning. Tables into which
    nothing was folded yet need no new epoch. Raises UsageError if the tables do not know the log.
    """
    epoch = epoch_of_log(client, topic, topic_id)
    store = ClickHouseStore(client)
    untouched = all(
        position is not None and position.offset == 0 and position.version >> 56 == epoch
        for position in map(store.position, beginnings)
    )
    if not untouched:
        epoch += 1
        if epoch > MAX_EPOCH:
            raise UsageError(f"the topic {topic} had {MAX_EPOCH} epochs; begin with an empty database")
    whole = [partition for partition, begin in beginnings.items() if begin.offset == 0]
    store.insert(Rows(ledger=[_first_line(epoch, partition) for partition in whole]))
    store.save(
        [
            Checkpoint((), _replayed(client, epoch, partition, begin))
            for partition, begin in beginnings.items()
        ]
    )
    client.insert(
        "topics",
        {"topic": [topic], "topic_id": [topic_id], "epoch": [epoch], "partitions": [len(beginnings)]},
    )
    return epoch


def _replayed(client: ClickHouse, epoch: int, partition: int, begin: Beginning) -> Position:
    before = max(begin.offset - 1, 0)
    known = client.rows(_BRAND_BEFORE, {"partition": partition, "offset": before}) if before else []
    hash_, content = known[0] if known else (BrandFlags().hash, "")
    version = version_of(epoch, before, 0)
    return Position(partition, version, before, {}, hash_, content, epoch, begin.whole_from)


def _begin_partitions(store: ClickHouseStore, epoch: int, partitions: Sequence[int]) -> None:
    """Account for the control record at offset 0 of each partition, and stand behind it."""
    version = version_of(epoch, 0, 0)
    store.insert(Rows(ledger=[_first_line(epoch, each) for each in partitions]))
    store.save([Checkpoint((), _begin(store.position(each), each, version)) for each in partitions])


def _first_line(epoch: int, partition: int) -> LedgerRow:
    """Return the line of the ledger for the control record at offset 0."""
    return LedgerRow(epoch, partition, 0, BatchCounts(documents=1, control=1))


def _begin(before: Position | None, partition: int, version: int) -> Position:
    if before is None:
        return Position(partition, version, 0, {}, BrandFlags().hash, "")
    return msgspec.structs.replace(before, version=version, offset=0)
