"""Relevance: laws of the score, with the real embeddings and posts written for the purpose."""

import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pipelines.brand import Topic
from pipelines.scoring.embeddings import DIMENSIONS, MAX_TOKENS
from pipelines.scoring.relevance import ON_TOPIC, Relevance, RelevanceModel, Score, probability

COFFEE = Topic(
    name="Coffee roasting",
    description="How to roast, grind and brew coffee",
    keywords=("espresso", "coffee beans", "barista"),
)
CYCLING = Topic(name="Cycling", description="Bikes, bike lanes and races", keywords=("bicycle", "cyclist"))
ON_COFFEE = "Fresh espresso from beans that we roasted this morning #coffee"
ON_CYCLING = "The city opens three new bike lanes, every cyclist is happy"
OFF = "my sister got married yesterday and I cried all day"


@pytest.fixture(scope="module")
def model() -> RelevanceModel:
    return RelevanceModel.load()


@pytest.fixture(scope="module")
def relevance(model: RelevanceModel) -> Relevance:
    return Relevance(model, (COFFEE, CYCLING))


def relevance_of(scorer: Relevance, text: str) -> float:
    found = scorer.score([text])[0].relevance
    assert found is not None
    return found


def test_the_topic_that_fits_best_gives_the_score(relevance: Relevance) -> None:
    coffee, cycling, off = relevance.score([ON_COFFEE, ON_CYCLING, OFF])
    assert coffee.topic == "Coffee roasting"
    assert cycling.topic == "Cycling"
    assert (coffee.relevance or 0) >= ON_TOPIC
    assert (cycling.relevance or 0) >= ON_TOPIC
    assert (off.relevance or 0) < ON_TOPIC


def test_relevance_is_the_largest_over_the_topics(model: RelevanceModel, relevance: Relevance) -> None:
    alone = [relevance_of(Relevance(model, (topic,)), ON_COFFEE) for topic in (COFFEE, CYCLING)]
    assert relevance_of(relevance, ON_COFFEE) == max(alone)


@pytest.mark.parametrize("text", ["", "🔥", "@ann https://t.co/x", "!?"])
def test_no_text_left_is_not_scored(relevance: Relevance, text: str) -> None:
    assert relevance.score([text, OFF])[0] == Score(None, None)


def test_without_topics_nothing_is_scored(model: RelevanceModel) -> None:
    assert Relevance(model, ()).score([ON_COFFEE]) == [Score(None, None)]


def test_topic_without_words_takes_no_part(model: RelevanceModel, relevance: Relevance) -> None:
    with_empty = Relevance(model, (Topic(name="!"), COFFEE, CYCLING))
    assert with_empty.score([ON_COFFEE, OFF]) == relevance.score([ON_COFFEE, OFF])


def test_no_texts_no_scores(relevance: Relevance) -> None:
    assert relevance.score([]) == []


def test_links_mentions_and_hashtag_signs_change_nothing(relevance: Relevance) -> None:
    plain = relevance.score(["we roast Coffee Beans here"])
    assert relevance.score(["@ann we roast #CoffeeBeans here https://example.com/cycling"]) == plain


def made_up_posts(count: int) -> list[str]:
    drawn = random.Random(5)
    words = [
        "coffee",
        "bike",
        "the",
        "rain",
        "espresso",
        "é",
        "東京",
        "lane",
        "42",
        "#RoastDay",
        "@ann",
        "🔥",
        "don't",
    ]
    return [" ".join(drawn.choices(words, k=drawn.randint(0, 60))) for _ in range(count)]


def test_a_score_is_the_same_in_any_batch(model: RelevanceModel) -> None:
    posts = made_up_posts(1_500)
    together = Relevance(model, (COFFEE, CYCLING)).score(posts)
    alone = Relevance(RelevanceModel.load(), (COFFEE, CYCLING))
    assert [alone.score([post])[0] for post in posts] == together
    for size in (2, 3, 127, 129, 640):
        parts = [posts[start : start + size] for start in range(0, len(posts), size)]
        assert [score for part in parts for score in alone.score(part)] == together


