"""What would change in a Grafana, and why something must not: looked at, nothing sent."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from msgspec import Struct

from dashboards.grafana import SOURCE_TYPE, render
from dashboards.panels import Dashboard
from dashboards.provisioning import panel_of
from dashboards.push.api import Api, Json, Missing, Refused
from dashboards.rules import DATASOURCE_UID, FOLDER, PREFIX, Rule, as_request
from pipelines.errors import UsageError

What = Literal["folder", "board", "rule"]
Action = Literal["create", "update", "delete", "same", "kept"]

TAG: Final = "rapport"
FOLDER_UID: Final = "rapport"
_MESSAGE: Final = re.compile(r"rapport [\w.]+ ([0-9a-f]{16})")
_OF_THE_STORE: Final = frozenset({"id", "version"})
_ALERTING: Final = "/v1/provisioning/alert-rules"


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


def look(
    api: Api, boards: Sequence[Dashboard], rules: Sequence[Rule] | None, *, overwrite: bool = False
) -> Plan:
    """Return what a push would do; `rules` None: alerting is not looked at.

    `overwrite`: boards of ours that a person changed are replaced too.

    Raises UsageError with the way out where nothing can be pushed, Retriable if Grafana is away.
    """
    _health(api)
    notes = list(_plugin(api))
    source = _datasource(api, notes)
    folder = _folder(api)
    changes = [folder]
    changes += [_board(api, render(board), source, overwrite=overwrite) for board in boards]
    if rules is not None:
        changes += _rules(api, rules, boards, folder_uid=folder.uid, datasource_uid=source)
    return Plan(folder_uid=folder.uid, changes=tuple(changes), notes=tuple(notes))


def digest(board: Json) -> str:
    """Return a short name of a board's content."""
    return hashlib.sha256(json.dumps(board, sort_keys=True).encode()).hexdigest()[:16]


def message(board: Json, version: str) -> str:
    """Return the note with which a version of a board is saved: by it a later push knows its own work."""
    return f"rapport {version} {digest(board)}"


# ---- what must be there ------------------------------------------------------------------------------


def _health(api: Api) -> None:
    try:
        found = api.get("/health", "health")
    except Missing as error:
        raise UsageError(
            f"what answers at {api.url} has no Grafana at that path (404): is the path of --url right?"
        ) from error
    if not isinstance(found, dict) or "database" not in found:
        raise UsageError(f"what answers at {api.url} is not Grafana: it tells no health of its database")


def _plugin(api: Api) -> Iterator[str]:
    try:
        api.get(f"/plugins/{SOURCE_TYPE}/settings", f"the plugin {SOURCE_TYPE}")
    except Missing as error:
        raise UsageError(
            f"Grafana at {api.url} has no plugin {SOURCE_TYPE}, so no panel could read ClickHouse:"
            f" install it (`grafana cli plugins install {SOURCE_TYPE}`), then push again"
        ) from error
    except Refused as error:
        if error.status != 403:
            raise
        yield f"the token may not see plugins: whether {SOURCE_TYPE} is installed was not checked"


def _datasource(api: Api, notes: list[str]) -> str:
    try:
        found = [
            each for each in api.get("/datasources", "its data sources") if each.get("type") == SOURCE_TYPE
        ]
    except Refused as error:
        if error.status != 403:
            raise
        notes.append(f"the token may not see data sources: rules are sent for the uid {DATASOURCE_UID}")
        return DATASOURCE_UID
    uids = [str(each["uid"]) for each in found]
    if not uids:
        raise UsageError(
            f"Grafana at {api.url} has no data source of ClickHouse: add one of the type {SOURCE_TYPE},"
            " with the user rapport_reader and its password, then push again;"
            " infra/grafana/provisioning/datasources/clickhouse.yaml shows the fields"
        )
    if DATASOURCE_UID not in uids and len(uids) > 1:
        raise UsageError(
            f"Grafana at {api.url} has {len(uids)} data sources of ClickHouse: give the one that Rapport"
            f" reads the uid {DATASOURCE_UID}"
        )
    return DATASOURCE_UID if DATASOURCE_UID in uids else uids[0]


# ---- folder and boards ---------------------------------------------------------------------------------


