"""What all events share: networks, units of time, and the fields that each of them has."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pipelines.bounds import Id, Instant

X, BLUESKY, MASTODON = "x", "bluesky", "mastodon"
NETWORKS = (X, BLUESKY, MASTODON)

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS

EARLIEST_AT = 1_136_073_600_000
"""2006-01-01: no network that we know is older, so an earlier date is a mistake."""
FUTURE_TOLERANCE_MS = 5 * MINUTE_MS
"""How far a post's own time may lie ahead of the time at which we saw it."""
MAX_DOCUMENTS = 1 << 16
"""Documents in one message: their index has 16 bits in a row's version."""

Network = Literal["x", "bluesky", "mastodon"]


class Event(Struct, frozen=True, kw_only=True, tag_field="kind", tag=str.lower, omit_defaults=True, gc=False):
    """What all events share. `id` is unique within (network, kind, subject)."""

    network: Network
    id: Id
    occurred_at: Instant
    ingested_at: Instant
    subject: Id = ""