def test_log_odds_are_bit_for_bit_the_same_in_any_batch(model: RelevanceModel, relevance: Relevance) -> None:
    posts = [post for post in made_up_posts(700) if post]
    together = relevance._logits(posts)
    single = np.vstack([relevance._logits([post]) for post in posts])
    shuffled = list(range(len(posts)))
    random.Random(6).shuffle(shuffled)
    assert np.array_equal(together, single)
    assert np.array_equal(relevance._logits([posts[at] for at in shuffled]), together[shuffled])


def test_every_intermediate_number_is_whole_and_exact(model: RelevanceModel, relevance: Relevance) -> None:
    largest = int(np.abs(model._table.astype(np.int64)).max()) * MAX_TOKENS
    heaviest = int(np.abs(relevance._weights).sum(axis=0).max())
    assert DIMENSIONS * largest**2 < 1 << 53
    assert largest * heaviest < 1 << 53
    assert np.array_equal(relevance._weights, np.rint(relevance._weights))
    assert largest < 1 << 31


def test_word_by_word_gives_the_tokens_of_the_whole_text(model: RelevanceModel) -> None:
    for text in ["espresso from our beans", "don't stop, it's 3.14!", "東京 tower café 🔥 naïve", OFF]:
        whole = model._tokenizer.encode(text.lower(), add_special_tokens=False).ids
        assert model._token_ids(text) == whole


def test_forgetting_words_changes_no_score(model: RelevanceModel, relevance: Relevance) -> None:
    before = relevance.score([ON_COFFEE, OFF])
    model._words.clear()
    assert relevance.score([ON_COFFEE, OFF]) == before


def test_long_text_is_read_up_to_its_limit(relevance: Relevance) -> None:
    long = "coffee " * 200_000
    assert relevance.score([long]) == relevance.score(["coffee " * MAX_TOKENS])


def test_examples_bring_a_topic_nearer(model: RelevanceModel, relevance: Relevance) -> None:
    text = "the crema was perfect and the steam wand behaved"
    taught = replace(COFFEE, examples=("perfect crema today", "clean the steam wand after each cup"))
    assert relevance_of(Relevance(model, (taught,)), text) > relevance_of(relevance, text)


def test_counter_examples_push_a_neighbour_away(model: RelevanceModel) -> None:
    text = "meet me at the coffee shop for a chat"
    taught = replace(COFFEE, counter_examples=("see you at the coffee shop later", "let us chat over coffee"))
    assert relevance_of(Relevance(model, (taught,)), text) < relevance_of(Relevance(model, (COFFEE,)), text)


def test_order_of_examples_does_not_matter_to_the_score(model: RelevanceModel) -> None:
    examples = ("perfect crema today", "clean the steam wand", "light roast or dark roast")
    forward = Relevance(model, (replace(COFFEE, examples=examples),))
    backward = Relevance(model, (replace(COFFEE, examples=examples[::-1]),))
    assert forward.score([ON_COFFEE, OFF]) == backward.score([ON_COFFEE, OFF])


@pytest.mark.parametrize(("logit", "expected"), [(0.0, 0.5), (1e9, 1.0), (-1e9, 0.0), (np.log(3), 0.75)])
def test_probability_is_the_logistic(logit: float, expected: float) -> None:
    assert probability(logit) == pytest.approx(expected)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(), max_size=8))
def test_every_text_has_a_score_in_range_or_none(relevance: Relevance, texts: list[str]) -> None:
    scores = relevance.score(texts)
    assert len(scores) == len(texts)
    for score in scores:
        assert score.relevance is None or 0 <= score.relevance <= 1
        assert (score.relevance is None) == (score.topic is None)


def test_loading_touches_no_network_no_logging_and_no_forbidden_module() -> None:
    code = """
import logging, socket, sys
def refuse(*_): raise AssertionError("network")
socket.socket.connect = refuse
from pipelines.brand import Topic
from pipelines.scoring import links, text
from pipelines.scoring.relevance import Relevance, RelevanceModel
assert Relevance(RelevanceModel.load(), (Topic(name="tea"),)).score(["green tea"])[0].relevance > 0.5
assert not logging.getLogger().handlers
mine = [m for m in sys.modules if m.startswith("pipelines.")]
assert not {"kafka", "faust", "clickhouse_driver", "wordllama", "requests"} & set(sys.modules)
assert not {"pipelines.settings", "pipelines.clock"} & set(mine)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
