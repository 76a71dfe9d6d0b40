"""Texts of boards: commands stand between backticks, which no reader gets to see."""

from __future__ import annotations

import re
from typing import Any

from dash import html

_COMMAND = re.compile(r"`([^`]+)`")


def plain(text: str) -> str:
    """Return a text with its commands in quotation marks, for where nothing else can set them apart.

    >>> plain("`rapport demo` fills it.")
    '“rapport demo” fills it.'
    """
    return _COMMAND.sub(r"“\1”", text)


def marked(text: str) -> list[Any]:
    """Return a text for the page, its commands as code."""
    parts = _COMMAND.split(text)
    return [html.Code(part) if place % 2 else part for place, part in enumerate(parts) if part]
