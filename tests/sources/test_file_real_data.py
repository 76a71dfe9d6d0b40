"""The source `file` on real posts, where they are there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pipelines.events import Post
from tests.sources.file_outcome import Outcome, read


@pytest.fixture
def rumoureval(shared_data: Path) -> Path:
    return shared_data / "rumoureval2017" / "tweets.jsonl.gz"


def in_folder(folder: Path, tmp_path: Path) -> dict[str, Outcome]:
    files = sorted(path for path in folder.rglob("*.json*") if path.is_file())
    return {path.name: read([path], tmp_path / "work") for path in files}


def is_thread_post(post: Post) -> bool:
    return post.repost_of is None and post.reply_to_account == post.author


def is_reply_to_another(post: Post) -> bool:
    answers = post.reply_to_post is not None or post.reply_to_account is not None
    return post.repost_of is None and answers and post.reply_to_account not in (None, post.author)


def test_every_post_of_an_archive_out_of_order_is_there(rumoureval: Path, tmp_path: Path) -> None:
    outcome = read([rumoureval], tmp_path)
    posts = [event for event in outcome.events if isinstance(event, Post)]
    assert outcome.problems == []
    assert (outcome.inventory.posts, len(posts), len(outcome.inventory.authors)) == (4519, 4519, 3085)
    assert sum(is_reply_to_another(post) for post in posts) == 4150
    assert sum(is_thread_post(post) for post in posts) == 73
    times = [event.occurred_at for event in outcome.events]
    assert times == sorted(times)


def test_ids_authors_and_replies_equal_a_plain_reading(rumoureval: Path, tmp_path: Path) -> None:
    with gzip.open(rumoureval) as file:
        plain = [json.loads(line) for line in file]
    expected = {(p["id_str"], p["user"]["id_str"], p["in_reply_to_user_id_str"]) for p in plain}
    posts = [event for event in read([rumoureval], tmp_path).events if isinstance(event, Post)]
    assert {(post.id, post.author, post.reply_to_account) for post in posts} == expected


def test_pages_of_v2_are_read_and_only_lists_are_no_posts(shared_data: Path, tmp_path: Path) -> None:
    outcomes = in_folder(shared_data / "twarc_csv_v2", tmp_path)
    bad = {name: outcome.inventory.bad for name, outcome in outcomes.items() if outcome.bad}
    assert bad == {"lists.jsonl": 6}
    posts = {name: outcome.inventory.posts for name, outcome in outcomes.items()}
    assert [posts[name] for name in ("2sets.jsonl", "flat.jsonl", "noflat.jsonl")] == [200, 100, 100]
    assert posts["entities_test.jsonl"] == 474
    assert posts["counts.jsonl"] == posts["users.jsonl"] == posts["tweets_compliance.jsonl"] == 0


def test_a_flattened_page_gives_the_events_of_the_page(shared_data: Path, tmp_path: Path) -> None:
    outcomes = in_folder(shared_data / "twarc_csv_v2", tmp_path)
    flat, page = ({(type(e), e.id) for e in outcomes[name].events} for name in ("flat.jsonl", "noflat.jsonl"))
    assert flat == page


def test_what_is_bad_in_small_answers_names_the_field(shared_data: Path, tmp_path: Path) -> None:
    outcomes = in_folder(shared_data / "v2_fixtures", tmp_path)
    reasons = {bad.reason for outcome in outcomes.values() for bad in outcome.bad}
    assert reasons == {
        "neither a post nor a page of posts",
        "`$.author_id` is missing: ask the API for tweet.fields=author_id,created_at",
    }


def test_v1_answers_streams_and_broken_payloads_are_read(shared_data: Path, tmp_path: Path) -> None:
    outcomes = in_folder(shared_data / "v1_fixtures", tmp_path)
    assert outcomes["original_format_missing_user.json"].problems == [
        ("original_format_missing_user.json:1", "`$.user` is missing")
    ]
    assert outcomes["activity_streams_examples.json"].inventory.bad == 25
    assert outcomes["get_search_raw.json"].inventory.posts == 100
    assert outcomes["lines.json"].inventory.posts == 71  # 72 lines, one post twice
    assert sum(outcome.inventory.events for name, outcome in outcomes.items() if "get_f" in name) == 1154


def test_nested_posts_only_resolve_references(shared_data: Path, tmp_path: Path) -> None:
    outcome = read([shared_data / "nativejson" / "twitter.json"], tmp_path)
    assert (outcome.inventory.posts, outcome.problems) == (100, [])
    assert sum(event.repost_of is not None for event in outcome.events if isinstance(event, Post)) == 73
