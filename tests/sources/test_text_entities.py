"""Entities in plain text are those that X finds: its own conformance tests, and texts made to be slow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from pipelines.sources.text_entities import entities_of, hashtags_of, links_of, mentions_of, reply_of

REPOSITORY = Path(__file__).parents[2]
FINDERS: dict[str, Callable[[str], Any]] = {
    "mentions": mentions_of,
    "replies": reply_of,
    "urls": links_of,
    "tco_urls_with_params": links_of,
    "hashtags": hashtags_of,
    "hashtags_from_astral": hashtags_of,
}


@pytest.fixture(scope="module")
def conformance(shared_data: Path) -> dict[str, list[dict[str, Any]]]:
    path = shared_data / "twitter_text_conformance" / "conformance" / "extract.yml"
    cases: dict[str, list[dict[str, Any]]] = YAML(typ="safe", pure=True).load(path)["tests"]
    return cases


@pytest.mark.parametrize("group", FINDERS)
def test_every_case_of_the_conformance_tests_holds(group: str, conformance: Any) -> None:
    wrong = [case for case in conformance[group] if FINDERS[group](case["text"]) != case["expected"]]
    assert wrong == []


def test_the_score_that_is_published_counts_every_case(conformance: Any) -> None:
    cases = sum(len(conformance[group]) for group in FINDERS)
    published = re.search(r"(\d+) of (\d+) cases", (REPOSITORY / "docs" / "sources.md").read_text())
    assert published is not None
    assert (int(published[1]), int(published[2])) == (cases, cases)


def test_what_lies_in_a_link_is_neither_mention_nor_hashtag() -> None:
    found = entities_of("see https://example.com/@ann/#top, says @bob #now")
    assert (found.mentions, found.hashtags) == (("bob",), ("now",))
    assert found.links == ("https://example.com/@ann/#top",)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a." * 12_500,
            "com." * 6_000,
            "#" * 25_000,
            "@" * 25_000,
            "a-" * 12_000 + ".com",
            "あ" * 25_000 + ".com",
        ),
        *(
            "http://a.com/" + "a," * 12_000,
            "a.com/(b(c" * 2_500,
            "a.com?" + "&" * 25_000 + "!",
            "(((a)))." * 3_000,
        ),
        *("http://" * 3_500, "x.com/" + "(a" * 12_000, "RT@" * 8_000, "#a" * 12_000),
    ],
    ids=lambda text: text[:12],
)
def test_a_text_of_25000_characters_is_never_slow(text: str) -> None:
    entities_of("warm.example.com")
    begun = time.process_time()
    entities_of(text)
    assert time.process_time() - begun < 1.0
