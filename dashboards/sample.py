"""A store filled with the simulated business, by the real fold and without a broker: to look at boards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.agents.documents import Decoded
from pipelines.agents.relevance import Scorer
from pipelines.brand import brand_hash, encode_brand
from pipelines.events import HOUR_MS, AnyEvent, BrandVersion, Tick
from pipelines.ingest.router import Router
from pipelines.partition import PartitionState
from pipelines.rows import Figure, LedgerRow, Rows
from pipelines.sinks.state_store import StateStore
from pipelines.sources.base import Reading
from pipelines.sources.simulator import Simulator, simulated_brand
from pipelines.telemetry import WorkerFigures, of_worker, stored

DOCUMENTS = 400


def fill(store: StateStore, *, end_at: int, days: float = 35, seed: int = 7, scale: float = 1.0) -> int:
    """Write the simulated history that ends at `end_at` into an empty, migrated store; return its events."""
    state, rows, scorer = PartitionState(0, 1, None), Rows(), Scorer()
    written = 0
    told: list[Figure] = []
    for offset, events in enumerate(_messages(end_at=end_at, days=days, seed=seed, scale=scale)):
        relevances = scorer.score([Decoded(event) for event in events], state.rules)
        counts = state.fold(offset, events, relevances, rows)
        rows.ledger.append(LedgerRow(1, 0, offset, counts))
        written += len(events)
        told += _told(state, offset, written, events[-1].occurred_at)
    store.insert(rows)
    checkpoint = state.take_checkpoint()
    if checkpoint is not None:
        store.save([checkpoint])
    store.tell(told)
    return written


def _told(state: PartitionState, offset: int, documents: int, at: int) -> list[Figure]:
    """Return what a worker that kept up would have told of itself at that instant."""
    figures = WorkerFigures(messages=offset + 1, documents=documents, checkpoint_at=at, lag={0: 0})
    watermarks = {(0, network): mark for network, mark in state.watermarks.items()}
    return stored(of_worker(figures, watermarks, now_at=at), part="worker", process="worker", at=at)


def _messages(*, end_at: int, days: float, seed: int, scale: float) -> Iterator[Sequence[AnyEvent]]:
    message: list[AnyEvent] = []
    for event in _log(end_at=end_at, days=days, seed=seed, scale=scale):
        message.append(event)
        if len(message) == DOCUMENTS:
            yield message
            message = []
    yield message


def _log(*, end_at: int, days: float, seed: int, scale: float) -> Iterator[AnyEvent]:
    """Give what the ingest would write: the brand, the routed events, and a tick an hour for each network."""
    brand = simulated_brand(seed)
    router = Router(brand)
    source = Simulator(
        seed=seed, end_at=end_at, now=lambda: end_at, sleep=_never, history_days=days, scale=scale
    )
    begin = source.truth.start_at
    yield BrandVersion(
        network="x", id=brand_hash(brand), occurred_at=begin, ingested_at=begin, content=encode_brand(brand)
    )
    ticked_at = begin
    for reading in source.read(None):
        if not isinstance(reading, Reading):
            continue
        while reading.event.occurred_at >= ticked_at + HOUR_MS:
            ticked_at += HOUR_MS
            yield from _ticks(source, ticked_at)
        yield from router.route(reading.event)
    yield from _ticks(source, end_at)


def _ticks(source: Simulator, at: int) -> Iterator[AnyEvent]:
    for network in source.networks:
        yield Tick(network=network, id=f"{network}-{at}", occurred_at=at, ingested_at=at)


def _never(seconds: float) -> None:
    raise RuntimeError(f"a bounded simulator asked for {seconds} s of sleep")
