"""What may be saved once Kafka has acknowledged all that was sent before."""

from __future__ import annotations

from collections import deque

from pipelines.ingest.cursor import CursorStore


class SavePoints:
    """Values in the order in which they hold, each behind the message after which it does.

    The cursor itself is saved last: whoever finds it finds all that belongs to it.
    """

    def __init__(self, cursors: CursorStore, cursor_key: str) -> None:
        self._cursors, self._cursor_key = cursors, cursor_key
        self._unsaved: dict[str, str] = {}
        self._waiting: deque[tuple[int, dict[str, str]]] = deque()

    def note(self, key: str, value: str) -> None:
        """Replace a value that belongs to the next save point."""
        self._unsaved[key] = value

    @property
    def noted(self) -> bool:
        """Whether there is anything for a next save point."""
        return bool(self._unsaved)

    def mark(self, sent: int) -> None:
        """Make a save point of what was noted: it holds once so many messages are acknowledged."""
        if self._unsaved:
            self._waiting.append((sent, self._unsaved))
            self._unsaved = {}

    def save(self, acknowledged: int) -> dict[str, str]:
        """Save what holds by now; return it."""
        values: dict[str, str] = {}
        while self._waiting and self._waiting[0][0] <= acknowledged:
            values.update(self._waiting.popleft()[1])
        for key in sorted(values, key=self._cursor_key.__eq__):
            if key == self._cursor_key or self._cursors.load(key) != values[key]:
                self._cursors.save(key, values[key])
        return values
