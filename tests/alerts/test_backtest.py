"""Backtests: what injected drops show."""

import pytest

from pipelines.alerts.backtest import backtest, cut
from pipelines.alerts.expectation import PostFacts
from pipelines.brand import Alerting
from pipelines.cli.alert_backtest import Replayed, sentence, share_of
from pipelines.errors import UsageError
from tests.alerts.simulated_posts import START, posts_of
from tests.alerts.test_engagement import steady


def test_a_larger_drop_is_found_sooner_and_more_often() -> None:
    posts = list(posts_of(steady(1, posts=300, dispersion=0.1)))
    half, most = (backtest(posts, Alerting(), drop=drop, starts=20) for drop in (0.5, 0.8))
    assert half.posts_median is not None
    assert most.posts_median is not None
    assert most.posts_median <= half.posts_median <= 12
    assert half.found >= 0.9 * half.injected
    assert most.found == most.injected


def test_false_alarms_in_untouched_histories_stay_within_what_was_asked_for() -> None:
    days = alarms = 0.0
    for seed in range(12):
        result = backtest(list(posts_of(steady(seed, posts=400))), Alerting(), drop=0.5, starts=0)
        days, alarms = days + result.days, alarms + len(result.alarms)
    assert days > 1_400
    assert alarms <= days / 180


def test_a_history_that_is_too_short_has_no_tries() -> None:
    result = backtest(list(posts_of([5] * 10)), Alerting(), drop=0.5)
    assert (result.injected, result.posts_median, result.alarms) == (0, None, ())


def test_a_cut_takes_a_share_away() -> None:
    assert cut(PostFacts(id="1", at=START, interactions=9), 0.5).interactions == 4


def test_the_result_is_a_sentence() -> None:
    posts = list(posts_of(steady(1, posts=300, dispersion=0.1)))
    said = sentence(Replayed("x", "ada", 300, backtest(posts, Alerting(), drop=0.5, starts=20), posts[-1].at))
    assert said.startswith("ada: a drop by half would have been found in ")
    assert "false alarms in the last 180 days: " in said
    assert "too few to replay" in sentence(Replayed("x", "bob", 5, None, START))


@pytest.mark.parametrize("text", ["5%", "95", "half", "50.5%"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="from 10% to 90%"):
        share_of(text)
