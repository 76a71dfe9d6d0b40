"""Worker processes kept alive: started, watched, started again with growing pauses, told to end together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading

from msgspec import Struct

from pipelines import clock
from pipelines.births import Birth, Child

logger = logging.getLogger(__name__)

POLL_S = 0.2
STOP_S = 9.5
"""What an orderly end of all may take; then they are killed, which loses nothing."""
START_S = 60.0
"""So long a process may take until its first beat."""


class Backoff(Struct, frozen=True, kw_only=True):
    """Pauses before a process is started again: doubled each time, first again after a steady life."""

    first_s: float = 0.5
    longest_s: float = 30.0
    steady_s: float = 60.0

    def pause(self, after: float, *, lived_s: float) -> float:
        """Return the pause that follows one of `after` seconds (0: none) and a life of so many.

        >>> [Backoff().pause(0, lived_s=1), Backoff().pause(20, lived_s=1), Backoff().pause(20, lived_s=60)]
        [0.5, 30.0, 0.5]
        """
        if lived_s >= self.steady_s or after == 0:
            return self.first_s
        return min(after * 2, self.longest_s)


class Process:
    """One process at a time, which writes a byte to a pipe of its own about every second."""

    def __init__(self, name: str, birth: Birth, *, silent_s: float, backoff: Backoff) -> None:
        self.name, self._birth = name, birth
        self._silent_s, self._backoff = silent_s, backoff
        self._process: Child | None = None
        self._beats = -1
        self._started_s = self._beat_s = self._not_before_s = 0.0
        self._has_beaten = False
        self._pause_s = 0.0
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The id of the process; None while it waits to be started again."""
        return self._process.pid if self._process else None

    def look_after(self) -> None:
        """Start it, end it if it is silent, and note its end."""
        now = clock.monotonic_s()
        if self._process is None:
            if now >= self._not_before_s:
                self._start(now)
            return
        self._listen(now)
        code = self._process.poll()
        if code is None:
            self._end_if_silent(now)
        else:
            self._note_end(_reason(code), now)

    def tell_to_end(self) -> None:
        """Ask it to end in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, deadline_s: float) -> int:
        """Wait for its end, which comes by SIGKILL at the deadline; return its exit code."""
        if self._process is None:
            return 0
        try:
            return self._process.wait(max(0.0, deadline_s - clock.monotonic_s()))
        except subprocess.TimeoutExpired:
            logger.warning("%s did not end in time and is killed", self.name)
            self._process.kill()
            return self._process.wait()

    def _start(self, now: float) -> None:
        beats, theirs = os.pipe()
        os.set_blocking(beats, False)
        os.set_blocking(theirs, False)
        self._process = self._birth(theirs)
        os.close(theirs)
        self._beats, self._started_s, self._beat_s, self._has_beaten = beats, now, now, False
        logger.info("%s is process %d", self.name, self._process.pid)

    def _listen(self, now: float) -> None:
        try:
            heard = os.read(self._beats, 65_536)
        except BlockingIOError:
            return
        if heard:
            self._beat_s, self._has_beaten = now, True

    def _end_if_silent(self, now: float) -> None:
        limit = self._silent_s if self._has_beaten else max(self._silent_s, START_S)
        if now - self._beat_s <= limit or self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._note_end(f"hung: no sign of life for {now - self._beat_s:.0f} s, so it was killed", now)

    def _note_end(self, why: str, now: float) -> None:
        os.close(self._beats)
        pid, self._process = self.pid, None
        self._pause_s = self._backoff.pause(self._pause_s, lived_s=now - self._started_s)
        self._not_before_s = now + self._pause_s
        self.restarts += 1
        logger.warning(
            "%s (process %s) %s; it is started again in %.1f s", self.name, pid, why, self._pause_s
        )


def supervise(
    birth: Birth,
    count: int,
    *,
    silent_s: float,
    stop: threading.Event,
    backoff: Backoff | None = None,
) -> int:
    """Keep `count` processes running until `stop` is set.

    Return 0 if all ended in order then, else 70.
    """
    chosen = backoff or Backoff()
    processes = [
        Process(f"worker {number}", birth, silent_s=silent_s, backoff=chosen) for number in range(count)
    ]
    while not stop.is_set():
        for each in processes:
            each.look_after()
        stop.wait(POLL_S)
    for each in processes:
        each.tell_to_end()
    deadline_s = clock.monotonic_s() + STOP_S
    codes = [each.wait(deadline_s) for each in processes]
    return 0 if set(codes) <= {0, -signal.SIGTERM} else 70  # SIGTERM: it was told before it had begun


def _reason(code: int) -> str:
    if code >= 0:
        return f"ended with code {code}"
    return f"was killed by {signal.Signals(-code).name}"
