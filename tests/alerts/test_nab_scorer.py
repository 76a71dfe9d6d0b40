"""Our scores of the benchmark are those its authors stored, and our detector beats the published ones."""

from pathlib import Path

import pytest

from pipelines.alerts.scored_series import ALARM, SeriesScorer
from tests.benchmarks.nab_scorer import (
    FILES,
    PROFILES,
    file_score,
    normalised,
    published_scores,
    read_series,
    read_windows,
    stored_alarms,
    thresholds,
)

STANDARD = PROFILES[0]


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    folder = shared_data / "nab_realTweets"
    if not folder.is_dir():
        pytest.skip("no nab_realTweets in the folder of real data")
    return folder


def test_a_hit_at_once_is_worth_1_a_miss_costs_1_and_a_false_alarm_a_ninth() -> None:
    windows = [(1_000, 1_099)]
    assert file_score([1_000], windows, 5_000, STANDARD) == pytest.approx(1.0)
    assert file_score([], windows, 5_000, STANDARD) == -1.0
    assert file_score([800, 1_000], windows, 5_000, STANDARD) == pytest.approx(0.89)
    assert file_score([700, 1_000, 1_050], windows, 5_000, STANDARD) == pytest.approx(1.0)


@pytest.mark.parametrize("detector", ["contextOSE", "numenta", "twitterADVec", "windowedGaussian"])
def test_the_stored_scores_of_published_detectors_come_out(folder: Path, detector: str) -> None:
    windows = read_windows(folder)
    for profile in PROFILES:
        stored = published_scores(folder, detector, profile)
        threshold = thresholds(folder)[detector][profile.name]
        for name in FILES:
            alarms = stored_alarms(folder, detector, name, threshold)
            rows = len(read_series(folder, name)[0])
            ours = file_score(alarms, windows[name], rows, profile)
            assert ours == pytest.approx(stored[name], abs=0.001)


def test_our_detector_beats_the_best_published_one(folder: Path) -> None:
    windows = read_windows(folder)
    scores = {}
    for name in FILES:
        scorer = SeriesScorer()
        values = read_series(folder, name)[1]
        alarms = [row for row, value in enumerate(values) if scorer.score(value) >= ALARM]
        scores[name] = file_score(alarms, windows[name], len(values), STANDARD)
    best = normalised(published_scores(folder, "ARTime", STANDARD), windows, STANDARD)
    assert normalised(scores, windows, STANDARD) > best > 81.0
