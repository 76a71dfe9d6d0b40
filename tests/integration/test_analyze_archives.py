"""`rapport analyze` on people's own archives and handles: through the whole chain, with what they lack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.analysis_run import run
from tests.sources.archive_outcome import tarred, zipped
from tests.sources.made_up_account import as_mastodon_archive, as_repository, as_x_archive, made_up_posts
from tests.sources.network_server import HANDLE, NetworkServer, serving

pytestmark = pytest.mark.integration

POSTS = 120


def test_the_archives_of_three_networks_give_the_first_picture_and_say_what_they_lack(tmp_path: Path) -> None:
    made_up = list(made_up_posts(POSTS))
    (tmp_path / "repo.car").write_bytes(as_repository(iter(made_up)))
    archives = (
        zipped(tmp_path / "twitter-2026.zip", as_x_archive(iter(made_up))),
        tmp_path / "repo.car",
        tarred(tmp_path / "archive.tar.gz", as_mastodon_archive(iter(made_up))),
    )
    outcome = run(tmp_path, "analyze", *archives, "--data-dir", tmp_path / "data", "--json")
    assert outcome.code == 0, outcome.err
    result = outcome.result
    assert (result["posts"], result["accounts"], result["dead_letters"]) == (3 * POSTS, 3, 0)
    headlines = [post for post in made_up if not post.answers]
    for network in ("x", "bluesky", "mastodon"):
        found = metrics_of(result, network)
        assert found["conversation_ratio"]["value"] == pytest.approx(1 - len(headlines) / POSTS)
        assert unknown(found) == lacking(result, network)
    expected = sum(post.likes + post.reposts for post in headlines) / len(headlines)
    assert metrics_of(result, "x")["interactions_per_post"]["value"] == pytest.approx(expected)


def metrics_of(result: dict[str, Any], network: str) -> dict[str, dict[str, Any]]:
    rows = [row for row in result["metrics"] if (row["window"], row["network"]) == ("all", network)]
    return {row["metric"]: row for row in rows}


def unknown(found: dict[str, dict[str, Any]]) -> set[str]:
    return {name for name, row in found.items() if row["status"] == "unknown_input"}


def lacking(result: dict[str, Any], network: str) -> set[str]:
    lacks = [lack for lack in result["lacks"] if lack["network"] == network]
    return {name for lack in lacks for name in lack["metrics"] + lack["silent"]}


def test_two_handles_of_a_thousand_posts_are_a_first_picture_within_a_minute(tmp_path: Path) -> None:
    made_up = list(made_up_posts(1_000))
    with serving(NetworkServer(made_up)) as url:
        handles = (f"@{HANDLE}", "@ann@social.example")
        servers = {"RAPPORT_BLUESKY_URL": url, "RAPPORT_MASTODON_URL": url}
        outcome = run(tmp_path, "analyze", *handles, "--data-dir", tmp_path / "data", "--json", **servers)
    assert outcome.code == 0, outcome.err
    assert outcome.result["seconds"] < 60
    headlines = [post for post in made_up if not post.answers]
    for network in ("bluesky", "mastodon"):
        found = metrics_of(outcome.result, network)
        replies = sum(post.replies for post in headlines) / len(headlines)
        assert found["replies_per_post"]["value"] == pytest.approx(replies)
        assert unknown(found) == lacking(outcome.result, network)
