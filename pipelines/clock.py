"""The only reader of the time."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return the wall clock: milliseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1_000_000


def monotonic_s() -> float:
    """Return seconds on a clock that never goes back; only differences mean something."""
    return time.monotonic()
