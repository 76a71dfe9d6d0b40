"""The source `file`: shapes of files, order of time, bad input, cursor."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pipelines.errors import UsageError
from pipelines.events import Delete, Like, Post, PostStats, Profile, Tick, encode
from pipelines.sources import sorted_input
from pipelines.sources.external_sort import ExternalSorter
from pipelines.sources.file import Inventory
from tests.sources.file_outcome import MONDAY, NOW, lines, read, read_bytes, source, status, tweet

THREE = (status(3, second=2), status(1), status(2, second=1))


def test_posts_come_in_the_order_of_time(tmp_path: Path) -> None:
    outcome = read_bytes(lines(*THREE), tmp_path)
    assert outcome.posts == ["1", "2", "3"]
    assert outcome.inventory == Inventory(
        posts=3,
        events=7,
        bad=0,
        skipped=0,
        authors=frozenset({("x", "77")}),
        networks=("x",),
        first_at=MONDAY,
        last_at=MONDAY + 2000,
        ends_at=MONDAY + 2000,
        has_counts=True,
        all_counts_zero=False,
    )


def test_at_one_instant_profiles_come_first_then_posts_then_counts_then_the_order_of_input(
    tmp_path: Path,
) -> None:
    other = {"id_str": "78", "screen_name": "bob"}
    outcome = read_bytes(lines(status(2, user=other), status(1)), tmp_path)
    assert [(type(event), event.id) for event in outcome.events] == [
        (Profile, "78"),
        (Profile, "77"),
        (Post, "2"),
        (Post, "1"),
        (PostStats, "2"),
        (PostStats, "1"),
    ]


SHAPES = {
    "lines": lines(*THREE),
    "no last newline": lines(*THREE).rstrip(),
    "CRLF": lines(*THREE).replace(b"\n", b"\r\n"),
    "blank lines": lines(*THREE).replace(b"\n", b"\n\n"),
    "BOM": b"\xef\xbb\xbf" + lines(*THREE),
    "array": json.dumps(THREE).encode(),
    "indented array": json.dumps(THREE, indent=2).encode(),
    "array by lines": b"[\n" + b",\n".join(json.dumps(each).encode() for each in THREE) + b"\n]\n",
    "a line an array": lines(list(THREE[:2]), list(THREE[2:])),
    "indented objects": "\n".join(json.dumps(each, indent=4) for each in THREE).encode(),
    "search answer": json.dumps({"statuses": THREE, "search_metadata": {}}).encode(),
    "indented search answer": json.dumps({"statuses": THREE}, indent=1).encode(),
    "premium answer": json.dumps({"results": THREE}).encode(),
    "gzip": gzip.compress(lines(*THREE)),
    "two gzips": gzip.compress(lines(*THREE[:1])) + gzip.compress(lines(*THREE[1:])),
    "zstd": zstandard.compress(lines(*THREE)),
    "two zstds": zstandard.compress(lines(*THREE[:1])) + zstandard.compress(lines(*THREE[1:])),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_file_gives_the_same_posts(shape: str, tmp_path: Path) -> None:
    outcome = read_bytes(SHAPES[shape], tmp_path, name="anything.txt")
    assert (outcome.posts, outcome.problems) == (["1", "2", "3"], [])


def test_several_files_are_one_input_and_the_same_post_twice_is_two_events(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(lines(THREE[0], THREE[1]))
    (tmp_path / "b").write_bytes(gzip.compress(lines(THREE[2], THREE[1])))
    outcome = read([tmp_path / "a", tmp_path / "b"], tmp_path / "work")
    assert outcome.posts == ["1", "1", "2", "3"]
    assert outcome.inventory.posts == 3


def test_runs_on_disk_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posts = [status(number, second=number % 30) for number in range(500)]
    random.Random(1).shuffle(posts)
    held = read_bytes(lines(*posts), tmp_path)
    monkeypatch.setattr(sorted_input, "ExternalSorter", lambda path: ExternalSorter(path, memory_bytes=5_000))
    assert read_bytes(lines(*posts), tmp_path).events == held.events


def test_a_page_of_v2_gives_its_posts_and_not_those_beside_it(tmp_path: Path) -> None:
    page = {
        "data": [tweet(1, referenced_tweets=[{"type": "quoted", "id": "5"}]), tweet(2)],
        "includes": {
            "users": [{"id": "88", "username": "eve"}, {"id": "99", "username": "other"}],
            "tweets": [{"id": "5", "author_id": "99", "text": "quoted"}],
        },
        "errors": [{"title": "Not Found Error"}],
        "meta": {"result_count": 2},
        "__twarc": {"retrieved_at": "2012-09-25T00:00:00+00:00"},
    }
    outcome = read_bytes(lines(page), tmp_path)
    assert (outcome.posts, outcome.problems) == (["1", "2"], [])
    quote, _, profile = outcome.events
    assert isinstance(quote, Post) and quote.quote_of_account == "99"
    assert isinstance(profile, Profile) and profile.id == "88"
    assert (outcome.inventory.last_at, outcome.inventory.ends_at) == (MONDAY, 1_348_531_200_000)


def test_a_streamed_post_of_v2_and_a_flattened_one_are_posts(tmp_path: Path) -> None:
    streamed = {"data": tweet(1), "includes": {"users": []}, "matching_rules": [{"id": "1"}]}
    flattened = tweet(2, author={"id": "88", "username": "eve"})
    assert read_bytes(lines(streamed, flattened), tmp_path).posts == ["1", "2"]


@pytest.mark.parametrize(
    "document",
    [
        {"meta": {"result_count": 0}},
        {"errors": [{"title": "x"}]},
        {"data": None, "errors": []},
        {"data": [], "meta": {}},
        {"data": [{"start": "a", "end": "b", "tweet_count": 3}], "meta": {"total_tweet_count": 3}},
        {"id": "1", "action": "delete", "created_at": "2019-09-06T17:25:54Z", "reason": "protected"},
        {"limit": {"track": 5}},
        {"warning": {"code": "FALLING_BEHIND"}},
        {"statuses": []},
    ],
)
def test_what_holds_no_posts_is_skipped_quietly(document: Any, tmp_path: Path) -> None:
    outcome = read_bytes(lines(document, status(1)), tmp_path)
    assert (outcome.posts, outcome.problems, outcome.inventory.skipped) == (["1"], [], 1)


def test_pages_of_users_are_snapshots_at_the_time_of_capture_or_of_reading(tmp_path: Path) -> None:
    captured = {"data": [{"id": "1", "username": "a"}], "__twarc": {"retrieved_at": "2012-09-24T03:35:21Z"}}
    old = {"users": [{"id": 2, "screen_name": "b", "followers_count": 9}], "next_cursor": 0}
    outcome = read_bytes(lines(old, captured), tmp_path)
    assert [(event.id, event.occurred_at) for event in outcome.events] == [("1", MONDAY), ("2", NOW)]
    assert (outcome.inventory.posts, outcome.inventory.authors) == (0, frozenset())


def test_an_account_is_told_again_only_when_it_changed_in_the_order_of_time(tmp_path: Path) -> None:
    def seen(second: int, followers: int) -> dict[str, Any]:
        user = {"id_str": "77", "screen_name": "ada", "followers_count": followers}
        return status(second, second=second, user=user)

    outcome = read_bytes(lines(seen(4, 5), seen(0, 5), seen(3, 6), seen(1, 5), seen(2, 6)), tmp_path)
    told = [(e.occurred_at - MONDAY, e.followers) for e in outcome.events if isinstance(e, Profile)]
    assert told == [(0, 5), (2000, 6), (4000, 5)]


def test_accounts_whose_ids_begin_alike_do_not_mix(tmp_path: Path) -> None:
    users = [{"id_str": each, "screen_name": "same"} for each in ("7", "77", '7" 1', "7\n")]
    outcome = read_bytes(lines(*(status(n, user=user) for n, user in enumerate(users))), tmp_path)
    assert sorted(e.id for e in outcome.events if isinstance(e, Profile)) == ["7", "7\n", '7" 1', "77"]


def test_counts_at_capture_are_left_out_but_still_examined(tmp_path: Path) -> None:
    zero = lines(status(1, favorite_count=0), status(2, favorite_count=0, retweet_count=0))
    outcome = read_bytes(zero, tmp_path, counts="at-capture")
    assert not any(isinstance(event, PostStats) for event in outcome.events)
    assert (outcome.inventory.has_counts, outcome.inventory.all_counts_zero) == (True, True)
    assert read_bytes(zero, tmp_path).inventory.all_counts_zero


def test_files_without_counts_are_not_files_of_zeros(tmp_path: Path) -> None:
    inventory = read_bytes(lines(status(1, favorite_count=None)), tmp_path).inventory
    assert (inventory.has_counts, inventory.all_counts_zero) == (False, False)


def test_a_deletion_in_a_stream_is_an_event(tmp_path: Path) -> None:
    notice = {"delete": {"status": {"id_str": "9", "user_id_str": "77"}}}
    outcome = read_bytes(lines(status(1), notice), tmp_path)
    assert outcome.events[-1] == Delete(network="x", id="9", author="77", occurred_at=MONDAY, ingested_at=NOW)


def test_our_own_events_are_read_as_they_are(tmp_path: Path) -> None:
    common: dict[str, Any] = {"network": "bluesky", "ingested_at": MONDAY}
    post = Post(id="p", occurred_at=MONDAY, author="a", text="hi\n", **common)
    like = Like(id="l", occurred_at=MONDAY + 1, subject="a", actor="b", post="p", **common)
    stats = PostStats(id="p", occurred_at=MONDAY + 2, observed_at=MONDAY + 2, likes=0, **common)
    content = b"".join(encode(event) + b"\n" for event in (stats, like, post))
    outcome = read_bytes(content, tmp_path, counts="at-capture")
    assert outcome.events == [post, like, stats]
    assert outcome.inventory.networks == ("bluesky",)
    assert not outcome.inventory.has_counts  # counts with a time are no claim about the end


def test_our_own_events_are_examined_too(tmp_path: Path) -> None:
    def event(**changes: Any) -> dict[str, Any]:
        fixed = {"kind": "post", "network": "x", "id": "1", "author": "a"}
        return {**fixed, "occurred_at": MONDAY, "ingested_at": MONDAY, **changes}

    tick = json.loads(encode(Tick(network="x", id="t", occurred_at=MONDAY, ingested_at=MONDAY)))
    outcome = read_bytes(
        lines(
            event(id=""),
            event(kind="poem"),
            event(occurred_at=0),
            event(occurred_at=MONDAY + 300_001),
            event(occurred_at=NOW + 10**9, ingested_at=NOW + 10**9),
            tick,
            event(author=7),
            event(),
        ),
        tmp_path,
    )
    assert outcome.posts == ["1"]
    assert outcome.problems == [
        ("posts.jsonl:1", "`$.id` is empty"),
        ("posts.jsonl:2", "Invalid value 'poem' - at `$.kind`"),
        ("posts.jsonl:3", "`$.occurred_at` is before 2006"),
        ("posts.jsonl:4", "`$.occurred_at` is more than 5 minutes after `$.ingested_at`"),
        ("posts.jsonl:5", "`$.occurred_at` lies in the future: more than 5 minutes after it was read"),
        ("posts.jsonl:6", "`$.kind`: such events are written by the pipeline itself, not read from files"),
        ("posts.jsonl:7", "Expected `str`, got `int` - at `$.author`"),
    ]


def test_the_cursor_counts_events_and_reading_goes_on_behind_it(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(b"broken\n" + lines(*THREE))
    files = source([path], tmp_path / "work")
    files.prepare()
    whole = list(files.read(None))
    assert [getattr(item, "cursor", None) for item in whole] == [None, "1", "2", "3", "4", "5", "6", "7"]
    again = source([path], tmp_path / "work")
    assert list(again.read("3")) == whole[4:]
    assert list(again.read("7")) == []
    assert list(again.read("0")) == whole[1:]


def test_a_cursor_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cursor"):
        source([], tmp_path).read("abc")


def test_progress_ends_at_the_size_of_the_files(tmp_path: Path) -> None:
    path = tmp_path / "posts.gz"
    path.write_bytes(gzip.compress(lines(*THREE)))
    steps: list[tuple[int, int]] = []
    source([path], tmp_path / "work").prepare(lambda done, total: steps.append((done, total)))
    assert steps[-1] == (path.stat().st_size, path.stat().st_size)


def test_close_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_bytes(lines(*THREE))
    files = source([path], tmp_path / "work")
    files.prepare()
    files.close()
    assert list((tmp_path / "work").iterdir()) == []
