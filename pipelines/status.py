"""How the system is doing, gathered from the broker and the store; either may be away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from pipelines import clock
from pipelines.checkpoint import PositionBody
from pipelines.errors import RapportError
from pipelines.offsets import end_offsets
from pipelines.rows import INDEX_BITS, OFFSET_BITS
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.migrate import pending
from pipelines.sinks.spend import Spent, spent
from pipelines.sinks.spools import Spooled, spooled
from pipelines.topic_facts import BrokerFacts, look_at_broker

PATIENCE_S = 3.0
TOLD_LATELY_MS = 180_000
"""Three times the interval in which an ingest tells its figures."""
BROKER_STOPPED = "stopped"
_TABLES = (
    "posts", "post_stats", "interactions", "profiles", "post_edits", "deletions", "matured",
    "account_windows", "account_windows_latest", "checkpoints", "batches", "dead_letters",
    "source_cursors", "ingest_gaps", "brands",
)  # fmt: skip


class BrokerStatus(Struct, frozen=True, kw_only=True):
    """The broker's side. `away`: why it is not known, in words; then the rest is empty."""

    away: str | None = None
    version: str | None = None
    topic: str | None = None
    topic_id: str | None = None
    ends: dict[int, int] = {}
    dead_letters: int | None = None


class Position(Struct, frozen=True, kw_only=True):
    """Where a partition stands in the store: the last offset folded, and its clocks."""

    epoch: int
    offset: int
    watermarks: dict[str, int]
    saved_at: int


class DeadLetters(Struct, frozen=True):
    """How many documents were refused for one reason, and who refused them."""

    source: str
    reason: str
    count: int


class Cursor(Struct, frozen=True):
    """Where a source stands, and when it said so."""

    source: str
    cursor: str
    saved_at: int


class StoreStatus(Struct, frozen=True, kw_only=True):
    """The store's side. `away`: why it is not known, in words; then the rest is empty.

    `pending`: migrations of this code that the database has not seen. `topic_id`: the log it comes from.
    `rows`: rows as stored, those that a merge will drop included.
    """

    away: str | None = None
    version: str | None = None
    pending: tuple[str, ...] = ()
    topic_id: str | None = None
    epoch: int | None = None
    rows: dict[str, int] = {}
    positions: dict[int, Position] = {}
    dead_letters: tuple[DeadLetters, ...] = ()
    cursors: tuple[Cursor, ...] = ()
    spent: tuple[Spent, ...] = ()
    spooled: tuple[Spooled, ...] = ()


class PartitionStatus(Struct, frozen=True, kw_only=True):
    """A partition. `end`: offset of the next record; `position`: offset of the last one in a checkpoint.

    `lag`: records after the last checkpoint, end − position − 1; what was folded since then (a minute's worth
    at most) counts as lag. None where one side is not known.
    """

    partition: int
    end: int | None
    position: int | None
    lag: int | None
    checkpoint_age_s: float | None


class NetworkStatus(Struct, frozen=True, kw_only=True):
    """A network's watermark: the least of its partitions, so that everything before it is in."""

    network: str
    watermark_at: int
    age_s: float


class Status(Struct, frozen=True, kw_only=True):
    """Everything that `rapport status` shows. `in_step`: the tables come from the log that the broker has."""

    at: int
    broker: BrokerStatus
    store: StoreStatus
    partitions: tuple[PartitionStatus, ...]
    networks: tuple[NetworkStatus, ...]
    in_step: bool | None

    @property
    def lag(self) -> int | None:
        """Records behind the last checkpoints, of all partitions; None where it is not known."""
        known = [each.lag for each in self.partitions if each.lag is not None]
        return sum(known) if known else None


def gather(settings: Settings, *, broker: bool = True) -> Status:
    """Ask broker and store; what is away is said in words. Without `broker` it is known to be stopped."""
    store = _store(settings)  # before the broker: so no lag is below 0
    log = _broker(settings) if broker else BrokerStatus(away=BROKER_STOPPED)
    now = clock.now_ms()
    in_step = _in_step(log, store)
    return Status(
        at=now,
        broker=log,
        store=store,
        partitions=_partitions(log, store, now, comparable=in_step is not False),
        networks=_networks(store, now),
        in_step=in_step,
    )


class Limits(Struct, frozen=True, kw_only=True):
    """What counts as progress; None: not looked at.

    A partition stands if records wait and its last checkpoint is older than `checkpoint_age_s`.
    """

    lag: int | None = None
    checkpoint_age_s: float = 300.0
    watermark_age_s: float | None = None


