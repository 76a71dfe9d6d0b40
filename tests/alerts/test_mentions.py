"""Sudden changes of the mentions received."""

import msgspec
import numpy as np

from pipelines.alerts.mentions import BUCKET_MS, BUCKETS_A_DAY, Mentions
from pipelines.alerts.scored_series import SeriesScorer

MINUTE, DAY = 60_000, 86_400_000
START = 1_700_000_100_000 // BUCKET_MS * BUCKET_MS


def told(mentions: Mentions, counts: list[int], start: int = START) -> list[tuple[int, str]]:
    """Feed one count a minute; return minute and state of each change."""
    return [
        ((change.since - START) // MINUTE, change.state)
        for step, count in enumerate(counts)
        if count
        for change in mentions.take(start + step * MINUTE, count)
    ]


def steady(seed: int, *, days: float, a_minute: float) -> list[int]:
    rng = np.random.default_rng(seed)
    return [int(y) for y in rng.poisson(a_minute, int(days * 1_440))]


def test_a_surge_is_found_in_its_first_minute() -> None:
    counts = steady(1, days=5, a_minute=1.0)
    found = told(Mentions(), [*counts, 80])
    assert [state for _, state in found] == ["learning", "ok", "surge"]
    assert found[-1][0] == len(counts) + 1


def test_a_surge_is_told_once_and_is_over_after_a_day() -> None:
    counts = [*steady(1, days=5, a_minute=1.0), *[60] * 120, *steady(2, days=2, a_minute=1.0)]
    assert [state for _, state in told(Mentions(), counts)] == ["learning", "ok", "surge", "ok"]


def test_steady_mentions_are_nothing_for_weeks() -> None:
    for a_minute in (0.002, 0.05, 3.0):
        found = told(Mentions(), steady(3, days=25, a_minute=a_minute))
        assert [state for _, state in found] == ["learning", "ok"]


def test_mentions_that_stop_are_a_drop_though_no_event_comes() -> None:
    mentions = Mentions()
    told(mentions, steady(4, days=20, a_minute=0.5))
    stopped_at = START + 20 * DAY
    found = []
    while (due := mentions.next_due()) is not None and due < stopped_at + 4 * DAY:
        found += mentions.pass_time(due)
    assert [change.state for change in found] == ["drop"]
    assert DAY < found[0].since - stopped_at < 3 * DAY
    assert found[0].evidence is not None
    assert 650 < found[0].evidence.expected < 790


def test_an_account_that_is_hardly_mentioned_never_drops_and_is_never_woken() -> None:
    mentions = Mentions()
    told(mentions, steady(5, days=20, a_minute=0.005))
    assert mentions.next_due() is None


def test_many_empty_buckets_at_once_are_as_many_one_by_one() -> None:
    together, apart = Mentions(), Mentions()
    for mentions in (together, apart):
        told(mentions, steady(6, days=3, a_minute=0.5))
    later = together.bucket_at + 100 * BUCKET_MS
    together.pass_time(later)
    for step in range(1, 101):
        apart.pass_time(later - (100 - step) * BUCKET_MS)
    for name in ("mean", "short", "middle", "daily"):
        assert abs(getattr(together, name) - getattr(apart, name)) < 0.05


def test_a_state_saved_and_loaded_says_the_same() -> None:
    counts = [*steady(1, days=3, a_minute=0.3), *[30] * 5, *steady(2, days=1, a_minute=0.3)]
    whole, cut = Mentions(), Mentions()
    for step, count in enumerate(counts):
        if count:
            cut = msgspec.json.decode(msgspec.json.encode(cut), type=Mentions)
            at = START + step * MINUTE
            assert whole.take(at, count) == cut.take(at, count)


def test_scores_lie_between_0_and_1_and_an_alarm_is_told_once_a_day() -> None:
    scorer = SeriesScorer()
    usual = [10.0, 12.0, 9.0, 11.0] * (BUCKETS_A_DAY // 2)
    scores = [scorer.score(value) for value in [*usual, 500.0, 500.0, -3.0, 500.0]]
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert [score >= 0.5 for score in scores[-4:]] == [True, False, False, False]
    assert max(scores[10:-4]) < 0.5
