"""A database filled with a history of the simulator that ends now, folded without broker and worker."""

from collections.abc import Iterator
from itertools import count, islice

from pipelines import clock
from pipelines.brand import brand_hash, encode_brand
from pipelines.events import HOUR_MS, AnyEvent, BrandVersion, Tick
from pipelines.ingest.router import Router
from pipelines.partition import PartitionState
from pipelines.rows import Rows
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.state_store import ClickHouseStore
from pipelines.sources.base import Reading
from pipelines.sources.simulator import Simulator, simulated_brand

SEED = 1
EVENTS_A_MESSAGE = 500


def fill(settings: Settings, *, days: float) -> None:
    """Fold the simulator's history into a migrated database; every second post is on topic."""
    brand, end_at = simulated_brand(SEED), clock.now_ms() // HOUR_MS * HOUR_MS
    state, rows = PartitionState(0, 1, None), Rows()
    topic = brand.topics[0].name
    history = _history(end_at, days)
    for offset in count(1):
        if not (events := list(islice(history, EVENTS_A_MESSAGE))):
            break
        relevances = [
            (milli, topic, milli >= 500) for milli in (index % 2 * 800 for index in range(len(events)))
        ]
        state.fold(offset, events, relevances, rows)
    checkpoint = state.take_checkpoint()
    assert checkpoint is not None
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        store = ClickHouseStore(client)
        store.insert(rows)
        store.save([checkpoint])


def _history(end_at: int, days: float) -> Iterator[AnyEvent]:
    source = Simulator(seed=SEED, end_at=end_at, now=clock.now_ms, sleep=lambda _: None, history_days=days)
    brand, router = simulated_brand(SEED), Router(simulated_brand(SEED))
    begin = source.truth.start_at
    for network in source.networks:
        yield BrandVersion(
            network=network,
            id=brand_hash(brand),
            occurred_at=begin,
            ingested_at=begin,
            content=encode_brand(brand),
        )
    ticked = begin
    for reading in source.read(None):
        assert isinstance(reading, Reading)
        if reading.event.occurred_at >= ticked + HOUR_MS:
            ticked = reading.event.occurred_at
            yield from _ticks(source, ticked)
        yield from router.route(reading.event)
    yield from _ticks(source, end_at)


def _ticks(source: Simulator, at: int) -> Iterator[Tick]:
    for network in source.networks:
        yield Tick(network=network, id=f"{network}-{at}", occurred_at=at, ingested_at=at)
