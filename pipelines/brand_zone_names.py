"""The time zones that a brand file may name, and the one that was probably meant."""

from __future__ import annotations

import difflib
from functools import cache
from zoneinfo import available_timezones

_NOT_ZONES = {"Factory", "localtime", "posixrules"}


def time_zones() -> frozenset[str]:
    """Return the names that `time_zone` may hold: those of the IANA database."""
    return frozenset(available_timezones() - _NOT_ZONES)


def nearest_zone(written: str) -> str:
    """Return the end of a sentence: the zone most like what was written, or how a zone is written."""
    cities = _zones_by_city()
    folded = written.strip().lower().replace(" ", "_")
    for name in (folded, folded.rsplit("/", 1)[-1]):
        near = difflib.get_close_matches(name, cities, n=1, cutoff=0.7)
        if near:
            return f"; did you mean `{cities[near[0]]}`?"
    return "; write it like `Europe/Berlin` or `America/New_York`"


@cache
def _zones_by_city() -> dict[str, str]:
    zones = sorted(time_zones(), key=lambda zone: (zone.count("/") != 1, zone))
    cities: dict[str, str] = {}
    for zone in zones:
        cities.setdefault(zone.rsplit("/", 1)[-1].lower(), zone)
        cities.setdefault(zone.lower(), zone)
    return cities
