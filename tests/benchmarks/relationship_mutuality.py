"""Does the mutual part of a relationship's strength tell who is addressed next? On threads with both sides.

`python -m tests.benchmarks.relationship_mutuality` prints the table of docs/relationships.md. It reads the
posts of `rumoureval2017` from the folder RAPPORT_DATA, else `../shared/data` beside the repository.

Each time that somebody addresses one of those with whom there was something before, in either direction,
these are ranked by what was known a moment earlier. AUC is the chance that one who is addressed now stands
above one who is not; its 95% interval is that of 1,000 bootstrap samples of the accounts that address.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from pipelines.events import DAY_MS
from pipelines.sources.entities import instant
from tests.benchmarks.relationship_evaluation import SAMPLES, auc, data_folder

HALF_LIFE_MS = 15 * DAY_MS
WEIGHTS = {"reply": 1.0, "mention": 1.0, "quote": 1.0, "repost": 0.5}


class Address(msgspec.Struct, frozen=True, order=True):
    """An account addresses another, at an instant in ms since 1970 UTC."""

    at: int
    account: str
    other: str
    kind: str


class Ledger(msgspec.Struct):
    """What one did towards the other, and the other back: instants and weights."""

    given: list[tuple[int, float]]
    got: list[tuple[int, float]]


def faded(acts: list[tuple[int, float]], now: int, *, weighed: bool = True) -> float:
    """Return the sum of acts that fade by half in 15 days."""
    return sum((weight if weighed else 1.0) * 2.0 ** ((at - now) / HALF_LIFE_MS) for at, weight in acts)


def strength(ledger: Ledger, now: int) -> float:
    """Return M12: the faded, weighed sum of both sides times its mutual part."""
    given, got = len(ledger.given), len(ledger.got)
    mutual = (2 * min(given, got) / (given + got)) ** 0.5
    return faded(ledger.given + ledger.got, now) * mutual


def latest(acts: list[tuple[int, float]]) -> float:
    """Return when the last one was; 0: never."""
    return float(max((at for at, _ in acts), default=0))


SCORES: dict[str, Callable[[Ledger, int], float]] = {
    "strength (M12)": strength,
    "its sum without the mutual part, both sides": lambda of, now: faded(of.given + of.got, now),
    "the same, every act of weight 1": lambda of, now: faded(of.given + of.got, now, weighed=False),
    "its sum, own acts only": lambda of, now: faded(of.given, now),
    "recency, both sides": lambda of, now: latest(of.given + of.got),
    "recency, own acts only": lambda of, now: latest(of.given),
}


def addresses(path: Path) -> list[Address]:
    """Return who addresses whom, each post and other once."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        posts = {post["id_str"]: post for post in map(json.loads, lines)}
    return sorted(each for post in posts.values() for each in _addresses_of(post))


def _addresses_of(post: dict[str, Any]) -> Iterator[Address]:
    at = instant(post["created_at"], "$.created_at")
    author = post["user"]["id_str"]
    found = {mention["id_str"]: "mention" for mention in post["entities"]["user_mentions"]}
    for field, kind in (("quoted_status", "quote"), ("retweeted_status", "repost")):
        if field in post:
            found[post[field]["user"]["id_str"]] = kind
    if post.get("in_reply_to_user_id_str"):
        found[post["in_reply_to_user_id_str"]] = "reply"
    return (Address(at, author, other, kind) for other, kind in found.items() if other != author)


def rankings(told: list[Address]) -> Iterator[tuple[str, int, tuple[float, ...]]]:
    """Give for every choice among known others: who chose, how many were mutual, each score's AUC."""
    known: dict[str, dict[str, Ledger]] = defaultdict(dict)
    for (at, account), acts in groupby(told, key=lambda act: (act.at, act.account)):
        now = list(acts)
        ledgers, chosen = known[account], {act.other for act in now}
        again = np.array([other in chosen for other in ledgers], dtype=np.bool_)
        if again.any() and not again.all():
            each = tuple(
                auc(np.array([score(ledger, at) for ledger in ledgers.values()]), again)
                for score in SCORES.values()
            )
            yield account, sum(bool(of.given and of.got) for of in ledgers.values()), each
        for act in now:
            weight = WEIGHTS[act.kind]
            ledgers.setdefault(act.other, Ledger([], [])).given.append((at, weight))
            known[act.other].setdefault(account, Ledger([], [])).got.append((at, weight))


def report(told: list[Address]) -> Iterator[str]:
    """Give the lines of the table."""
    found = list(rankings(told))
    by_account: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for account, _, each in found:
        by_account[account].append(each)
    sums = np.array([np.sum(rows, axis=0) for rows in by_account.values()])
    sizes = np.array([len(rows) for rows in by_account.values()])
    picks = np.random.default_rng(12).integers(0, len(sizes), (SAMPLES, len(sizes)))
    drawn = sums[picks].sum(1) / sizes[picks].sum(1)[:, None]
    yield (
        f"**rumoureval2017**: {len(told):,} acts between accounts, {len(found):,} choices of {len(sizes):,}"
        f" accounts, {sum(mutual for _, mutual, _ in found):,} mutual relationships among what they chose"
        " from."
    )
    yield "\n| ranked by | AUC | 95% interval |\n|---|---|---|"
    for place, score in enumerate(SCORES):
        low, high = np.quantile(drawn[:, place], [0.025, 0.975])
        yield f"| {score} | {sums[:, place].sum() / sizes.sum():.3f} | {low:.3f} to {high:.3f} |"
    yield ""


def main() -> None:
    """Print the table."""
    path = data_folder() / "rumoureval2017" / "tweets.jsonl.gz"
    print("\n".join(report(addresses(path))))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
