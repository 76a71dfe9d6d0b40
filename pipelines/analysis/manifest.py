"""What a data folder holds the analysis of, so that the same question is answered from it and no other is."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from pipelines.brand import Brand, encode_brand
from pipelines.errors import UsageError

_PIECE_BYTES = 1 << 20
_FILE = "analysis.json"


class Manifest(Struct, frozen=True, kw_only=True):
    """The input of an analysis by its content, and, once it is complete, what was counted."""

    digest: str
    inputs: tuple[str, ...]
    complete: bool = False
    posts: int = 0
    bad: int = 0


def digest_of(paths: Sequence[Path], brand: Brand | None, counts: str) -> str:
    """Return what makes two analyses the same: the files' content, the brand, how counts are taken."""
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
    whole.update(f"{counts} {encode_brand(brand) if brand else ''}".encode())
    return whole.hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder; None if it has none."""
    try:
        content = (folder / _FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(content, type=Manifest)
    except msgspec.DecodeError as error:
        raise UsageError(f"{folder / _FILE} is damaged: remove the folder and analyze again") from error


def claim(folder: Path, digest: str, inputs: Sequence[Path]) -> Manifest:
    """Return the manifest of this analysis in the folder, new or begun before.

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
    if found is None:
        found = Manifest(digest=digest, inputs=tuple(path.name for path in inputs))
        write_manifest(folder, found)
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest as a whole."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{_FILE}.new"
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
    fresh.replace(folder / _FILE)
