"""Texts of boards on the local page."""

from __future__ import annotations

from typing import Any

from dash import html

from dashboards.prose import parts


def marked(text: str) -> list[Any]:
    """Return a text for the page, its commands as code."""
    return [html.Code(part) if is_command else part for part, is_command in parts(text)]