def _folder(api: Api) -> Change:
    folders = api.folders()
    same = [each for each in folders if each["uid"] == FOLDER_UID] or [
        each for each in folders if each["title"] == FOLDER
    ]
    if same:
        return Change(what="folder", action="same", uid=str(same[0]["uid"]), title=str(same[0]["title"]))
    return Change(what="folder", action="create", uid=FOLDER_UID, title=FOLDER)


def _board(api: Api, tree: Json, source: str, *, overwrite: bool) -> Change:
    wanted = _for_source(tree, source)
    uid, title = str(wanted["uid"]), str(wanted["title"])
    try:
        held = api.board(uid)
    except Missing:
        return Change(
            what="board", action="create", uid=uid, title=title, body=wanted, diff=_diff({}, wanted)
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
    mine = _MESSAGE.fullmatch(_last_message(api, uid))
    if _content(there) == _content(wanted) or (mine and mine[1] == digest(wanted)):
        return Change(action="same", **known)
    diff = _diff(_content(there), _content(wanted))
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


def _last_message(api: Api, uid: str) -> str:
    """Return the note of a board's last version; empty where Grafana tells none."""
    try:
        found = api.get(f"/dashboards/uid/{uid}/versions?limit=1", f"the versions of the board {uid}")
    except Missing:
        return ""
    versions = found.get("versions", []) if isinstance(found, dict) else found  # a list before Grafana 11
    return str(max(versions, key=lambda each: each["version"]).get("message", "")) if versions else ""


def _content(board: Json) -> Json:
    return {key: value for key, value in board.items() if key not in _OF_THE_STORE}


# ---- rules ---------------------------------------------------------------------------------------------


def _rules(
    api: Api, rules: Iterable[Rule], boards: Sequence[Dashboard], *, folder_uid: str, datasource_uid: str
) -> Iterator[Change]:
    try:
        held = {str(each["uid"]): each for each in api.get(_ALERTING, "the alert rules")}
    except Missing as error:
        raise UsageError(
            f"Grafana at {api.url} has no alert rules of its own (404): it needs version 9.4 or newer"
            " with unified alerting, or push with --no-rules"
        ) from error
    wanted = {
        rule.uid: as_request(
            rule, panel_of(rule, boards), folder_uid=folder_uid, datasource_uid=datasource_uid
        )
        for rule in rules
    }
    for uid, body in wanted.items():
        yield _rule(body, held.get(uid))
    for uid, body in held.items():
        if uid.startswith(PREFIX) and uid not in wanted and body.get("folderUID") == folder_uid:
            yield Change(
                what="rule", action="delete", uid=uid, title=str(body["title"]), diff=_diff(body, {})
            )


def _rule(wanted: Json, held: Json | None) -> Change:
    known: dict[str, Any] = {"what": "rule", "uid": wanted["uid"], "title": wanted["title"]}
    if held is None:
        return Change(action="create", body=wanted, diff=_diff({}, wanted), **known)
    if held.get("provenance") == "file":
        return Change(action="kept", why="this Grafana provisions it from files", **known)
    if _covers(held, wanted):
        return Change(action="same", **known)
    shown = {key: held[key] for key in wanted if key in held}
    return Change(action="update", body=wanted, diff=_diff(shown, wanted), **known)


def _covers(held: Any, wanted: Any) -> bool:
    """Tell whether Grafana holds what is wanted: it adds keys of its own, and leaves out unknown ones."""
    if isinstance(wanted, Mapping):
        return isinstance(held, Mapping) and all(
            _covers(held[key], value) for key, value in wanted.items() if key in held
        )
    if isinstance(wanted, list):
        return (
            isinstance(held, list)
            and len(held) == len(wanted)
            and all(_covers(*pair) for pair in zip(held, wanted, strict=True))
        )
    return bool(held == wanted)


def _diff(before: Json, after: Json) -> tuple[str, ...]:
    old, new = (
        json.dumps(each, indent=2, sort_keys=True, ensure_ascii=False).splitlines() if each else []
        for each in (before, after)
    )
    return tuple(difflib.unified_diff(old, new, "in Grafana", "to be sent", n=2, lineterm=""))
