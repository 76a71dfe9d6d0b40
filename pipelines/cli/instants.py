"""Instants on the command line: dates and times of UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import click

INSTANT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


def milliseconds(instant: datetime | None) -> int:
    """Return an instant of UTC as milliseconds since the Unix epoch; 0 for None."""
    return 0 if instant is None else round(instant.replace(tzinfo=UTC).timestamp() * 1_000)
