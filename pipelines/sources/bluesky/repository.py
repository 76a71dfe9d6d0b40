"""A Bluesky repository as its CAR file holds it: a commit, a search tree of keys, and the records.

https://atproto.com/specs/repository: a node of the tree has `l` (the subtree to its left) and entries `e`,
each with `k` (the key, its first `p` bytes taken from the key before), `v` (the record) and `t` (the subtree
after it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import libipld
import msgspec
from msgspec import Struct

from pipelines.errors import UsageError

MAX_REPOSITORY_BYTES = 512 << 20
"""The largest repository that is read: it is held in memory, and takes some five times its size there."""
CAR_MARKS = (b"eroots", b"gversion")
"""What the header of a CAR file names, whatever its length."""


def is_repository(path: Path) -> bool:
    """Tell whether a file is a CAR file, by its header."""
    with path.open("rb") as file:
        head = file.read(256)
    return all(mark in head for mark in CAR_MARKS) and head[:1] not in (b"{", b"[")


class Commit(Struct):
    did: str
    data: bytes
    rev: str = ""


class Entry(Struct):
    p: int
    k: bytes
    v: bytes
    t: bytes | None = None


class Node(Struct):
    e: list[Entry]
    l: bytes | None = None  # noqa: E741 - so it is called in the format


class Record(NamedTuple):
    """A record by its path `collection/key`; `content` is None where the file lacks it."""

    path: str
    content: Any


class Repository:
    """The records of one account; `did` is its id, `revision` the last commit's key."""

    def __init__(self, content: bytes) -> None:
        """Take the bytes of a CAR file. Raises UsageError if they are none, or no repository."""
        try:
            header, self._blocks = _decoded(content)
            commit = msgspec.convert(self._blocks[header["roots"][0]], Commit)
        except (ValueError, KeyError, IndexError, TypeError, msgspec.ValidationError) as error:
            raise UsageError(
                f"it is no repository of Bluesky, or a part of one ({error}): export it again"
            ) from error
        self.did, self._root, self.revision = commit.did, commit.data, commit.rev
        self.missing_nodes = 0

    def __iter__(self) -> Iterator[Record]:
        """Give the records in the order of their paths; `missing_nodes` counts subtrees that lack."""
        pending: list[bytes | Record] = [self._root]
        seen: set[bytes] = set()
        while pending:
            item = pending.pop()
            if isinstance(item, Record):
                yield item
            elif item not in seen:
                seen.add(item)
                pending.extend(reversed(list(self._below(item))))

    def _below(self, cid: bytes) -> Iterator[bytes | Record]:
        try:
            node = msgspec.convert(self._blocks[cid], Node)
        except (KeyError, msgspec.ValidationError):
            self.missing_nodes += 1
            return
        if node.l is not None:
            yield node.l
        key = b""
        for entry in node.e:
            key = key[: max(0, entry.p)] + entry.k
            yield Record(key.decode("utf-8", "replace"), self._blocks.get(entry.v))
            if entry.t is not None:
                yield entry.t


def _decoded(content: bytes) -> tuple[Mapping[str, Any], Mapping[bytes, Any]]:
    header, blocks = libipld.decode_car(content)
    return header, blocks
