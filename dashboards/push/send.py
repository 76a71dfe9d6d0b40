"""A plan carried out, change by change."""

from __future__ import annotations

from collections.abc import Iterator

from dashboards.push.api import Api
from dashboards.push.boards import message
from dashboards.push.changes import Change, Plan
from pipelines import clock

_ALERTING = "/v1/provisioning/alert-rules"


def send(api: Api, plan: Plan, *, version: str) -> Iterator[Change]:
    """Carry a plan out, change by change, and give each when it is done. Raises what the API raises."""
    for change in plan.to_send:
        if change.what == "folder":
            api.create_folder(change.title, change.uid)
        elif change.what == "board":
            _save(api, change, plan.folder_uid, version)
        elif change.what == "annotation":
            now = {"time": clock.now_ms(), "text": f"Rapport {version}: this board was sent"}
            api.post("/annotations", {**change.body, **now}, "annotations")
        else:
            _rule(api, change)
        yield change


def _save(api: Api, change: Change, folder_uid: str, version: str) -> None:
    """Save a board if it is still the version that was looked at."""
    note = message(change.body, version)
    board = {**change.body, "id": None, "version": change.version}
    api.save_board({"dashboard": board, "folderUid": folder_uid, "overwrite": False, "message": note})


def _rule(api: Api, change: Change) -> None:
    what = f"the alert rule {change.uid}"
    if change.action == "create":
        api.post(_ALERTING, change.body, what)
    elif change.action == "update":
        api.put(f"{_ALERTING}/{change.uid}", change.body, what)
    else:
        api.delete(f"{_ALERTING}/{change.uid}", what)
