"""Time in which a source was not listening."""

from __future__ import annotations

from pipelines.events import Gap, Network


def gap(network: Network, source: str, from_at: int, until: int, reason: str, *, now: int) -> Gap:
    """Return the gap [`from_at`, `until`); one that is told again while it grows replaces itself."""
    return Gap(
        network=network,
        id=f"{source}:{from_at}",
        occurred_at=from_at,
        ingested_at=now,
        until=until,
        source=source,
        reason=reason,
    )
