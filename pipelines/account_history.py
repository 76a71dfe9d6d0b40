"""The past of one account, read once over its network's public API, before a live source begins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from pipelines import clock
from pipelines.brand import Account
from pipelines.ingest.worker import IngestOptions
from pipelines.ingestion import Brands, carry
from pipelines.settings import Settings
from pipelines.sources.account_posts import Access
from pipelines.sources.bounded import BoundedSource, Inventory
from pipelines.sources.recognition import account_part


class AccountHistory:
    """The newest posts of an account and the replies to them, on disk until they are in the log.

    Raises UsageError for an account of a network that shows nothing without a key.
    """

    def __init__(self, account: Account, access: Access, work_dir: Path) -> None:
        self.most_posts = access.most_posts
        self._carried = work_dir / "carried"
        part = account_part(f"@{account.handle}", access)
        self._source = BoundedSource((part,), counts="final", work_dir=work_dir, now=clock.now_ms)

    @property
    def is_carried(self) -> bool:
        """Whether all of it is in the log already: what came after it is there as it happened."""
        return self._carried.exists()

    def read(self, on_progress: Callable[[int], None]) -> Inventory:
        """Read and sort it. Raises UsageError if there is no such account, or its server does not answer."""
        return self._source.prepare(lambda done, _: on_progress(done))

    def carry(self, settings: Settings, brands: Brands, stop: threading.Event) -> None:
        """Put it into the log; the clock of the network stays at its last event, where the present begins."""
        try:
            carry(self._source, settings, brands=brands, options=IngestOptions(closes=False), stop=stop)
        finally:
            self._source.close()
        if not stop.is_set():
            self._carried.parent.mkdir(parents=True, exist_ok=True)
            self._carried.touch()
