"""An alarm is judged by what came after it."""

from pipelines.alerts.change import Change
from pipelines.alerts.evidence import Evidence
from pipelines.events import DAY_MS
from tests.alerts.simulated_posts import posts_of
from tests.benchmarks.alert_hindsight import is_borne_out


def borne_out(counts: list[int], *, raised: int, by: int) -> bool:
    posts = list(posts_of(counts))
    evidence = Evidence(expected=9.0, observed=4.0, ratio=0.5, low=None, high=None, p_value=None, posts=by)
    at = posts[raised].at + DAY_MS
    return is_borne_out(posts, Change(alert="engagement", state="drop", since=at, at=at, evidence=evidence))


def test_posts_that_stay_low_bear_an_alarm_out_and_posts_that_come_back_do_not() -> None:
    assert borne_out([90] * 100 + [40] * 30, raised=104, by=5)
    assert not borne_out([90] * 100 + [40] * 5 + [90] * 30, raised=104, by=5)


def test_the_posts_that_raised_it_are_no_witnesses() -> None:
    assert not borne_out([90] * 100 + [1] * 60 + [61] * 25, raised=159, by=60)
    assert borne_out([90] * 100 + [1] * 60 + [60] * 25, raised=159, by=60)


def test_an_alarm_with_too_few_posts_after_it_is_not_borne_out() -> None:
    assert not borne_out([90] * 100 + [40] * 24, raised=104, by=5)
