"""The store of these tests: until when it is known, for how long, and who is in it."""

from __future__ import annotations

from msgspec import Struct

from pipelines.settings import ClickHouseSettings

END_AT = 1_760_000_000_000
DAYS = 28.0


class Filled(Struct, frozen=True):
    """A store with the simulated business, and its accounts' ids."""

    settings: ClickHouseSettings
    accounts: tuple[str, ...]
