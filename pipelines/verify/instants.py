"""Instants as people read them."""

from __future__ import annotations

import datetime as dt


def instant(at: int) -> str:
    """Return milliseconds since the epoch as a date and time of UTC, to the minute.

    >>> instant(1_700_000_000_000)
    '2023-11-14 22:13Z'
    """
    return f"{dt.datetime.fromtimestamp(at / 1_000, dt.UTC):%Y-%m-%d %H:%MZ}"
