"""What Grafana is told of single panels: bars, axes, cells, widths."""

from __future__ import annotations

from dashboards import DASHBOARDS
from dashboards.grafana_fields import Json
from dashboards.grafana_panels import draw
from dashboards.overview import OVERVIEW
from dashboards.panels import Kind, Panel, Place
from dashboards.prose import plain


def drawn(panel: Panel) -> Json:
    return draw(panel, Place(0, 0, panel.w, panel.h))


def of_kinds(*kinds: Kind) -> list[Panel]:
    return [panel for board in DASHBOARDS for panel in board.panels if panel.kind in kinds]


def defaults(panel: Panel) -> Json:
    found: Json = drawn(panel)["fieldConfig"]["defaults"]
    return found


def properties(panel: Panel, field: str) -> Json:
    return {
        each["id"]: each["value"]
        for override in drawn(panel)["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == field
        for each in override["properties"]
    }


def test_a_week_is_drawn_over_its_days() -> None:
    assert {defaults(each)["custom"]["barAlignment"] for each in of_kinds("weeks")} == {1}


def test_the_band_of_a_week_is_not_extended_over_the_week_that_goes_on() -> None:
    shapes = {(each.batch, defaults(each)["custom"]["lineInterpolation"]) for each in of_kinds("series")}
    assert shapes == {("weekly", "linear"), ("series", "stepAfter")}


def test_the_decimals_of_axes_are_left_to_grafana() -> None:
    assert {defaults(each)["decimals"] for each in of_kinds("series", "lines", "compare")} == {None}


def test_the_hours_are_coloured_by_either_name_of_the_option() -> None:
    custom = defaults(of_kinds("hours")[0])["custom"]
    assert custom["cellOptions"]["type"] == "color-background"
    assert custom["displayMode"] == "color-background-solid"  # before 9.5


def test_a_table_without_rows_is_no_frame_so_that_it_says_what_is_missing() -> None:
    for panel in of_kinds("table", "hours", "reach"):
        tree = drawn(panel)
        [split] = tree["transformations"]
        [by] = split["options"]["fields"]
        [target] = tree["targets"]
        assert split["id"] == "partitionByValues"
        assert f"1 AS {by}\nFROM" in target["rawSql"]
        assert properties(panel, by) == {"custom.hidden": True}
        assert tree["fieldConfig"]["defaults"]["noValue"]


def test_a_cell_without_a_value_does_not_say_what_an_empty_table_says() -> None:
    for panel in of_kinds("table"):
        assert {properties(panel, column.name)["noValue"] for column in panel.columns} == {"–"}
    for panel in of_kinds("hours"):
        assert properties(panel, r"/^\d\d$/") == {"noValue": ""}


def test_a_bar_chart_without_rows_has_a_label_that_says_what_is_missing() -> None:
    for panel in of_kinds("compare", "shares"):
        [target] = drawn(panel)["targets"]
        label, sql = target["rawSql"].split(", told) AS label, ")
        lines = label.removeprefix("SELECT if(ifNull(told, '') = '', '").removesuffix("'").split(r"\n")
        assert " ".join(lines) == plain(panel.empty)
        assert max(map(len, lines)) <= 27 * panel.w / 8  # room for 27 letters in a third of the board
        assert sql.split("LEFT JOIN")[0].endswith("SELECT 1 AS listed\n) AS always\n")


def test_the_longest_duration_fits_its_column() -> None:
    waits = next(panel for panel in OVERVIEW.panels if panel.title == "Who waits for an answer")
    assert properties(waits, "waiting_s")["custom.width"] >= 8 * len("23 h 59 min") + 20


def test_no_line_of_a_tile_ends_between_a_number_and_what_it_is() -> None:
    [target] = drawn(of_kinds("stat")[0])["targets"]
    written = target["rawSql"].split("FROM")[0]
    assert "' · n\u00a0'" in written
    assert "'was\u00a0'" in written
    assert "' %', '\u00a0%'" in written
