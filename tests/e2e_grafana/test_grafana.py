"""Boards and rules in a real Grafana: every query is answered, rules are evaluated, no panel has an error."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest
from playwright.sync_api import Browser, Page, Request, Response, sync_playwright

from dashboards import DASHBOARDS
from dashboards.grafana import SOURCE_TYPE, render
from dashboards.provisioning import panel_of
from dashboards.rule import Rule, as_request
from dashboards.rules import RULES
from dashboards.screenshots import CHROMIUM, CHROMIUM_ARGUMENTS
from pipelines.events import DAY_MS
from tests.e2e_grafana.conftest import Grafana

UIDS = [render(board)["uid"] for board in DASHBOARDS]
ERRORS = (
    "[data-testid='data-testid Panel status error'], [aria-label='Panel status'], .panel-info-corner--error"
)
"""Where a panel says that its query failed: Grafana 10 and newer, 9.4, and before."""
PANELS = "[data-panelid], [data-viz-panel-key], .react-grid-item"
NOTHING_SAID = re.compile(r"^No data( in response)?$")
PATIENCE_S, QUIET_S = 150, 5
QUERIES = "/api/ds/query"


@pytest.fixture(scope="session")
def source(grafana: Grafana) -> str:
    """The uid of the data source of ClickHouse."""
    [uid] = [each["uid"] for each in grafana.ask("/api/datasources") if each["type"] == SOURCE_TYPE]
    return str(uid)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(CHROMIUM_ARGUMENTS))
        yield chromium
        chromium.close()


def as_the_browser_puts_it(sql: str, board: dict[str, Any]) -> str:
    """Return a query with the board's variables in it, All where it can be; macros are the plugin's."""
    single = {each["name"]: each["current"]["value"] for each in board["templating"]["list"]}
    text = re.sub(r"\$__conditionalAll\((.*?\)), \$\w+\)", "1=1", sql, flags=re.DOTALL)
    return re.sub(r"\$\{(\w+):singlequote\}", lambda found: f"'{_one(single[found[1]])}'", text)


def _one(value: str | list[str]) -> str:
    return value[0] if isinstance(value, list) else value


def queries(board: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    """Give panel, format and SQL of every query of a board."""
    for panel in [*board["panels"], *(inner for row in board["panels"] for inner in row.get("panels", ()))]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["format"], target["rawSql"]


def test_it_is_well_and_so_is_its_way_to_clickhouse(grafana: Grafana, source: str) -> None:
    assert grafana.ask("/api/health")["database"] == "ok"
    assert grafana.ask(f"/api/datasources/uid/{source}/health")["status"] == "OK"


@pytest.mark.parametrize("uid", UIDS)
def test_a_board_is_there_as_it_was_rendered(grafana: Grafana, uid: str) -> None:
    held = grafana.ask(f"/api/dashboards/uid/{uid}")["dashboard"]
    [wanted] = [tree for board in DASHBOARDS if (tree := render(board))["uid"] == uid]
    assert [each["title"] for each in held["panels"]] == [each["title"] for each in wanted["panels"]]


@pytest.mark.parametrize("uid", UIDS)
def test_every_query_of_a_board_is_answered(grafana: Grafana, source: str, uid: str) -> None:
    board = grafana.ask(f"/api/dashboards/uid/{uid}")["dashboard"]
    now = round(time.time() * 1_000)
    failed = {}
    for title, form, sql in queries(board):
        query = {
            "refId": "A",
            "datasource": {"type": SOURCE_TYPE, "uid": source},
            "editorType": "sql",
            "queryType": "timeseries" if form == 0 else "table",
            "format": form,
            "rawSql": as_the_browser_puts_it(sql, board),
            "intervalMs": 60_000,
            "maxDataPoints": 500,
        }
        body = {"from": str(now - 28 * DAY_MS), "to": str(now), "queries": [query]}
        try:
            answer = grafana.ask("/api/ds/query", body)["results"]["A"]
        except HTTPError as error:
            failed[title] = error.read().decode(errors="replace")[:300]
            continue
        if answer.get("error"):
            failed[title] = answer["error"]
    assert failed == {}


def test_every_rule_is_held_key_by_key(grafana: Grafana, source: str) -> None:
    held = {each["uid"]: each for each in grafana.ask("/api/v1/provisioning/alert-rules")}
    for rule in RULES:
        found = held[rule.uid]
        wanted = as_request(rule, panel_of(rule), folder_uid=found["folderUID"], datasource_uid=source)
        runbook = found["annotations"].pop("runbook_url", f"#{rule.section}")  # a push may do without
        assert runbook.endswith(f"#{rule.section}")
        for key in ("title", "condition", "for", "noDataState", "execErrState", "annotations", "labels"):
            assert found[key] == wanted[key], (rule.uid, key)
        assert [each["refId"] for each in found["data"]] == ["A", "C"]
        assert found["data"][0]["model"]["rawSql"] == rule.sql


def evaluated(grafana: Grafana) -> dict[str, dict[str, Any]]:
    groups = grafana.ask("/api/prometheus/grafana/api/v1/rules")["data"]["groups"]
    titles = {rule.title for rule in RULES}
    return {rule["name"]: rule for group in groups for rule in group["rules"] if rule["name"] in titles}


def test_every_rule_is_evaluated_without_an_error(grafana: Grafana) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = evaluated(grafana)
        if len(found) == len(RULES) and not any(
            each["lastEvaluation"][:4] == "0001" for each in found.values()
        ):
            break
        time.sleep(2)
    assert {
        name: each.get("lastError", "") for name, each in found.items() if each["health"] == "error"
    } == {}
    assert len(found) == len(RULES)


def firing_rows(grafana: Grafana, source: str, rule: Rule) -> int:
    """Return how many rows of a rule's query are above (or below) its threshold now."""
    query = {
        "refId": "A",
        "datasource": {"type": SOURCE_TYPE, "uid": source},
        "editorType": "sql",
        "queryType": "table",
        "format": 1,
        "rawSql": rule.sql,
    }
    body = {"from": "now-1h", "to": "now", "queries": [query]}
    [frame] = grafana.ask("/api/ds/query", body)["results"]["A"]["frames"]
    kinds = [field["type"] for field in frame["schema"]["fields"]]
    values = frame["data"]["values"][kinds.index("number")] if frame["data"]["values"] else []
    above, below = rule.above, rule.below
    return sum(
        (above is not None and each > above) or (below is not None and each < below) for each in values
    )


