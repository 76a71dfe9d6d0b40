"""A Grafana that runs already and has our provisioning or got our push; CI has none.

GRAFANA_URL names it; GRAFANA_TOKEN is the token of a service account with the role Admin.
"""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

WHY_NOT = "a real Grafana is needed: set GRAFANA_URL and GRAFANA_TOKEN"
TIMEOUT_S = 60


class Grafana(Struct, frozen=True):
    """Its address without a slash at the end, and the token."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Grafana({self.url})"

    def ask(self, path: str, body: object = None) -> Any:
        """Return what Grafana answers at a path; with a body by POST. Raises HTTPError."""
        request = urllib.request.Request(
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return json.load(answer)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip this folder where there is no Grafana."""
    if os.environ.get("GRAFANA_URL") and os.environ.get("GRAFANA_TOKEN"):
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=WHY_NOT))


@pytest.fixture(scope="session")
def grafana() -> Grafana:
    """The Grafana of the environment."""
    return Grafana(os.environ["GRAFANA_URL"].rstrip("/"), os.environ["GRAFANA_TOKEN"])
