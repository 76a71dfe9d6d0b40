"""Measure what one post costs to score: `python -m tests.benchmarks.scoring_speed`. Prints Markdown."""

from __future__ import annotations

import csv
import gzip
import sys
import time
from collections.abc import Callable

from pipelines.scoring import text as features
from tests.benchmarks.relevance_posts import data_folder

OFFERS = ("consulting", "Rapport Pro", "listening course")
ROUNDS = 3


def posts() -> list[str]:
    """Return the last 20,000 posts of one account's timeline, many with curly quotes and links."""
    path = data_folder() / "trump_timeline" / "trump_timeline.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)][-20_000:]


def everything_but_relevance(text: str) -> None:
    features.asks(text)
    features.fingerprint(text)
    features.names_offer(text, OFFERS)
    features.trailing_via(text)


def microseconds(feature: Callable[[str], object], texts: list[str]) -> float:
    """Return the best of some rounds, with the texts never seen before."""
    best = float("inf")
    for _ in range(ROUNDS):
        features.without_links.cache_clear()
        features.without_mentions.cache_clear()
        started = time.process_time()
        for text in texts:
            feature(text)
        best = min(best, time.process_time() - started)
    return best / len(texts) * 1e6


def main() -> None:
    texts = posts()
    mean = sum(map(len, texts)) / len(texts)
    sys.stdout.write(f"| feature | µs a post ({mean:.0f} characters) |\n|---|--:|\n")
    named: dict[str, Callable[[str], object]] = {
        "clean": features.clean,
        "asks": features.asks,
        "fingerprint": features.fingerprint,
        "names_offer": lambda text: features.names_offer(text, OFFERS),
        "trailing_via": features.trailing_via,
        "all but clean": everything_but_relevance,
    }
    for name, feature in named.items():
        sys.stdout.write(f"| {name} | {microseconds(feature, texts):.1f} |\n")


if __name__ == "__main__":
    main()
