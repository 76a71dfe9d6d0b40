"""One child process kept alive: started, watched, started again on the same port, stopped."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from infra.embedded.errors import StartFailed

logger = logging.getLogger(__name__)

_LAUNCHER = Path(__file__).with_name("launcher.py")
_POLL_S = 0.03
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_STEADY_S = 30.0


class ChildSpec(msgspec.Struct, frozen=True, kw_only=True):
    """How a child is started and when it is ready.

    `own_launcher`: the command is a Python script that takes the parent's pid first and ties itself to it.
    `start_s` is the time it may take to become ready, `stop_s` the time from SIGTERM to SIGKILL.
    """

    name: str
    command: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    ready: Callable[[], bool]
    start_s: float
    stop_s: float
    lock_fd: int
    own_launcher: bool = False


class Child:
    """A supervised child process.

    It is started, and started again, by one thread of its own: the kernel's signal at a parent's death is
    sent when the *thread* that started the child ends.
    """

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.restarts = 0
        self.pid: int | None = None
        self._ready = threading.Event()
        self._stopping = threading.Event()
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"keep-{spec.name}", daemon=True)

    def start(self) -> None:
        """Begin; `wait_ready` tells when the child answers."""
        self._thread.start()

    def wait_ready(self) -> None:
        """Wait for the child's first answer; raise StartFailed with the end of its log if none comes."""
        self._ready.wait()
        if self._failure is not None:
            raise StartFailed(self._failure)

    def request_stop(self) -> None:
        """Have the child end, without waiting for it."""
        self._stopping.set()

    def stop(self) -> None:
        """End the child and the thread; harmless when it never started."""
        self.request_stop()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while not self._stopping.is_set():
            started = time.monotonic()
            if not self._one_life():
                return
            if time.monotonic() - started > _STEADY_S:
                pause_s = _FIRST_PAUSE_S
            self.restarts += 1
            self._stopping.wait(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _one_life(self) -> bool:
        """Start the child and see it to its end; return whether to start it again."""
        try:
            process = self._spawn()
        except OSError as error:
            return self._give_up(f"{self.spec.name} cannot be started: {error}")
        self.pid = process.pid
        try:
            problem = self._await_ready(process)
            if problem is None:
                self._ready.set()
                self._watch(process)
        finally:
            _end(process, self.spec.stop_s)
            self.pid = None
        if self._stopping.is_set():
            return self._give_up(f"{self.spec.name} was stopped")
        if not self._ready.is_set():
            return self._give_up(f"{self.spec.name} {problem}\n{_tail(self.spec.log)}")
        logger.warning("%s ended with code %s: starting it again", self.spec.name, process.returncode)
        return True

    def _give_up(self, why: str) -> bool:
        if not self._ready.is_set():
            self._failure = why
            self._ready.set()
        return False

    def _spawn(self) -> subprocess.Popen[bytes]:
        parent = str(os.getpid())
        python = (sys.executable, "-I", "-S")
        if self.spec.own_launcher:
            script, *arguments = self.spec.command
            command = (*python, script, parent, *arguments)
        else:
            command = (*python, str(_LAUNCHER), parent, *self.spec.command)
        with self.spec.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.spec.environ,
                cwd=self.spec.log.parent,
                start_new_session=True,  # the terminal's Ctrl-C is for the parent alone
                pass_fds=(self.spec.lock_fd,),
            )

    def _await_ready(self, process: subprocess.Popen[bytes]) -> str | None:
        """Return None once the child answers (or is to stop), else what went wrong."""
        deadline = time.monotonic() + self.spec.start_s
        while not self._stopping.is_set():
            if process.poll() is not None:
                return f"ended with code {process.returncode} before it was ready"
            if self.spec.ready():
                return None
            if time.monotonic() > deadline:
                return f"did not answer within {self.spec.start_s:.0f} s"
            self._stopping.wait(_POLL_S)
        return None

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None and not self._stopping.wait(_POLL_S):
            pass


def _end(process: subprocess.Popen[bytes], patience_s: float) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM if patience_s > 0 else signal.SIGKILL)
    try:
        process.wait(timeout=patience_s or None)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path, *, lines: int = 12) -> str:
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return f"the end of {log}:\n" + "\n".join(text.splitlines()[-lines:])
