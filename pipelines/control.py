"""Events that steer the fold: time passes, the configuration changes, minutes are set anew."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from pipelines.bounds import Content, Count, Id, Instant, Text, Thousandths
from pipelines.event_base import Event


class Tick(Event, frozen=True, kw_only=True, tag="tick", gc=False):
    """Time passes: the watermark of this partition and network is now `occurred_at`."""


class BrandVersion(Event, frozen=True, kw_only=True, tag="brand", gc=False):
    """The brand file's content from here on; `id` is its hash. `content` is the file as JSON."""

    content: Content


class Gap(Event, frozen=True, kw_only=True, tag="gap", gc=False):
    """A source was not listening in [`occurred_at`, `until`)."""

    until: Instant
    source: Id = ""
    reason: Text = ""


class RecountedMinute(Struct, frozen=True, array_like=True, gc=False):
    """An account's measures by name in the minute that begins `at`; those not named are 0.

    `late_events` is never among them: it says when we heard of something, not what happened.
    `written_s`: when the oldest of the facts behind it was stored, in seconds; 0 where there is none.
    """

    at: Instant
    measures: dict[str, int]
    written_s: int = 0


class WindowEnd(Struct, frozen=True, array_like=True, gc=False):
    """A window and an end of it, whose row is to be written again."""

    window: Literal["1h", "24h", "7d", "28d"]
    at: Instant


class LateAge(Struct, frozen=True, array_like=True, gc=False):
    """An own post that arrived too late to mature by itself, at an age.

    `counts`: likes, replies, reposts, quotes, impressions; None as a whole: nobody told any.
    """

    id: Id
    age: Literal["1h", "24h"]
    due_at: Instant
    occurred_at: Instant
    kind: Id
    relevance_milli: Thousandths | None
    on_topic: bool
    followers: Count | None
    counts: tuple[int | None, int | None, int | None, int | None, int | None] | None


class Recount(Event, frozen=True, kw_only=True, tag="recount", gc=False):
    """The subject's minutes as its facts add up, late ones in and withdrawn ones out: absolute values.

    `upto`: the version of the last document whose facts were read; its offset and index alone are looked at,
    since a replay has another epoch. `ages`: posts that the minutes hold at an age, and that are in no table.
    """

    upto: int
    minutes: tuple[RecountedMinute, ...] = ()
    ends: tuple[WindowEnd, ...] = ()
    ages: tuple[LateAge, ...] = ()


class Erase(Event, frozen=True, kw_only=True, tag="erase", gc=False):
    """The account `id` is forgotten from here on, with `things`, ids of what it said and did, and handles.

    Written to every partition. Like all that the log says of the person, it is gone with the log's retention.
    """

    things: tuple[Id, ...] = ()
    handles: tuple[Id, ...] = ()


class Forgotten(Event, frozen=True, kw_only=True, tag="forgotten", gc=False):
    """What is left of an event of a subject that was erased: that there was one."""
