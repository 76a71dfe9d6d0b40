"""What a push would do to one thing in a Grafana, and all of it in order."""

from __future__ import annotations

import difflib
import json
from typing import Literal

from msgspec import Struct

from dashboards.push.api import Json

What = Literal["folder", "board", "annotation", "rule"]
Action = Literal["create", "update", "delete", "same", "kept"]


class Change(Struct, frozen=True, kw_only=True):
    """What is to be done with one thing. `diff` shows it; `why` says why something is kept as it is."""

    what: What
    action: Action
    uid: str
    title: str
    body: Json = {}
    version: int = 0
    diff: tuple[str, ...] = ()
    why: str = ""


class Plan(Struct, frozen=True, kw_only=True):
    """All changes, in the order in which they are sent, and what a person should know beside."""

    folder_uid: str
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    @property
    def to_send(self) -> tuple[Change, ...]:
        """Return the changes that change something."""
        return tuple(each for each in self.changes if each.action in ("create", "update", "delete"))


def difference(before: Json, after: Json) -> tuple[str, ...]:
    """Return the lines that differ between what Grafana holds and what would be sent."""
    old, new = (
        json.dumps(each, indent=2, sort_keys=True, ensure_ascii=False).splitlines() if each else []
        for each in (before, after)
    )
    return tuple(difflib.unified_diff(old, new, "in Grafana", "to be sent", n=2, lineterm=""))
