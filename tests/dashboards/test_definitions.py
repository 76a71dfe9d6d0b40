"""What a board says of itself, and how both faces put choices into its queries."""

from __future__ import annotations

import json

import pytest

from dashboards import DASHBOARDS
from dashboards.answers import Choice, bind
from dashboards.grafana import committed, neutral_to_plugin, render, rendered
from dashboards.lint import lint
from dashboards.overview import OVERVIEW
from dashboards.panels import WINDOWS, Dashboard, Panel, query, used
from dashboards.plugin import ALL, expand
from pipelines.metrics.catalogue import BY_NAME

NEUTRAL = (
    "SELECT 1 WHERE at >= $from AND at < $to AND w = $window AND $in(account_id, account) AND x LIKE 'a%'"
)


def choice(**values: tuple[str, ...]) -> Choice:
    return Choice(from_at=1_000, to_at=2_000, window="7d", values=values)


def changed(board: Dashboard, **fields: object) -> Dashboard:
    kept = {name: getattr(board, name) for name in board.__struct_fields__}
    return Dashboard(**{**kept, **fields})


def altered(panel: Panel, **fields: object) -> Panel:
    kept = {name: getattr(panel, name) for name in panel.__struct_fields__}
    return Panel(**{**kept, **fields})


def test_the_page_sends_every_choice_as_a_parameter() -> None:
    bound = bind(NEUTRAL, choice(account=("' ; DROP TABLE posts", "b")))
    assert "DROP" not in bound.sql
    assert bound.parameters == {
        "from": 1_000,
        "to": 2_000,
        "window": "7d",
        "in_account": ("' ; DROP TABLE posts", "b"),
    }


def test_a_percent_sign_of_a_query_is_no_parameter() -> None:
    assert bind("SELECT '5 %'", choice()).sql == "SELECT '5 %%'"


def test_no_choice_means_all() -> None:
    assert "AND 1 AND" in bind(NEUTRAL, choice()).sql


def test_an_unknown_placeholder_is_refused() -> None:
    with pytest.raises(KeyError):
        bind("SELECT $nonsense", choice())


def test_grafana_gets_the_plugin_s_macros() -> None:
    assert neutral_to_plugin(NEUTRAL) == (
        "SELECT 1 WHERE at >= $__fromTime_ms AND at < $__toTime_ms AND w = ${window:singlequote}"
        " AND $__conditionalAll(account_id IN (${account:singlequote}), $account) AND x LIKE 'a%'"
    )


def test_a_panel_that_repeats_by_account_does_not_ask_whether_all_are_chosen() -> None:
    sql = neutral_to_plugin(NEUTRAL, one_account=True)
    assert "AND account_id IN (${account:singlequote}) AND" in sql


def test_the_plugin_drops_a_condition_where_all_are_chosen() -> None:
    sql = neutral_to_plugin("SELECT $window, $from WHERE $in(a, account) AND $in(b, network)")
    chosen = {"account": (ALL,), "network": ("it's", "x"), "window": ("7d",)}
    expanded = expand(sql, chosen, {}, from_at=5, to_at=6)
    assert expanded == "SELECT '7d', fromUnixTimestamp64Milli(5) WHERE 1=1 AND b IN ('it\\'s','x')"


def test_the_rendered_files_are_in_step() -> None:
    for board in DASHBOARDS:
        assert committed(board) == rendered(board), "run `rapport dashboards render`"


def test_the_boards_have_nothing_to_complain_of() -> None:
    assert lint(DASHBOARDS) == []


def test_two_boards_of_one_uid_are_found() -> None:
    assert lint([OVERVIEW, OVERVIEW])[0] == "the uid rapport-overview is used twice"


def test_an_overlap_is_found() -> None:
    first, second, *rest = OVERVIEW.panels
    board = changed(OVERVIEW, panels=(first, altered(second, place=first.place), *rest))
    faults = lint([board])
    assert f"rapport-overview: the panels {first.title!r} and {second.title!r} overlap" in faults


def test_a_file_out_of_step_is_found() -> None:
    faults = lint([changed(OVERVIEW, title="Another")])
    assert (
        "rapport-overview: dashboards/rendered/overview.json is not in step: run `rapport dashboards render`"
        in faults
    )


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT 1 WHERE account_id = 'x'", "an account is written into its query"),
        ("SELECT 1 WHERE $in(a, nonsense)", "unknown variables nonsense"),
    ],
)
def test_a_query_that_fits_one_reader_alone_is_found(sql: str, fault: str) -> None:
    panel = altered(OVERVIEW.panels[-1], sql=sql, kind="table", columns=())
    assert f"rapport-overview: panel 'Every number': {fault}" in lint([changed(OVERVIEW, panels=(panel,))])


def test_every_panel_takes_question_and_unit_from_its_metric() -> None:
    for panel in OVERVIEW.panels:
        if panel.kind in ("stat", "series", "compare"):
            metric = BY_NAME[panel.metric]
            assert (panel.question, panel.unit) == (metric.question, metric.unit)
            assert metric.formula in panel.description
            assert "n: " in panel.description


def test_every_series_repeats_by_account_with_a_band() -> None:
    tree = render(OVERVIEW)
    repeated = [
        panel for panel in tree["panels"] if panel["type"] == "row" and panel.get("repeat") == "account"
    ]
    assert len(repeated) == 1
    series = [panel for panel in tree["panels"] if panel["type"] == "timeseries"]
    assert len(series) == 8
    for panel in series:
        properties = [
            each for override in panel["fieldConfig"]["overrides"] for each in override["properties"]
        ]
        assert {"id": "custom.fillBelowTo", "value": "95% from"} in properties
        assert panel["fieldConfig"]["defaults"]["custom"]["lineInterpolation"] == "stepAfter"


def test_the_windows_of_grafana_are_ours() -> None:
    variables = {each["name"]: each for each in render(OVERVIEW)["templating"]["list"]}
    assert [each["value"] for each in variables["window"]["options"]] == list(WINDOWS)
    assert variables["window"]["current"]["value"] == "7d"


def test_a_rendered_board_is_json_that_reads_back() -> None:
    assert json.loads(rendered(OVERVIEW)) == render(OVERVIEW)


def test_the_comment_of_a_query_is_not_sent() -> None:
    assert query("topics").startswith("SELECT DISTINCT topic")
    assert used(query("accounts")) == {"network"}
