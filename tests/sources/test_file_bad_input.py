"""The source `file` and input that is broken: named, never fatal, the rest is read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pipelines.errors import UsageError
from tests.sources.file_outcome import lines, read, read_bytes, source, status, tweet

GOOD = lines(status(1))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "JSON is malformed"),
        (b'{"id_str": "1", "text"', "Input data was truncated"),
        (b'{"id_str": "1", "user": {}, "text": "\\ud800 alone"}', "`$.text` has a lone surrogate (\\ud800)"),
        (
            b'{"id_str": "1", "user": {}, "favorite_count": NaN, "text": ""}',
            "`$.favorite_count` is not a finite",
        ),
        (b'{"id_str": "1", "user": {}, "text": "\xff"}', "`$.text` is not UTF-8"),
        (b'{"id_str": "1", "user": {}, "text": 5}', "Expected `str | null`, got `int` - at `$.text`"),
        (b'{"text": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"7", "Expected `object`, got `int`"),
        (b"null", "Expected `object`, got `null`"),
        (b"{}", "neither a post nor a page of posts"),
        (b'{"ids": [1, 2]}', "neither a post nor a page of posts"),
        (
            b'{"actor": {}, "verb": "post", "body": "x"}',
            "neither a post nor a page of posts (Activity Streams",
        ),
        (b'{"data": {"blocking": true}}', "neither a post nor a page of posts"),
        (b'{"data": 5}', "Expected `object`, got `int`"),
        (b'{"statuses": {}}', "Expected `array`, got `object`"),
    ],
)
def test_a_broken_line_is_named_and_the_rest_is_read(line: bytes, reason: str, tmp_path: Path) -> None:
    outcome = read_bytes(GOOD + line + b"\n" + lines(status(2)), tmp_path)
    assert outcome.posts == ["1", "2"]
    [bad] = outcome.bad
    assert bad.where == "posts.jsonl:2"
    assert bad.reason.startswith(reason)
    assert bad.excerpt and bad.excerpt in line.decode("utf-8", "replace")[:200]


def test_a_broken_first_line_does_not_hide_the_rest(tmp_path: Path) -> None:
    outcome = read_bytes(b'{"id_str": "1", "te\n' + lines(status(2), status(3)), tmp_path)
    assert outcome.posts == ["2", "3"]
    assert [bad.where for bad in outcome.bad] == ["posts.jsonl:1"]


def test_a_broken_post_in_a_page_spares_the_others(tmp_path: Path) -> None:
    page = {
        "data": [tweet(1), tweet(2, text=7), {"id": "3"}, tweet(4)],
        "includes": {"users": [{"id": "88", "username": 5}]},
    }
    outcome = read_bytes(lines(status(9), page), tmp_path)
    assert outcome.posts == ["9", "1", "4"]
    assert [bad.where for bad in outcome.bad] == [
        "posts.jsonl:2.includes.users[0]",
        "posts.jsonl:2[1]",
        "posts.jsonl:2[2]",
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_broken_element_of_an_array_is_named_by_its_index(indent: int | None, tmp_path: Path) -> None:
    content = json.dumps([status(1), status(2, text=3), 17, status(4)], indent=indent).encode()
    outcome = read_bytes(content, tmp_path, name="a.json")
    assert outcome.posts == ["1", "4"]
    places = [bad.where for bad in outcome.bad]
    assert places == (["a.json[1]", "a.json[2]"] if indent else ["a.json:1[1]", "a.json:1[2]"])


def test_an_array_that_breaks_off_gives_what_was_whole(tmp_path: Path) -> None:
    content = json.dumps([status(1), status(2), status(3)]).encode()[:-40]
    outcome = read_bytes(content, tmp_path)
    assert outcome.posts == ["1", "2"]
    assert outcome.problems == [("posts.jsonl[2]", "the file ends in the middle of a value")]


def test_a_stray_bracket_is_named_and_reading_goes_on_behind_it(tmp_path: Path) -> None:
    first, second = (json.dumps(status(number), indent=1).encode() for number in (1, 2))
    outcome = read_bytes(first + b"\n}\n" + second, tmp_path)
    assert outcome.posts == ["1", "2"]
    assert [bad.reason for bad in outcome.bad] == ["a bracket closes what was never opened"]


def test_a_file_of_stray_brackets_is_given_up(tmp_path: Path) -> None:
    outcome = read_bytes(b"[ \n" + b"]" * 50_000, tmp_path)
    assert len(outcome.bad) == 100
    assert outcome.bad[-1].reason == "too many stray brackets: what follows is not read"


@pytest.mark.parametrize("ends", [b"\n", b""])
def test_a_line_of_ten_megabytes_is_named_and_the_rest_is_read(ends: bytes, tmp_path: Path) -> None:
    long = json.dumps(status(2, text="x" * 10_000_000)).encode()
    for content, posts in ((GOOD + long + ends, ["1"]), (long + b"\n" + GOOD + GOOD, ["1", "1"])):
        outcome = read_bytes(content, tmp_path)
        assert outcome.posts == posts
        assert [bad.reason for bad in outcome.bad] == ["longer than 8 MB"]
        assert len(outcome.bad[0].excerpt) == 200


def test_an_array_longer_than_a_line_may_be_is_read_element_by_element(tmp_path: Path) -> None:
    posts = [status(number, text='\\"}]{[' * 20_000) for number in range(80)]
    posts[40]["text"] = "y" * 9_000_000
    content = json.dumps(posts).encode()
    assert len(content) > 20_000_000
    outcome = read_bytes(content, tmp_path)
    assert len(outcome.posts) == 79
    assert outcome.problems == [("posts.jsonl[40]", "longer than 8 MB")]


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_half_a_compressed_file_gives_what_can_be_read(compress: Any, tmp_path: Path) -> None:
    content = lines(*(status(number, text=f"{hash(str(number))}") for number in range(5000)))
    whole = compress(content)
    outcome = read_bytes(whole[: len(whole) // 2], tmp_path, name="posts.gz")
    assert 1000 < len(outcome.posts) < 4000
    assert outcome.problems == [("posts.gz", "the compressed data ends in the middle")]


def test_compressed_data_that_is_broken_is_one_problem(tmp_path: Path) -> None:
    outcome = read_bytes(gzip.compress(GOOD)[:12] + b"\xff" * 50, tmp_path)
    [(where, reason)] = outcome.problems
    assert where == "posts.jsonl" and reason.startswith("the compressed data is broken")


def test_a_decompression_bomb_stays_one_bad_line(tmp_path: Path) -> None:
    bomb = gzip.compress(b'{"text": "' + b" " * 300_000_000, compresslevel=1)
    outcome = read_bytes(bomb, tmp_path)
    assert [bad.reason for bad in outcome.bad] == ["longer than 8 MB"]


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (GOOD.decode().encode("utf-16"), "UTF-16"),
        (GOOD.decode().encode("utf-16-le"), "UTF-16"),
        (GOOD.decode().encode("utf-32"), "UTF-16"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"PK\x03\x04abc", "zip"),
        (b"window.YTD.tweets.part0 = [ {\n", "archive"),
    ],
)
def test_a_file_of_another_format_is_one_problem_that_says_what_to_do(
    content: bytes, word: str, tmp_path: Path
) -> None:
    outcome = read_bytes(content, tmp_path)
    [bad] = outcome.bad
    assert bad.where == "posts.jsonl" and word in bad.reason


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\xef\xbb\xbf", b"[]", b"[\n]\n", gzip.compress(b"", mtime=0)]
)
def test_an_empty_file_has_no_posts_and_no_problem(content: bytes, tmp_path: Path) -> None:
    outcome = read_bytes(content, tmp_path)
    assert (outcome.inventory.posts, outcome.problems) == (0, [])
    assert (outcome.inventory.first_at, outcome.inventory.ends_at) == (None, None)


def test_a_path_that_cannot_be_opened_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    good = tmp_path / "good.jsonl"
    good.write_bytes(GOOD)
    with pytest.raises(UsageError, match=r"missing\.jsonl does not exist"):
        source([good, tmp_path / "missing.jsonl"], tmp_path / "work").prepare()
    with pytest.raises(UsageError, match="is a directory"):
        source([tmp_path], tmp_path / "work").prepare()
    assert not (tmp_path / "work").exists()


def test_an_excerpt_is_safe_to_print(tmp_path: Path) -> None:
    outcome = read_bytes(b"\x1b[31mred\x07\xe2\x80\xae\xff" + b"x" * 1000 + b"\n", tmp_path)
    excerpt = outcome.bad[0].excerpt
    assert len(excerpt) == 200
    assert excerpt.startswith(" [31mred  �x")


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "posts.jsonl" for folder in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_bytes(b"broken\n")
    outcome = read(paths, tmp_path / "work")
    assert [bad.where for bad in outcome.bad] == [f"{path}:1" for path in paths]
