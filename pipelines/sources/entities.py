"""What the payloads of X have in common: their times, ids, texts and links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from pipelines.errors import InvalidEvent
from pipelines.events import EARLIEST_AT, FUTURE_TOLERANCE_MS, Network

Id = Annotated[str, Meta(max_length=64)]
"""An id as text; a longer one is no id of any network."""
NumericId = Annotated[int, Meta(ge=-1, le=2**63 - 1)] | Id
Count = Annotated[int, Meta(ge=0, le=2**53)]

NETWORK: Network = "x"
SNOWFLAKE_EPOCH_MS = 1_288_834_974_657
"""Zero of the milliseconds inside an id of X: 2010-11-04T01:42:54.657Z."""
FIRST_SNOWFLAKE = 29_700_859_247
"""Ids below were given one after the other and hold no time."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MONTHS = {
    **{"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6},
    **{"Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12},
}
_BARE_LINK = re.compile(r"https?://t\.co/[A-Za-z0-9]+(?!…|[A-Za-z0-9])")
_ISO_DASH = 4


def missing(field: str, hint: str = "") -> InvalidEvent:
    """Return the error for a field that a post cannot do without."""
    return InvalidEvent(f"`{field}` is missing{': ' if hint else ''}{hint}")


def id_of(text: str | None, number: int | str | None) -> str | None:
    """Return an id as text; the text form wins, for numbers lose digits in some tools. None: not told."""
    if text:
        return text
    if number is None or number in ("", -1):
        return None
    return str(number)


def instant(text: str, field: str) -> int:
    """Return the milliseconds of "Mon Sep 24 03:35:21 +0000 2012" or of an ISO 8601 date.

    Raises InvalidEvent naming `field` for anything else.
    """
    try:
        if text[_ISO_DASH : _ISO_DASH + 1] == "-":
            return _iso_instant(text)
        return _midnight(text[4:10], text[26:]) + _time_of_day(text[11:25])
    except (ValueError, KeyError, OverflowError) as error:
        raise InvalidEvent(f"`{field}` is not a date: {text[:40]!r}") from error


def _iso_instant(text: str) -> int:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return (at - _EPOCH) // _MILLISECOND


@lru_cache(maxsize=4096)
def _midnight(month_day: str, year: str) -> int:
    day = datetime(int(year), _MONTHS[month_day[:3]], int(month_day[4:]), tzinfo=UTC)
    return (day - _EPOCH) // _MILLISECOND


def _time_of_day(text: str) -> int:
    """Return the milliseconds of "03:35:21 +0000", which may be negative east of Greenwich."""
    hours, minutes, seconds = int(text[:2]), int(text[3:5]), int(text[6:8])
    if text[2] + text[5] + text[8] != ":: " or hours > 23 or minutes > 59 or seconds > 60:
        raise ValueError(text)
    milliseconds = ((hours * 60 + minutes) * 60 + seconds) * 1000
    if text[9:] == "+0000":
        return milliseconds
    offset = int(text[10:12]) * 60 + int(text[12:14])
    return milliseconds - (offset if text[9] == "+" else -offset) * 60_000


def posted_at(created_at: str | None, post_id: str, *, ingested_at: int) -> int:
    """Return when a post was made: its date, else the time inside its id.

    Raises InvalidEvent if there is neither, or if it cannot be: before 2006, or after it was read.
    """
    if created_at:
        at, field = instant(created_at, "$.created_at"), "$.created_at"
    elif post_id.isascii() and post_id.isdigit() and int(post_id) >= FIRST_SNOWFLAKE:
        at, field = (int(post_id) >> 22) + SNOWFLAKE_EPOCH_MS, "$.id"
    else:
        raise missing("$.created_at", "the id holds no time either")
    check_instant(at, field, ingested_at=ingested_at)
    return at


def check_instant(at: int, field: str, *, ingested_at: int) -> None:
    """Raise InvalidEvent for an instant before 2006 or more than 5 minutes after it was read."""
    if at < EARLIEST_AT:
        raise InvalidEvent(f"`{field}` is before 2006")
    if at > ingested_at + FUTURE_TOLERANCE_MS:
        raise InvalidEvent(f"`{field}` lies in the future: more than 5 minutes after it was read")


def instant_within(text: str, field: str, *, ingested_at: int) -> int:
    """Return the instant of a text. Raises InvalidEvent where it is none, or one that cannot be."""
    at = instant(text, field)
    check_instant(at, field, ingested_at=ingested_at)
    return at


def instant_beside_posts(text: str | None, ingested_at: int) -> int | None:
    """Return an instant that is told beside the posts; None where it is none, or cannot be."""
    if text is None:
        return None
    try:
        return min(instant_within(text, "$", ingested_at=ingested_at), ingested_at)
    except InvalidEvent:
        return None


def unescape(text: str) -> str:
    """Return the text without the three HTML entities that X writes into it.

    >>> unescape("R&amp;D &lt;3")
    'R&D <3'
    """
    if "&" not in text:
        return text
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def language_of(code: str | None) -> str:
    """Return the language's code, empty where X could not tell ("und")."""
    return "" if code is None or code == "und" else code


def bare_links(text: str, known: Iterable[str | None]) -> tuple[str, ...]:
    """Return the t.co links in the text that no entity explains; a link cut by "…" is none."""
    if "//t.co/" not in text:
        return ()
    explained = {link.partition("//")[2] for link in known if link}
    found = dict.fromkeys(_BARE_LINK.findall(text))
    return tuple(link for link in found if link.partition("//")[2] not in explained)
