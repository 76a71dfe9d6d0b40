"""The main job on real posts: the numbers are those of a plain recount, however often and after a kill."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.analysis_run import Outcome, kill_when, left_over, run, start
from tests.integration.recount import recount

pytestmark = pytest.mark.integration

POSTS, AUTHORS = 4_519, 3_085


@pytest.fixture(scope="module")
def tweets(shared_data: Path) -> Path:
    """4,519 posts of 2014 and 2015 in X's v1.1 format, not in the order of time."""
    return shared_data / "rumoureval2017" / "tweets.jsonl.gz"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("analysis")


@pytest.fixture(scope="module")
def undisturbed(tweets: Path, folder: Path) -> Outcome:
    """The run to which others are compared; its data stay in `data`."""
    return run(folder, "analyze", tweets, "--data-dir", folder / "data", "--json")


def test_every_post_and_author_is_there_and_nothing_else_is_on_stdout(undisturbed: Outcome) -> None:
    result = undisturbed.result
    assert undisturbed.code == 0, undisturbed.err
    assert (result["posts"], result["accounts"], result["dead_letters"]) == (POSTS, AUTHORS, 0)
    posts = [
        row["n"] for row in result["metrics"] if (row["window"], row["metric"]) == ("all", "posts_per_day")
    ]
    assert (len(posts), sum(posts), min(posts)) == (AUTHORS, POSTS, 1)
    assert [line for line in undisturbed.err.splitlines() if "Traceback" in line or "ERROR" in line] == []


def test_every_account_has_its_last_row_of_every_window(undisturbed: Outcome) -> None:
    rows = undisturbed.result["metrics"]
    keys = {(row["account_id"], row["window"]) for row in rows if row["metric"] == "posts_per_day"}
    assert len(keys) == 5 * AUTHORS
    assert set(rows[0]) == {
        *("network", "account_id", "account", "metric", "window", "at"),
        *("value", "low", "high", "n", "status", "needed"),
    }


def test_metrics_are_those_of_a_plain_recount_of_the_raw_posts(undisturbed: Outcome, tweets: Path) -> None:
    expected = recount(tweets)
    found = undisturbed.all_time()
    wrong = [
        (author, metric, *told, found[author, metric])
        for author, metrics in expected.items()
        for metric, told in metrics.items()
        if not _same(found[author, metric], *told)
    ]
    assert wrong == []
    assert sum(each["conversation_ratio"][1] for each in expected.values()) == POSTS - 73


def test_the_same_question_is_answered_from_its_folder(
    undisturbed: Outcome, tweets: Path, folder: Path
) -> None:
    again = run(folder, "analyze", tweets, "--data-dir", folder / "data", "--json")
    assert again.code == 0
    assert "holds this analysis already" in " ".join(again.err.split())  # a long path is wrapped
    assert {**again.result, "seconds": 0} == {**undisturbed.result, "seconds": 0}
    assert left_over(folder / "data") == []


def test_killed_in_the_middle_it_leaves_nobody_and_goes_on_to_the_same_numbers(
    undisturbed: Outcome, tweets: Path, folder: Path
) -> None:
    data = folder / "killed"
    command = ("analyze", tweets, "--data-dir", data, "--json")
    for stage, after_s in (("into the log", 0.3), ("folding into ClickHouse", 0.5)):
        kill_when(start(folder, *command), stage, after_s=after_s)
        assert left_over(data) == []
    resumed = run(folder, *command)
    assert resumed.code == 0, resumed.err
    assert {**resumed.result, "seconds": 0} == {**undisturbed.result, "seconds": 0}
    assert left_over(data) == []


def test_other_input_is_refused_by_a_folder_that_holds_an_analysis(
    undisturbed: Outcome, folder: Path
) -> None:
    other = folder / "other.jsonl"
    other.write_text('{"id_str": "1"}\n')
    refused = run(folder, "analyze", other, "--data-dir", folder / "data")
    assert (refused.code, refused.out) == (2, "")
    assert "holds the analysis of other input (tweets.jsonl.gz): choose another --data-dir" in refused.err


def _same(row: dict[str, Any], counter: int, divisor: int, n: int) -> bool:
    """Tell whether a metric is counter / divisor over n posts; without a divisor it is undefined."""
    if row["metric"] == "posts_per_day":
        return bool(row["n"] == n)
    value = counter / divisor if divisor else None
    return bool(row["n"] == n and row["value"] == (None if value is None else pytest.approx(value, rel=1e-9)))
