"""The files inside an archive, whether it is a folder, a zip or a tar: opened by name, read in pieces."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from msgspec import Struct

from pipelines.errors import UsageError

CHUNK_BYTES = 1 << 18
MAX_MEMBER_BYTES = 4 << 30
"""The longest file that is read out of an archive: no export of a network has one like it, a bomb has."""
_BROKEN = (zlib.error, EOFError, zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile)
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_TAR_MAGIC_AT, _TAR_MAGIC = 257, b"ustar"


class BrokenMemberError(Exception):
    """The data of a file in an archive end or break; what came before was given."""


class Member(Struct, frozen=True):
    """One file of an archive: its path in it, its size unpacked, in bytes, and how to open it."""

    name: str
    size: int
    open: Callable[[], IO[bytes]]

    def chunks(self, on_read: Callable[[int], None] | None = None) -> Iterator[bytes]:
        """Give the file in pieces. Raises BrokenMemberError where it breaks or does not end."""
        given = 0
        try:
            with self.open() as file:
                while chunk := file.read(CHUNK_BYTES):
                    given += len(chunk)
                    if given > MAX_MEMBER_BYTES:
                        raise BrokenMemberError(f"longer than {MAX_MEMBER_BYTES >> 30} GB, which nothing is")
                    if on_read is not None:
                        on_read(len(chunk))
                    yield chunk
        except _BROKEN as error:
            raise BrokenMemberError(f"the archive is broken here: {error}; download it again") from error
        except (RuntimeError, NotImplementedError) as error:  # zipfile: encrypted, or packed otherwise
            raise BrokenMemberError(f"it cannot be unpacked ({error}): unpack it first") from error


Members = Mapping[str, Member]
"""The wanted files of an archive by their last name, in small letters."""


@contextmanager
def opened(path: Path, wanted: Callable[[str], bool]) -> Iterator[Members]:
    """Give the files whose last name is `wanted`, the one that lies highest where there are several.

    Those of a tar are copied out, for it has no index. Raises UsageError if the archive cannot be read.
    """
    with ExitStack() as held:
        try:
            members = _named(_members(path, wanted, held))
        except FileNotFoundError as error:
            raise UsageError(f"{path} does not exist") from error
        except OSError as error:
            raise UsageError(f"{path} cannot be read ({error.strerror or error})") from error
        except (*_BROKEN, BrokenMemberError) as error:
            raise UsageError(f"{path} is no whole archive ({error}): download it again") from error
        yield members


def _members(path: Path, wanted: Callable[[str], bool], held: ExitStack) -> Iterator[Member]:
    if path.is_dir():
        return _of_folder(path, wanted)
    if is_tar(path):
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="rapport-"))
        return _of_tar(path, wanted, Path(folder))
    return _of_zip(held.enter_context(zipfile.ZipFile(path)), wanted)


def names_in(path: Path) -> frozenset[str]:
    """Return the last names of the files in a folder or zip, in small letters; of a tar, none."""
    if path.is_dir():
        return frozenset(each.name.lower() for each in _files_below(path))
    if not is_zip(path):
        return frozenset()
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(_last(name) for name in archive.namelist())
    except _BROKEN as error:
        raise UsageError(f"{path} is no whole zip archive ({error}): download it again") from error


def is_zip(path: Path) -> bool:
    """Tell whether a file is a zip, by its first bytes."""
    return _head(path).startswith(_ZIP)


def is_tar(path: Path) -> bool:
    """Tell whether a file is a tar, packed by gzip or not."""
    head = _head(path)
    if head.startswith(_GZIP):
        try:
            with gzip.open(path) as file:
                head = file.read(512)
        except (OSError, EOFError, zlib.error):
            return False
    return head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + len(_TAR_MAGIC)] == _TAR_MAGIC


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(512)


def _last(name: str) -> str:
    return PurePosixPath(name).name.lower()


def _named(members: Iterator[Member]) -> Members:
    found: dict[str, Member] = {}
    for member in sorted(members, key=lambda each: (each.name.count("/"), each.name)):
        found.setdefault(_last(member.name), member)
    return found


_MAX_DEPTH = 3


def _files_below(folder: Path, depth: int = 0) -> Iterator[Path]:
    for each in sorted(folder.iterdir()):
        if each.is_dir():
            if depth < _MAX_DEPTH:
                yield from _files_below(each, depth + 1)
        else:
            yield each


def _of_folder(folder: Path, wanted: Callable[[str], bool]) -> Iterator[Member]:
    for each in _files_below(folder):
        if wanted(each.name.lower()):
            yield Member(each.relative_to(folder).as_posix(), each.stat().st_size, _opener(each))


def _of_zip(archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> Iterator[Member]:
    for info in archive.infolist():
        if not info.is_dir() and wanted(_last(info.filename)):
            yield Member(info.filename, info.file_size, partial(archive.open, info))


def _of_tar(path: Path, wanted: Callable[[str], bool], folder: Path) -> Iterator[Member]:
    with tarfile.open(path, "r|*") as archive:
        for number, info in enumerate(archive):
            source = archive.extractfile(info) if info.isfile() and wanted(_last(info.name)) else None
            if source is None:
                continue
            if info.size > MAX_MEMBER_BYTES:
                raise BrokenMemberError(f"{info.name} is longer than {MAX_MEMBER_BYTES >> 30} GB")
            copy = folder / str(number)
            with copy.open("wb") as file:
                shutil.copyfileobj(source, file, CHUNK_BYTES)
            yield Member(info.name, info.size, _opener(copy))


def _opener(path: Path) -> Callable[[], IO[bytes]]:
    return lambda: path.open("rb")
