"""Measure the way from JSON of the X API v2 to batches: `python -m tests.benchmarks.parsing_speed`.

One document a line as a filtered stream writes it, with its author and the post it refers to in `includes`;
routed to the tracked accounts, encoded and packed as Kafka gets them. Prints posts a second on one core, by
processor time. `--profile` prints where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import sys
import tempfile
import time
from pathlib import Path

from pipelines.clock import now_ms
from pipelines.events import DAY_MS, Post
from pipelines.ingest.batches import Batcher
from pipelines.ingest.router import Router
from pipelines.sources.x.pages import Reader, shape_of
from tests.benchmarks.generate_posts import generate_file

PARTITIONS = 8
ROUNDS = 5


def documents(posts: int) -> list[bytes]:
    """Return made-up posts as a filtered stream sends them."""
    with tempfile.TemporaryDirectory(prefix="rapport-") as folder:
        path = Path(folder) / "posts.ndjson"
        generate_file(path, posts=posts, accounts=1_000, seed=1, span_ms=28 * DAY_MS)
        return path.read_bytes().splitlines()


def carry(lines: list[bytes], router: Router) -> tuple[int, int]:
    """Read, route and pack everything; return posts read and documents packed."""
    reader, batcher = Reader(ingested_at=now_ms()), Batcher(PARTITIONS)
    posts = packed = 0
    for line in lines:
        for found in reader.read(shape_of(line), line):
            for event in found.events:
                posts += isinstance(event, Post)
                for routed in router.route(event):
                    packed += sum(message.documents for message in batcher.add(routed))
    return posts, packed + sum(message.documents for message in batcher.flush())


def posts_a_second(lines: list[bytes], *, tracked: int | None) -> float:
    """Return the best of some rounds; `tracked` accounts, None: every account that a post names."""
    authors = None if tracked is None else _authors(lines, tracked)
    best = float("inf")
    for _ in range(ROUNDS):
        router = Router(None, authors)
        gc.collect()
        begun = time.process_time()
        posts, _ = carry(lines, router)
        best = min(best, time.process_time() - begun)
    return posts / best


def _authors(lines: list[bytes], most: int) -> frozenset[tuple[str, str]]:
    reader = Reader(ingested_at=now_ms())
    told = (found for line in lines for found in reader.read(shape_of(line), line))
    accounts = {event.author: None for found in told for event in found.events if isinstance(event, Post)}
    return frozenset(("x", account) for account in list(accounts)[:most])


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Measure parsing and routing on one core.")
    parser.add_argument("--posts", type=int, default=40_000)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    lines = documents(given.posts)
    size = sum(map(len, lines)) / len(lines)
    if given.profile:
        with cProfile.Profile() as profile:
            carry(lines, Router(None, _authors(lines, 5)))
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    sys.stdout.write(f"| {size:.0f} bytes a post, tracked | posts a second |\n|---|--:|\n")
    for name, tracked in (("5 accounts", 5), ("every account named", None)):
        sys.stdout.write(f"| {name} | {posts_a_second(lines, tracked=tracked):,.0f} |\n")


if __name__ == "__main__":
    main()
