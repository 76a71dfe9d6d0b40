"""The generated benchmark file holds what it promises."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from pipelines.events import DAY_MS, HOUR_MS
from tests.benchmarks.generate_posts import FIRST_AT, X_EPOCH_MS, Document, generate_file


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    path = tmp_path_factory.mktemp("generated") / "posts.ndjson"
    generate_file(path, posts=5_000, accounts=200, seed=3, span_ms=2 * DAY_MS)
    return [msgspec.json.decode(line, type=Document) for line in path.read_bytes().splitlines()]


def test_it_holds_as_many_distinct_posts_as_asked_for(documents: list[Document]) -> None:
    assert len(documents) == len({document.data.id for document in documents}) == 5_000


def test_a_few_accounts_write_most_posts(documents: list[Document]) -> None:
    posts = Counter(document.data.author_id for document in documents)
    assert len(posts) > 150
    assert sum(count for _, count in posts.most_common(20)) > 2_500


def test_the_ids_hold_the_time_within_the_span(documents: list[Document]) -> None:
    for document in documents:
        at = (int(document.data.id) >> 22) + X_EPOCH_MS
        assert FIRST_AT <= at < FIRST_AT + 2 * DAY_MS


def test_lines_stand_a_bit_out_of_order(documents: list[Document]) -> None:
    ids = [int(document.data.id) for document in documents]
    assert sum(a > b for a, b in pairwise(ids)) > 100


def test_what_a_post_refers_to_comes_along_and_is_a_post_of_the_file(documents: list[Document]) -> None:
    ids = {document.data.id for document in documents}
    kinds: Counter[str] = Counter()
    for document in documents:
        included = {tweet.id for tweet in document.includes.tweets}
        referred = {reference.id for reference in document.data.referenced_tweets}
        assert referred == included <= ids
        kinds.update(reference.type for reference in document.data.referenced_tweets)
    assert min(kinds[kind] for kind in ("replied_to", "quoted", "retweeted")) > 300


def test_the_entities_stand_where_they_say(documents: list[Document]) -> None:
    for document in documents:
        text, entities = document.data.text, document.data.entities
        assert all(text[url.start : url.end] == url.url for url in entities.urls)
        assert all(
            text[mention.start : mention.end] == f"@{mention.username}" for mention in entities.mentions
        )


def test_the_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate_file(tmp_path / name, posts=300, accounts=20, seed=9)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_span_too_short_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="6 h"):
        generate_file(tmp_path / "a", posts=10, accounts=5, span_ms=HOUR_MS)
