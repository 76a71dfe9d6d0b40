"""Attributes of HTML elements whose names Python cannot write."""

from __future__ import annotations

from typing import Any


def aria(**values: str) -> dict[str, Any]:
    """Return attributes such as aria-label."""
    return {f"aria-{name}": value for name, value in values.items()}


def data(**values: str) -> dict[str, Any]:
    """Return attributes such as data-state."""
    return {f"data-{name}": value for name, value in values.items()}
