"""Posts by hand, and what the source `file` makes of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.events import AnyEvent, Post
from pipelines.sources.base import BadInput
from pipelines.sources.file import Counts, FileSource, Inventory

NOW = 1_750_000_000_000
MONDAY = 1_348_457_721_000  # Mon Sep 24 03:35:21 +0000 2012


class Outcome:
    """What a source found in its files."""

    def __init__(self, inventory: Inventory, given: list[Any]) -> None:
        self.inventory = inventory
        self.bad = [item for item in given if isinstance(item, BadInput)]
        self.events: list[AnyEvent] = [item.event for item in given if not isinstance(item, BadInput)]
        self.posts = [event.id for event in self.events if isinstance(event, Post)]

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(bad.where, bad.reason) for bad in self.bad]


def source(paths: Sequence[Path], work_dir: Path, *, counts: Counts = "final") -> FileSource:
    return FileSource(paths, counts=counts, work_dir=work_dir, now=lambda: NOW)


def read(paths: Sequence[Path], work_dir: Path, *, counts: Counts = "final") -> Outcome:
    files = source(paths, work_dir, counts=counts)
    inventory = files.prepare()
    outcome = Outcome(inventory, list(files.read(None)))
    assert inventory.events == len(outcome.events)
    assert inventory.bad == len(outcome.bad)
    return outcome


def read_bytes(
    content: bytes, tmp_path: Path, *, name: str = "posts.jsonl", counts: Counts = "final"
) -> Outcome:
    path = tmp_path / name
    path.write_bytes(content)
    return read([path], tmp_path / "work", counts=counts)


def status(number: int, *, second: int = 0, **changes: Any) -> dict[str, Any]:
    """A v1.1 post number `number`, `second` seconds after Monday 03:35:21 (at most 38)."""
    return {
        "id_str": str(number),
        "created_at": f"Mon Sep 24 03:35:{21 + second:02d} +0000 2012",
        "text": f"post {number}",
        "user": {"id_str": "77", "screen_name": "ada_example", "followers_count": 5},
        "favorite_count": 1,
        **changes,
    }


def tweet(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "text": "t",
        "author_id": "88",
        "created_at": "2012-09-24T03:35:21Z",
        **changes,
    }


def lines(*documents: Any) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)
