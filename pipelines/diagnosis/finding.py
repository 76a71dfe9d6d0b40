"""What a check of the set-up finds."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Level = Literal["ok", "warn", "wrong"]


class Finding(Struct, frozen=True):
    """One line of the doctor: how it is, and the way out where it is not well."""

    level: Level
    what: str
    way_out: str = ""


def ok(what: str) -> Finding:
    """Say that something is well."""
    return Finding("ok", what)


def warn(what: str, way_out: str) -> Finding:
    """Say that something works, but less well than it could, or could not be checked."""
    return Finding("warn", what, way_out)


def wrong(what: str, way_out: str) -> Finding:
    """Say that something does not work."""
    return Finding("wrong", what, way_out)
