"""Does the strength of a relationship tell who is addressed tomorrow? On real posts, against simpler rules.

`python -m tests.benchmarks.relationship_evaluation` prints the tables of docs/relationships.md. It reads
the real posts from the folder RAPPORT_DATA, else `../shared/data` beside the repository.

Every midnight (UTC) each account's others of the last 60 days are ranked, and the day that follows tells
who was addressed again. AUC is the chance that one who was stands above one who was not, of the same
account and day; its 95% interval is that of 1,000 bootstrap samples of days.
"""

from __future__ import annotations

import csv
import gzip
import os
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipelines.events import DAY_MS

REPOSITORY = Path(__file__).resolve().parents[2]
MEMORY_DAYS = 60
SAMPLES = 1_000
_MENTION = re.compile(r"(?<![\w@])@(\w{1,15})")

Floats = NDArray[np.float64]
Score = Callable[[Floats], float]
"""Ages in days of the acts towards one other, the youngest last, to the other's rank."""


class Touch(msgspec.Struct, frozen=True, order=True):
    """An account addresses another at an instant (ms since 1970, UTC)."""

    at: int
    account: str
    other: str


class Day(msgspec.Struct, frozen=True):
    """One account and midnight: AUC of each score, and how many pairs it rests on."""

    at: int
    pairs: int
    auc: tuple[float, ...]


def faded(half_life_days: float) -> Score:
    """Return the sum of acts that fade by half in so many days: M12 without its mutual part."""
    return lambda ages: float(np.exp2(-ages / half_life_days).sum())


SCORES: dict[str, Score] = {
    "faded sum, half-life 15 d": faded(15),
    "recency only": lambda ages: -float(ages[-1]),
    "count only (60 d)": lambda ages: float(ages.size),
    "faded sum, half-life 3 d": faded(3),
    "faded sum, half-life 7 d": faded(7),
    "faded sum, half-life 30 d": faded(30),
}


def data_folder() -> Path:
    """Return the folder of the real posts."""
    return Path(os.environ.get("RAPPORT_DATA") or REPOSITORY.parent / "shared" / "data")


def instant(text: str) -> int:
    """Return the instant in `YYYY-MM-DD HH:MM:SS`, UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """Give the rows of a packed table; what a broken row lacks is None."""
    with gzip.open(path, "rt", encoding="utf-8", errors="replace", newline="") as lines:
        yield from csv.DictReader(lines)


def touches_of_ira(folder: Path) -> list[Touch]:
    """Return whom the accounts of `ira_troll` mention, each post and other once."""
    return sorted(
        Touch(instant(row["publish_date"]), author, other)
        for row in rows_of(folder / "ira_troll" / "ira_content.csv.gz")
        if (author := row["author_id"].lower())
        for other in {name.lower() for name in _MENTION.findall(row["content"] or "")} - {author}
    )


def touches_of_timeline(folder: Path) -> list[Touch]:
    """Return whom the one account of `trump_timeline` answers, mentions or reposts."""
    found = set()
    for row in rows_of(folder / "trump_timeline" / "trump_timeline.csv.gz"):
        if row["mentions_screen_name"] is None:
            continue  # seven rows of the file are broken in two by a stray newline
        names = [
            row["reply_to_screen_name"],
            row["retweet_screen_name"],
            *(row["mentions_screen_name"] or "").split(),
        ]
        for name in names:
            if name and name.lower() not in ("na", "realdonaldtrump"):
                found.add(Touch(instant(row["created_at"]), "realdonaldtrump", name.lower()))
    return sorted(found)


def days_of(touches: Sequence[Touch]) -> list[Day]:
    """Return the AUC of every account and midnight at which anybody known was addressed within a day."""
    by_account: dict[str, list[Touch]] = {}
    for touch in touches:
        by_account.setdefault(touch.account, []).append(touch)
    return [day for mine in by_account.values() for day in _days_of_account(mine)]


def _days_of_account(touches: Sequence[Touch]) -> Iterator[Day]:
    times = [touch.at for touch in touches]
    begin, end = times[0] // DAY_MS + 1, times[-1] // DAY_MS
    for midnight in range(begin * DAY_MS, (end + 1) * DAY_MS, DAY_MS):
        now = bisect_left(times, midnight)
        past = touches[bisect_left(times, midnight - MEMORY_DAYS * DAY_MS) : now]
        following = {touch.other for touch in touches[now : bisect_left(times, midnight + DAY_MS)]}
        if day := _day(midnight, past, following):
            yield day


def _day(midnight: int, past: Sequence[Touch], following: set[str]) -> Day | None:
    ages: dict[str, list[float]] = {}
    for touch in past:
        ages.setdefault(touch.other, []).append((midnight - touch.at) / DAY_MS)
    again = np.array([other in following for other in ages], dtype=np.bool_)
    pairs = int(again.sum()) * int((~again).sum())
    if pairs == 0:
        return None
    columns = [np.asarray(each) for each in ages.values()]
    aucs = (auc(np.array([score(each) for each in columns]), again) for score in SCORES.values())
    return Day(midnight, pairs, tuple(aucs))


def auc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Return the chance that a positive stands above a negative, ties half (Mann and Whitney, 1947)."""
    ordered = np.sort(scores[~positive])
    below = np.searchsorted(ordered, scores[positive], side="left")
    not_above = np.searchsorted(ordered, scores[positive], side="right")
    return float((below + not_above).mean() / (2 * ordered.size))


def mutual_dyads(touches: Sequence[Touch]) -> int:
    """Return how many pairs address each other."""
    directed = {(touch.account, touch.other) for touch in touches}
    return sum((other, account) in directed for account, other in directed) // 2


def report(name: str, touches: Sequence[Touch]) -> Iterator[str]:
    """Give the lines of one set's table."""
    days = days_of(touches)
    means = np.array([day.auc for day in days])
    midnights = sorted({day.at for day in days})
    rows_by_midnight = [np.array([i for i, day in enumerate(days) if day.at == at]) for at in midnights]
    chance = np.random.default_rng(15)
    picks = chance.integers(0, len(midnights), (SAMPLES, len(midnights)))
    drawn = np.array([means[np.concatenate([rows_by_midnight[i] for i in pick])].mean(0) for pick in picks])
    recency = list(SCORES).index("recency only")
    dyads = len({(touch.account, touch.other) for touch in touches})
    yield (
        f"**{name}**: {len(touches):,} acts of {len({t.account for t in touches})} accounts towards others in"
        f" {dyads:,} dyads, {mutual_dyads(touches)} of them mutual; {len(days):,} rankings,"
        f" {sum(day.pairs for day in days):,} pairs."
    )
    yield "\n| ranked by | AUC | 95% interval | less recency only, 95% interval |\n|---|---|---|---|"
    for place, score in enumerate(SCORES):
        low, high = np.quantile(drawn[:, place], [0.025, 0.975])
        lower, upper = np.quantile(drawn[:, place] - drawn[:, recency], [0.025, 0.975])
        gain = "" if place == recency else f"{lower:+.3f} to {upper:+.3f}"
        yield f"| {score} | {means[:, place].mean():.3f} | {low:.3f} to {high:.3f} | {gain} |"
    yield ""


def main() -> None:
    """Print the tables."""
    folder = data_folder()
    for name, read in (
        ("ira_troll, posts with text", touches_of_ira),
        ("trump_timeline", touches_of_timeline),
    ):
        print("\n".join(report(name, read(folder))))  # noqa: T201 - its output


if __name__ == "__main__":
    main()
