"""What would change in a Grafana, and why something must not: looked at, nothing sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboards.grafana import SOURCE_TYPE, render
from dashboards.panels import Dashboard
from dashboards.provisioning import panel_of
from dashboards.push.alerting import changed_rules
from dashboards.push.api import Api, Missing, Refused
from dashboards.push.boards import board_and_mark, changed_folder
from dashboards.push.changes import Plan
from dashboards.rule import DATASOURCE_UID, Rule, as_request
from pipelines.errors import UsageError


def look(
    api: Api,
    boards: Sequence[Dashboard],
    rules: Sequence[Rule] | None,
    *,
    overwrite: bool = False,
    runbook_url: str = "",
) -> Plan:
    """Return what a push would do; `rules` None: alerting is not looked at.

    `overwrite`: boards of ours that a person changed are replaced too. `runbook_url`: to which rules link.

    Raises UsageError with the way out where nothing can be pushed, Retriable if Grafana is away.
    """
    _health(api)
    notes = list(_plugin(api))
    source = _datasource(api, notes)
    changes = [folder := changed_folder(api)]
    for board in boards:
        changes += board_and_mark(api, render(board), source, overwrite=overwrite)
    if rules is not None:
        requests = [
            as_request(
                rule,
                panel_of(rule, boards),
                folder_uid=folder.uid,
                datasource_uid=source,
                runbook_url=runbook_url,
            )
            for rule in rules
        ]
        changes += changed_rules(api, requests, folder_uid=folder.uid)
    return Plan(folder_uid=folder.uid, changes=tuple(changes), notes=tuple(notes))


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
