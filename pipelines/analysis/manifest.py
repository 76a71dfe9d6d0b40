"""What a data folder holds the analysis of, so that the same question is answered from it and no other is."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from pipelines.brand import Brand, encode_brand
from pipelines.errors import UsageError
from pipelines.sources.base import Lack

_PIECE_BYTES = 1 << 20
_FILE, _LOCK = "analysis.json", "analysis.lock"


class Manifest(Struct, frozen=True, kw_only=True):
    """The input of an analysis by its content, and, once it is complete, what was counted."""

    digest: str
    inputs: tuple[str, ...]
    complete: bool = False
    posts: int = 0
    lacks: tuple[Lack, ...] = ()


def digest_of(paths: Sequence[Path], brand: Brand | None, counts: str, *read_now: str) -> str:
    """Return what makes two analyses the same: the files' content, the brand, how counts are taken.

    `read_now` names what is no file, with the instant at which it is read.
    """
    whole = hashlib.blake2b(digest_size=16)
    for path in paths:
        try:
            with path.open("rb") as file:
                part = hashlib.blake2b(digest_size=16)
                while piece := file.read(_PIECE_BYTES):
                    part.update(piece)
        except IsADirectoryError as error:
            raise UsageError(f"{path} is a folder: name the files in it") from error
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from error
        whole.update(part.digest())
    whole.update(f"{counts} {encode_brand(brand) if brand else ''}{' '.join(read_now)}".encode())
    return whole.hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder; None if it has none."""
    try:
        content = (folder / _FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"{folder / _FILE} cannot be read ({error.strerror})") from error
    try:
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise UsageError(f"{folder / _FILE} is damaged: remove the folder and analyze again") from error


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make the folder and keep other analyses out of it as long as the context lasts.

    A folder that stays empty is removed. Raises UsageError if it cannot be written, or is held already.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / _LOCK).open("w")
    except OSError as error:
        raise _unwritable(folder, error) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(f"another analysis is at work in {folder}: wait for it, or stop it") from error
        try:
            yield
        finally:
            if {path.name for path in folder.iterdir()} <= {_LOCK}:
                (folder / _LOCK).unlink()
                folder.rmdir()


def claim(folder: Path, digest: str, inputs: Sequence[str]) -> Manifest:
    """Return the manifest of this analysis in the folder, new (and not yet written) or begun before.

    Raises UsageError if the folder holds something else.
    """
    found = read_manifest(folder)
    if found is not None and found.digest != digest:
        held = ", ".join(found.inputs)
        raise UsageError(
            f"{folder} holds the analysis of other input ({held}): choose another --data-dir, or remove it"
        )
    if found is None and (folder / "clickhouse").exists():
        raise UsageError(f"{folder} holds other data of rapport: choose another --data-dir")
    return found or Manifest(digest=digest, inputs=tuple(inputs))


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest as a whole. Raises UsageError if the folder cannot be written."""
    fresh = folder / f"{_FILE}.new"
    try:
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        fresh.replace(folder / _FILE)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"{folder} cannot be written ({error.strerror}): name another folder with --data-dir")
