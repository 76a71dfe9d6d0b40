"""The scores of the Numenta Anomaly Benchmark, computed anew.

Lavin and Ahmad (2015), "Evaluating real-time anomaly detection algorithms: the Numenta Anomaly Benchmark",
https://arxiv.org/abs/1510.03336. Of the detections inside a labelled window the one with the largest weight
counts; outside they cost, the more the farther behind the last window; a missed window costs a whole unit.
The first 15 % of a file (750 rows at most) are probation: nothing counts there. The sum is scaled so that a
detector that says nothing has 0 and a perfect one 100.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from math import exp
from pathlib import Path

from msgspec import Struct

FILES = ("AAPL", "AMZN", "CRM", "GOOG", "IBM")
PROBATION, PROBATION_ROWS = 0.15, 5_000


class Profile(Struct, frozen=True):
    """What a false alarm and a missed window cost."""

    name: str
    false_alarm: float
    miss: float


PROFILES = (
    Profile("standard", 0.11, 1.0),
    Profile("reward_low_FP_rate", 0.22, 1.0),
    Profile("reward_low_FN_rate", 0.11, 2.0),
)

Windows = Sequence[tuple[int, int]]
"""First and last row of each labelled window."""


def file_score(alarms: Sequence[int], windows: Windows, rows: int, profile: Profile) -> float:
    """Return the score of one file; `alarms` are the rows that were told, from 0."""
    probation = int(PROBATION * min(rows, PROBATION_ROWS))
    best: dict[int, float] = {}
    outside = 0.0
    for row in alarms:
        if row < probation:
            continue
        inside = next((n for n, (first, last) in enumerate(windows) if first <= row <= last), None)
        if inside is None:
            outside += _cost(row, windows)
        else:
            best[inside] = max(best.get(inside, -1.0), _worth(row, windows[inside]))
    return sum(best.values()) + profile.false_alarm * outside - profile.miss * (len(windows) - len(best))


def _worth(row: int, window: tuple[int, int]) -> float:
    """Return what a detection in a window is worth: nearly 1 at its first row, 0 at its last."""
    first, last = window
    return _sigmoid(-(last - row + 1) / (last - first + 1)) / _sigmoid(-1.0)


def _cost(row: int, windows: Windows) -> float:
    before = [window for window in windows if window[1] < row]
    if not before:
        return -1.0
    first, last = before[-1]
    away = (row - last) / (last - first)
    return _sigmoid(away) if away <= 3.0 else -1.0


def _sigmoid(x: float) -> float:
    return 2.0 / (1.0 + exp(5.0 * x)) - 1.0


def normalised(scores: Mapping[str, float], windows: Mapping[str, Windows], profile: Profile) -> float:
    """Return the score of several files together, 0 for silence and 100 for perfection."""
    labelled = sum(len(windows[name]) for name in scores)
    silent = -profile.miss * labelled
    return 100.0 * (sum(scores.values()) - silent) / (labelled - silent)


# ---- the files of the benchmark --------------------------------------------------------------------


def read_series(folder: Path, name: str) -> tuple[list[str], list[float]]:
    """Return the timestamps and values of a file."""
    with (folder / "data" / "realTweets" / f"Twitter_volume_{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [row["timestamp"] for row in rows], [float(row["value"]) for row in rows]


def read_windows(folder: Path) -> dict[str, list[tuple[int, int]]]:
    """Return the labelled windows of each file as rows."""
    labels = json.loads((folder / "labels" / "combined_windows.json").read_text())
    found = {}
    for name in FILES:
        row_of = {at: row for row, at in enumerate(read_series(folder, name)[0])}
        windows = labels[f"realTweets/Twitter_volume_{name}.csv"]
        found[name] = [(row_of[first[:19]], row_of[last[:19]]) for first, last in windows]
    return found


def stored_alarms(folder: Path, detector: str, name: str, threshold: float) -> list[int]:
    """Return the rows at which a published detector's stored output reaches its threshold."""
    path = folder / "results" / detector / f"{detector}_Twitter_volume_{name}.csv.gz"
    with gzip.open(path, "rt") as file:
        scores = [float(row["anomaly_score"]) for row in csv.DictReader(file)]
    return [row for row, score in enumerate(scores) if score >= threshold]


def thresholds(folder: Path) -> dict[str, dict[str, float]]:
    """Return the published threshold of each detector and profile."""
    stored = json.loads((folder / "config" / "thresholds.json").read_text())
    return {
        detector: {profile: entry["threshold"] for profile, entry in profiles.items()}
        for detector, profiles in stored.items()
    }


def published_scores(folder: Path, detector: str, profile: Profile) -> dict[str, float]:
    """Return the score that a detector's authors stored for each file."""
    with (folder / "results" / "scores" / f"{detector}_{profile.name}_scores.csv").open() as file:
        scores = {row["File"]: float(row["Score"]) for row in csv.DictReader(file) if row["File"]}
    return {name: scores[f"realTweets/Twitter_volume_{name}.csv"] for name in FILES}
