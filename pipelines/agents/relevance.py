"""Relevance of the own posts in a message, against the brand that holds at each of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

from pipelines.agents.documents import Decoded
from pipelines.brand import Brand, decode_brand
from pipelines.events import BrandVersion, Post
from pipelines.partition import NOT_SCORED, Relevance
from pipelines.scoring.post import BrandRules
from pipelines.scoring.relevance import ON_TOPIC, RelevanceModel, Score
from pipelines.scoring.relevance import Relevance as TopicRelevance


@cache
def _model() -> RelevanceModel:
    return RelevanceModel.load()


class Scorer:
    """Score a message at a time; the model is loaded when a brand with topics is met first."""

    def score(self, documents: Sequence[Decoded], rules: BrandRules) -> list[Relevance]:
        """Return one relevance a document, in order; what is no own post is not scored."""
        found = [NOT_SCORED] * len(documents)
        brand = rules.brand
        begin = 0
        for index, document in enumerate(documents):
            if isinstance(document.event, BrandVersion):
                _score_some(documents, begin, index, brand, found)
                brand, begin = decode_brand(document.event.content), index
        _score_some(documents, begin, len(documents), brand, found)
        return found


def _score_some(
    documents: Sequence[Decoded], begin: int, end: int, brand: Brand, found: list[Relevance]
) -> None:
    if not brand.topics:
        return
    own = [(index, text) for index in range(begin, end) if (text := _own_text(documents[index])) is not None]
    if own:
        for (index, _), score in zip(own, _relevance(brand).score([text for _, text in own]), strict=True):
            found[index] = _milli(score)


def _own_text(document: Decoded) -> str | None:
    event = document.event
    if isinstance(event, Post) and event.author == event.subject and event.repost_of is None:
        return event.text
    return None


@lru_cache(maxsize=8)
def _relevance(brand: Brand) -> TopicRelevance:
    return TopicRelevance(_model(), brand.topics)


def _milli(score: Score) -> Relevance:
    if score.relevance is None:
        return NOT_SCORED
    milli = round(score.relevance * 1_000)
    return milli, score.topic or "", milli >= round(ON_TOPIC * 1_000)
