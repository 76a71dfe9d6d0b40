"""What happens again and again."""

from __future__ import annotations

from pipelines import clock


class Timer:
    """Due again and again after so many seconds; the first time after that many too."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._due_at = clock.monotonic_s() + every_s

    def due(self) -> bool:
        """Return whether the time has come, and begin anew if so."""
        now = clock.monotonic_s()
        if now < self._due_at:
            return False
        self._due_at = now + self._every_s
        return True
