"""`rapport analyze` on people's own archives: told by themselves, through the whole chain, gaps named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.analysis_run import run
from tests.sources.archive_outcome import zipped
from tests.sources.made_up_account import as_x_archive, made_up_posts

pytestmark = pytest.mark.integration

POSTS = 120


def test_the_archive_of_x_gives_the_first_picture_and_says_what_it_lacks(tmp_path: Path) -> None:
    made_up = list(made_up_posts(POSTS))
    archive = zipped(tmp_path / "twitter-2026.zip", as_x_archive(iter(made_up)))
    outcome = run(tmp_path, "analyze", archive, "--data-dir", tmp_path / "data", "--json")
    assert outcome.code == 0, outcome.err
    result = outcome.result
    assert (result["posts"], result["accounts"], result["dead_letters"]) == (POSTS, 1, 0)
    found = {metric: row for (account, metric), row in outcome.all_time().items() if account == "77"}
    headlines = [post for post in made_up if not post.answers]
    assert found["conversation_ratio"]["value"] == pytest.approx(1 - len(headlines) / POSTS)
    expected = sum(post.likes + post.reposts for post in headlines) / len(headlines)
    assert found["interactions_per_post"]["value"] == pytest.approx(expected)
    lacking = {name for lack in result["lacks"] for name in lack["metrics"] + lack["silent"]}
    assert {name for name, row in found.items() if row["status"] == "unknown_input"} == lacking
