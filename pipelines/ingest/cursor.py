"""Where a source stands, kept over restarts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import msgspec

from pipelines.errors import UsageError


class CursorStore(Protocol):
    """A small durable map. `save` returns when the value would survive a crash."""

    def load(self, key: str) -> str | None:
        """Return the value last saved; None if there is none."""
        ...

    def save(self, key: str, value: str) -> None:
        """Replace the value."""
        ...


class FileCursorStore:
    """A JSON file for a single process, replaced as a whole: a reader never sees a half."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = _read(path)

    def load(self, key: str) -> str | None:
        """Return the value last saved; None if there is none."""
        return self._values.get(key)

    def save(self, key: str, value: str) -> None:
        """Replace the value, on disk too."""
        self._values[key] = value
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_name(self._path.name + ".new")
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(self._values))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        _sync_folder(self._path.parent)


def _read(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return {}
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path} is no cursor file ({error}): mend or remove it, then all is read again"
        ) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
