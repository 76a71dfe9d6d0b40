"""One worker process: its slot in the consumer group, its signals, and an orderly end."""

from __future__ import annotations

import asyncio
import fcntl
import functools
import gc
import logging
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import IO

import faust
import uvloop

from pipelines.agents.app import EXIT_FATAL, create_app, end_process
from pipelines.agents.folding import Folding
from pipelines.agents.watch import BEAT_EVERY_S, Watch
from pipelines.errors import Fatal, RapportError, UsageError
from pipelines.exposition import Exposition
from pipelines.offsets import leave_group
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.log_identity import epoch_of_log
from pipelines.sinks.state_store import ClickHouseStore
from pipelines.topics import describe_events

logger = logging.getLogger(__name__)

MAX_SLOTS = 256
DRAIN_S, LEAVE_S = 6.0, 3.0
"""What an orderly end may take: to save everything, then to leave the group. Together below 10 s."""
GARBAGE_THRESHOLDS = (50_000, 20, 50)
"""The state is large, lives long and has no cycles; to look for them as usual took 15 % of the time."""
WORKER_PATIENCE_S = 3_600.0
"""How long an INSERT is tried again while ClickHouse is away."""


class Slot:
    """A place in the consumer group, held by a lock on a file: two processes never share a member's name."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.number, self._file = _first_free(folder)
        self.name = f"{socket.gethostname()}-{self.number}"
        self.folder = folder / str(self.number)
        self.folder.mkdir(exist_ok=True)

    def release(self) -> None:
        """Give the slot back."""
        self._file.close()


def _first_free(folder: Path) -> tuple[int, IO[str]]:
    for number in range(MAX_SLOTS):
        file = (folder / f"{number}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            continue
        return number, file
    raise UsageError(f"all {MAX_SLOTS} worker slots in {folder} are taken")


def work(settings: Settings, *, beat_fd: int | None = None) -> int:
    """Fold the log until SIGTERM or SIGINT; return the exit code: 0 after an orderly end, else 70.

    To `beat_fd` a byte is written every second, for whoever looks after the process.
    """
    topic = describe_events(settings)
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    with ClickHouse(settings.clickhouse, WRITER_USER, patience_s=WORKER_PATIENCE_S) as client:
        epoch = epoch_of_log(client, topic.name, topic.topic_id)
        slot = Slot(settings.data_dir / "slots")
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(_serve(settings, ClickHouseStore(client), epoch, slot, beat_fd))
        finally:
            slot.release()


class _PlainWorker(faust.Worker):
    """Faust's worker without its own signals, logging and process title: those are ours."""

    def install_signal_handlers(self) -> None:
        """Leave the signals alone."""

    def _setup_logging(self) -> None:
        """Leave the logging alone."""

    def _setproctitle(self, info: str, *, ident: str = "") -> None:
        """Leave the title alone."""


async def _serve(
    settings: Settings, store: ClickHouseStore, epoch: int, slot: Slot, beat_fd: int | None
) -> int:
    app, folding = create_app(settings, store, epoch=epoch, slot=slot.name, slot_dir=slot.folder)
    app.finalize()
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    watch = Watch(settings, folding, end=end_process, beat_fd=beat_fd)
    exposition = Exposition("worker", folding.readings, watch.ailment)
    exposition.start(settings.worker_metrics)
    watch.start()
    turning = asyncio.ensure_future(_turn(watch))
    logger.info("worker %s starts", slot.name)
    try:
        return await _work_until(stopping, app, folding, watch, functools.partial(_leave, settings, app))
    finally:
        turning.cancel()
        exposition.stop()


async def _work_until(
    stopping: asyncio.Event, app: faust.App, folding: Folding, watch: Watch, leave: Callable[[], None]
) -> int:
    worker = _PlainWorker(app, loop=asyncio.get_running_loop(), quiet=True, redirect_stdouts=False)
    worker.spinner = None  # it writes escape sequences into logs
    ended = asyncio.ensure_future(_run(worker))
    stopped = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not stopping.is_set():
        end_process(Fatal(f"Faust stopped by itself: {worker.crash_reason or _error_of(ended)}"))
    watch.stop()
    return await _drain(folding, worker, leave)


async def _turn(watch: Watch) -> None:
    while True:
        watch.turned()
        await asyncio.sleep(BEAT_EVERY_S)


def _leave(settings: Settings, app: faust.App) -> None:
    """Leave the group at once: a static member does not do it itself, and its partitions would wait."""
    instance = app.conf.consumer_group_instance_id
    if instance is None:
        return
    try:
        leave_group(settings, instance)
    except RapportError as error:
        logger.warning("the consumer group was not left, its session ends in a while: %s", error)


def _error_of(task: asyncio.Future[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


async def _run(worker: faust.Worker) -> None:
    """Run the service until it stops; its start alone takes as long as the group takes to form."""
    await worker.start()
    await worker.wait_until_stopped()


async def _drain(folding: Folding, worker: faust.Worker, leave: Callable[[], None]) -> int:
    """Checkpoint, commit, leave the group; what is not saved in time the next worker folds again."""
    try:
        await asyncio.wait_for(folding.drain(), DRAIN_S)
    except TimeoutError:
        logger.warning("not everything could be saved within %.0f s; the next worker folds it again", DRAIN_S)
        os._exit(EXIT_FATAL)
    try:
        await asyncio.wait_for(_stop(worker, leave), LEAVE_S)
    except TimeoutError:
        logger.warning("the consumer group was not left within %.0f s", LEAVE_S)
        os._exit(0)
    return 0


async def _stop(worker: faust.Worker, leave: Callable[[], None]) -> None:
    await worker.stop()
    await asyncio.to_thread(leave)
