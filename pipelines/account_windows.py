"""The windows of one account, which of its minutes changed, and which of them are not saved yet. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.checkpoint import MinuteSums
from pipelines.events import MINUTE_MS
from pipelines.metrics.measures import Counts
from pipelines.metrics.vectors import Vector, vector_of
from pipelines.windows import WINDOWS, Rolling, SavedMinutes


class AccountWindows:
    """The panes of every window of an account; `touched`: the earliest minute changed since time passed."""

    __slots__ = ("_unsaved", "rollings", "touched")

    def __init__(self, rollings: list[Rolling], touched: int | None = None) -> None:
        self.rollings = rollings
        self.touched = touched
        self._unsaved: dict[int, Vector] = {}
        self._touch_rollings()

    @classmethod
    def empty(cls, head: int) -> AccountWindows:
        """Return windows without a pane, settled up to `head`."""
        return cls([Rolling(window, head) for window in WINDOWS])

    @classmethod
    def restore(cls, head: int, minutes: SavedMinutes, touched: int | None) -> AccountWindows:
        """Return the windows as they were at `head`."""
        return cls(Rolling.restore_all(WINDOWS, head, minutes), touched)

    def add(self, at: int, counts: Counts) -> None:
        """Add what an event counts to the panes of its minute."""
        minute = at - at % MINUTE_MS
        self.touched = minute if self.touched is None else min(self.touched, minute)
        vector = vector_of(counts)
        for rolling in self.rollings:
            rolling.add(minute, vector)
        self._unsaved[minute] = self.rollings[0].pane(minute)

    def next_change(self) -> int | None:
        """Return the next end at which the sums of a window can change; None if there is none."""
        ends = (rolling.next_change() for rolling in self.rollings)
        return min((end for end in ends if end is not None), default=None)

    def set_minutes(self, changed: Mapping[int, Vector], minutes: Mapping[int, Vector], head: int) -> None:
        """Take some minutes anew; `minutes` are all that the windows may hold, the changed ones included."""
        self._unsaved.update(changed)
        self.rollings = Rolling.restore_all(WINDOWS, head, SavedMinutes.of(minutes))
        self._touch_rollings()

    def unsaved(self) -> dict[int, Vector]:
        """Return the minutes that changed since the last checkpoint."""
        return dict(self._unsaved)

    def take_unsaved(self) -> tuple[MinuteSums, ...]:
        """Return the minutes that changed since the last time, and begin to gather anew."""
        minutes = tuple(MinuteSums(minute, sums) for minute, sums in self._unsaved.items())
        self._unsaved = {}
        return minutes

    def _touch_rollings(self) -> None:
        if self.touched is not None:
            for rolling in self.rollings:
                rolling.touch(self.touched)
