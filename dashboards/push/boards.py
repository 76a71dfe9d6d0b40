"""The folder, the boards in it, and the mark that tells on a board when it was sent."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

from msgspec import structs

from dashboards.push.api import Api, Json, Missing
from dashboards.push.changes import Change, difference
from dashboards.rule import DATASOURCE_UID, FOLDER

TAG: Final = "rapport"
FOLDER_UID: Final = "rapport"
_MESSAGE: Final = re.compile(r"rapport [\w.]+ ([0-9a-f]{16})")
_OF_THE_STORE: Final = frozenset({"id", "version"})


def digest(board: Json) -> str:
    """Return a short name of a board's content."""
    return hashlib.sha256(json.dumps(board, sort_keys=True).encode()).hexdigest()[:16]


def message(board: Json, version: str) -> str:
    """Return the note with which a version of a board is saved: by it a later push knows its own work."""
    return f"rapport {version} {digest(board)}"


def changed_folder(api: Api) -> Change:
    """Return what is to be done with the folder: one of our uid or title is used as it is."""
    folders = api.folders()
    same = [each for each in folders if each["uid"] == FOLDER_UID] or [
        each for each in folders if each["title"] == FOLDER
    ]
    if same:
        return Change(what="folder", action="same", uid=str(same[0]["uid"]), title=str(same[0]["title"]))
    return Change(what="folder", action="create", uid=FOLDER_UID, title=FOLDER)


def board_and_mark(api: Api, tree: Json, source: str, *, overwrite: bool) -> Iterator[Change]:
    """Give what is to be done with a board, and with the mark on it; a board that is kept gets none."""
    wanted = _for_source(tree, source)
    change = _board(api, wanted, overwrite=overwrite)
    yield change
    if change.action != "kept":
        yield _mark(api, change, digest(wanted))


def _mark(api: Api, board: Change, content: str) -> Change:
    """Return the mark for a board's content; one that is there already is as good as a new one."""
    tags = [TAG, "push", content]
    mark = Change(
        what="annotation",
        action="create",
        uid=board.uid,
        title="the mark that tells when it was sent",
        body={"dashboardUID": board.uid, "tags": tags},
    )
    if board.action != "same":
        return mark
    asked = urlencode([("dashboardUID", board.uid), *(("tags", tag) for tag in tags)])
    found = api.get(f"/annotations?{asked}", "annotations")
    return structs.replace(mark, action="same") if found else mark


def _board(api: Api, wanted: Json, *, overwrite: bool) -> Change:
    uid, title = str(wanted["uid"]), str(wanted["title"])
    try:
        held = api.board(uid)
    except Missing:
        return Change(
            what="board", action="create", uid=uid, title=title, body=wanted, diff=difference({}, wanted)
        )
    there = held["dashboard"]
    known: dict[str, Any] = {
        "what": "board",
        "uid": uid,
        "title": title,
        "version": int(there.get("version", 0)),
    }
    if TAG not in there.get("tags", ()):
        why = "a board that is not ours has this uid: give it another one, or remove it"
        return Change(action="kept", why=why, **known)
    if held.get("meta", {}).get("provisioned"):
        return Change(action="kept", why="this Grafana provisions it from files", **known)
    mine = _MESSAGE.fullmatch(_message_of(api, uid, known["version"]))
    if _content(there) == _content(wanted) or (mine and mine[1] == digest(wanted)):
        return Change(action="same", **known)
    diff = difference(_content(there), _content(wanted))
    if mine or overwrite:
        return Change(action="update", body=wanted, diff=diff, **known)
    why = (
        "somebody changed it since the last push: save that as a board of its own, then push with --overwrite"
    )
    return Change(action="kept", why=why, diff=diff, **known)


def _for_source(tree: Json, uid: str) -> Json:
    """Return a board whose variable of the data source stands on the one that is there."""
    if uid == DATASOURCE_UID:
        return tree
    variables = [
        {**each, "current": {"text": uid, "value": uid}} if each["type"] == "datasource" else each
        for each in tree["templating"]["list"]
    ]
    return {**tree, "templating": {**tree["templating"], "list": variables}}


def _message_of(api: Api, uid: str, version: int) -> str:
    """Return the note of one version of a board; empty where Grafana tells none.

    The list of versions will not do: it calls the first one "Initial save", whatever its note.
    """
    try:
        found = api.get(f"/dashboards/uid/{uid}/versions/{version}", f"the version of the board {uid}")
    except Missing:
        return ""
    return str(found.get("message") or "") if isinstance(found, dict) else ""


def _content(board: Json) -> Json:
    return {key: value for key, value in board.items() if key not in _OF_THE_STORE}