def standing(status: Status, limits: Limits) -> Iterator[str]:
    """Give a line for each thing that does not progress, the gravest first."""
    if status.broker.away == BROKER_STOPPED:
        yield "the broker is stopped"
    elif status.broker.away is not None:
        yield f"the broker is away: {status.broker.away}"
    if status.store.away is not None:
        yield f"the store is away: {status.store.away}"
    elif status.store.pending:
        yield f"migrations are pending: {', '.join(status.store.pending)}: run `rapport migrate`"
    elif not status.in_step:
        yield "the tables do not come from the log that the broker has: run `rapport migrate`"
    for spool in status.store.spooled:
        if spool.is_full and status.at - spool.told_at < TOLD_LATELY_MS:
            megabytes = spool.most_bytes >> 20
            yield f"{spool.source} is not read: {megabytes} MB of it wait on disk until Kafka takes them"
    for each in status.partitions:
        if each.lag and each.checkpoint_age_s is not None and each.checkpoint_age_s > limits.checkpoint_age_s:
            waiting = f"{each.lag} records wait, the last checkpoint is {each.checkpoint_age_s:.0f} s old"
            yield f"partition {each.partition} does not progress: {waiting}"
    if limits.lag is not None and (status.lag or 0) > limits.lag:
        yield f"the workers lag behind: {status.lag} records wait, {limits.lag} may"
    for each_network in status.networks:
        if limits.watermark_age_s is not None and each_network.age_s > limits.watermark_age_s:
            name, age_s = each_network.network, each_network.age_s
            yield f"the watermark of {name} is {age_s:.0f} s old: does its ingest run?"


def _broker(settings: Settings) -> BrokerStatus:
    try:
        facts = look_at_broker(settings)
        topic = facts.topics.get(settings.events_topic)
        if topic is None:
            return BrokerStatus(version=facts.version)
        return BrokerStatus(
            version=facts.version,
            topic=topic.name,
            topic_id=topic.topic_id,
            ends=end_offsets(settings),
            dead_letters=_refused(facts, settings),
        )
    except RapportError as error:
        return BrokerStatus(away=str(error))


def _refused(facts: BrokerFacts, settings: Settings) -> int | None:
    topic = facts.topics.get(settings.dead_letters_topic)
    return topic.records if topic else None


def _store(settings: Settings) -> StoreStatus:
    try:
        with ClickHouse(settings.clickhouse, WRITER_USER, patience_s=PATIENCE_S) as client:
            return _look(client, settings)
    except RapportError as error:
        return StoreStatus(away=str(error))


def _look(client: ClickHouse, settings: Settings) -> StoreStatus:
    version = client.version()
    if not client.rows("EXISTS TABLE migrations")[0][0]:
        return StoreStatus(version=version, pending=("all of them",))
    if waiting := tuple(pending(client)):
        return StoreStatus(version=version, pending=waiting)
    log = client.rows(_LOG, {"topic": settings.events_topic})
    return StoreStatus(
        version=version,
        topic_id=str(log[0][1]) if log else None,
        epoch=int(log[0][0]) if log else None,
        rows={name: int(client.rows(f"SELECT count() FROM {name}")[0][0]) for name in _TABLES},  # noqa: S608
        positions=dict(_position(row) for row in client.rows(_POSITIONS)),
        dead_letters=tuple(DeadLetters(*row) for row in client.rows(_DEAD_LETTERS)),
        cursors=tuple(Cursor(*row) for row in client.rows(_CURSORS)),
        spent=spent(client),
        spooled=spooled(client),
    )


def _position(row: tuple[Any, ...]) -> tuple[int, Position]:
    partition, version, body, saved_at = row
    saved = msgspec.json.decode(body, type=PositionBody)
    epoch = version >> (OFFSET_BITS + INDEX_BITS)
    return int(partition), Position(
        epoch=epoch, offset=saved.offset, watermarks=saved.watermarks, saved_at=saved_at
    )


def _partitions(
    log: BrokerStatus, store: StoreStatus, now: int, *, comparable: bool
) -> tuple[PartitionStatus, ...]:
    found = []
    for number in sorted({*log.ends, *store.positions}):
        end, position = log.ends.get(number), store.positions.get(number)
        known = comparable and end is not None and position is not None
        found.append(
            PartitionStatus(
                partition=number,
                end=end,
                position=position.offset if position else None,
                lag=end - position.offset - 1 if known else None,  # type: ignore[operator, union-attr]
                checkpoint_age_s=(now - position.saved_at) / 1_000 if position else None,
            )
        )
    return tuple(found)


def _networks(store: StoreStatus, now: int) -> tuple[NetworkStatus, ...]:
    clocks: dict[str, list[int]] = {}
    for position in store.positions.values():
        for network, at in position.watermarks.items():
            clocks.setdefault(network, []).append(at)
    return tuple(
        NetworkStatus(network=network, watermark_at=min(ats), age_s=(now - min(ats)) / 1_000)
        for network, ats in sorted(clocks.items())
    )


def _in_step(log: BrokerStatus, store: StoreStatus) -> bool | None:
    if log.topic_id is None or store.topic_id is None:
        return None
    epochs = {each.epoch for each in store.positions.values()}
    return log.topic_id == store.topic_id and epochs <= {store.epoch}


_LOG = "SELECT epoch, topic_id FROM topics FINAL WHERE topic = %(topic)s ORDER BY epoch DESC LIMIT 1"
_POSITIONS = """
SELECT account_id, version, body, toUnixTimestamp64Milli(toDateTime64(written_at, 3))
FROM checkpoints FINAL
WHERE kind = 'position'
"""
_DEAD_LETTERS = """
SELECT source, reason, count() AS refused
FROM dead_letters FINAL
GROUP BY source, reason
ORDER BY refused DESC, source, reason
LIMIT 50
"""
_CURSORS = """
SELECT source, cursor, toUnixTimestamp64Milli(saved_at)
FROM source_cursors FINAL
ORDER BY source
"""
