"""A small server that keeps the contract of Grafana's HTTP API, as far as a push asks it.

Kept as https://grafana.com/docs/grafana/latest/developers/http_api/ tells it: bearer tokens with a role,
folders, boards with versions and the statuses 400, 401, 403, 404, 412, rules with provenance, 201 for a new
one, 204 with an empty body for a deleted one, annotations, plugins and data sources. It is no Grafana:
nothing is drawn.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from dashboards.grafana import SOURCE_TYPE

ROLES = {"glsa_viewer": "Viewer", "glsa_editor": "Editor", "glsa_admin": "Admin"}
"""Tokens that are accepted; each may do what its role may."""
Json = dict[str, Any]
Answer = tuple[int, object]


class Failed(Exception):
    """A request that ends with a status other than 2xx; without a body if `body` is None."""

    def __init__(self, status: int, body: Json | None) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class FakeGrafana:
    """What the server holds; a test may look at it and change it as a person in Grafana would."""

    def __init__(self) -> None:
        self.url = ""
        self.plugins = {SOURCE_TYPE}
        self.datasources: list[Json] = [{"uid": "clickhouse", "name": "ClickHouse", "type": SOURCE_TYPE}]
        self.folders: dict[str, Json] = {}
        self.boards: dict[str, list[Json]] = {}
        self.provisioned: set[str] = set()
        self.rules: dict[str, Json] = {}
        self.annotations: list[Json] = []
        self.annotations_fail = False
        self.writes: list[str] = []
        self.before_save: Callable[[], None] = lambda: None

    def save_by_hand(self, board: Json, *, folder: str = "", message: str = "") -> None:
        """Save a board as a person does in the browser."""
        versions = self.boards.setdefault(board["uid"], [])
        held = {**copy.deepcopy(board), "version": len(versions) + 1, "id": 7}
        versions.append({"version": held["version"], "message": message, "data": held, "folderUid": folder})

    def board(self, uid: str) -> Json:
        """Return the newest version of a board."""
        found: Json = self.boards[uid][-1]["data"]
        return found

    # ---- what is asked ------------------------------------------------------------------------------

    def answer(self, method: str, path: str, body: Json, role: str) -> Answer:  # noqa: PLR0911 - a route a line
        """Return status and body. Raises Failed."""
        path, _, query = path.partition("?")
        parts = path.strip("/").split("/")[1:]
        _allow(method, path, role)
        if method != "GET":
            self.writes.append(f"{method} {path}")
        match (method, *parts):
            case ("GET", "plugins", name, "settings"):
                return self._found(200, {"id": name} if name in self.plugins else None, "Plugin not found")
            case ("GET", "datasources"):
                if role != "Admin":
                    raise Failed(403, {"message": "Permissions needed: datasources:read"})
                return 200, self.datasources
            case ("GET", "folders"):
                return 200, list(self.folders.values())
            case ("POST", "folders"):
                return self._make_folder(body)
            case ("GET", "dashboards", "uid", uid):
                return self._get_board(uid)
            case ("GET", "dashboards", "uid", uid, "versions", version):
                return self._version(uid, int(version))
            case ("POST", "dashboards", "db"):
                return self._save_board(body)
            case ("GET", "annotations"):
                return self._find_annotations(parse_qs(query))
            case ("POST", "annotations"):
                return self._annotate(body)
            case (_, "v1", "provisioning", "alert-rules", *rest):
                return self._rule(method, rest, body)
        raise Failed(404, {"message": "Not found"})

    def _found(self, status: int, body: Json | None, missing: str) -> Answer:
        if body is None:
            raise Failed(404, {"message": missing})
        return status, body

    def _make_folder(self, body: Json) -> Answer:
        if body["uid"] in self.folders or body["title"] in {each["title"] for each in self.folders.values()}:
            raise Failed(
                409, {"message": "a folder with the same name already exists in the current location"}
            )
        self.folders[body["uid"]] = {"id": 1, "uid": body["uid"], "title": body["title"]}
        return 200, self.folders[body["uid"]]

    def _get_board(self, uid: str) -> Answer:
        if uid not in self.boards:
            raise Failed(404, {"message": "Dashboard not found", "status": "not-found"})
        meta = {"provisioned": uid in self.provisioned, "folderUid": self.boards[uid][-1]["folderUid"]}
        return 200, {"dashboard": self.board(uid), "meta": meta}

    def _version(self, uid: str, version: int) -> Answer:
        found = [each for each in self.boards[uid] if each["version"] == version]
        return self._found(200, found[0] if found else None, "Dashboard version not found")

    def _save_board(self, body: Json) -> Answer:
        self.before_save()
        board, folder = body["dashboard"], body.get("folderUid", "")
        uid = board["uid"]
        if folder not in self.folders:
            raise Failed(400, {"message": "folder not found"})
        if uid in self.provisioned:
            raise Failed(400, {"message": "Cannot save provisioned dashboard"})
        if uid in self.boards and board["version"] != self.board(uid)["version"] and not body["overwrite"]:
            told = "The dashboard has been changed by someone else"
            raise Failed(412, {"message": told, "status": "version-mismatch"})
        titles = {
            each[-1]["data"]["title"]
            for other, each in self.boards.items()
            if other != uid and each[-1]["folderUid"] == folder
        }
        if board["title"] in titles:
            told = "A dashboard with the same name in the folder already exists"
            raise Failed(412, {"message": told, "status": "name-exists"})
        self.save_by_hand(board, folder=folder, message=body.get("message", ""))
        return 200, {"id": 7, "uid": uid, "status": "success", "version": self.board(uid)["version"]}

    def _find_annotations(self, asked: dict[str, list[str]]) -> Answer:
        [uid] = asked["dashboardUID"]
        if uid not in self.boards:
            raise Failed(400, {"message": "Invalid dashboard UID in annotation request"})
        tags = set(asked.get("tags", ()))
        return 200, [
            each for each in self.annotations if each["dashboardUID"] == uid and tags <= set(each["tags"])
        ]

    def _annotate(self, body: Json) -> Answer:
        if self.annotations_fail:
            raise Failed(500, {"message": "Failed to save annotation"})
        self.annotations.append(body)
        return 200, {"message": "Annotation added", "id": len(self.annotations)}

    def _rule(self, method: str, rest: list[str], body: Json) -> Answer:
        if not rest:
            return self._new_rule(body) if method == "POST" else (200, list(self.rules.values()))
        uid = rest[0]
        if uid not in self.rules:
            raise Failed(404, None)
        if method == "GET":
            return 200, self.rules[uid]
        if self.rules[uid]["provenance"] == "file":
            raise Failed(500, {"message": "cannot change provenance from 'file' to 'api'"})
        if method == "DELETE":
            del self.rules[uid]
            return 204, None
        self.rules[uid] = _stored_rule(body)
        return 200, self.rules[uid]

    def _new_rule(self, body: Json) -> Answer:
        if body["uid"] in self.rules:
            raise Failed(409, {"message": "rule with this UID exists"})
        if body["folderUID"] not in self.folders:
            raise Failed(400, {"message": "folder does not exist"})
        self.rules[body["uid"]] = _stored_rule(body)
        return 201, self.rules[body["uid"]]


def _allow(method: str, path: str, role: str) -> None:
    """Refuse what the role may not do; the rules' API is for admins."""
    if method != "GET" and role == "Viewer":
        raise Failed(403, {"message": "You'll need additional permissions to perform this action."})
    if role != "Admin" and "/v1/provisioning/" in path:
        raise Failed(403, {"message": "Permissions needed: any of alert.provisioning:read"})


