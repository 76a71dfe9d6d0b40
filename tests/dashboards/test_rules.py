"""The alert rules: as a file that Grafana reads, and their queries on the real store."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from dashboards import DASHBOARDS
from dashboards.provisioning import RULES_FILE, panel_of, rules_text
from dashboards.rule import Rule, as_request, as_template, said
from dashboards.rules import RULES
from pipelines.settings import READER_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse
from tests.conftest import REPOSITORY
from tests.dashboards.filled_store import END_AT, Filled

RUNBOOK_PAGE = REPOSITORY / "infra" / "grafana" / "runbook.html"


def strict(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {
        "type": "object", "properties": properties, "required": required, "additionalProperties": False,
    }  # fmt: skip


TEXT = {"type": "string", "minLength": 1}
DURATION = {"type": "string", "pattern": r"^(0s|[1-9]\d*[smhd])$"}
EVALUATOR = strict({"type": {"enum": ["gt", "lt"]}, "params": {"type": "array", "items": {"type": "number"}}})
RULE = strict(
    {
        "uid": {"type": "string", "pattern": r"^rapport-[a-z-]{1,32}$"},
        "title": {**TEXT, "maxLength": 190},
        "condition": {"const": "C"},
        "data": {
            "type": "array",
            "minItems": 2,
            "items": strict(
                {
                    "refId": TEXT,
                    "relativeTimeRange": strict({"from": {"type": "integer"}, "to": {"type": "integer"}}),
                    "datasourceUid": {"enum": ["clickhouse", "__expr__"]},
                    "model": {"type": "object"},
                }
            ),
        },
        "for": DURATION,
        "noDataState": {"enum": ["Alerting", "OK"]},
        "execErrState": {"enum": ["Alerting", "Error"]},
        "dashboardUid": TEXT,
        "panelId": {"type": "integer"},
        "annotations": {"type": "object", "additionalProperties": TEXT},
        "labels": strict({"severity": {"enum": ["critical", "warning", "info"]}, "source": TEXT}),
        "isPaused": {"const": False},
    }
)
FILE = strict(
    {
        "apiVersion": {"const": 1},
        "groups": {
            "type": "array",
            "items": strict(
                {
                    "orgId": {"const": 1},
                    "name": TEXT,
                    "folder": TEXT,
                    "interval": {"const": "1m"},
                    "rules": {"type": "array", "items": RULE, "minItems": 1},
                }
            ),
        },
    }
)
"""The keys that Grafana 10 to 13 reads of such a file; what it does not know it drops without a word."""


def ask(settings: ClickHouseSettings, rule: Rule) -> list[tuple[Any, ...]]:
    with ClickHouse(settings, READER_USER) as reader:
        return reader.rows(rule.sql)


def by_uid(uid: str) -> Rule:
    return next(rule for rule in RULES if rule.uid == uid)


def test_the_file_is_in_step_with_the_rules() -> None:
    assert RULES_FILE.read_text() == rules_text(), "run python -m dashboards.provisioning"


def test_the_file_has_the_shape_that_grafana_reads() -> None:
    tree = YAML(typ="safe").load(RULES_FILE.read_text())
    Draft202012Validator(FILE).validate(tree)
    uids = [rule["uid"] for group in tree["groups"] for rule in group["rules"]]
    assert len(set(uids)) == len(uids)


def test_rules_use_no_macro_that_only_the_browser_knows() -> None:
    for rule in RULES:
        assert not re.search(r"\$", rule.sql), rule.uid


def test_labels_hold_no_dollar_which_grafana_would_take_for_a_variable() -> None:
    for rule in RULES:
        labels = as_request(rule, 1, folder_uid="f", datasource_uid="d")["labels"]
        assert "$" not in "".join(labels.values())


def test_a_message_without_a_row_fills_in_nothing() -> None:
    for rule in RULES:
        told = as_request(rule, 1, folder_uid="f", datasource_uid="d")["annotations"]
        for key, row in (("summary", rule.summary), ("description", rule.do)):
            known, _, unknown = told[key].rpartition("{{ else }}")
            assert known == f"{{{{ if $values.A }}}}{as_template(row)}", rule.uid
            assert unknown.count("{{") == 1, rule.uid


def test_a_message_has_its_labels_and_number_filled_in_by_grafana_and_by_us() -> None:
    text = "{account}: {number} of all, {share}"
    assert said(text, {"account": "ada"}, 0.5) == "ada: 0 of all, 50%"
    assert as_template(text) == (
        '{{ $labels.account }}: {{ with $values.A }}{{ printf "%.0f" .Value }}{{ end }} of all,'
        " {{ with $values.A }}{{ humanizePercentage .Value }}{{ end }}"
    )


def test_a_rule_has_one_threshold_and_its_way_back_lies_on_the_healthy_side() -> None:
    for rule in RULES:
        assert (rule.above is None) != (rule.below is None), rule.uid
        if rule.clears is not None:
            assert rule.clears > rule.below if rule.below is not None else rule.clears < rule.above


def test_every_rule_leads_to_its_section_of_the_runbook() -> None:
    page = RUNBOOK_PAGE.read_text()
    sections = re.findall(r'<section id="([a-z-]+)">\s*<h2>([^<]+)</h2>\s*<p>', page)
    assert len(sections) == page.count("<section") == len(RULES)
    assert dict(sections) == {rule.section: rule.title for rule in RULES}
    tree = YAML(typ="safe").load(RULES_FILE.read_text())
    links = [rule["annotations"]["runbook_url"] for rule in tree["groups"][0]["rules"]]
    assert links == [f"${{RAPPORT_RUNBOOK_URL}}#{rule.section}" for rule in RULES]


def test_the_runbook_loads_nothing_from_elsewhere() -> None:
    assert not re.search(r"src=|href=|url\(|@import|<script", RUNBOOK_PAGE.read_text())


def test_annotations_hold_no_other_variable_in_braces_which_grafana_would_empty() -> None:
    for rule in YAML(typ="safe").load(RULES_FILE.read_text())["groups"][0]["rules"]:
        named = re.findall(r"\$\{([^}]*)\}", "".join(rule["annotations"].values()))
        assert named == ["RAPPORT_RUNBOOK_URL"]


def test_every_rule_leads_to_a_panel() -> None:
    assert all(panel_of(rule) > 0 for rule in RULES)
    with pytest.raises(KeyError, match="no panel 'None such'"):
        panel_of(
            Rule(
                **{name: getattr(RULES[0], name) for name in RULES[0].__struct_fields__}
                | {"panel": "None such"}
            )
        )


@pytest.mark.integration
def test_every_query_gives_one_number_and_labels_as_the_reader(filled: Filled) -> None:
    with ClickHouse(filled.settings, READER_USER) as reader:
        for rule in RULES:
            described = reader.rows(f"DESCRIBE TABLE ({rule.sql}\n)")
            types = [str(row[1]) for row in described]
            # A label of the rule hides a column of its name, and rows that it told apart become one.
            assert not {str(row[0]) for row in described} & {"severity", "source"}, rule.uid
            assert types.count("Float64") == 1, (rule.uid, types)
            assert all("String" in kind for kind in types if kind != "Float64"), (rule.uid, types)


@pytest.mark.integration
def test_an_empty_store_and_an_archive_are_silent_by_right(
    filled: Filled, unfilled: ClickHouseSettings
) -> None:
    for rule in RULES:
        rows = ask(unfilled, rule)
        assert bool(rows) is (rule.no_data == "Alerting"), rule.uid
        assert all(row[-1] == 0.0 for row in rows), rule.uid
    assert ask(filled.settings, by_uid("rapport-pipeline-stopped")) == [("no live source", "", 0.0)]


@pytest.mark.integration
def test_a_rule_fires_for_the_accounts_that_are_in_its_state_and_for_no_other(filled: Filled) -> None:
    with ClickHouse(filled.settings, READER_USER) as reader:
        held = reader.rows("SELECT account, alert, state FROM alert_state WHERE firing = 1")
    assert "drop" in {row[2] for row in held}, "the simulated business ends with a drop"
    for rule in (rule for rule in RULES if rule.query == "incidents_now"):
        fired = {row[1] for row in ask(filled.settings, rule) if row[-1] == 1.0}
        alerts, states = rule.values["alerts"], rule.values["states"]
        assert fired == {row[0] for row in held if f"'{row[1]}'" in alerts and f"'{row[2]}'" in states}


@pytest.mark.integration
def test_the_share_of_known_counts_is_the_metric_of_that_name(filled: Filled) -> None:
    rule = by_uid("rapport-counts-missing")
    then = rule.sql.replace("now64(3)", f"fromUnixTimestamp64Milli(toInt64({END_AT}))")
    metric = (
        "SELECT network, account, value FROM metrics_latest"
        " WHERE metric = 'measured_share' AND window = '7d' AND n >= 10 ORDER BY network, account"
    )
    with ClickHouse(filled.settings, READER_USER) as reader:
        found = reader.rows(then)
        assert found == reader.rows(metric)
        assert len(found) > 2


@pytest.mark.integration
def test_a_message_says_who_since_when_why_and_which_posts_tell_most(filled: Filled) -> None:
    rows = ask(filled.settings, by_uid("rapport-engagement-drop"))
    _, account, state, evidence, since, posts, _ = next(row for row in rows if row[-1] == 1.0)
    assert (account[:8], state) == ("fernhill", "drop")
    assert re.fullmatch(r"2025-\d\d-\d\d \d\d:\d\d", since)
    assert re.search(r"\d", evidence)
    assert 1 <= len(posts.split()) <= 3
    assert all(post.startswith("https://") for post in posts.split())
    quiet = [row[2:6] for row in rows if row[-1] == 0.0]
    assert set(quiet) == {("", "", "", "")}


def test_a_board_draws_the_threshold_of_its_rule() -> None:
    drawn = {(board.uid, panel.limit[0]) for board in DASHBOARDS for panel in board.panels if panel.limit}
    judged = [rule for rule in RULES if (rule.above or rule.below)]
    assert {rule.uid for rule in judged} == {"rapport-counts-missing"}
    assert all((rule.board, rule.above or rule.below) in drawn for rule in judged)


def test_no_rule_leads_to_a_panel_that_repeats_by_account() -> None:
    repeated = {
        (board.uid, panel.title)
        for board in DASHBOARDS
        for section in board.sections
        for panel in section.panels
        if section.per_account
    }
    assert repeated
    assert not {(rule.board, rule.panel) for rule in RULES} & repeated
