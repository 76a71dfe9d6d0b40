"""What the fields of an event may hold: bounds that are declared with the field, and checked on demand.

They are no part of the type, so that a source may build, sort and pass on what only decoding refuses.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from msgspec import Struct

LATEST_AT = 4_102_444_799_999
"""The end of 2099: beyond it lies nothing but a mistake, and no column that could hold it."""
MAX_COUNT = 10**12
"""The largest count of one post or account that we believe; a million of them still fit 64 bits."""
MAX_LISTED = 1_000
"""Mentions, links or hashtags of one post."""


class Within(Struct, frozen=True):
    """A number in [low, high]."""

    low: int
    high: int


class Short(Struct, frozen=True):
    """Texts of at most so many characters. `shown`: people read it; else it names something."""

    characters: int
    shown: bool = False


Id = Annotated[str, Short(512)]
"""An id or a name."""
Link = Annotated[str, Short(8_192)]
Text = Annotated[str, Short(100_000, shown=True)]
Content = Annotated[str, Short(1_000_000, shown=True)]
Count = Annotated[int, Within(0, MAX_COUNT)]
Amount = Annotated[int, Within(-MAX_COUNT, MAX_COUNT)]
Instant = Annotated[int, Within(0, LATEST_AT)]
AnyInstant = Annotated[int, Within(-LATEST_AT, LATEST_AT)]
Thousandths = Annotated[int, Within(0, 1_000)]

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_Bounds = tuple[tuple[str, Within | Short, bool], ...]


def violation(event: Struct, size: int) -> str | None:
    """Return why the event cannot be: the first field that lies outside its bounds; None if none does.

    `size` is the length of its document in bytes: no text in it is longer, so short ones need no measuring.
    """
    for name, bound, listed in _bounds_of(type(event), _room(size)):
        value = getattr(event, name)
        if isinstance(bound, Within):
            if value is not None and not bound.low <= value <= bound.high:
                return f"`$.{name}` is not within {bound.low} and {bound.high}"
        elif not value:
            continue
        elif listed and len(value) > MAX_LISTED:
            return f"`$.{name}` has more than {MAX_LISTED} entries"
        elif _longest(value, listed=listed) > bound.characters:
            return f"`$.{name}` is longer than {bound.characters} characters"
    return None


def _room(size: int) -> int:
    """Return the bound below which all texts of a document of this size are sure to lie."""
    return next((bound for bound in (512, 2 * MAX_LISTED, 8_192, 100_000) if size <= bound), 10**9)


def without_control_characters(event: Struct) -> tuple[dict[str, Any], str | None]:
    """Return the texts of an event that hold control characters without them, or the name that holds one."""
    cleaned: dict[str, Any] = {}
    for name, bound, listed in _bounds_of(type(event), 10**9):
        value = getattr(event, name)
        if isinstance(bound, Within) or not value:
            continue
        if not any(
            _CONTROL.search(part) for each in (value if listed else (value,)) for part in _parts(each)
        ):
            continue
        if not bound.shown:
            return {}, name
        cleaned[name] = tuple(map(_clean, value)) if listed else _clean(value)
    return cleaned, None


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


def _longest(value: Any, *, listed: bool) -> int:
    if not listed:
        return len(value)
    return max(len(part) for each in value for part in _parts(each))


def _parts(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else (value.account, value.handle)


@cache
def _bounds_of(kind: type[Struct], room: int) -> _Bounds:
    """Return the bounds that an event may break whose document has at most `room` bytes."""
    return tuple(
        (name, bound, listed)
        for name, bound, listed in _all_bounds(kind)
        if isinstance(bound, Within) or bound.characters < room or (listed and room > 2 * MAX_LISTED)
    )


def _all_bounds(kind: type[Struct]) -> _Bounds:
    found = []
    for name, hint in get_type_hints(kind, include_extras=True).items():
        listed = get_origin(hint) is tuple
        for each in (hint, *get_args(hint)):
            inner = _bound_in(each)
            if inner is not None:
                found.append((name, inner, listed))
                break
        else:
            if listed and any("handle" in getattr(each, "__struct_fields__", ()) for each in get_args(hint)):
                found.append((name, Short(512), True))  # of mentions, which hold ids
    return tuple(found)


def _bound_in(hint: Any) -> Within | Short | None:
    for extra in getattr(hint, "__metadata__", ()):
        if isinstance(extra, Within | Short):
            return extra
    return None
