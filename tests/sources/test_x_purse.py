from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import Retriable, UsageError
from pipelines.events import DAY_MS, HOUR_MS
from pipelines.settings import XSpending, load_settings
from pipelines.sources.x_stream.purse import Purse

NOON = 1_790_078_400_000  # 2026-09-22 12:00 UTC
BUDGET = XSpending(day_micros=1_000_000, month_micros=3_000_000)


class Clock:
    def __init__(self, at: int = NOON) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


class Table:
    """The table for people, which may be away."""

    def __init__(self, days: dict[str, int] | None = None, *, away: bool = False) -> None:
        self.days, self.away = dict(days or {}), away

    def told(self, source: str) -> dict[str, int]:
        if self.away:
            raise Retriable("away")
        return self.days

    def tell(self, source: str, day: str, micros: int, budgets: tuple[int, int]) -> None:
        if self.away:
            raise Retriable("away")
        self.days[day] = micros


def test_a_day_and_a_month_have_each_their_end(tmp_path: Path) -> None:
    clock = Clock()
    purse = Purse(tmp_path, BUDGET, now=clock)
    assert purse.reserve(600_000, "stream")
    assert not purse.reserve(400_001, "stream")
    assert purse.reserve(400_000, "stream")
    assert (purse.left, purse.share) == (0, 1.0)
    for day in (1, 2):
        clock.at = NOON + day * DAY_MS
        assert purse.reserve(1_000_000, "stream")
    clock.at = NOON + 3 * DAY_MS
    assert not purse.reserve(1, "stream")
    clock.at = NOON + 9 * DAY_MS  # October
    assert purse.reserve(1, "stream")


def test_what_was_reserved_is_known_after_a_restart_and_over_many_of_them(tmp_path: Path) -> None:
    clock = Clock()
    for spent in range(0, 1_000_000, 100_000):
        purse = Purse(tmp_path, BUDGET, now=clock)
        assert purse.spent_today == spent
        assert purse.reserve(100_000, "posts", [str(spent)])
    assert Purse(tmp_path, BUDGET, now=clock).left == 0
    assert Purse(tmp_path, BUDGET, now=clock).unpaid(["0", "900000", "7"]) == ["7"]
    clock.at += DAY_MS
    later = Purse(tmp_path, BUDGET, now=clock)
    assert (later.spent_today, later.spent_this_month) == (0, 1_000_000)
    assert later.unpaid(["0"]) == ["0"]
    assert later.last("posts") == NOON


def test_a_thing_is_paid_for_once_a_day(tmp_path: Path) -> None:
    purse = Purse(tmp_path, BUDGET, now=Clock())
    purse.reserve(10_000, "posts", ["1", "2"])
    purse.note_paid("3")
    assert purse.unpaid(["1", "2", "3", "4"]) == ["4"]


def test_a_kill_between_the_reservation_and_the_read_never_gives_money_back(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from tests.sources.test_x_purse import *\n"
        "purse = Purse(Path(sys.argv[1]), BUDGET, now=Clock())\n"
        "while purse.reserve(50_000, 'stream'):\n"
        "    print('read', flush=True)\n"
        "    sys.stdin.readline()\n"
    )
    reads = 0
    for _ in range(6):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONPATH": "."},
            text=True,
        )
        assert process.stdout is not None
        assert process.stdin is not None
        for _ in range(4):
            if process.stdout.readline() != "read\n":
                break
            reads += 1
            process.stdin.write("\n")
            process.stdin.flush()
        process.send_signal(signal.SIGKILL)
        process.communicate()
    purse = Purse(tmp_path, BUDGET, now=Clock())
    assert reads * 50_000 <= purse.spent_today <= 1_000_000
    assert purse.left == 0


def test_a_line_cut_off_by_a_loss_of_power_is_left_out(tmp_path: Path) -> None:
    Purse(tmp_path, BUDGET, now=Clock()).reserve(10_000, "stream")
    with (tmp_path / "spend.jsonl").open("ab") as file:
        file.write(b"[1790078400000,99")
    assert Purse(tmp_path, BUDGET, now=Clock()).spent_today == 10_000


def test_a_lost_journal_is_made_good_from_the_table_and_the_greater_figure_counts(tmp_path: Path) -> None:
    table = Table({"2026-09-22": 700_000, "2026-09-01": 200_000})
    purse = Purse(tmp_path, BUDGET, now=Clock(), mirror=table)
    assert (purse.spent_today, purse.spent_this_month) == (700_000, 900_000)
    purse.reserve(100_000, "stream")
    purse.tell(at_once=True)
    assert table.days["2026-09-22"] == 800_000
    again = Purse(tmp_path, BUDGET, now=Clock(), mirror=Table({"2026-09-22": 5}))
    assert again.spent_today == 800_000


def test_a_table_that_is_away_holds_up_nothing(tmp_path: Path) -> None:
    purse = Purse(tmp_path, BUDGET, now=Clock(), mirror=Table(away=True))
    assert purse.reserve(1, "stream")


def test_it_warns_at_80_percent_and_when_all_is_used_once_each(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    purse = Purse(tmp_path, BUDGET, now=Clock())
    purse.reserve(790_000, "stream")
    assert caplog.messages == []
    purse.reserve(20_000, "stream")
    purse.reserve(20_000, "stream")
    purse.reserve(170_000, "stream")
    assert caplog.messages == [
        "X has cost 0.81 $ today and 0.81 $ this month: 81 % of the budget",
        "X has cost 1.00 $ today and 1.00 $ this month: 100 % of the budget",
    ]


def test_without_a_budget_nothing_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="RAPPORT_X_DAILY_BUDGET_USD and RAPPORT_X_MONTHLY_BUDGET_USD"):
        Purse(tmp_path, XSpending(), now=Clock())


def test_a_budget_and_prices_are_read_in_dollars() -> None:
    told = {"RAPPORT_X_DAILY_BUDGET_USD": "2.50", "RAPPORT_X_POST_PRICE_USD": "0.0049"}
    spending = load_settings(told).x_spending
    assert (spending.day_micros, spending.month_micros, spending.post_micros) == (2_500_000, None, 4_900)
    with pytest.raises(UsageError, match="RAPPORT_X_DAILY_BUDGET_USD must be dollars"):
        load_settings({"RAPPORT_X_DAILY_BUDGET_USD": "two"})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 30), st.booleans()), max_size=25))
def test_whatever_is_reserved_no_budget_is_ever_exceeded(steps: list[tuple[int, int, bool]]) -> None:
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        purse = Purse(Path(folder), BUDGET, now=clock)
        days: dict[int, int] = {}
        for micros, hours, restart in steps:
            clock.at += hours * HOUR_MS
            if restart:
                purse = Purse(Path(folder), BUDGET, now=clock)
            if purse.reserve(micros, "stream"):
                days[clock.at // DAY_MS] = days.get(clock.at // DAY_MS, 0) + micros
            assert purse.spent_today == days.get(clock.at // DAY_MS, 0)
        assert all(spent <= 1_000_000 for spent in days.values())
