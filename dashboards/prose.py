"""Texts of boards: commands stand between backticks, which no reader gets to see."""

from __future__ import annotations

import re

_COMMAND = re.compile(r"`([^`]+)`")


def plain(text: str) -> str:
    """Return a text with its commands in quotation marks, for where nothing else can set them apart.

    >>> plain("`rapport demo` fills it.")
    '“rapport demo” fills it.'
    """
    return _COMMAND.sub(r"“\1”", text)


def parts(text: str) -> list[tuple[str, bool]]:
    """Return a text in parts, and of each whether it is a command.

    >>> parts("`rapport demo` fills it.")
    [('rapport demo', True), (' fills it.', False)]
    """
    return [(part, place % 2 == 1) for place, part in enumerate(_COMMAND.split(text)) if part]
