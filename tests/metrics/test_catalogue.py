"""The catalogue: what each metric says of given measures, worked out by hand, and when it says nothing."""

import random
from math import isclose, isfinite

import msgspec
import pytest

from pipelines.metrics.catalogue import BY_NAME, METRICS
from pipelines.metrics.definition import Context
from pipelines.metrics.intervals import Estimate
from pipelines.metrics.measures import NAMES, READINGS
from tests.metrics.vectors_of_measures import Vector, drawn, edges

DAY = 86_400_000
CONFIGURED = Context(
    known_since=0, start=0, end=28 * DAY, knows_promotion=True, knows_topics=True, knows_channels=True
)
BARE = Context(known_since=0, start=0, end=28 * DAY)


def of(name: str, measures: Vector, context: Context = CONFIGURED) -> Estimate:
    return BY_NAME[name].estimate(measures, context)


def test_every_metric_reads_known_measures_and_has_a_title_a_question_and_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(METRICS)
    for metric in METRICS:
        assert set(metric.measures) <= {*NAMES, *READINGS}, metric.name
        assert metric.title
        assert metric.question.endswith("?")


def test_conversation_ratio_of_two_replies_in_three_posts_is_wilsons() -> None:
    estimate = of("conversation_ratio", {"headline_posts": 1, "replies_made": 2, "replies_to_others": 2,
                                         "posts_addressed": 3, "posts": 3})  # fmt: skip
    assert estimate.status == "ok"
    assert estimate.n == 3
    assert estimate.value == pytest.approx(2 / 3)
    assert estimate.low == pytest.approx(0.2077, abs=5e-5)
    assert estimate.high == pytest.approx(0.9385, abs=5e-5)


def test_replies_whose_addressees_nobody_told_leave_the_conversation_unknown_not_zero() -> None:
    estimate = of("conversation_ratio", {"posts": 4, "replies_made": 4})
    assert estimate == Estimate(None, None, None, 0, "unknown_input", None)


def test_without_own_domains_and_offers_promotion_is_not_configured() -> None:
    measures = {"posts": 10, "headline_posts": 10}
    assert of("promotion_share", measures, BARE) == Estimate(None, None, None, 10, "not_configured", None)
    assert of("promotion_share", measures).status == "ok"
    assert of("promotion_share", measures).value == 0.0


def test_cross_posts_are_not_configured_without_channels_whatever_else_the_brand_names() -> None:
    measures = {"posts": 10, "headline_posts": 10, "cross_posts": 2}
    seller = Context(known_since=0, start=0, end=28 * DAY, knows_promotion=True, knows_topics=True)
    feeds_alone = Context(known_since=0, start=0, end=28 * DAY, knows_channels=True)
    assert of("cross_post_share", measures, seller).status == "not_configured"
    assert of("cross_post_share", measures, feeds_alone).value == 0.2


def test_without_topics_relevance_is_not_configured() -> None:
    measures = {"posts": 10, "scored_posts": 10, "matured_posts": 10}
    assert of("on_topic_share", measures, BARE).status == "not_configured"
    assert of("topic_lift", measures, BARE).status == "not_configured"


def test_no_configuration_is_said_before_no_posts() -> None:
    assert of("promotion_share", {}, BARE).status == "not_configured"


def test_an_account_without_posts_has_no_shares_and_no_zero() -> None:
    for metric in METRICS:
        if metric.family not in ("rate", "growth"):
            assert metric.estimate({}, CONFIGURED) == Estimate(None, None, None, 0, "no_posts", None)


def test_no_post_in_28_observed_days_is_a_rate_of_zero_with_an_upper_end() -> None:
    estimate = of("posts_per_day", {})
    assert (estimate.value, estimate.low, estimate.status) == (0.0, 0.0, "ok")
    assert estimate.high == pytest.approx(2.5119 / 28, rel=1e-4)


