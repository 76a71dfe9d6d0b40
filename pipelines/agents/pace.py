"""How often a worker writes."""

from __future__ import annotations

from msgspec import Struct

from pipelines.settings import Settings


class Pace(Struct, frozen=True, kw_only=True):
    """How often the worker writes, and says how far it has come (`beat_every_s`).

    `accounts`: how many unchanged accounts stay in memory. `recent_accounts`: how many of those that changed
    last are loaded with a partition, in one query: to plan it costs ClickHouse as much as ten accounts do.

    A window's row takes about 1.3 kB until it is inserted, and while it is, the next ones are gathered.
    """

    insert_every_s: float = 1.0
    insert_rows: int = 20_000
    checkpoint_every_s: float = 60.0
    checkpoint_documents: int = 15_000
    accounts: int = 50_000
    recent_accounts: int = 250
    beat_every_s: float = 10.0

    @classmethod
    def of(cls, settings: Settings) -> Pace:
        """Return the pace that the settings ask for."""
        return cls(
            insert_every_s=settings.insert_every_s,
            checkpoint_every_s=settings.checkpoint_every_s,
            beat_every_s=settings.tick_every_s,
        )
