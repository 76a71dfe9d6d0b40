"""`rapport analyze` on people's own archives and handles: through the whole chain, with what they lack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.analysis_run import run
from tests.sources.archive_outcome import zipped
from tests.sources.made_up_account import as_x_archive, made_up_posts
from tests.sources.network_server import HANDLE, NetworkServer, serving

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


def test_two_handles_of_a_thousand_posts_are_a_first_picture_within_a_minute(tmp_path: Path) -> None:
    made_up = list(made_up_posts(1_000))
    with serving(NetworkServer(made_up)) as url:
        handles = (f"@{HANDLE}", "@ann@social.example")
        servers = {"RAPPORT_BLUESKY_URL": url, "RAPPORT_MASTODON_URL": url}
        outcome = run(tmp_path, "analyze", *handles, "--data-dir", tmp_path / "data", "--json", **servers)
    assert outcome.code == 0, outcome.err
    assert outcome.result["seconds"] < 60
    rows = [row for row in outcome.result["metrics"] if row["window"] == "all"]
    for network in ("bluesky", "mastodon"):
        found = {row["metric"]: row for row in rows if row["network"] == network}
        assert len(found) > 20
        headlines = [post for post in made_up if not post.answers]
        replies = sum(post.replies for post in headlines) / len(headlines)
        assert found["replies_per_post"]["value"] == pytest.approx(replies)
        lacks = [lack for lack in outcome.result["lacks"] if lack["network"] == network]
        lacking = {name for lack in lacks for name in lack["metrics"] + lack["silent"]}
        assert {name for name, row in found.items() if row["status"] == "unknown_input"} == lacking
