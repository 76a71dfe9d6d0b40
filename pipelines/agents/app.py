"""The Faust app: one agent on the log, no tables, no acknowledgements, explicit commits.

What Faust 0.15.3 does by itself is switched off where it would lose something: a failing agent ends the
process, an un-acknowledged event is never committed over (`noack`), and the offset that Kafka holds is only a
copy of the position in `checkpoints`, committed by `consumer._commit_offsets` right behind it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import faust
import msgspec
from faust.types import TP
from mode.supervisors import CrashingSupervisor

from pipelines.agents.folding import Folding
from pipelines.agents.pace import Pace
from pipelines.agents.relevance import Scorer
from pipelines.errors import RapportError
from pipelines.rows import AlertRow, DeadLetter
from pipelines.settings import Settings
from pipelines.sinks.state_store import StateStore
from pipelines.topics import alerts_topic

logger = logging.getLogger(__name__)

BEAT_S = 0.2
SESSION_TIMEOUT_S, HEARTBEAT_S = 6.0, 2.0
TANSU_REBALANCE_TIMEOUT_S = 3.0
EXIT_FATAL = 70


def create_app(
    settings: Settings, store: StateStore, *, epoch: int, slot: str, slot_dir: Path
) -> tuple[faust.App, Folding]:
    """Return the app of one worker process. `slot` names it in the group; `slot_dir` is its own folder."""
    app = faust.App(**_configuration(settings, slot=slot, slot_dir=slot_dir))
    events = app.topic(settings.events_topic, value_type=bytes, value_serializer="raw", key_serializer="raw")
    graveyard = app.topic(
        settings.dead_letters_topic, value_type=bytes, value_serializer="raw", key_serializer="raw"
    )
    heralded = app.topic(
        alerts_topic(settings), value_type=bytes, value_serializer="raw", key_serializer="raw"
    )
    folding = Folding(
        store,
        Scorer(),
        topic=settings.events_topic,
        epoch=epoch,
        commit=_committer(app, settings.events_topic),
        bury=_gravedigger(graveyard, settings.events_topic),
        announce=_herald(heralded),
        pace=Pace.of(settings),
        erasure_secret=None if settings.erasure_secret is None else settings.erasure_secret.text,
        process=f"worker {slot}",
    )

    @app.agent(events, concurrency=1, name="fold", supervisor_strategy=CrashingSupervisor)
    async def fold(stream: Any) -> None:
        async for event in stream.noack().events():
            message = event.message
            try:
                await folding.take(message.partition, message.offset, message.value or b"")
            except Exception as error:
                end_process(error)

    @app.timer(BEAT_S, name="beat")  # type: ignore[untyped-decorator]
    async def beat() -> None:
        try:
            await folding.beat()
        except Exception as error:
            end_process(error)

    @app.on_partitions_revoked.connect
    async def forget(*_: Any, **__: Any) -> None:
        folding.revoke()

    @app.on_partitions_assigned.connect
    async def note(*arguments: Any, **__: Any) -> None:
        assigned: set[TP] = arguments[1]
        folding.assign(each.partition for each in assigned if each.topic == settings.events_topic)

    return app, folding


def _configuration(settings: Settings, *, slot: str, slot_dir: Path) -> dict[str, Any]:
    tansu = settings.broker_kind == "tansu"
    return {
        "id": settings.consumer_group,
        "broker": f"kafka://{settings.kafka_bootstrap}",
        "datadir": slot_dir,
        "store": "memory://",
        "value_serializer": "raw",
        "processing_guarantee": "at_least_once",
        "web_enabled": False,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "table_standby_replicas": 0,
        "stream_wait_empty": False,
        "stream_buffer_maxsize": 256,
        "stream_publish_on_commit": False,
        "broker_session_timeout": SESSION_TIMEOUT_S,
        "broker_heartbeat_interval": HEARTBEAT_S,
        "broker_rebalance_timeout": TANSU_REBALANCE_TIMEOUT_S if tansu else 30.0,
        "broker_commit_interval": 3_600.0,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": None if tansu else f"{settings.consumer_group}-{slot}",
        "consumer_max_fetch_size": 4 * 1024 * 1024,
        "producer_compression_type": "lz4",
        "producer_linger": 0.02,
        "worker_redirect_stdouts": False,
    }


def _committer(app: Any, topic: str) -> Callable[[dict[int, int]], Awaitable[None]]:
    async def commit(offsets: dict[int, int]) -> None:
        await app.consumer._commit_offsets(
            {TP(topic, partition): offset for partition, offset in offsets.items()}
        )

    return commit


def _gravedigger(graveyard: Any, topic: str) -> Callable[[Sequence[DeadLetter]], Awaitable[None]]:
    async def bury(letters: Sequence[DeadLetter]) -> None:
        under_way = []
        for letter in letters:
            value = msgspec.json.encode({"topic": topic, **msgspec.structs.asdict(letter)})
            key = f"{topic}:{letter.epoch}:{letter.partition}:{letter.offset}:{letter.index}"
            under_way.append(await graveyard.send(key=key.encode(), value=value))
        for each in under_way:
            await each

    return bury


def _herald(topic: Any) -> Callable[[Sequence[AlertRow]], Awaitable[None]]:
    """Return what says every change of state in the topic `alerts`: at least once, keyed by account."""

    async def announce(rows: Sequence[AlertRow]) -> None:
        under_way = []
        for row in rows:
            value = {"network": row.network, "account_id": row.account, "version": row.version}
            change = msgspec.to_builtins(row.change)
            key = f"{row.network}:{row.account}".encode()
            under_way.append(await topic.send(key=key, value=msgspec.json.encode(value | change)))
        for each in under_way:
            await each

    return announce


def end_process(error: BaseException) -> None:
    """End at once with a word in the log: the supervisor starts a fresh process from the checkpoint."""
    if isinstance(error, RapportError):
        logger.critical("the worker ends: %s", error)
    else:
        logger.critical("the worker ends", exc_info=error)
    logging.shutdown()
    os._exit(EXIT_FATAL)
