"""A live ingest says every few seconds that it is alive, so that silence is never taken for peace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from pipelines import clock
from pipelines.ingest.report import IngestReport
from pipelines.ingest.worker import IngestOptions
from pipelines.rows import Heartbeat
from pipelines.sources.base import Source

Progress = Callable[[IngestReport], None]


@runtime_checkable
class Polls(Protocol):
    """A source that reads counts again and again: it looks every so many seconds what is due.

    `polled_at`: when it looked last and got all that was due, in ms; before the first time when it began.
    """

    poll_every_s: float
    polled_at: int


def beating(
    source: Source,
    options: IngestOptions | None,
    beat: Callable[[Sequence[Heartbeat]], None],
    on_progress: Progress,
) -> Progress:
    """Return a progress that also gives heartbeats, as often as ticks.

    Who does not move the clock has none: files, imports.
    """
    options = options or IngestOptions()
    if source.bounded or not options.ticks:
        return on_progress
    beaten_s = clock.monotonic_s() - options.tick_every_s

    def tell(report: IngestReport) -> None:
        nonlocal beaten_s
        if clock.monotonic_s() - beaten_s >= options.tick_every_s:
            beaten_s = clock.monotonic_s()
            beat(heartbeats_of(source, options.tick_every_s, report, now_at=clock.now_ms()))
        on_progress(report)

    return tell


def heartbeats_of(
    source: Source, tick_every_s: float, report: IngestReport, *, now_at: int
) -> list[Heartbeat]:
    """Return one heartbeat a network of the source."""
    polls = source if isinstance(source, Polls) else None
    return [
        Heartbeat(
            part="ingest",
            name=source.name,
            network=network,
            every_s=tick_every_s,
            poll_s=polls.poll_every_s if polls else None,
            snapshot_at=polls.polled_at if polls else None,
            watermark=report.ticked_at,
            at=now_at,
        )
        for network in source.networks
    ]
