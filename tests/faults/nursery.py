"""Where the processes of a fault test come from: one process imports the program once and forks it when told.

    python -m tests.faults.nursery < orders > events        (both: one JSON document a line)

An order holds the arguments of `rapport`, the environment, the log file and what shall go wrong. A fork costs
milliseconds where a start costs two seconds of a core; what is forked is the real program, and dies for real.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from infra.embedded import launcher
from tests.faults.failpoints import Plan, arm
from tests.faults.protections import switch_off

ROOT = Path(__file__).parents[2]


class Order(Struct, frozen=True):
    """One process to be made."""

    number: int
    arguments: tuple[str, ...]
    environ: dict[str, str]
    log: str
    plan: Plan | None = None
    without: str = ""


class Forked:
    """A process that was forked: its id, and its exit code once it ended."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self.over = threading.Event()

    def signal(self, number: int) -> None:
        """Send a signal; harmless when it ended."""
        if not self.over.is_set():
            os.kill(self.pid, number)

    def end(self) -> None:
        """End it in order."""
        self.signal(signal.SIGTERM)
        assert self.wait(120) == 0, "it did not end in order"

    def wait(self, patience_s: float) -> int:
        """Wait for its end; return its exit code, below 0 for a signal."""
        assert self.over.wait(patience_s), f"process {self.pid} did not end within {patience_s} s"
        assert self.code is not None
        return self.code


class Nursery:
    """Orders processes; use it as a context manager: all of them end with it."""

    def __init__(self) -> None:
        self._made: dict[int, Forked] = {}
        self._born: dict[int, int] = {}
        self._news = threading.Condition()
        self._orders = 0
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        self._server.wait(30)
        self._reader.join(5)
        assert self._server.stdout is not None
        self._server.stdout.close()

    def make(
        self, *arguments: str, environ: dict[str, str], log: Path, plan: Plan | None = None, without: str = ""
    ) -> Forked:
        """Return a process that runs `rapport` with these arguments and nothing else in its environment."""
        with self._news:
            self._orders += 1
            order = Order(self._orders, arguments, environ, str(log), plan, without)
            assert self._server.stdin is not None
            self._server.stdin.write(msgspec.json.encode(order) + b"\n")
            self._server.stdin.flush()
            assert self._news.wait_for(lambda: order.number in self._born, 60), "the nursery does not answer"
            return self._made[self._born[order.number]]

    def _read(self) -> None:
        assert self._server.stdout is not None
        for line in self._server.stdout:
            event = json.loads(line)
            with self._news:
                if "number" in event:
                    self._made[event["pid"]] = Forked(event["pid"])
                    self._born[event["number"]] = event["pid"]
                else:
                    forked = self._made[event["pid"]]
                    forked.code = event["code"]
                    forked.over.set()
                self._news.notify_all()


def serve() -> None:
    """Fork what is ordered until there are no more orders; then end what is left."""
    import pipelines.agents.worker  # noqa: PLC0415 - imported once, for all that are forked
    import pipelines.cli.backfill  # noqa: PLC0415
    import pipelines.cli.ingest  # noqa: PLC0415
    import pipelines.cli.work  # noqa: F401, PLC0415

    children: set[int] = set()
    pending = b""
    while True:
        readable, _, _ = select.select([0], [], [], 0.02)
        if readable:
            received = os.read(0, 1 << 20)
            if not received:
                break
            *lines, pending = (pending + received).split(b"\n")
            children.update(_fork(msgspec.json.decode(line, type=Order)) for line in lines)
        _reap(children)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)


def _fork(order: Order) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _become(order, parent)
    _tell({"number": order.number, "pid": pid})
    return pid


def _reap(children: set[int]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            children.discard(pid)
            _tell({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _become(order: Order, parent: int) -> None:
    """Be the program; never return."""
    code = 1
    try:
        launcher.die_with(parent)
        log = os.open(order.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for number, file in ((0, os.open(os.devnull, os.O_RDONLY)), (1, log), (2, log)):
            os.dup2(file, number)
        os.environ.clear()
        os.environ.update(order.environ)
        if order.without:
            switch_off(order.without)
        if order.plan is not None:
            arm(order.plan)
        code = _run(order.arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _run(arguments: tuple[str, ...]) -> int:
    from pipelines.cli import main  # noqa: PLC0415

    sys.argv = ["rapport", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return 0


def _tell(event: dict[str, Any]) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


if __name__ == "__main__":
    serve()