def test_nothing_counted_while_nobody_listened_for_half_of_the_time_is_no_data_and_no_zero() -> None:
    deaf = msgspec.structs.replace(CONFIGURED, unheard_ms=14 * DAY)
    for metric in METRICS:
        expected = "unknown_input" if metric.family == "growth" else "no_data"
        assert metric.estimate({}, deaf) == Estimate(None, None, None, 0, expected, None)
    assert (
        BY_NAME["promotion_share"]
        .estimate({}, Context(known_since=0, start=0, end=DAY, unheard_ms=DAY))
        .status
        == "not_configured"
    )


def test_what_was_counted_beside_a_gap_counts_and_a_short_gap_silences_nothing() -> None:
    deaf = msgspec.structs.replace(CONFIGURED, unheard_ms=28 * DAY)
    assert of("posts_per_day", {"posts": 56}, deaf).value == 2.0
    heard = msgspec.structs.replace(CONFIGURED, unheard_ms=14 * DAY - 1)
    assert of("posts_per_day", {}, heard).value == 0.0
    assert of("question_share", {}, heard).status == "no_posts"


def test_time_unheard_is_held_against_the_time_that_the_account_is_known() -> None:
    late = Context(known_since=26 * DAY, start=0, end=28 * DAY, unheard_ms=DAY)
    assert of("posts_per_day", {}, late).status == "no_data"


def test_days_before_the_first_event_known_are_not_observed() -> None:
    late = Context(known_since=21 * DAY, start=0, end=28 * DAY)
    assert of("posts_per_day", {"posts": 14}, late).value == 2.0


def test_an_account_known_since_this_instant_has_no_rate_yet() -> None:
    now = Context(known_since=28 * DAY, start=0, end=28 * DAY)
    assert of("posts_per_day", {"posts": 1}, now) == Estimate(None, None, None, 1, "too_few", None)


def test_followers_grow_by_the_last_reading_less_the_first_without_an_interval() -> None:
    told = {"followers_told": 3, "first_followers": 140, "last_followers": 128}
    assert of("net_follower_growth", told) == Estimate(-12.0, None, None, 3, "ok", None)


def test_one_reading_is_no_growth_of_zero_and_none_is_unknown() -> None:
    once = {"followers_told": 1, "first_followers": 140, "last_followers": 140}
    assert of("net_follower_growth", once) == Estimate(None, None, None, 1, "too_few", 1)
    assert of("net_follower_growth", {}) == Estimate(None, None, None, 0, "unknown_input", None)


def test_measured_share_counts_the_posts_that_nobody_measured() -> None:
    estimate = of("measured_share", {"matured_posts": 3, "unmeasured_posts": 1})
    assert (estimate.value, estimate.n, estimate.status) == (0.75, 4, "ok")


def test_posts_whose_counts_nobody_told_are_unknown_not_no_posts() -> None:
    measures = {"unmeasured_posts": 9, "fast_unmeasured_posts": 9, "matured_reply_unmeasured_posts": 9}
    for name in ("interactions_per_post", "fast_interactions_per_post", "interactions_per_reply",
                 "zero_interaction_share", "engagement_rate_followers", "topic_lift"):  # fmt: skip
        assert of(name, measures) == Estimate(None, None, None, 0, "unknown_input", None)


@pytest.mark.parametrize(("known", "status"), [(15, "unknown_input"), (16, "ok")])
def test_followers_must_be_known_for_80_percent_of_the_matured_posts(known: int, status: str) -> None:
    estimate = of("engagement_rate_followers", with_exposure("followers", posts=20, known=known))
    assert (estimate.status, estimate.n) == (status, known)
    assert estimate.value == (None if status == "unknown_input" else 0.02)


@pytest.mark.parametrize(("known", "status"), [(15, "unknown_input"), (16, "ok")])
def test_impressions_must_be_known_for_80_percent_of_the_matured_posts(known: int, status: str) -> None:
    estimate = of("engagement_rate_impressions", with_exposure("impressions", posts=20, known=known))
    assert (estimate.status, estimate.n) == (status, known)


