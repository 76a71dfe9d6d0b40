"""What profiles told lately of an account's followers: enough to say how many a post had. Pure."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable

from msgspec import Struct


class Reading(Struct, frozen=True, array_like=True, order=True):
    """Followers as a profile told them at an instant."""

    at: int
    followers: int


class Followers:
    """Readings in the order of their own time, whatever the order in which they arrived."""

    __slots__ = ("_readings",)

    def __init__(self, readings: Iterable[Reading] = ()) -> None:
        self._readings = sorted(readings)

    @property
    def readings(self) -> list[Reading]:
        """All that is kept, oldest first."""
        return self._readings

    @property
    def latest(self) -> Reading | None:
        """Return the latest reading; None without any."""
        return self._readings[-1] if self._readings else None

    def take(self, reading: Reading) -> None:
        """Add a reading."""
        insort(self._readings, reading)

    def known_at(self, instant: int) -> Reading | None:
        """Return the last reading at or before an instant; None if none is known.

        >>> Followers([Reading(10, 5), Reading(20, 7)]).known_at(19)
        Reading(at=10, followers=5)
        """
        place = bisect_right(self._readings, instant, key=lambda reading: reading.at)
        return self._readings[place - 1] if place else None

    def forget(self, oldest: int) -> None:
        """Drop what no post at `oldest` or later can ask for."""
        place = bisect_right(self._readings, oldest, key=lambda reading: reading.at)
        del self._readings[: max(place - 1, 0)]
