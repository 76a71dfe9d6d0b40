"""Grafana: reachable, with the ClickHouse plugin and a data source that answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from grafana_api.grafana_api import GrafanaException
from grafana_api.grafana_face import GrafanaFace
from msgspec import Struct

from pipelines.diagnosis.finding import Finding, ok, warn, wrong

PLUGIN = "grafana-clickhouse-datasource"
DATASOURCE = "clickhouse"
"""Unique id of the data source, as provisioning names it."""
_INSTALL = f"set GF_PLUGINS_PREINSTALL={PLUGIN} and start Grafana again"


class Grafana(Struct, frozen=True):
    """Where Grafana is, and a service account's token; None: only what everybody may ask is checked."""

    url: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"Grafana({self.url!r})"


def check_grafana(grafana: Grafana) -> Iterator[Finding]:
    """Look at a Grafana."""
    parts = urlsplit(grafana.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield wrong(f"Grafana: {grafana.url} is no address", "set GRAFANA_URL, such as http://127.0.0.1:3000")
        return
    api = GrafanaFace(
        auth=grafana.token or "",
        host=parts.hostname,
        port=parts.port,
        protocol=parts.scheme,
        url_path_prefix=f"{parts.path.strip('/')}/" if parts.path.strip("/") else "",
    ).api
    try:
        yield from _look(api, grafana)
    except OSError as error:
        yield wrong(f"Grafana: {grafana.url} does not answer ({type(error).__name__})", "start it")
    except (GrafanaException, ValueError, TypeError) as error:
        yield wrong(f"Grafana: {grafana.url} gives an unexpected answer: {error}", "is it a Grafana?")
    finally:
        api.s.close()


def _look(api: Any, grafana: Grafana) -> Iterator[Finding]:
    if not grafana.token:
        api.s.auth, api.auth = None, None
    health = api.GET("/health")
    yield ok(f"Grafana {health.get('version', '')} answers at {grafana.url}")
    if not grafana.token:
        yield warn(
            "Grafana's plugin and data source are not checked",
            "set GRAFANA_TOKEN to the token of a service account (role Admin: it may see plugins)",
        )
        return
    yield _plugin(api)
    yield _datasource(api)


def _plugin(api: Any) -> Finding:
    try:
        found = api.GET(f"/plugins/{PLUGIN}/settings")
    except GrafanaException as error:
        if error.status_code == 404:
            return wrong(f"Grafana has no plugin {PLUGIN}", _INSTALL)
        return wrong(f"Grafana does not tell of its plugins: {error}", "give GRAFANA_TOKEN the role Admin")
    return ok(f"Grafana's plugin {PLUGIN} {found.get('info', {}).get('version', '')}")


def _datasource(api: Any) -> Finding:
    try:
        found = api.GET(f"/datasources/uid/{DATASOURCE}/health")
    except GrafanaException as error:
        way_out = "provision infra/grafana/provisioning, with the password of rapport_reader"
        return wrong(f"Grafana's data source {DATASOURCE} does not answer: {error}", way_out)
    return ok(f"Grafana's data source {DATASOURCE}: {found.get('message', 'OK')}")
