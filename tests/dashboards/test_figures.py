"""What figures of the page look like where a reader could misread them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dashboards import bodies, figures
from dashboards.answers import Answer
from dashboards.building import metric_panel, table
from dashboards.content import CONTENT
from dashboards.look import INKS, Look, Mark
from dashboards.overview import OVERVIEW
from dashboards.panels import Column

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
ACCOUNT = ("x", "1")
LIGHT = Look(INKS["light"], UTC, {})


def after(days: float) -> datetime:
    return BEGIN + timedelta(days=days)


def figure_with(*marks: Mark, days: float = 10.0) -> Any:
    """Return some days of a metric, marked."""
    panel = metric_panel(1, "series", "conversation_ratio", w=12, h=9)
    known = {
        "network": "x",
        "account_id": "1",
        "account": "ann",
        "value": 0.5,
        "low": 0.4,
        "high": 0.6,
        "n": 9,
    }
    rows = [{**known, "time": after(days * part / 10)} for part in range(11)]
    return figures.draw(panel, rows, Look(INKS["light"], UTC, {ACCOUNT: "#0072b2"}, marks))


def test_words_of_marks_that_meet_stand_below_each_other_and_within_the_figure() -> None:
    found = figure_with(
        Mark(after(7), after(20), "second", ACCOUNT),
        Mark(after(1), after(7), "first", ACCOUNT),
        Mark(after(20), after(30), "not yet", ACCOUNT),
    )
    told = {each.text: (each.xanchor, each.x, each.yshift) for each in found.layout.annotations}
    assert told == {
        "first": ("left", after(1).replace(tzinfo=None), 0),
        "second": ("right", after(10).replace(tzinfo=None), -13),
    }


def test_time_ends_where_what_is_known_ends() -> None:
    found = figure_with(Mark(after(9), after(10), "a long explanation of what was seen", ACCOUNT))
    assert found.layout.xaxis.range == (BEGIN.replace(tzinfo=None), after(10).replace(tzinfo=None))


def test_ticks_tell_as_much_of_the_time_as_tells_them_apart() -> None:
    ticks = [figure_with(days=days).layout.xaxis.tickformat for days in (3 / 1440, 0.5, 10, 1000)]
    assert ticks == ["%H:%M:%S", "%-d %b %H:%M", "%-d %b", "%b %Y"]


def test_why_a_bar_has_no_interval_is_said_above_the_bars_where_there_is_room() -> None:
    panel = metric_panel(1, "compare", "conversation_ratio", w=8, h=9)
    known = {"network": "x", "account_id": "1", "account": "ann", "value": 0.5, "n": 3}
    row = {**known, "low": None, "high": None, "words": "cannot tell yet, about 5 more weeks"}
    drawn, state = bodies.body(panel, Answer((row,)), Look(INKS["light"], UTC, {}))
    [note, _] = drawn.children
    assert (state, "cannot tell yet, about 5 more weeks" in str(note)) == ("data", True)
    [label] = figures.draw(panel, [row], Look(INKS["light"], UTC, {})).layout.annotations
    assert label.text == "ann   <b>50 %</b>   n 3"


def test_names_of_accounts_stand_towards_the_middle_of_the_scatter() -> None:
    panel = next(panel for panel in OVERVIEW.panels if panel.kind == "reach")
    known = {"network": "x", "value": 2.0, "low": 1.0, "high": 3.0, "n": 9}
    rows = [
        {**known, "account_id": name, "account": name, "followers": followers}
        for name, followers in (("few", 100), ("some", 200), ("many", 9_000))
    ]
    [points] = figures.draw(panel, rows, Look(INKS["light"], UTC, {})).data
    assert list(points.textposition) == ["top right", "top right", "top left"]


def test_what_is_not_known_is_marked_so_that_a_phone_leaves_it_out() -> None:
    columns = (Column("name", "Who"), Column("followers", "Followers", "count"), Column("tag", "Tag"))
    panel = table(1, "People", "Who?", "Who.", *columns, sql="SELECT 1", w=12, h=8)
    row = {"name": "ann", "followers": None, "tag": ""}
    drawn, _ = bodies.body(panel, Answer((row, {**row, "followers": 0, "tag": "client"})), LIGHT)
    lines = drawn.children.children[1].children
    shown = [[cell.className for cell in line.children] for line in lines]
    assert shown == [
        ["text name", "count followers unknown", "text tag unknown"],
        ["text name", "count followers", "text tag"],
    ]


def test_an_account_has_no_dot_where_colours_are_those_of_parts() -> None:
    panel = next(panel for panel in CONTENT.panels if panel.kind == "weeks")
    row = {"network": "x", "account_id": "1", "account": "ann", "time": BEGIN, "value": 2.0, "n": 2}
    drawn, _ = bodies.body(panel, Answer(({**row, "part": panel.parts[0]},)), LIGHT)
    account, first, *_ = drawn.children[0].children
    assert [each is None for each in account.children] == [True, False, True]
    assert first.children[0].className == "dot"
