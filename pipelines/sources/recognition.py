"""What a person named, told by looking at it: an archive of a network, a table, files of posts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipelines.brand_names import WrongName, normal_handle
from pipelines.errors import UsageError
from pipelines.sources.account_posts import Access
from pipelines.sources.bluesky.repository import is_repository
from pipelines.sources.bluesky_account import BlueskyAccount
from pipelines.sources.bluesky_archive import BlueskyArchive
from pipelines.sources.bounded import Part
from pipelines.sources.containers import is_tar, is_zip, names_in
from pipelines.sources.file import PostFiles
from pipelines.sources.mastodon_account import MastodonAccount
from pipelines.sources.mastodon_archive import MastodonArchive
from pipelines.sources.tweets_csv import SUFFIXES, TweetsCsv
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
        if path.name.lower().endswith(SUFFIXES):
            return "tweets-csv"
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


def parts_of(
    named: Sequence[str | Path], access: Access, *, columns: Mapping[str, str] | None = None
) -> tuple[Part, ...]:
    """Return what reads what was named: files of posts together, each archive and account by itself.

    `columns` says which column of a table holds what.

    Raises UsageError for one that is missing, unknown, or named twice.
    """
    handles = [str(each) for each in named if is_handle(str(each))]
    parts: list[Part] = [account_part(handle, access) for handle in dict.fromkeys(handles)]
    files: list[Path] = []
    for path in _distinct([Path(each) for each in named if not is_handle(str(each))]):
        try:
            kind = recognised(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be opened ({error.strerror}); check who may read it") from error
        if kind == "file":
            files.append(path)
        elif kind == "tweets-csv":
            parts.append(TweetsCsv(path, columns))
        else:
            parts.append(_ARCHIVES[kind](path))
    return (*([PostFiles(files)] if files else []), *parts)


def is_handle(named: str) -> bool:
    """Tell whether an account is meant: it begins with @, and no file is called so."""
    return named.startswith("@") and not Path(named).exists()


def account_part(handle: str, access: Access) -> Part:
    """Return what reads an account over its network's public API: `@user@host`, or `@name.example.com`.

    Raises UsageError for a handle of a network that shows nothing without a key, or of none.
    """
    name = handle.removeprefix("@")
    try:
        if "@" in name:
            return MastodonAccount(normal_handle("mastodon", name), access)
        if "." in name:
            return BlueskyAccount(normal_handle("bluesky", name), access)
    except WrongName as error:
        raise UsageError(f"{handle}: {error}") from error
    raise UsageError(
        f"{handle} names no network. X shows nothing without a key: analyze the archive that it gives you."
        f" On Bluesky write the whole handle, such as @{name}.bsky.social; on Mastodon with its server,"
        f" such as @{name}@mastodon.social"
    )


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
