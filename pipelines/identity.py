"""What makes an event the same event: by this a second telling is recognised."""

from __future__ import annotations

from pipelines.events import AnyEvent, Delete, Edit, PostStats, Profile
from pipelines.recent import id_hash


def identity_hash(event: AnyEvent) -> int:
    """Return 64 bits of what makes an event the same event: kind and id, for snapshots the instant too."""
    kind = type(event).__name__
    if isinstance(event, PostStats):
        return id_hash(f"{kind} {event.id} {event.observed_at}")
    if isinstance(event, Profile | Edit):
        return id_hash(f"{kind} {event.id} {event.occurred_at}")
    if isinstance(event, Delete):
        return delete_hash(event.id)
    return id_hash(f"{kind} {event.id}")


def delete_hash(id_: str) -> int:
    """Return the identity of the deletion of a thing."""
    return id_hash(f"Delete {id_}")