def _stored_rule(body: Json) -> Json:
    """Return a rule as Grafana holds it: with keys of its own, less one that it does not know."""
    rule = {**copy.deepcopy(body), "id": 1, "provenance": "api", "updated": "2026-11-22T12:00:00Z"}
    rule.pop("isPaused")
    for query in rule["data"]:
        query["queryType"] = ""
        query["model"] |= {"intervalMs": 1000, "maxDataPoints": 43200}
    return rule


class _Handler(BaseHTTPRequestHandler):
    grafana: FakeGrafana

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        try:
            status, answer = self._answer(body or {})
        except Failed as failed:
            status, answer = failed.status, failed.body
        content = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - names of the base class

    def _answer(self, body: Json) -> Answer:
        if not self.path.startswith("/api/"):
            raise Failed(404, {"message": "Not found"})
        if self.path == "/api/health":
            return 200, {"database": "ok", "version": "13.0.1"}
        role = ROLES.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        if role is None:
            raise Failed(401, {"message": "Invalid API key"})
        return self.grafana.answer(self.command, self.path, body, role)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def fake_grafana() -> Iterator[FakeGrafana]:
    """Serve an empty Grafana on 127.0.0.1."""
    held = FakeGrafana()
    handler = type("Handler", (_Handler,), {"grafana": held})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    held.url = f"http://127.0.0.1:{server.server_port}"
    yield held
    server.shutdown()
    server.server_close()
    thread.join()
