"""The brand file on disk: noticed when it changes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from pipelines.brand import Brand
from pipelines.errors import InvalidBrand

logger = logging.getLogger(__name__)


class BrandFile:
    """Give the brand anew when its file has changed; one with mistakes is reported and the old brand kept.

    Make it before the brand is loaded for the first time, so that no change falls in between.
    """

    def __init__(self, path: Path, load: Callable[[Path], Brand]) -> None:
        self._path = path
        self._load = load
        self._stamp = self._stat()
        self.latest: Brand | None = None
        """The brand that `changed` returned last; None: none yet."""

    def changed(self) -> Brand | None:
        """Return the new brand; None if the file is as before, gone or wrong."""
        stamp = self._stat()
        if stamp is None or stamp == self._stamp:
            return None
        self._stamp = stamp
        try:
            self.latest = self._load(self._path)
        except InvalidBrand as error:
            logger.error("the changed brand file has mistakes, the old one stays in force: %s", error)
            return None
        return self.latest

    def _stat(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_size
