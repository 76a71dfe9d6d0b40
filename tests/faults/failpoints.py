"""Named failpoints: steps of the real worker and ingest, wrapped from outside; production has none.

`arm` is called in the process that shall fail, before it starts. What happens there, happens at the step:

    kill      the process kills itself with SIGKILL
    hang      the thread that came by never goes on
    stop      the process stops itself with SIGSTOP, as one that is paged out or starved
    victim    another process is killed, whose id is in a file; the file is removed, this one goes on

Each one that fires says so first, in a line of its own file, on disk.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from clickhouse_driver.connection import Connection
from msgspec import Struct

from pipelines.agents import app, folding
from pipelines.ingest.producer import EventProducer
from pipelines.sinks.cursors import ClickHouseCursors
from pipelines.sinks.state_store import ClickHouseStore

Hit = Callable[[], None]
BETWEEN_SEND_AND_ACK_S = 0.02


class Plan(Struct, frozen=True):
    """Where a process fails, how, and after how many passes; `fired` is the file that proves it."""

    point: str
    fired: str
    action: str = "kill"
    passes: int = 0
    victim: str = ""


def arm(plan: Plan) -> None:
    """Wrap the step of this process that the plan names."""
    POINTS[plan.point](_Trigger(plan).hit)


class _Trigger:
    def __init__(self, plan: Plan) -> None:
        self._plan, self._left = plan, plan.passes
        self._lock = threading.Lock()

    def hit(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left < 0:
                self._fire()

    def _fire(self) -> None:
        match self._plan.action:
            case "kill":
                self._say()
                os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                self._say()
                time.sleep(86_400)
            case "stop":
                self._left = self._plan.passes
                self._say()
                os.kill(os.getpid(), signal.SIGSTOP)
            case "victim":
                self._kill_victim()

    def _kill_victim(self) -> None:
        victim = Path(self._plan.victim)
        try:
            pid = int(victim.read_text())
            victim.unlink()
        except (FileNotFoundError, ValueError):
            return
        self._left = self._plan.passes
        self._say()
        os.kill(pid, signal.SIGKILL)

    def _say(self) -> None:
        file = os.open(self._plan.fired, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(file, f"{self._plan.point} {os.getpid()} {time.time():.1f}\n".encode())
        os.fsync(file)
        os.close(file)


def _after_poll(hit: Hit) -> None:
    real = folding.Folding.take

    async def take(self: Any, *arguments: Any) -> None:
        hit()
        await real(self, *arguments)

    folding.Folding.take = take  # type: ignore[method-assign]


def _after_decode(hit: Hit) -> None:
    folding.decode_message = _then(folding.decode_message, hit)


def _before_insert(hit: Hit) -> None:
    ClickHouseStore.insert = _first(ClickHouseStore.insert, hit)  # type: ignore[method-assign]


def _mid_insert(hit: Hit) -> None:
    """Fail when the server has a block of rows and does not know yet that it is the last."""
    real = Connection.send_data

    def send_data(self: Any, block: Any, *arguments: Any, **more: Any) -> None:
        real(self, block, *arguments, **more)
        if block.num_rows:
            self.fout.flush()
            hit()

    Connection.send_data = send_data


def _after_insert(hit: Hit) -> None:
    ClickHouseStore.insert = _then(ClickHouseStore.insert, hit)  # type: ignore[method-assign]


def _before_checkpoint(hit: Hit) -> None:
    ClickHouseStore.save = _first(ClickHouseStore.save, hit)  # type: ignore[method-assign]


def _after_checkpoint(hit: Hit) -> None:
    ClickHouseStore.save = _then(ClickHouseStore.save, hit)  # type: ignore[method-assign]


def _after_commit(hit: Hit) -> None:
    real = app._committer

    def committer(*arguments: Any) -> Callable[[dict[int, int]], Awaitable[None]]:
        commit = real(*arguments)

        async def commit_and_hit(offsets: dict[int, int]) -> None:
            await commit(offsets)
            hit()

        return commit_and_hit

    app._committer = committer


def _before_produce(hit: Hit) -> None:
    EventProducer.send = _first(EventProducer.send, hit)  # type: ignore[method-assign]


def _after_produce_before_ack(hit: Hit) -> None:
    """Fail when the message is on its way or there, and nobody here has looked for its acknowledgement."""

    def wait_and_hit() -> None:
        time.sleep(BETWEEN_SEND_AND_ACK_S)
        hit()

    EventProducer.send = _then(EventProducer.send, wait_and_hit)  # type: ignore[method-assign]


def _after_ack_before_cursor(hit: Hit) -> None:
    ClickHouseCursors.save = _first(ClickHouseCursors.save, hit)  # type: ignore[method-assign]


def _first(real: Callable[..., Any], hit: Hit) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **more: Any) -> Any:
        hit()
        return real(*arguments, **more)

    return wrapped


def _then(real: Callable[..., Any], hit: Hit) -> Callable[..., Any]:
    def wrapped(*arguments: Any, **more: Any) -> Any:
        found = real(*arguments, **more)
        hit()
        return found

    return wrapped


WORKER_POINTS: dict[str, Callable[[Hit], None]] = {
    "after_poll": _after_poll,
    "after_decode": _after_decode,
    "before_insert": _before_insert,
    "mid_insert": _mid_insert,
    "after_insert": _after_insert,
    "before_checkpoint": _before_checkpoint,
    "after_checkpoint": _after_checkpoint,
    "after_commit": _after_commit,
}
INGEST_POINTS: dict[str, Callable[[Hit], None]] = {
    "before_produce": _before_produce,
    "after_produce_before_ack": _after_produce_before_ack,
    "after_ack_before_cursor": _after_ack_before_cursor,
}
RECOUNT_POINTS: dict[str, Callable[[Hit], None]] = {"after_send": _after_produce_before_ack}
POINTS = {**WORKER_POINTS, **INGEST_POINTS, **RECOUNT_POINTS}
PASSES = {
    "after_poll": 40,
    "after_decode": 40,
    "mid_insert": 30,
    "after_produce_before_ack": 15,
    "before_produce": 15,
}
"""The most passes before a point fires, drawn anew each time; 4 where nothing is said."""
