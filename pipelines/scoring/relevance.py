"""Relevance: the calibrated probability that a post is on one of the brand's topics, from its text alone.

`p = 1 / (1 + exp(-(SLOPE · cos(text, topic) + OFFSET)))`, where the topic's direction is the mean of the unit
vectors of its name, description and keywords. Labelled examples move direction and offset: the maximum a
posteriori of a logistic regression whose prior is the topic without labels.

SLOPE and OFFSET hold for as many posts on topic as off it. They are fitted over ten topics, and checked with
each topic left out in turn, by `python -m tests.benchmarks.relevance_evaluation`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.brand import Topic
from pipelines.scoring.embeddings import DIMENSIONS, RelevanceModel, lengths
from pipelines.scoring.text import clean

__all__ = ["OFFSET", "ON_TOPIC", "SLOPE", "Relevance", "RelevanceModel", "Score", "direction"]

ON_TOPIC = 0.5
"""A post is on topic at this relevance or more."""
SLOPE = 17.1
OFFSET = -5.1

WEIGHT_VARIANCE = 10.0
"""How far examples may turn a topic: the prior's variance of each weight, chosen by the evaluation."""
_OFFSET_VARIANCE = 0.3
_STEPS = 400
_FIXED_POINT = 1 << 16
"""Steps per unit of a topic's weights. Whole numbers keep the product with a text's sum exact."""
_BACKGROUND = (
    "good morning everyone, have a lovely day",
    "I can't sleep again, so tired",
    "thank you so much, that made my day",
    "what are we having for dinner tonight",
    "I love this song",
    "happy birthday to my best friend",
    "watching a film with my family",
    "this is so funny I can't stop laughing",
    "just finished work, finally home",
    "I miss you already",
    "who is going out this weekend",
    "that game last night was unreal",
    "my phone battery is always dead",
    "coffee first, then everything else",
    "he never answers my messages",
    "new photo of my dog",
    "school starts again tomorrow",
    "I don't know what to wear",
    "people really need to mind their own business",
    "can't wait for the holidays",
    "follow me and I will follow back",
    "the traffic this morning was terrible",
    "she looks beautiful in that dress",
    "some days you just have to keep going",
)
"""What people say about nothing in particular: stands in for counter-examples where a brand gives too few."""


class Score(NamedTuple):
    """Relevance in [0, 1], rounded to 0.001, and the topic that gave it; None, None where no text is left."""

    relevance: float | None
    topic: str | None


UNSCORED = Score(None, None)


class Relevance:
    """Score texts against a brand's topics; the same text has the same score in any batch.

    A topic whose name, description and keywords hold no word takes no part.
    """

    def __init__(
        self, model: RelevanceModel, topics: Sequence[Topic], *, weight_variance: float = WEIGHT_VARIANCE
    ) -> None:
        self._model = model
        lines = [(topic.name, _line(model, topic, weight_variance)) for topic in topics if _parts(topic)]
        self._names = [name for name, _ in lines]
        self._weights = np.array([weights for _, (weights, _) in lines]).reshape(len(lines), DIMENSIONS).T
        self._offsets = np.array([offset for _, (_, offset) in lines])

    def score(self, texts: Sequence[str]) -> list[Score]:
        """Return one score a text, in order."""
        scores = [UNSCORED] * len(texts)
        cleaned = [clean(text) for text in texts]
        scored = [row for row, text in enumerate(cleaned) if text]
        if not scored or not self._names:
            return scores
        logits = self._logits([cleaned[row] for row in scored])
        best = logits.argmax(axis=1)
        for row, logit, topic in zip(scored, logits.max(axis=1).tolist(), best.tolist(), strict=True):
            scores[row] = Score(round(probability(logit), 3), self._names[topic])
        return scores

    def _logits(self, cleaned: Sequence[str]) -> NDArray[np.float64]:
        """Return log-odds, shape (texts, topics): the product is of whole numbers, exact in any order."""
        sums = self._model.sums(cleaned)
        products: NDArray[np.float64] = sums @ self._weights
        logits: NDArray[np.float64] = products / (lengths(sums)[:, np.newaxis] * _FIXED_POINT) + self._offsets
        return logits


def probability(logit: float) -> float:
    """Return the logistic of a log-odds; scalar, for a vectorised exponential may differ by position."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, logit))))


def direction(model: RelevanceModel, topic: Topic) -> NDArray[np.float64]:
    """Return the unit vector of what a topic says of itself, examples apart, shape (256,)."""
    mean = model.units(_parts(topic)).mean(axis=0, keepdims=True)
    unit: NDArray[np.float64] = (mean / lengths(mean))[0]
    return unit


def _parts(topic: Topic) -> list[str]:
    return list(filter(None, map(clean, (topic.name, topic.description, *topic.keywords))))


def _line(model: RelevanceModel, topic: Topic, variance: float) -> tuple[NDArray[np.float64], float]:
    """Return a topic's weights in fixed point and its offset in log-odds."""
    weights, offset = SLOPE * direction(model, topic), OFFSET
    examples = list(filter(None, map(clean, topic.examples)))
    counters = list(filter(None, map(clean, topic.counter_examples)))
    if examples or counters:
        labelled = _labelled(model, examples, counters)
        weights, offset = _moved(weights, offset, labelled, variance)
    return np.rint(weights * _FIXED_POINT), offset


class _Labelled(NamedTuple):
    units: NDArray[np.float64]
    labels: NDArray[np.float64]
    trust: NDArray[np.float64]


def _labelled(model: RelevanceModel, examples: list[str], counters: list[str]) -> _Labelled:
    """Return what to learn from; the background fills up missing counter-examples."""
    counts = (len(examples), len(counters), len(_BACKGROUND))
    fill = max(0, len(examples) - len(counters)) / len(_BACKGROUND)
    return _Labelled(
        units=model.units([*examples, *counters, *_BACKGROUND]),
        labels=np.repeat((1.0, 0.0, 0.0), counts),
        trust=np.repeat((1.0, 1.0, fill), counts),
    )


def _moved(
    weights: NDArray[np.float64], offset: float, labelled: _Labelled, variance: float
) -> tuple[NDArray[np.float64], float]:
    """Return weights and offset after the labelled examples."""
    spread = np.sqrt(np.append(np.full(DIMENSIONS, variance), _OFFSET_VARIANCE))
    features = np.column_stack((labelled.units, np.ones(len(labelled.units)))) * spread
    shift = spread * _posterior(features, labelled, labelled.units @ weights + offset)
    return weights + shift[:-1], offset + float(shift[-1])


def _posterior(
    features: NDArray[np.float64], labelled: _Labelled, prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return v that minimises |v|² / 2 + Σ trust · log-loss(labels, prior + features v).

    Nesterov's accelerated gradient for strongly convex functions (Introductory Lectures on Convex
    Optimization, 2004, §2.2.1), with a constant step and a fixed number of steps.
    """
    curvature = 1 + 0.25 * float((labelled.trust * (features**2).sum(axis=1)).sum())
    momentum = (math.sqrt(curvature) - 1) / (math.sqrt(curvature) + 1)
    at = ahead = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        odds = np.clip(prior + features @ ahead, -40, 40)
        gradient = ahead - features.T @ (labelled.trust * (labelled.labels - 1 / (1 + np.exp(-odds))))
        before, at = at, ahead - gradient / curvature
        ahead = at + momentum * (at - before)
    return at
