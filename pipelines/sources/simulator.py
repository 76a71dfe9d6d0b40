"""Source `simulator`: a seeded business with four accounts, its audience, and the truth about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Network
from pipelines.sources.base import BadInput, Reading, SourceRequest
from pipelines.sources.simulation import truth as ground
from pipelines.sources.simulation.business import simulated_brand
from pipelines.sources.simulation.truth import AccountTruth, Truth
from pipelines.sources.simulation.world import history_start, world_events

__all__ = ["AccountTruth", "Simulator", "Truth", "simulated_brand"]

DROP_BEFORE_END_MS = 3 * DAY_MS
BOUGHT_BEFORE_END_SHARE = 0.4
LONGEST_SLEEP_S = 1.0
MIN_HISTORY_DAYS = 4.0


class Simulator:
    """A world drawn from a seed: history up to `end_at`, and after it, when `live`, real time without a seam.

    The same seed, `history_days`, `end_at` and `scale` give the same events. `scale` multiplies posts and
    mentions a day. `now` and `sleep` are used only by the live part: `sleep` takes seconds, at most one at a
    time, so that a caller may stop or tick in it. `caught_up` is True once live and waiting for the wall
    clock. Raises UsageError if the history is too short to hold the drop, or the scale is not positive.
    """

    name = "simulator"
    networks: tuple[Network, ...] = ("x", "bluesky")

    def __init__(
        self,
        *,
        seed: int,
        end_at: int,
        now: Callable[[], int],
        sleep: Callable[[float], object],
        history_days: float = 35,
        live: bool = False,
        scale: float = 1.0,
    ) -> None:
        if history_days < MIN_HISTORY_DAYS:
            raise UsageError(f"history_days is {history_days}: give at least {MIN_HISTORY_DAYS:.0f}")
        if scale <= 0:
            raise UsageError(f"scale is {scale}: give a number above 0")
        start_at = history_start(end_at, days=history_days)
        bought_at = end_at - int((end_at - start_at) * BOUGHT_BEFORE_END_SHARE) // HOUR_MS * HOUR_MS
        self.truth = ground.truth_of(
            seed=seed,
            scale=scale,
            start_at=start_at,
            end_at=end_at,
            drop_at=end_at - DROP_BEFORE_END_MS,
            bought_at=bought_at,
        )
        self.bounded = not live
        self.caught_up = False
        self._closed = False
        self._end_at, self._now, self._sleep = end_at, now, sleep

    def close(self) -> None:
        """End a live `read` at its next sleep. May be called from another thread."""
        self._closed = True

    def write_truth(self, path: Path) -> None:
        """Write the truth as JSON, to be kept beside the data."""
        ground.write_truth(self.truth, path)

    def read(self, cursor: str | None) -> Iterator[Reading | BadInput]:
        """Give the events behind `cursor` by `occurred_at`.

        The cursor is the number of events given and the `end_at` of their world. Raises UsageError for a
        cursor of another world: `end_of` tells which `end_at` goes on with it.
        """
        seen = self._seen(cursor)
        for number, event in enumerate(world_events(self.truth), start=1):
            if self.bounded and event.occurred_at >= self._end_at:
                return
            if number <= seen:
                continue
            if not self.bounded and not self._wait_for(event):
                return
            yield Reading(event=event, cursor=f"{number}@{self._end_at}")

    @staticmethod
    def end_of(cursor: str) -> int:
        """Return the `end_at` of the cursor's world. Raises UsageError if it is no cursor of ours."""
        number, _, end = cursor.partition("@")
        if not (number.isdecimal() and end.isdecimal()):
            raise UsageError(f"{cursor!r} is no cursor of the simulator; start it without one")
        return int(end)

    def _seen(self, cursor: str | None) -> int:
        if cursor is None:
            return 0
        if self.end_of(cursor) != self._end_at:
            raise UsageError(
                f"the cursor {cursor!r} belongs to another world than end_at {self._end_at}; "
                f"start the simulator with end_at {self.end_of(cursor)}, or without the cursor"
            )
        return int(cursor.partition("@")[0])

    def _wait_for(self, event: AnyEvent) -> bool:
        """Sleep until the event is due; False if the simulator was closed meanwhile."""
        while (left_ms := event.ingested_at - self._now()) > 0:
            self.caught_up = True
            if self._closed:
                return False
            self._sleep(min(LONGEST_SLEEP_S, left_ms / 1_000))
        return True


def build(request: SourceRequest) -> Simulator:
    """Return a live simulator. Options: seed, history_days, scale. A cursor goes on in the world it is of."""
    request.only("seed", "history_days", "scale")
    end_at = request.now() if request.cursor is None else Simulator.end_of(request.cursor)
    return Simulator(
        seed=int(request.number("seed", 1)),
        end_at=end_at - end_at % MINUTE_MS,
        now=request.now,
        sleep=request.sleep,
        history_days=request.number("history_days", 35, at_least=MIN_HISTORY_DAYS),
        live=True,
        scale=request.number("scale", 1.0),
    )
