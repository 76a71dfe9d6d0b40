"""The servers that a command talks to: those of the environment, or an embedded stack in a data folder."""

from __future__ import annotations

import functools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra.embedded import EmbeddedError, EmbeddedStack, find_running, launcher
from pipelines import clock
from pipelines.errors import Fatal, UsageError
from pipelines.settings import Settings, load_settings

logger = logging.getLogger(__name__)

_LAUNCHER = Path(launcher.__file__)
STOP_S = 15.0
MAX_RESTARTS, RESTART_WINDOW_S, RESTART_PAUSE_S = 5, 60.0, 0.5


def settings_of(stack: Mapping[str, str], data_dir: Path, **more: str) -> Settings:
    """Return the settings with which parts find an embedded stack."""
    return load_settings(environment_of(stack, data_dir, **more))


def environment_of(stack: Mapping[str, str], data_dir: Path, **more: str) -> dict[str, str]:
    """Return the environment of a child process that works on an embedded stack."""
    mine = {
        "RAPPORT_DATA_DIR": str(data_dir),
        "RAPPORT_PARTITIONS": "4",
        "RAPPORT_METRICS_PORT": "off",  # nobody asks a process that is looked after here
        **more,
    }
    return {**os.environ, **stack, **mine}


@contextmanager
def opened(data_dir: Path | None, *, with_broker: bool = False) -> Iterator[Settings]:
    """Give the settings to read with.

    Without a folder they are those of the environment; else of the stack that runs in the folder, or of a
    store that is started on it and stopped afterwards. Raises UsageError if the folder holds no stack.
    """
    if data_dir is None:
        yield load_settings()
        return
    if not (data_dir / "clickhouse").is_dir():
        raise UsageError(f"{data_dir} holds no data of rapport: name the folder given to analyze or demo")
    running = find_running(data_dir)
    if running is not None:
        yield settings_of(running.environ(), data_dir)
        return
    with embedded(data_dir, with_broker=with_broker) as stack:
        yield settings_of(stack.environ(), data_dir)


@contextmanager
def embedded(
    data_dir: Path, *, with_broker: bool = True, on_progress: Callable[[str], None] | None = None
) -> Iterator[EmbeddedStack]:
    """Run an embedded stack. What it cannot do is said as UsageError."""
    try:
        with EmbeddedStack(data_dir, with_broker=with_broker, on_progress=on_progress) as stack:
            yield stack
    except EmbeddedError as error:
        raise UsageError(str(error)) from error


class Part:
    """A part of the system in a process of its own, which ends when this one does, however it ends."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.name, self._log = name, log
        log.parent.mkdir(parents=True, exist_ok=True)
        launch = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
        command = [*launch, sys.executable, "-m", *arguments]
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    @property
    def pid(self) -> int:
        """Return the id of the process."""
        return self._process.pid

    def ended(self) -> int | None:
        """Return its exit code; None while it runs."""
        return self._process.poll()

    def last_words(self) -> str:
        """Return the last lines of its log."""
        lines = self._log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-5:]) or f"nothing in {self._log}"

    def stop(self) -> None:
        """Ask it to end, then make it."""
        if self.ended() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Supervised:
    """A part that is started again when it ends by itself, with growing pauses, but not for ever."""

    def __init__(self, name: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self._make = functools.partial(Part, name, arguments, environment, log)
        self._part = self._make()
        self._restarts: list[float] = []
        self._not_before = 0.0

    @property
    def pid(self) -> int:
        """Return the id of the process that runs now."""
        return self._part.pid

    def look_after(self) -> None:
        """Start it again if it ended. Raises Fatal with its last words after five times in a minute."""
        code = self._part.ended()
        now = clock.monotonic_s()
        if code is None or now < self._not_before:
            return
        self._restarts = [at for at in self._restarts if now - at < RESTART_WINDOW_S]
        if len(self._restarts) >= MAX_RESTARTS:
            words = self._part.last_words()
            raise Fatal(
                f"the {self._part.name} ended {MAX_RESTARTS + 1} times within a minute; at last: {words}"
            )
        logger.warning("the %s ended with %s and is started again", self._part.name, code)
        self._restarts.append(now)
        self._not_before = now + RESTART_PAUSE_S * len(self._restarts)
        self._part = self._make()

    def stop(self) -> None:
        """Stop it for good."""
        self._part.stop()
