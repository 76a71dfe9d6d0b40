"""Sentences of the report: what they say, and when there is none."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from msgspec import structs

from dashboards.report.words import Fact, People, paragraph, share, why_silent

NOBODY = People(waiting=0, waiting_with_question=0, longest_s=0, ties=0, fading=0, others=0)
HALF = Fact(value=0.5, low=0.45, high=0.55, n=120, status="ok")


def said(name: str, fact: Fact) -> list[str]:
    return paragraph({name: fact}, NOBODY)


def test_a_share_is_said_as_people_say_it_with_interval_and_n() -> None:
    fact = structs.replace(HALF, value=0.66, low=0.6, high=0.72)
    assert said("conversation_ratio", fact) == [
        "Two thirds of your posts are replies to people (60 to 72 %, n 120)."
    ]


def test_a_change_is_told_where_the_intervals_lie_apart() -> None:
    fact = structs.replace(
        HALF, value=0.66, low=0.6, high=0.72, before=0.5, before_low=0.44, before_high=0.56
    )
    [up] = said("conversation_ratio", fact)
    assert up.endswith("n 120), up from half.")
    down = structs.replace(fact, before=0.9, before_low=0.85, before_high=0.95)
    assert said("conversation_ratio", down)[0].endswith("n 120), down from nine tenths.")


@pytest.mark.parametrize(
    "before",
    [
        {"before": 0.5, "before_low": 0.44, "before_high": 0.61},
        {"before": 0.5, "before_low": None, "before_high": None},
        {"before": None},
        {"before": 0.659, "before_low": 0.1, "before_high": 0.2},
    ],
)
def test_no_change_is_told_where_the_intervals_meet_or_are_not_known_or_the_words_are_the_same(
    before: dict[str, float | None],
) -> None:
    fact = structs.replace(HALF, value=0.66, low=0.6, high=0.72, **before)
    assert said("conversation_ratio", fact)[0].endswith("n 120).")


@pytest.mark.parametrize(
    "fact",
    [
        structs.replace(HALF, status="too_few", needed=5),
        structs.replace(HALF, status="unknown_input"),
        structs.replace(HALF, value=None),
        structs.replace(HALF, low=None),
        structs.replace(HALF, n=0),
    ],
)
def test_there_is_no_sentence_where_the_numbers_cannot_tell(fact: Fact) -> None:
    assert said("conversation_ratio", fact) == []


def test_a_metric_that_nobody_would_understand_has_no_sentence() -> None:
    assert said("measured_share", HALF) == []


def test_a_mean_is_said_with_what_it_counts() -> None:
    fact = Fact(value=11.46, low=10.31, high=12.9, n=1307, status="ok", before=5, before_low=4, before_high=6)
    assert said("interactions_per_post", fact) == [
        "A post brought 11.5 reactions within a day (10.3 to 12.9, n 1,307 posts), up from 5."
    ]


@dataclass(frozen=True)
class Case:
    people: dict[str, float]
    sentence: str


@pytest.mark.parametrize(
    "case",
    [
        Case(
            {"waiting": 1, "longest_s": 3_600},
            "One person waits for an answer; the longest since 1 hour (n 1).",
        ),
        Case(
            {"waiting": 4, "waiting_with_question": 2, "longest_s": 3 * 86_400},
            "4 people wait for an answer, 2 with a question; the longest since 3 days (n 4).",
        ),
        Case(
            {"ties": 11, "fading": 2, "others": 60},
            "With 11 of 60 people who were ever in touch it goes both ways; 2 of these ties fade (n 60).",
        ),
    ],
)
def test_people_are_counted_in_words(case: Case) -> None:
    people = structs.replace(NOBODY, **case.people)
    assert paragraph({}, people) == [case.sentence]


def test_silence_says_how_many_more_posts_would_do() -> None:
    too_few = structs.replace(HALF, status="too_few", needed=7)
    nearer = structs.replace(too_few, needed=1)
    assert "about 1 more post would do" in why_silent({"a": too_few, "b": nearer})
    assert "no number of this time rests on enough posts" in why_silent({"a": HALF})


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "none"), (1.0, "all"), (0.33, "a third"), (0.36, "36 %"), (0.07, "7 %"), (0.98, "98 %")],
)
def test_a_share_far_from_a_plain_fraction_stays_a_percentage(value: float, words: str) -> None:
    assert share(value) == words
