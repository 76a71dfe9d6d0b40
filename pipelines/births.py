"""Two ways in which a supervised process begins: as a command, or forked from one that has imported all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Protocol

from infra.embedded import launcher
from pipelines import clock

POLL_S = 0.05


class Child(Protocol):
    """A process of ours, as `subprocess` shows one."""

    pid: int

    def poll(self) -> int | None:
        """Return its exit code, below 0 for a signal; None while it runs."""
        ...

    def send_signal(self, signal: int) -> None:
        """Send a signal; harmless when it has ended."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code. Raises subprocess.TimeoutExpired."""
        ...

    def kill(self) -> None:
        """Send SIGKILL."""
        ...


Birth = Callable[[int], Child]
"""Start a process that writes a byte to this file descriptor about every second; it ends with this one."""


def spawned(command: Sequence[str]) -> Birth:
    """Start a command; it is told the file descriptor by `--beat-fd`."""

    def birth(beat_fd: int) -> Child:
        launch = [sys.executable, "-I", "-S", str(launcher.__file__), str(os.getpid())]
        return subprocess.Popen(  # noqa: S603 - our own program
            [*launch, *command, "--beat-fd", str(beat_fd)], pass_fds=(beat_fd,)
        )

    return birth


def forked(run: Callable[[int], int]) -> Birth:
    """Fork this process, which must have one thread, and run something there; its result is the exit code.

    A fork takes milliseconds and shares the memory of all that was imported; to import it takes a second of a
    core, and many seconds where others want it.
    """

    def birth(beat_fd: int) -> Child:
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _be(run, beat_fd, parent)
        return Forked(pid)

    return birth


class Forked:
    """A process that was forked."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return its exit code, below 0 for a signal; None while it runs."""
        if self._code is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def send_signal(self, signal: int) -> None:
        """Send a signal; harmless when it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal)

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else clock.monotonic_s() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and clock.monotonic_s() >= deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0.0)
            time.sleep(POLL_S)
        return code

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)


def _be(run: Callable[[int], int], beat_fd: int, parent: int) -> None:
    """Be the child; never return."""
    code = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)  # those of the supervisor are not ours
        launcher.die_with(parent)
        code = run(beat_fd)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # whatever it is, it must not go on as a second supervisor
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
