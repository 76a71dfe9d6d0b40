"""The figures of an ingest in the store, told beside its work: also while Kafka takes nothing from it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pipelines import clock
from pipelines.errors import RapportError
from pipelines.ingest.telling import IngestTelling
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.state_store import ClickHouseStore
from pipelines.telemetry import stored

logger = logging.getLogger(__name__)

KEEP_EVERY_S = 60.0
LOOK_EVERY_S = 1.0
PATIENCE_S = 3.0


@contextmanager
def keeping(tellings: Mapping[str, IngestTelling], settings: Settings) -> Iterator[None]:
    """Keep the figures of sources about once a minute, and at once when one is read no more, or again."""
    ended = threading.Event()
    thread = threading.Thread(target=_keep, args=(tellings, settings, ended), name="figures", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(2 * PATIENCE_S)


def _keep(tellings: Mapping[str, IngestTelling], settings: Settings, ended: threading.Event) -> None:
    kept_s, known_full = clock.monotonic_s(), frozenset[str]()
    while not ended.wait(LOOK_EVERY_S):
        full = frozenset(name for name, telling in tellings.items() if telling.is_full)
        if full == known_full and clock.monotonic_s() - kept_s < KEEP_EVERY_S:
            continue
        kept_s = clock.monotonic_s()
        try:
            _tell(tellings, settings)
            known_full = full
        except RapportError as error:
            logger.debug("the figures of the ingest are told later: %s", error)


def _tell(tellings: Mapping[str, IngestTelling], settings: Settings) -> None:
    with ClickHouse(settings.clickhouse, WRITER_USER, patience_s=PATIENCE_S) as client:
        store = ClickHouseStore(client)
        for name, telling in tellings.items():
            part = f"ingest {name}"
            store.tell(stored(telling.readings(), part=part, process=part, at=clock.now_ms()))
