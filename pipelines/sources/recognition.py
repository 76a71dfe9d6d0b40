"""What a person named, told by looking at it: an archive of a network, a table, files of posts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.sources.bluesky.repository import is_repository
from pipelines.sources.bluesky_archive import BlueskyArchive
from pipelines.sources.bounded import Part
from pipelines.sources.containers import is_tar, is_zip, names_in
from pipelines.sources.file import PostFiles
from pipelines.sources.mastodon_archive import MastodonArchive
from pipelines.sources.x_archive import XArchive

_X_NAMES = frozenset({"tweets.js", "tweet.js"})
_MASTODON_NAMES = frozenset({"outbox.json"})
_FILES_OF_ARCHIVES = _X_NAMES | _MASTODON_NAMES
_ARCHIVES: Mapping[str, Callable[[Path], Part]] = {
    "x-archive": XArchive,
    "bluesky-archive": BlueskyArchive,
    "mastodon-archive": MastodonArchive,
}


def recognised(path: Path) -> str:
    """Return the source that reads a path: one of the archives, else `file`.

    Raises UsageError for a folder or zip in which nothing is known.
    """
    if not path.is_dir() and not is_zip(path):
        if is_tar(path):
            return "mastodon-archive"
        return "bluesky-archive" if is_repository(path) else "file"
    names = names_in(path)
    if names & _X_NAMES:
        return "x-archive"
    if names & _MASTODON_NAMES:
        return "mastodon-archive"
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name the files in it")
    raise UsageError(
        f"{path} is a zip without X's data/tweets.js or Mastodon's outbox.json: name an archive as the"
        " network gave it,"
        " or unpack it and name the files of posts in it"
    )


def parts_of(paths: Sequence[Path]) -> tuple[Part, ...]:
    """Return what reads the paths: files of posts together, each archive by itself.

    Raises UsageError for one that is missing, unknown, or named twice.
    """
    parts: list[Part] = []
    files: list[Path] = []
    for path in _distinct(paths):
        kind = recognised(path)
        if kind == "file":
            files.append(path)
        else:
            parts.append(_ARCHIVES[kind](path))
    return (*([PostFiles(files)] if files else []), *parts)


def _distinct(paths: Sequence[Path]) -> list[Path]:
    seen: set[Path] = set()
    whole = []
    for named in paths:
        if not named.exists():
            raise UsageError(f"{named} does not exist")
        path = named.parent if named.name.lower() in _FILES_OF_ARCHIVES else named
        if path.resolve() in seen:
            raise UsageError(f"{named} is named twice")
        seen.add(path.resolve())
        whole.append(path)
    return whole
