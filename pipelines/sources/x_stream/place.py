"""Where a reader of X's stream stands: the stream knows no places, so when it was heard last."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from pipelines.errors import UsageError


class Place(Struct, frozen=True):
    """`heard_at`: the last sign of life of the stream, milliseconds; None: none yet."""

    heard_at: int | None = None

    @classmethod
    def parse(cls, cursor: str | None) -> Place:
        """Return the place in a cursor. Raises UsageError if it is none of ours."""
        try:
            return cls() if cursor is None else msgspec.json.decode(cursor, type=cls)
        except msgspec.DecodeError:
            raise UsageError(f"{cursor!a:.60} is no cursor of x-stream; start it without one") from None

    @property
    def text(self) -> str:
        """Return the cursor."""
        return msgspec.json.encode(self).decode()
