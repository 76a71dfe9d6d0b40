"""Measure relevance on labelled posts and fit its constants.

Run `python -m tests.benchmarks.relevance_evaluation`; it prints Markdown, in some minutes. The posts are
described in `relevance_posts.py`. On and off topic weigh the same in every number. Not blind: lower case,
centring and the prior's variance were chosen by looking at these sets; the fitness posts took no part in the
fit, nor in the choice of the variance.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import psutil
from msgspec.structs import replace
from numpy.typing import NDArray
from scipy.stats import rankdata

from pipelines.brand import Topic
from pipelines.scoring.relevance import (
    OFFSET,
    ON_TOPIC,
    SLOPE,
    WEIGHT_VARIANCE,
    Relevance,
    RelevanceModel,
    direction,
)
from pipelines.scoring.text import clean
from tests.benchmarks.relevance_posts import Labelled, data_folder, load

DRAWS = 5
LABELS = (5, 10, 20)
VARIANCES = (3.0, 10.0, 30.0)


def balanced(on: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return weights that sum to 1, half of it on each side."""
    weights: NDArray[np.float64] = np.where(on, 0.5 / on.sum(), 0.5 / (~on).sum())
    return weights


def fit(sets: list[tuple[Labelled, NDArray[np.float64]]]) -> tuple[float, float]:
    """Return (slope, offset) of the logistic regression on (set, cosines), by Newton's method."""
    cosines = np.concatenate([cosine for _, cosine in sets])
    on = np.concatenate([each.on for each, _ in sets])
    weights = np.concatenate([each.weight * balanced(each.on) for each, _ in sets])
    features = np.column_stack((cosines, np.ones(len(cosines))))
    line = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-features @ line))
        hessian = (features * (weights * p * (1 - p))[:, None]).T @ features
        line += np.linalg.solve(hessian, features.T @ (weights * (on - p)))
    return float(line[0]), float(line[1])


