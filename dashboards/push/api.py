"""Grafana's HTTP API by the library grafana-api, with its errors in plain words.

grafana-api 1.0.3 has not been maintained since 2020; this file is the one place that knows it. It fails on
answers without a body (204), which are answers all the same; it knows no alert rules, so they go by its way
of sending anything; and its five seconds are short for a board that is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from grafana_api.grafana_api import GrafanaException
from grafana_api.grafana_face import GrafanaFace
from requests.exceptions import JSONDecodeError, RequestException, TooManyRedirects

from pipelines.errors import Retriable, UsageError

Json = dict[str, Any]
TIMEOUT_S: Final = 30.0
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")
_HOW_TO_ENTER: Final = (
    "in Grafana open Administration → Users and access → Service accounts, add one, save"
    " its token in the file, and give it the role {role}"
)


class Missing(Exception):
    """Grafana has no such thing (404)."""


class Refused(UsageError):
    """Grafana will not do it, for a reason that its status tells; the message says the way out."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Api:
    """One Grafana. Every call raises Missing, Refused, UsageError or Retriable."""

    def __init__(self, face: GrafanaFace, url: str) -> None:
        self._face, self.url = face, url

    def get(self, path: str, what: str) -> Any:
        """Return what is at a path below /api; `what` names it in a message."""
        return self._call("GET", path, None, what)

    def post(self, path: str, body: Json, what: str) -> Any:
        """Create what `body` says, and return the answer."""
        return self._call("POST", path, body, what)

    def put(self, path: str, body: Json, what: str) -> Any:
        """Replace what is at a path, and return the answer."""
        return self._call("PUT", path, body, what)

    def delete(self, path: str, what: str) -> None:
        """Remove what is at a path."""
        self._call("DELETE", path, None, what)

    def board(self, uid: str) -> Json:
        """Return a board with its `meta`."""
        with self._in_words(f"the board {uid}"):
            found: Json = self._face.dashboard.get_dashboard(uid)
            return found

    def save_board(self, request: Json) -> Json:
        """Save a board; `request` as POST /api/dashboards/db takes it."""
        with self._in_words(f"the board {request['dashboard']['uid']}"):
            saved: Json = self._face.dashboard.update_dashboard(request)
            return saved

    def folders(self) -> list[Json]:
        """Return the folders at the top."""
        with self._in_words("its folders"):
            return list(self._face.folder.get_all_folders())

    def create_folder(self, title: str, uid: str) -> Json:
        """Make a folder."""
        with self._in_words(f"the folder {title}"):
            made: Json = self._face.folder.create_folder(title, uid)
            return made

    def close(self) -> None:
        """Close the connection."""
        self._face.api.s.close()

    def _call(self, method: str, path: str, body: Json | None, what: str) -> Any:
        with self._in_words(what):
            return getattr(self._face.api, method)(path, json=body)

    @contextmanager
    def _in_words(self, what: str) -> Iterator[None]:
        try:
            yield
        except GrafanaException as error:
            raise in_words(error.status_code, error.response, what, self.url) from error
        except JSONDecodeError as error:
            if error.doc:
                raise UsageError(_no_grafana(self.url)) from error
        except TooManyRedirects as error:
            raise UsageError(
                f"{self.url} leads elsewhere: give --url the address that it leads to (perhaps https://)"
            ) from error
        except RequestException as error:
            raise Retriable(
                f"no Grafana answers at {self.url} ({type(error).__name__}):"
                " is it running, and is --url right?"
            ) from error
        except TypeError as error:  # the library searches an error that is no object for its message
            raise UsageError(_no_grafana(self.url)) from error


@contextmanager
def open_api(url: str, token: str) -> Iterator[Api]:
    """Give a Grafana. Raises UsageError for an address or a token that cannot be one."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise UsageError(f"--url {_without_user(url)} is no address of a Grafana: try http://127.0.0.1:3000")
    if not _TOKEN.fullmatch(token):
        raise UsageError("the token file holds no token: one line of letters, digits and signs is expected")
    face = GrafanaFace(
        auth=token,
        host=f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname,
        port=parts.port,
        protocol=parts.scheme,
        url_path_prefix=f"{parts.path.strip('/')}/" if parts.path.strip("/") else "",
        timeout=TIMEOUT_S,
    )
    face.api.s.max_redirects = 0  # a POST that is led elsewhere arrives as a GET
    api = Api(face, url)
    try:
        yield api
    finally:
        api.close()


def in_words(status: int, response: object, what: str, url: str) -> Exception:
    """Return what a status of Grafana means to the one who pushes."""
    told = response if isinstance(response, Mapping) else {}
    said, state = str(told.get("message") or "").strip(), str(told.get("status") or "")
    if status == 404:
        return Missing(f"Grafana at {url} has no {what.removeprefix('the ')}: {said or 'not found'}")
    if status >= 500 and "provenance" not in said:
        return Retriable(f"Grafana at {url} failed with {status} at {what}: {said or 'no reason told'}")
    return Refused(f"Grafana at {url}: {_reason(status, said, state, what)}", status)


def _reason(status: int, said: str, state: str, what: str) -> str:
    if status == 401:
        return f"the token is not accepted (401): it is wrong, has expired or was revoked; {_role('Admin')}"
    if status == 403:
        role = "Admin, or push with --no-rules" if "alert rule" in what else "Editor"
        return f"the token may not touch {what} (403): {_role(role)}"
    if "provision" in said or "provenance" in said:
        return (
            f"{what} comes from files of this Grafana ({status}): it is kept in step by its"
            " provisioning, so there is nothing to push; or take it out of the files first"
        )
    if status == 412:
        return _precondition(said, state, what)
    if status == 409:
        return f"{what} is in the way of one that is there already (409): {said}; look at it and push again"
    return f"{what} was refused ({status}): {said or 'no reason told'}"


def _precondition(said: str, state: str, what: str) -> str:
    if state == "version-mismatch":
        return f"somebody changed {what} in this moment (412): run the command again to see the difference"
    if state == "name-exists":
        return (
            f"another board of the folder already has the title of {what} (412): rename that one; it is kept"
        )
    if state.startswith("plugin"):
        return f"{what} belongs to a plugin (412): {said}"
    return f"{what} is not as it was expected (412): {said or state or 'no reason told'}"


def _role(role: str) -> str:
    return _HOW_TO_ENTER.format(role=role)


def _no_grafana(url: str) -> str:
    return (
        f"what answers at {url} is not Grafana's API: does --url hold the path under which Grafana is served,"
        " and does no proxy ask for a login first?"
    )


def _without_user(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)