def test_an_engagement_rate_is_a_ratio_of_sums_not_a_mean_of_ratios() -> None:
    """100 followers and 10 interactions, 900 and 10: 20/1000, not the mean of 10% and 1.1%."""
    measures = {
        "matured_posts": 2,
        "matured_posts_with_followers": 2,
        "matured_interactions_with_followers": 20,
        "matured_interactions_with_followers_sq": 200,
        "matured_followers": 1000,
        "matured_followers_sq": 820_000,
        "matured_interactions_by_followers": 10_000,
    }
    estimate = of("engagement_rate_followers", measures)
    assert (estimate.value, estimate.low, estimate.status) == (0.02, None, "too_few")


def test_a_mean_over_few_posts_says_how_many_more_are_needed() -> None:
    """Seven posts with two interactions each: 12 are the least, so 5 more."""
    measures = {"matured_posts": 7, "matured_interactions": 14, "matured_interactions_sq": 28}
    assert of("interactions_per_post", measures) == Estimate(2.0, None, None, 7, "too_few", 5)


def test_quotes_that_were_not_told_are_unknown_and_told_zeros_are_zero() -> None:
    measures = {"matured_posts": 20, "matured_likes": 20, "matured_likes_sq": 20}
    assert of("quotes_per_post", measures).status == "unknown_input"
    told = {"matured_posts_with_quotes": 10, "matured_quotes": 1, "matured_quotes_sq": 1}
    assert of("quotes_per_post", measures | told).value == 0.1
    assert of("quotes_per_post", measures | {"matured_posts_with_quotes": 20}).value == 0.0


def test_topic_lift_is_the_mean_on_topic_over_the_mean_off_topic() -> None:
    measures = {
        "matured_posts": 40,
        "matured_on_topic_posts": 20,
        "matured_on_topic_interactions": 120,
        "matured_on_topic_interactions_sq": 720,
        "matured_off_topic_posts": 20,
        "matured_off_topic_interactions": 60,
        "matured_off_topic_interactions_sq": 180,
    }
    estimate = of("topic_lift", measures)
    assert (estimate.value, estimate.n, estimate.status) == (2.0, 40, "ok")
    assert estimate.low is not None
    assert estimate.high is not None
    assert 1.0 < estimate.low < 2.0 < estimate.high


def test_no_vector_of_measures_gives_nan_infinity_or_an_interval_without_its_value() -> None:
    chance = random.Random(3)
    for vector in [*edges(), *(drawn(chance) for _ in range(300))]:
        for metric in METRICS:
            for context in (CONFIGURED, BARE):
                assert_sane(metric.name, metric.estimate(vector, context))


def test_the_units_and_words_of_a_metric_are_there_for_panels() -> None:
    metric = BY_NAME["promotion_share"]
    assert metric.unit.grafana == "percentunit"
    assert metric.description == (
        "How much of what I say to everybody sells my own things? promotional_posts / headline_posts. "
        "Needs own domains or offers in the brand file."
    )


def with_exposure(name: str, *, posts: int, known: int) -> Vector:
    """Posts with 2 interactions each; followers or impressions, 100 each, known for some."""
    return {
        "matured_posts": posts,
        f"matured_posts_with_{name}": known,
        f"matured_{name}": 100 * known,
        f"matured_{name}_sq": 10_000 * known,
        f"matured_interactions_with_{name}": 2 * known,
        f"matured_interactions_with_{name}_sq": 4 * known,
        f"matured_interactions_by_{name}": 200 * known,
    }


def assert_sane(name: str, estimate: Estimate) -> None:
    numbers = (estimate.value, estimate.low, estimate.high)
    assert all(number is None or isfinite(number) for number in numbers)
    assert (estimate.low is None) == (estimate.high is None)
    if estimate.low is not None and estimate.high is not None and estimate.value is not None:
        assert estimate.low <= estimate.value or isclose(estimate.low, estimate.value)
        assert estimate.value <= estimate.high or isclose(estimate.high, estimate.value)
    if name != "net_follower_growth":
        assert (estimate.status == "ok") == (estimate.low is not None)