def auc(on: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Return the area under the ROC curve (Mann-Whitney, ties count half)."""
    ranks = rankdata(scores)[on].sum()
    return float((ranks - on.sum() * (on.sum() + 1) / 2) / (on.sum() * (~on).sum()))


def brier(on: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    return float((balanced(on) * (scores - on) ** 2).sum())


def accuracy(on: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    return float((balanced(on) * ((scores >= ON_TOPIC) == on)).sum())


def relevance_of(
    model: RelevanceModel, about: Topic, texts: list[str], *, variance: float = WEIGHT_VARIANCE
) -> NDArray[np.float64]:
    """Return the relevance of texts to one topic, as it would be stored."""
    scores = Relevance(model, (about,), weight_variance=variance).score(texts)
    return np.array([score.relevance for score in scores], dtype=float)


def say(line: str = "") -> None:
    sys.stdout.write(line + "\n")


def print_sets(model: RelevanceModel, sets: list[Labelled]) -> None:
    cosines = [model.units([clean(t) for t in each.texts]) @ direction(model, each.topic) for each in sets]
    pairs = list(zip(sets, cosines, strict=True))
    slope, offset = fit(pairs)
    say(
        f"Constants over all sets: SLOPE {slope:.2f}, OFFSET {offset:.2f} (in the code: {SLOPE}, {OFFSET}).\n"
    )
    say("| set | posts | AUC | Brier left out | accuracy left out | Brier shipped | accuracy shipped |")
    say("|---|--:|--:|--:|--:|--:|--:|")
    for each, cosine in pairs:
        slope, offset = fit([pair for pair in pairs if pair[0] is not each])
        left_out = 1 / (1 + np.exp(-(slope * cosine + offset)))
        shipped = relevance_of(model, each.topic, each.texts)
        say(
            f"| {each.family}: {each.name} | {len(each.texts)} | {auc(each.on, shipped):.3f} "
            f"| {brier(each.on, left_out):.3f} | {accuracy(each.on, left_out):.3f} "
            f"| {brier(each.on, shipped):.3f} | {accuracy(each.on, shipped):.3f} |"
        )


def print_calibration(model: RelevanceModel, sets: list[Labelled]) -> None:
    scores = np.concatenate([relevance_of(model, each.topic, each.texts) for each in sets])
    on = np.concatenate([each.on for each in sets])
    weights = np.concatenate([balanced(each.on) for each in sets])
    say("\n| CrisisLex: relevance said | share of posts | on topic in truth |")
    say("|---|--:|--:|")
    bins = np.minimum((scores * 10).astype(int), 9)
    for tenth in range(10):
        inside = bins == tenth
        mass = weights[inside].sum()
        truth = weights[inside & on].sum() / mass
        share = mass / weights.sum()
        say(f"| {tenth / 10:.1f}–{(tenth + 1) / 10:.1f} | {share:.3f} | {truth:.2f} |")


def print_labels(model: RelevanceModel, sets: list[Labelled]) -> None:
    say(f"\nMeans of {DRAWS} draws; labels are taken out of what is measured.\n")
    say("| labels | variance | " + " | ".join(f"{each.name}: AUC, Brier" for each in sets) + " |")
    say("|---|--:|" + "--:|" * len(sets))
    rows = [(0, 0, WEIGHT_VARIANCE)]
    rows += [(count, count, variance) for count in LABELS for variance in VARIANCES]
    rows += [(count, 0, WEIGHT_VARIANCE) for count in LABELS]
    for examples, counters, variance in rows:
        cells = [_with_labels(model, each, examples, counters, variance) for each in sets]
        shown = " | ".join(f"{a:.4f}, {b:.4f}" for a, b in cells)
        say(f"| {examples} on + {counters} off | {variance:g} | {shown} |")


def _with_labels(
    model: RelevanceModel, each: Labelled, examples: int, counters: int, variance: float
) -> tuple[float, float]:
    drawn = np.random.default_rng(7)
    results = []
    for _ in range(DRAWS if examples else 1):
        on = drawn.choice(np.flatnonzero(each.on), examples, replace=False)
        off = drawn.choice(np.flatnonzero(~each.on), counters, replace=False)
        about = replace(
            each.topic,
            examples=tuple(each.texts[i] for i in on),
            counter_examples=tuple(each.texts[i] for i in off),
        )
        rest = np.setdiff1d(np.arange(len(each.texts)), np.concatenate((on, off)))
        scores = relevance_of(model, about, [each.texts[i] for i in rest], variance=variance)
        results.append((auc(each.on[rest], scores), brier(each.on[rest], scores)))
    means = np.mean(results, axis=0)
    return float(means[0]), float(means[1])


def print_speed(sets: list[Labelled]) -> None:
    before, started = psutil.Process().memory_info().rss, time.perf_counter()
    model = RelevanceModel.load()
    took, grown = time.perf_counter() - started, psutil.Process().memory_info().rss - before
    say(f"Loaded in {took:.2f} s, {grown / 1e6:.0f} MB.")
    scorer = Relevance(model, [each.topic for each in sets])
    texts = [text for each in sets for text in each.texts]
    for words in ("cold", "warm"):
        started = time.process_time()
        for start in range(0, len(texts), 500):
            scorer.score(texts[start : start + 500])
        rate = len(texts) / (time.process_time() - started)
        say(f"Batches of 500, {len(sets)} topics, {words} words: {rate:,.0f} posts/s.")


def main() -> None:
    sets = load(data_folder())
    crises = [each for each in sets if each.family == "CrisisLex"]
    print_speed(crises)
    model = RelevanceModel.load()
    say()
    print_sets(model, sets)
    print_calibration(model, crises)
    print_labels(model, [*crises, *(each for each in sets if each.name in ("Airline", "fitness"))])


if __name__ == "__main__":
    main()