def test_a_rule_fires_for_each_row_beyond_its_threshold_and_for_no_other(
    grafana: Grafana, source: str
) -> None:
    at_once = [rule for rule in RULES if rule.wait == "0s"]
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = evaluated(grafana)
        fired = {
            rule.uid: sum(each["state"] == "Alerting" for each in found[rule.title].get("alerts") or ())
            for rule in at_once
        }
        wanted = {rule.uid: firing_rows(grafana, source, rule) for rule in at_once}
        if fired == wanted:
            return
        time.sleep(5)
    assert fired == wanted


def _wait_until_quiet(page: Page, sent: list[Response], waiting: set[Request]) -> None:
    """Wait until answers have come, none is awaited, and nothing was asked for some seconds."""
    deadline, quiet, seen = time.monotonic() + PATIENCE_S, 0, -1
    while time.monotonic() < deadline and (quiet < QUIET_S or waiting or not sent):
        page.wait_for_timeout(1_000)
        quiet, seen = (quiet + 1 if len(sent) == seen else 0), len(sent)
    assert sent, "the board asked nothing"
    assert not waiting, f"no answer to {len(waiting)} queries within {PATIENCE_S} s"


def _watch(page: Page) -> tuple[list[Response], set[Request]]:
    """Return the answers to a page's queries as they come, and the queries that await one."""
    sent: list[Response] = []
    waiting: set[Request] = set()
    page.on("request", lambda request: waiting.add(request) if QUERIES in request.url else None)
    page.on("response", lambda response: sent.append(response) if QUERIES in response.url else None)

    def settled(request: Request) -> None:
        waiting.discard(request)

    page.on("requestfinished", settled)
    page.on("requestfailed", settled)
    return sent, waiting


@pytest.mark.parametrize("uid", UIDS)
def test_no_panel_of_a_board_shows_an_error_or_is_empty_without_a_reason(
    grafana: Grafana, browser: Browser, uid: str
) -> None:
    page = browser.new_page(
        viewport={"width": 1440, "height": 6_000},
        extra_http_headers={"Authorization": f"Bearer {grafana.token}"},
    )
    sent, waiting = _watch(page)
    page.goto(f"{grafana.url}/d/{uid}?kiosk&refresh=", timeout=120_000)
    page.wait_for_selector(PANELS, timeout=120_000)
    _wait_until_quiet(page, sent, waiting)
    refused = [response.status for response in sent if response.status >= 400]
    said = [each.get_attribute("title") or each.inner_text() for each in page.query_selector_all(ERRORS)]
    bare = page.get_by_text(NOTHING_SAID).count()
    page.close()
    assert (refused, said, bare) == ([], [], 0)
