"""Where a reader of Jetstream stands: a number of one server, and a time that any server understands."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from pipelines.errors import UsageError

REWIND_US = 5_000_000
"""Servers see events at slightly different times: going to another one, we go back by so much."""
LOOKBACK_US = 36 * 3_600 * 1_000_000
"""How far back a server can replay; before that a v1 server starts later without saying so."""


class Place(Struct, frozen=True):
    """Everything up to here was taken: `seq` on `server`, which saw it at `time_us` (microseconds)."""

    server: str = ""
    seq: int | None = None
    time_us: int = 0

    @classmethod
    def parse(cls, cursor: str | None) -> Place | None:
        """Return the place in a cursor. Raises UsageError if it is none of ours."""
        if cursor is None:
            return None
        try:
            return msgspec.json.decode(cursor, type=cls)
        except msgspec.DecodeError:
            raise UsageError(f"{cursor[:60]!r} is no cursor of jetstream; start it without one") from None

    @property
    def text(self) -> str:
        """Return the cursor."""
        return msgspec.json.encode(self).decode()

    def cursor_at(self, server: str) -> int:
        """Return what to ask a server for: its own number if we have one, else the time, a little back."""
        if server == self.server:
            return self.time_us if self.seq is None else self.seq
        return self.time_us - REWIND_US
