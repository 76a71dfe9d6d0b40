"""The store of these tests: until when it is known, for how long, and who is in it."""

from __future__ import annotations

from msgspec import Struct

from pipelines.settings import ClickHouseSettings

END_AT = 1_760_000_000_000
DAYS = 28.0
FIGURES = ("Freshness", "Documents a second", "Lag", "Age of the last checkpoint")
"""What a pipeline tells of itself, kept for 30 days only."""
SILENT_PANELS = {
    "Documents that were refused",
    "When a source was not listening",
    "What reading costs",
    *FIGURES,
}
"""What the simulated business has nothing of; so it is said instead."""


class Filled(Struct, frozen=True):
    """A store with the simulated business, and its accounts' ids."""

    settings: ClickHouseSettings
    accounts: tuple[str, ...]
