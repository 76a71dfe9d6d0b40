"""What is said again, withdrawn, or told too late: about five posts a rule, and a naive count is wrong."""

from __future__ import annotations

from pipelines.events import AnyEvent
from tests.rules_story import WORDS, at, counted, deletion, own, totals
from tests.strategies import ME, OTHER, folded, minutes_of, tick


def test_near_duplicates_are_seen_through_links_mentions_and_digits() -> None:
    sums = totals(
        own(0, "a", text="Join us for bread at 10"),
        own(1, "b", text="join us for BREAD at 11! https://news.example/b"),
        own(2, "c", text="@you join us for bread at 9"),
        own(3, "d", text="Join us for cake at 10"),
    )
    assert counted(sums, "posts", "duplicate_posts") == (4, 2)


def test_short_replies_are_no_near_duplicates_but_long_ones_are_no_conversation() -> None:
    to = {"reply_to_post": "x", "reply_to_account": OTHER}
    long = "buy our bread today because it is so very good"
    sums = totals(
        own(0, "a", text="Thank you so very much", **to),
        own(1, "b", text="Thank you so very much", **to),
        own(2, "c", text=long, **to),
        own(3, "d", text=long, **to),
        own(4, "e", text=long, **to),
    )
    assert counted(sums, "duplicate_posts", "replies_made", "replies_to_others", "posts_addressed") == (
        2,
        5,
        3,
        5,
    )


def test_greetings_of_three_words_are_no_near_duplicates() -> None:
    """The same three words on four days, then four words twice: naively 4 of 6 repeat, by the rule 1 of 6."""
    greetings = [own(day * 24 * 60, f"g{day}", text="Good morning, everybody! 10") for day in range(4)]
    sums = totals(
        *greetings,
        own(4 * 24 * 60, "a", text="Good morning to everybody"),
        own(5 * 24 * 60, "b", text="Good morning to everybody!"),
    )
    assert counted(sums, "posts", "duplicate_posts") == (6, 1)


def test_post_repeated_after_more_than_28_days_is_no_near_duplicate() -> None:
    sums = totals(
        own(0, "a", text=WORDS),
        own(28 * 24 * 60, "b", text=WORDS),
        own(56 * 24 * 60 + 1, "c", text=WORDS),
    )
    assert counted(sums, "duplicate_posts") == (1,)


def test_event_later_than_the_lateness_is_stored_but_not_counted() -> None:
    log: list[AnyEvent] = [own(0, "a"), tick(at(120)), own(60, "in time"), own(59, "late"), own(121, "b")]
    sink = folded(log)
    assert [(row["id"], row["late"]) for row in sink.rows("posts")] == [
        ("a", False), ("b", False), ("in time", False), ("late", True),
    ]  # fmt: skip
    assert counted(totals(*log), "posts", "late_events") == (3, 1)
    assert minutes_of(sink)[ME, at(120)] == {"late_events": 1}


def test_late_post_is_no_example_for_near_duplicates() -> None:
    sums = totals(tick(at(120)), own(0, "late", text=WORDS), own(121, "b", text=WORDS))
    assert counted(sums, "posts", "duplicate_posts", "late_events") == (1, 0, 1)


def test_deletion_counts_once_however_often_it_is_told() -> None:
    sums = totals(
        own(0, "a"),
        own(1, "b"),
        deletion(5, "a"),
        tick(at(300)),
        deletion(301, "a"),
        deletion(302, "b", ME),
        deletion(303, "not mine", OTHER),
        deletion(304, "forgotten", ME),
    )
    assert counted(sums, "posts", "deleted_posts") == (2, 3)


def test_deletion_told_too_late_is_not_counted_when_it_is_told_again() -> None:
    log: list[AnyEvent] = [own(0, "a"), tick(at(120)), deletion(5, "a"), deletion(121, "a", ME)]
    sums = totals(*log)
    assert counted(sums, "deleted_posts", "late_events") == (0, 1)
    assert [row["occurred_at"] for row in folded(log).rows("deletions")] == [at(5)]


def test_deletion_counts_the_same_before_its_post_and_behind_it() -> None:
    """Until a recount the post counts, as every deleted post does."""
    for author in ("", ME):
        for two in ([deletion(5, "a", author), own(4, "a")], [own(4, "a"), deletion(5, "a", author)]):
            sums = totals(own(0, "b"), *two, own(6, "c"))
            assert counted(sums, "posts", "deleted_posts") == (3, 1)


def test_what_was_deleted_is_not_repeated_by_what_is_posted_after() -> None:
    """A slip, deleted and posted again, is no repetition; the same once more is one."""
    said = "fresh bread every morning at the corner"
    slip, again = own(0, "slip", text=said), own(5, "again", text=said)
    assert counted(totals(slip, deletion(3, "slip"), again), "duplicate_posts") == (0,)
    assert counted(totals(slip, again, deletion(6, "slip")), "duplicate_posts") == (1,)
    third = own(9, "third", text=said)
    assert counted(totals(slip, deletion(3, "slip"), again, third), "duplicate_posts") == (1,)


def test_post_is_repeated_only_where_it_stands_among_the_thousand_before() -> None:
    """The first again after 999 others repeats it; after 1,000 it is out of sight."""
    said = "fresh bread every morning at the corner"
    for others, repeats in ((999, 1), (1_000, 0)):
        between = [own(minute, f"p{minute}", text=f"x{'a' * minute}") for minute in range(1, others + 1)]
        sums = totals(own(0, "first", text=said), *between, own(others + 1, "again", text=said))
        assert counted(sums, "duplicate_posts") == (repeats,)
