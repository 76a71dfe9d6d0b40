"""Every query of every board runs on the real store, as the reader, whatever is chosen."""

from __future__ import annotations

import re

import pytest

from dashboards import DASHBOARDS
from dashboards.answers import Answers, Choice, Known, ask_store, bind
from dashboards.building import metric_panel
from dashboards.check import FACES, HOSTILE, TIME_SERIES, Face, Ran, choices_to_try, queries, run_all
from dashboards.health import HEALTH
from dashboards.overview import OVERVIEW
from dashboards.post_tables import best_posts
from pipelines import clock
from pipelines.events import DAY_MS, HOUR_MS
from pipelines.rows import Figure
from pipelines.settings import READER_USER, WRITER_USER, ClickHouseSettings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.state_store import ClickHouseStore
from tests.dashboards.filled_store import DAYS, END_AT, FIGURES, SILENT_PANELS, Filled

pytestmark = pytest.mark.integration

SILENT = {"Not listening", *SILENT_PANELS}
"""What the simulated business has nothing of."""
UNCHOSEN = {"network", "topic", "Not listening"}
"""What does not depend on what was chosen."""


def run(filled: Filled, name: str, window: str, faces: tuple[Face, ...] = FACES) -> list[Ran]:
    values = dict(choices_to_try(filled.accounts))[name]
    asked = queries(DASHBOARDS, values, accounts=filled.accounts, window=window, to_at=END_AT, faces=faces)
    return list(run_all(filled.settings, asked))


def rows_without_data(ran: Ran) -> int:
    """Return how many rows say alone that there is none: the label of Grafana's bar charts."""
    return int(ran.columns[0][0] == "label")


def test_all_of_everything_gives_rows_in_the_shapes_that_the_plugin_needs(filled: Filled) -> None:
    for ran in run(filled, "all", "7d"):
        assert ran.rows > rows_without_data(ran) or ran.asker in SILENT, ran
        if ran.form == TIME_SERIES:
            assert ran.columns[0][0] == "time"
            assert ran.columns[0][1].startswith("DateTime")
            assert all(re.search("String|Float|Int", kind) for _, kind in ran.columns[1:]), ran
            assert any(re.search("Float|Int", kind) for _, kind in ran.columns[1:]), ran
        if ran.asker in ("account", "network", "topic"):
            assert all("String" in kind for _, kind in ran.columns)


def test_one_account_in_grafana_and_several_on_the_page_run(filled: Filled) -> None:
    ran = [*run(filled, "one", "28d", ("grafana",)), *run(filled, "several", "all", ("local",))]
    assert {each.board for each in ran} == {board.uid for board in DASHBOARDS}


def test_hostile_values_find_nothing_and_break_nothing(filled: Filled) -> None:
    for ran in run(filled, "hostile", "24h"):
        chosen = ran.board != HEALTH.uid and ran.asker.removeprefix("variable ") not in UNCHOSEN
        assert ran.rows == rows_without_data(ran) or not chosen, ran
    with ClickHouse(filled.settings, READER_USER) as reader:
        assert reader.rows("SELECT count() > 0 FROM post_facts") == [(1,)]


def test_an_empty_store_refuses_no_query(unfilled: ClickHouseSettings) -> None:
    asked = queries(DASHBOARDS, {}, accounts=(), window="7d", to_at=END_AT)
    assert {ran.face for ran in run_all(unfilled, asked)} == set(FACES)


def test_what_the_pipeline_tells_of_itself_is_drawn(unfilled: ClickHouseSettings) -> None:
    now = clock.now_ms()
    figures = [
        Figure(at=now - 60_000 * ago, part="worker", name=name, value=float(value - ago))
        for ago in (2, 1)
        for name, value in (
            ("documents", 600),
            ("lag_records", 3),
            ("checkpoint_age_s", 9),
            ("watermark_age_s_x", 5),
        )
    ]
    with ClickHouse(unfilled, WRITER_USER) as writer:
        ClickHouseStore(writer).tell(figures)
    choice = Choice(from_at=now - DAY_MS, to_at=now, window="7d")
    found = Answers(HEALTH, ask_store(unfilled)).all(choice)
    told = {panel.title: found[panel.id].rows for panel in HEALTH.panels if panel.title in FIGURES}
    last = {title: rows[-1]["value"] for title, rows in told.items()}
    assert last == {
        "Freshness": pytest.approx(4, abs=1.1),
        "Documents a second": pytest.approx(1 / 60),
        "Lag": 2.0,
        "Age of the last checkpoint": 8.0,
    }


def test_a_long_silence_is_told_in_days_and_not_in_minutes(filled: Filled) -> None:
    shown = {row["check"]: row["shown"] for row in ask(filled, HEALTH.panel(1).sql)}
    silent_d = (clock.now_ms() - END_AT) // DAY_MS
    ages = [told for check, told in shown.items() if check.startswith("Everything of ")]
    assert ages
    assert {told.split(" d")[0] for told in ages} <= {str(silent_d), str(silent_d + 1)}, shown


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
    lowest = [float(row["shown"].split(", ")[1].split(" to ")[0]) for row in rows]
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


def test_a_week_holds_its_number_to_its_end_and_nothing_after_it(filled: Filled) -> None:
    panel = metric_panel(1, "series", "question_share", w=8, h=6, batch="weekly")
    rows = ask(filled, panel.sql, days=21, account=filled.accounts[:1])
    times = [row["time"] for row in rows]
    assert times == sorted(set(times)), "one row an instant, as Grafana needs it"
    for begin, end, after in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        assert begin["value"] is not None
        assert (begin["value"], begin["low"], begin["high"]) == (end["value"], end["low"], end["high"])
        assert (after["time"] - end["time"]).total_seconds() == pytest.approx(0.001)
        assert after["value"] is None


def test_the_week_that_goes_on_has_no_band_and_those_that_are_over_have_one(filled: Filled) -> None:
    panel = metric_panel(1, "series", "question_share", w=8, h=6, batch="weekly")
    weeks = ask(filled, panel.sql, days=28, account=filled.accounts[:1])[::3]
    assert weeks[-1]["value"] is not None
    assert [row["high"] is None for row in weeks] == [False] * (len(weeks) - 1) + [True]


def test_followers_are_those_of_the_profile_where_posts_do_not_tell_them(filled: Filled) -> None:
    reach = next(panel for panel in OVERVIEW.panels if panel.kind == "reach")
    assert all(row["followers"] for row in ask(filled, reach.sql))


def test_panels_beside_each_other_tell_the_same_followers(filled: Filled) -> None:
    reach, people = (
        next(panel for panel in OVERVIEW.panels if panel.title == title)
        for title in ("Followers against interactions", "People behind the number")
    )
    told = [{row["account"]: row["followers"] for row in ask(filled, panel.sql)} for panel in (reach, people)]
    assert told[0] == told[1]
    assert all(told[0].values())


def test_an_empty_bar_chart_of_grafana_says_what_is_missing(unfilled: ClickHouseSettings) -> None:
    asked = queries(DASHBOARDS, {}, accounts=(), window="7d", to_at=END_AT, faces=("grafana",))
    bars = [one for one in asked if one.sql.startswith("SELECT if(ifNull(told")]
    with ClickHouse(unfilled, READER_USER) as reader:
        labels = [row[0] for one in bars for row in reader.rows(one.sql)]
    assert len(labels) == len(bars) >= 5
    assert all("“rapport " in label.replace("\n", " ") for label in labels)
