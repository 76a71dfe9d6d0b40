"""What a post's id says by itself, where the network puts it in: when it was made, and by whom."""

from __future__ import annotations

from pipelines.events import BLUESKY, EARLIEST_AT, MASTODON, X

_TWITTER_EPOCH_MS = 1_288_834_974_657
_FIRST_SNOWFLAKE = 29_700_859_247
"""The first id that X gave out by time, 4 November 2010."""
_BASE32_SORT = "234567abcdefghijklmnopqrstuvwxyz"
_TID_LENGTH = 13
_LATEST_AT = 4_102_444_800_000
"""2100-01-01."""


def id_time(network: str, id_: str) -> int:
    """Return the instant inside a post's id, in milliseconds since the Unix epoch; 0 where it holds none.

    X: snowflake, milliseconds since 2010-11-04 above 22 bits. Mastodon: milliseconds since 1970 above 16
    bits. Bluesky: the record key is a TID, microseconds since 1970 above 10 bits in base 32
    (https://atproto.com/specs/tid).
    """
    at = 0
    if network in (X, MASTODON) and id_.isascii() and id_.isdigit() and len(id_) < 20:
        number = int(id_)
        if network == MASTODON:
            at = number >> 16
        elif number >= _FIRST_SNOWFLAKE:
            at = (number >> 22) + _TWITTER_EPOCH_MS
    elif network == BLUESKY:
        at = _tid_time(id_.rsplit("/", 1)[-1])
    return at if EARLIEST_AT <= at < _LATEST_AT else 0


def author_in(network: str, id_: str) -> str | None:
    """Return the account that made a post or an act, where its id names it; None: it does not.

    Bluesky: an address at://account/collection/key (https://atproto.com/specs/at-uri-scheme).
    """
    if network != BLUESKY or not id_.startswith("at://"):
        return None
    return id_.split("/", 3)[2] or None


def _tid_time(key: str) -> int:
    if len(key) != _TID_LENGTH:
        return 0
    number = 0
    for letter in key:
        digit = _BASE32_SORT.find(letter)
        if digit < 0:
            return 0
        number = number << 5 | digit
    return (number >> 10) // 1_000
