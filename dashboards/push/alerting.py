"""The alert rules of a Grafana beside ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from dashboards.push.api import Api, Json, Missing
from dashboards.push.changes import Change, difference
from dashboards.rule import PREFIX
from pipelines.errors import UsageError

_ALERTING: Final = "/v1/provisioning/alert-rules"


def changed_rules(api: Api, requests: Iterable[Json], *, folder_uid: str) -> Iterator[Change]:
    try:
        held = {str(each["uid"]): each for each in api.get(_ALERTING, "the alert rules")}
    except Missing as error:
        raise UsageError(
            f"Grafana at {api.url} has no alert rules of its own (404): it needs version 9.4 or newer"
            " with unified alerting, or push with --no-rules"
        ) from error
    wanted = {str(each["uid"]): each for each in requests}
    for uid, body in wanted.items():
        yield _rule(body, held.get(uid))
    for uid, body in held.items():
        if uid.startswith(PREFIX) and uid not in wanted and body.get("folderUID") == folder_uid:
            yield Change(
                what="rule", action="delete", uid=uid, title=str(body["title"]), diff=difference(body, {})
            )


def _rule(wanted: Json, held: Json | None) -> Change:
    known: dict[str, Any] = {"what": "rule", "uid": wanted["uid"], "title": wanted["title"]}
    if held is None:
        return Change(action="create", body=wanted, diff=difference({}, wanted), **known)
    if held.get("provenance") == "file":
        return Change(action="kept", why="this Grafana provisions it from files", **known)
    if _covers(held, wanted) and held.get("annotations") == wanted["annotations"]:
        return Change(action="same", **known)
    shown = {key: held[key] for key in wanted if key in held}
    return Change(action="update", body=wanted, diff=difference(shown, wanted), **known)


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
