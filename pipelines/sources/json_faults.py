"""Say in words, and with the field, why a JSON document could not be read."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from pipelines.errors import InvalidEvent

TOO_DEEP = "nested too deeply"
_MAX_EXAMINED_BYTES = 1 << 20


def reason_for(error: Exception, content: bytes) -> str:
    """Return why `content` could not be read: one line that names the field, if one is at fault."""
    if isinstance(error, InvalidEvent):
        return str(error)
    if isinstance(error, RecursionError):
        return TOO_DEEP
    fault = _fault(content)
    if fault:
        return fault
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    return str(error)


def _fault(content: bytes) -> str:
    """Name what msgspec refuses without saying where: lone surrogates, NaN, broken UTF-8."""
    if len(content) > _MAX_EXAMINED_BYTES:
        return ""
    try:
        text = content.decode("utf-8", "surrogateescape")
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return ""
    return next(_faults(value, "$"), "")


def _faults(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _faults(key, f"{path} (a name in it)")
            yield from _faults(member, f"{path}.{key}")
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _faults(element, f"{path}[{index}]")
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"`{_printable(path)}` is not a finite number"
    elif isinstance(value, str) and not value.isascii():
        yield from _text_fault(value, path)


def _text_fault(text: str, path: str) -> Iterator[str]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        broken = "is not UTF-8" if 0xDC80 <= code <= 0xDCFF else f"has a lone surrogate (\\u{code:04x})"
        yield f"`{_printable(path)}` {broken}"


def _printable(path: str) -> str:
    return path.encode("ascii", "backslashreplace").decode()[:200]
