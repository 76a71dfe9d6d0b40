"""A look at a worker from outside its event loop: lag, health, and an end when it hangs.

The look is taken in threads of its own, so that a loop that is stuck is seen too, and the ends of the
partitions come from the broker itself, so that a consumer that fetches nothing is seen too. A broker that
does not answer holds up the look, never the beat.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress

from pipelines import clock
from pipelines.agents.folding import Folding
from pipelines.errors import Fatal, RapportError
from pipelines.offsets import committed_offsets, end_offsets
from pipelines.settings import Settings
from pipelines.telemetry import Progress

LOOK_EVERY_S, BEAT_EVERY_S = 10.0, 1.0
UNWELL_AFTER_S = 60.0
"""So long without progress, or without ClickHouse, and the worker is not healthy; it goes on all the same."""
WHILE_OTHERS_MOVE = 5
"""So many times as long may a partition stand while others move: in a backlog it may wait for its turn."""


class Watch:
    """Watch a folding from `start` on; `end` is called once, with the reason, when it hangs.

    Hanging is: for `stalled_s` its event loop did not turn, it had no partitions, or nothing moved though
    records waited; or one partition stood for five times as long. But never while ClickHouse refuses what it
    is asked, since that is waited for.
    """

    def __init__(
        self,
        settings: Settings,
        folding: Folding,
        *,
        end: Callable[[Fatal], None],
        beat_fd: int | None = None,
    ) -> None:
        self._settings, self._folding, self._end = settings, folding, end
        self._beat_fd = beat_fd
        self._progress = Progress()
        self._turned_s = self._assigned_s = clock.monotonic_s()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._judge, name="watch", daemon=True),
            threading.Thread(target=self._look_again_and_again, name="look", daemon=True),
        ]

    def start(self) -> None:
        """Begin to look."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Look no more: an orderly end takes its time."""
        self._stopping.set()

    def turned(self) -> None:
        """Note that the event loop turns; called from it about once a second."""
        self._turned_s = clock.monotonic_s()

    def ailment(self) -> str | None:
        """Return why the worker is not healthy, None if it is. Any thread may ask."""
        refused_s = self._folding.refused_s
        if refused_s > UNWELL_AFTER_S:
            return f"ClickHouse has refused for {refused_s:.0f} s; the worker tries again"
        return self._trouble(UNWELL_AFTER_S, UNWELL_AFTER_S)

    def _trouble(self, limit_s: float, while_others_move_s: float) -> str | None:
        now = clock.monotonic_s()
        if now - self._turned_s > limit_s:
            return f"the event loop has not turned for {now - self._turned_s:.0f} s"
        if now - self._assigned_s > limit_s:
            return f"the group has given no partitions for {now - self._assigned_s:.0f} s"
        standing = self._progress.longest(now_s=now)
        others_move = self._progress.since_any_moved(now_s=now) <= limit_s
        if standing is not None and standing[1] > (while_others_move_s if others_move else limit_s):
            number, seconds = standing
            lag = self._folding.figures.lag.get(number, 0)
            return f"partition {number} has stood for {seconds:.0f} s though {lag} records wait"
        return None

    def _judge(self) -> None:
        while not self._stopping.wait(BEAT_EVERY_S):
            self._beat()
            if self._folding.assigned is not None:
                self._assigned_s = clock.monotonic_s()
            if self._folding.refused_s:
                continue
            stalled_s = self._settings.stalled_s
            trouble = self._trouble(stalled_s, stalled_s * WHILE_OTHERS_MOVE)
            if trouble and not self._stopping.is_set():
                self._end(Fatal(f"it hangs: {trouble}"))
                return

    def _look_again_and_again(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            self._look()

    def _beat(self) -> None:
        if self._beat_fd is not None:
            with suppress(OSError):  # whoever listened is gone, or does not read
                os.write(self._beat_fd, b".")

    def _look(self) -> None:
        """Ask the broker how far the log reaches; one that does not answer changes nothing."""
        folding = self._folding
        assigned = folding.assigned
        try:
            ends = end_offsets(self._settings)
            positions = self._positions(assigned or frozenset())
        except RapportError:
            self._assigned_s = clock.monotonic_s()
            self._progress = Progress()
            return
        now = clock.monotonic_s()
        if assigned is not None:
            self._assigned_s = now
        folding.figures.lag = self._progress.look(positions, ends, now_s=now)
        standing = self._progress.longest(now_s=now)
        folding.figures.standing_s = standing[1] if standing else 0.0

    def _positions(self, assigned: frozenset[int]) -> dict[int, int]:
        """Return the last offset folded of each assigned partition; that committed, without a state."""
        positions = {number: at for number, at in self._folding.positions().items() if number in assigned}
        if missing := assigned - positions.keys():
            committed = committed_offsets(self._settings)
            positions |= {number: committed.get(number, 0) - 1 for number in missing}
        return positions
