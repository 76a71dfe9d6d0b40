"""What a board says of itself, and how both faces put choices into its queries."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboards import DASHBOARDS
from dashboards.answers import Choice, bind
from dashboards.figures_over_time import lines
from dashboards.grafana import committed, neutral_to_plugin, render, rendered
from dashboards.grafana_tables import stat, table
from dashboards.health import HEALTH
from dashboards.lint import lint, places
from dashboards.look import INKS, Look, value_axis
from dashboards.marked import marked
from dashboards.overview import OVERVIEW
from dashboards.panels import ONE_ACCOUNT, WINDOWS, Dashboard, Panel, Place, Section
from dashboards.plugin import ALL, expand
from dashboards.prose import plain
from dashboards.queries import query, used
from pipelines.metrics.catalogue import BY_NAME

NEUTRAL = (
    "SELECT 1 WHERE at >= $from AND at < $to AND w = $window AND $in(account_id, account) AND x LIKE 'a%'"
)

LINES = ((1, 16, 3), (2, 8, 6), (3, 12, 2), (4, 12, 2))


def choice(**values: tuple[str, ...]) -> Choice:
    return Choice(from_at=1_000, to_at=2_000, window="7d", values=values)


def changed(board: Dashboard, **fields: object) -> Dashboard:
    kept = {name: getattr(board, name) for name in board.__struct_fields__}
    return Dashboard(**{**kept, **fields})


def altered(panel: Panel, **fields: object) -> Panel:
    kept = {name: getattr(panel, name) for name in panel.__struct_fields__}
    return Panel(**{**kept, **fields})


def with_panel(panel: Panel) -> Dashboard:
    return changed(OVERVIEW, sections=(Section("only", (panel,)),))


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
    assert bind("SELECT '5 %'", choice()).sql == "SELECT '5 %'"
    assert bind("SELECT '5 %', $window", choice()).sql == "SELECT '5 %%', %(window)s"


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


def grafana_panel(number: int, x: int, w: int) -> dict[str, object]:
    return {"id": number, "title": f"p{number}", "gridPos": {"x": x, "y": 0, "w": w, "h": 4}}


@pytest.mark.parametrize(
    ("panels", "fault"),
    [
        ([grafana_panel(1, 0, 12), grafana_panel(2, 11, 4)], "the panels 'p1' and 'p2' overlap"),
        ([grafana_panel(1, 0, 12), grafana_panel(1, 12, 4)], "two panels have one id"),
        ([grafana_panel(1, 20, 5)], "the panel 'p1' is wider than the board"),
    ],
)
def test_a_panel_in_the_wrong_place_is_found(panels: list[dict[str, object]], fault: str) -> None:
    assert list(places(panels)) == [fault]


def test_panels_fill_a_line_and_then_begin_the_next() -> None:
    one, *_ = OVERVIEW.panels
    section = Section("s", tuple(altered(one, id=number, w=w, h=h) for number, w, h in LINES))
    assert [place for _, place in section.placed(5)] == [
        Place(0, 5, 16, 3), Place(16, 5, 8, 6), Place(0, 11, 12, 2), Place(12, 11, 12, 2),
    ]  # fmt: skip


def test_a_panel_that_leads_nowhere_is_found() -> None:
    panel = altered(OVERVIEW.panels[-1], leads_to="nowhere")
    fault = "rapport-overview: panel 'Every number' leads to a board 'nowhere' that is not there"
    assert fault in lint([with_panel(panel)])


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
    assert f"rapport-overview: panel 'Every number': {fault}" in lint([with_panel(panel)])


def test_every_panel_of_a_metric_takes_question_and_unit_from_it() -> None:
    panels = [panel for board in DASHBOARDS for panel in board.panels if panel.batch != ""]
    assert len(panels) >= 11
    for panel in panels:
        metric = BY_NAME[panel.metric]
        if panel.kind == "expected":
            continue
        assert (panel.question, panel.unit) == (metric.question, metric.unit)
        assert metric.formula in panel.description


def test_what_holds_one_account_at_a_time_repeats_by_account() -> None:
    for board in DASHBOARDS:
        for section in board.sections:
            kinds = {panel.kind for panel in section.panels}
            assert section.per_account == bool(kinds & ({"series"} | ONE_ACCOUNT)), section.title


def test_a_row_that_repeats_asks_for_one_account() -> None:
    for board in DASHBOARDS:
        tree = render(board)
        rows = [panel for panel in tree["panels"] if panel["type"] == "row"]
        assert [row.get("repeat") == "account" for row in rows] == [
            each.per_account for each in board.sections
        ]


def test_every_series_has_a_band_and_holds_until_the_next() -> None:
    series = {panel.id for panel in OVERVIEW.panels if panel.kind == "series"}
    drawn = [panel for panel in render(OVERVIEW)["panels"] if panel["id"] in series]
    assert len(drawn) == 6
    for panel in drawn:
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
    assert query("topics").startswith("SELECT DISTINCT JSON")
    assert used(query("accounts")) == {"network"}


def test_an_axis_of_small_rates_is_in_percent() -> None:
    panel = next(each for each in OVERVIEW.panels if each.title == "Engagement rate by followers")
    assert value_axis(panel)["tickformat"] == ",.3~%"


def test_every_board_has_a_picture_that_the_readme_shows() -> None:
    repository = Path(__file__).parents[2]
    readme = (repository / "README.md").read_text()
    for board in DASHBOARDS:
        picture = f"docs/images/{board.name}.png"
        assert f"({picture})" in readme
        assert (repository / picture).stat().st_size > 50_000


def test_a_figure_that_was_told_once_is_seen() -> None:
    panel = next(each for each in HEALTH.panels if each.title == "Documents a second")
    look = Look(INKS["light"], UTC, {}, ())
    told = [
        {"label": "documents", "time": datetime(2026, 11, 2, hour, tzinfo=UTC), "value": 3.0}
        for hour in (1, 2)
    ]
    assert [lines(panel, told[:count], look).data[0].mode for count in (1, 2)] == ["markers", "lines"]


def test_incidents_are_marked_on_every_board() -> None:
    for board in DASHBOARDS:
        assert [each.name for each in board.annotations] == ["Not listening", "Incidents"]
        known = {variable.name for variable in board.variables} | {"from", "to"}
        assert all(used(each.sql) <= known for each in board.annotations), board.uid


def test_no_backtick_is_shown_where_grafana_would_show_it_as_it_is() -> None:
    for board in DASHBOARDS:
        for panel in render(board)["panels"]:
            assert "`" not in json.dumps(panel.get("fieldConfig", {}).get("defaults", {}).get("noValue", ""))


def test_commands_are_set_apart_as_code_on_the_page_and_by_quotation_marks_elsewhere() -> None:
    text = "`rapport demo` fills it, `rapport work` goes on."
    assert plain(text) == "“rapport demo” fills it, “rapport work” goes on."
    first, fills, second, goes_on = marked(text)
    assert (first.children, fills, second.children, goes_on) == (
        "rapport demo", " fills it, ", "rapport work", " goes on.",
    )  # fmt: skip


def test_tables_over_half_a_board_of_a_desktop_fit_it() -> None:
    # Half of 1,440 pixels, less what Grafana keeps around a panel and a table. Of the others some scroll.
    for board in DASHBOARDS:
        for panel in render(board)["panels"]:
            if panel["type"] == "table" and panel["gridPos"]["w"] == 12:
                taken = [
                    each["value"]
                    for override in panel["fieldConfig"]["overrides"]
                    for each in override["properties"]
                    if each["id"] in ("custom.width", "custom.minWidth")
                ]
                assert sum(taken) <= 680, (board.name, panel["title"], sum(taken))


def test_grafana_writes_durations_in_words_and_each_account_before_its_number() -> None:
    waits = next(panel for panel in OVERVIEW.panels if panel.title == "Who waits for an answer")
    sql, shown = table(waits)
    assert "' h'" in sql.split("FROM")[0]
    of_waits = [
        each for each in shown["fieldConfig"]["overrides"] if each["matcher"]["options"] == "waiting_s"
    ]
    assert "unit" not in {each["id"] for each in of_waits[0]["properties"]}
    sql, shown = stat(next(panel for panel in OVERVIEW.panels if panel.kind == "stat"))
    assert "concat(account, ':  '" in sql
    assert shown["options"]["textMode"] == "value"


def test_annotations_are_asked_for_as_tables_which_keep_their_words() -> None:
    for board in DASHBOARDS:
        targets = [each["target"] for each in render(board)["annotations"]["list"] if "target" in each]
        assert targets
        assert {(each["format"], each["queryType"]) for each in targets} == {(1, "table")}
