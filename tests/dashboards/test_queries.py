"""Every query of every board runs on the real store, as the reader, whatever is chosen."""

from __future__ import annotations

import re

import pytest

from dashboards import DASHBOARDS
from dashboards.answers import Answers, Choice, Known, ask_store, bind
from dashboards.building import metric_panel
from dashboards.check import HOSTILE, TIME_SERIES, Ran, choices_to_try, run_all
from dashboards.overview import OVERVIEW
from dashboards.post_tables import best_posts
from pipelines.events import DAY_MS, HOUR_MS
from pipelines.settings import READER_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse
from tests.dashboards.filled_store import DAYS, END_AT, Filled

pytestmark = pytest.mark.integration

SILENT = {"Not listening"}
"""What the simulated business has nothing of."""
UNCHOSEN = {"network", "topic"}
"""What does not depend on what was chosen."""


def run(filled: Filled, name: str, window: str, *, thrifty: bool = True) -> list[Ran]:
    values = dict(choices_to_try(filled.accounts))[name]
    return [
        ran
        for board in DASHBOARDS
        for ran in run_all(
            filled.settings,
            board,
            values,
            accounts=filled.accounts,
            window=window,
            to_at=END_AT,
            thrifty=thrifty,
        )
    ]


def test_all_of_everything_gives_rows_in_the_shapes_that_the_plugin_needs(filled: Filled) -> None:
    for ran in run(filled, "all", "7d", thrifty=False):
        assert ran.rows > 0 or ran.asker in SILENT, ran
        if ran.form == TIME_SERIES:
            assert ran.columns[0][0] == "time"
            assert ran.columns[0][1].startswith("DateTime")
            assert all(re.search("String|Float|Int", kind) for _, kind in ran.columns[1:]), ran
            assert any(re.search("Float|Int", kind) for _, kind in ran.columns[1:]), ran
        if ran.asker in ("account", "network", "topic"):
            assert all("String" in kind for _, kind in ran.columns)


@pytest.mark.parametrize(("name", "window"), [("one", "28d"), ("several", "all")])
def test_any_choice_runs(filled: Filled, name: str, window: str) -> None:
    assert {ran.board for ran in run(filled, name, window)} == {board.uid for board in DASHBOARDS}


def test_hostile_values_find_nothing_and_break_nothing(filled: Filled) -> None:
    for ran in run(filled, "hostile", "24h"):
        assert ran.rows == 0 or ran.asker.removeprefix("variable ") in UNCHOSEN, ran
    with ClickHouse(filled.settings, READER_USER) as reader:
        assert reader.rows("SELECT count() > 0 FROM post_facts") == [(1,)]


def ask(
    filled: Filled, sql: str, *, days: float = 10, window: str = "7d", **values: tuple[str, ...]
) -> list[dict]:
    choice = Choice(from_at=END_AT - round(days * DAY_MS), to_at=END_AT, window=window, values=values)
    bound = bind(sql, choice)
    return [dict(row) for row in ask_store(filled.settings)(bound.sql, bound.parameters)]


def test_a_series_begins_at_the_range_and_is_carried_to_its_end(filled: Filled) -> None:
    panel = metric_panel(1, "series", "conversation_ratio", w=8, h=6)
    rows = ask(filled, panel.sql, account=filled.accounts[:1])
    assert rows[0]["time"].timestamp() * 1_000 == END_AT - 10 * DAY_MS
    assert rows[-1]["time"].timestamp() * 1_000 == pytest.approx(END_AT, abs=HOUR_MS)
    assert rows[-1]["value"] == rows[-2]["value"]
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


def test_a_long_series_is_thinned(filled: Filled) -> None:
    panel = metric_panel(1, "series", "posts_per_day", w=8, h=6)
    assert 100 < len(ask(filled, panel.sql, window="1h", account=filled.accounts[:1])) <= 402


def test_a_stat_is_what_metrics_latest_holds(filled: Filled) -> None:
    panel = metric_panel(1, "stat", "conversation_ratio", w=8, h=6)
    with ClickHouse(filled.settings, READER_USER) as reader:
        held = reader.rows(
            "SELECT account, value, low, high, n FROM metrics_latest"
            " WHERE metric = 'conversation_ratio' AND window = '7d' ORDER BY account"
        )
    rows = ask(filled, panel.sql)
    assert [(row["account"], row["value"], row["low"], row["high"], row["n"]) for row in rows] == held


def test_a_change_is_clear_only_where_the_intervals_do_not_meet(filled: Filled) -> None:
    panel = metric_panel(1, "stat", "posts_per_day", w=8, h=6)
    changes = {row["change"] for row in ask(filled, panel.sql, window="24h")}
    assert changes <= {"up", "down", "same", "unknown"}
    assert {row["change"] for row in ask(filled, panel.sql, window="all")} == {"unknown"}


def test_the_best_posts_come_first_and_lead_to_the_post(filled: Filled) -> None:
    rows = ask(filled, best_posts(1, w=12, h=8).sql)
    lowest = [float(row["interval"].split(" to ")[0]) for row in rows]
    assert lowest == sorted(lowest, reverse=True)
    assert lowest[-1] >= 1
    assert all(row["permalink"].startswith("https://") for row in rows)


def test_panels_that_share_a_query_get_their_own_rows(filled: Filled) -> None:
    answers = Answers(OVERVIEW, ask_store(filled.settings))
    choice = Choice(from_at=END_AT - 10 * DAY_MS, to_at=END_AT, window="7d")
    found = answers.all(choice)
    assert set(found) == {panel.id for panel in OVERVIEW.panels}
    for panel in OVERVIEW.panels:
        assert not found[panel.id].error
        assert found[panel.id].has_data, panel.title
        if panel.batch:
            assert {row["metric"] for row in found[panel.id].rows} == {panel.metric}


def test_the_range_is_what_the_store_knows(filled: Filled) -> None:
    known = Answers(OVERVIEW, ask_store(filled.settings)).known(END_AT + DAY_MS)
    assert known == Known(known.first_at, END_AT, "Europe/Dublin")
    assert known.first_at == pytest.approx(END_AT - DAYS * DAY_MS, abs=2 * HOUR_MS)


def test_an_empty_store_says_which_command_fills_it(unfilled: ClickHouseSettings) -> None:
    answers = Answers(OVERVIEW, ask_store(unfilled))
    known = answers.known(END_AT)
    assert known == Known(END_AT - 28 * DAY_MS, END_AT, "UTC")
    found = answers.all(Choice(from_at=known.first_at, to_at=known.until_at, window="7d"))
    assert [answer.error for answer in found.values() if answer.error] == []
    assert not any(answer.rows for answer in found.values())
    assert all("`rapport " in panel.empty for board in DASHBOARDS for panel in board.panels)


def test_hostile_values_hold_quotes_percents_and_braces() -> None:
    told = "".join(HOSTILE)
    assert all(mark in told for mark in ("'", ";", "%(", "\\", "${", "😀"))
