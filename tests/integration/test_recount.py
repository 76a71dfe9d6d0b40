"""A recount from the facts: late ones count, withdrawn ones do not, what was changed by hand is mended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec import Struct

from infra.embedded import EmbeddedStack
from pipelines.clock import now_ms
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Delete, Like, Mention, Post, Tick
from pipelines.metrics.measures import NAMES
from pipelines.recount import Reach
from pipelines.recount.findings import find
from pipelines.settings import MIGRATE_USER, WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.groups import account_groups
from pipelines.verify.queries import query
from pipelines.verify.standing import read_span, read_standings
from tests.integration.folded_log import EVENTS_A_MESSAGE, migrated_database
from tests.integration.recounted_log import Log, Minutes, findings
from tests.strategies import (
    ME,
    OTHER,
    START,
    YOU,
    Arriving,
    arrivals,
    histories,
    in_order,
    post,
    stats,
    tick,
    tick_steps,
    ticked,
)

law = hypothesis_settings(
    deadline=None, max_examples=2, suppress_health_check=list(HealthCheck), derandomize=True
)


@pytest.fixture(scope="module")
def store(stack: EmbeddedStack) -> Iterator[Settings]:
    """A migrated database of these tests alone."""
    with migrated_database(stack, "rapport_recount") as settings:
        yield settings


@pytest.fixture
def keeper(store: Settings) -> Iterator[ClickHouse]:
    """The user who may change rows."""
    with ClickHouse(store.clickhouse, MIGRATE_USER) as client:
        yield client


@pytest.fixture
def log(store: Settings, keeper: ClickHouse) -> Log:
    """An empty log with empty tables."""
    return Log(store, keeper)


class Story(Struct, frozen=True):
    """A history, one post of it, and the deletion of this post."""

    history: list[AnyEvent]
    gone: Post
    deletion: Delete

    def told(self, number: int, with_it: bool) -> list[AnyEvent]:
        """Return the events in their order, the accounts bearing a number, with the post or without."""
        events = [self.deletion]
        for event in self.history:
            ends = isinstance(event, Delete) and event.id == self.gone.id
            if not ends and (with_it or event is not self.gone):
                events.append(event)
        return [_renamed(event, number) for event in sorted(events, key=lambda event: event.occurred_at)]

    def numbers(self, number: int, minutes: Minutes) -> Minutes:
        """Return what must be equal of the story's accounts."""
        stays = stays_after(self.gone, self.history)
        mine = {
            key: {name: value for name, value in counts.items() if name not in stays}
            for key, counts in minutes.items()
            if key[0] in (f"{ME}{number}", f"{YOU}{number}")
        }
        return {key: counts for key, counts in mine.items() if counts}


def _renamed(event: AnyEvent, number: int) -> AnyEvent:
    document = msgspec.json.encode(event)
    for name in (ME, YOU):
        document = document.replace(f'"{name}"'.encode(), f'"{name}{number}"'.encode())
    return msgspec.json.decode(document, type=AnyEvent)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Return a history any post of which is deleted, soon or late."""
    history = draw(histories())
    gone = draw(st.sampled_from([event for event in history if isinstance(event, Post)]))
    at = gone.occurred_at + draw(st.sampled_from([1, 70, 200, 1_500, 2_500])) * MINUTE_MS
    delete = Delete(
        network="x", id=gone.id, occurred_at=at, ingested_at=at, subject=gone.subject, author=gone.author
    )
    return Story(history, gone, delete)


def stays_after(gone: Post, history: list[AnyEvent]) -> set[str]:
    """Return what a deleted post leaves behind: what was read of others at an age, and what refers to it.

    It was an answer to, a quote or a repost of a post: the counts that this had at an age held it.
    Posts refer to it: they stay the thread posts, and the quotes of something promotional, that they were.
    """
    posts = [event for event in history if isinstance(event, Post)]
    stays: set[str] = set()
    if {post.id for post in posts} & {gone.reply_to_post, gone.quote_of, gone.repost_of}:
        stays.update(name for name in NAMES if name.startswith(("fast_", "matured_", "zero_")))
    if gone.reply_to_account == gone.author and any(post.reply_to_post == gone.id for post in posts):
        stays |= {"link_posts", "promotional_posts", "broadcast_posts", "posts_sq"}
    if any(post.quote_of == gone.id for post in posts):
        stays.add("promotional_posts")
    return stays


# ---- laws ----------------------------------------------------------------------------------------------


@law
@given(arriving=arrivals(), step_ms=tick_steps)
def test_after_a_recount_nothing_is_wrong_and_nothing_is_left_to_recount(
    store: Settings, keeper: ClickHouse, arriving: list[Arriving], step_ms: int
) -> None:
    log = Log(store, keeper)
    log.fold(ticked(arriving, step_ms))
    log.recount()
    assert findings(log) == []
    assert log.findings(Reach()) == []


@law
@given(stories=st.lists(stories(), min_size=10, max_size=10), step_ms=tick_steps)
def test_after_a_recount_a_deleted_post_leaves_every_number_as_if_it_had_never_been(
    store: Settings, keeper: ClickHouse, stories: list[Story], step_ms: int
) -> None:
    """Ten stories at once, each of accounts of its own: a store is slow to ask and quick to answer."""
    found = []
    for with_it in (True, False):
        events = [event for number, story in enumerate(stories) for event in story.told(number, with_it)]
        log = Log(store, keeper)
        log.fold(ticked(in_order(events), step_ms))
        log.recount()
        assert findings(log) == []
        found.append(log.minutes(without=["deleted_posts", "late_events"]))
    for number, story in enumerate(stories):
        assert story.numbers(number, found[0]) == story.numbers(number, found[1])


@law
@given(told=st.lists(histories(), min_size=10, max_size=10))
def test_a_history_told_too_late_has_at_every_age_what_it_would_have_had_in_time(
    store: Settings, keeper: ClickHouse, told: list[list[AnyEvent]]
) -> None:
    """Once as it happened, once with the clock 40 days ahead: then nothing matures but by a recount."""
    history = [_renamed(event, number) for number, events in enumerate(told) for event in events]
    in_time = ticked(in_order(history), 15 * MINUTE_MS)
    events = [event for event in in_time if not isinstance(event, Tick)]
    found = []
    for told_then in (in_time, [tick(START + 40 * DAY_MS), *events]):
        log = Log(store, keeper)
        log.fold(told_then)
        log.recount()
        assert findings(log) == []
        assert log.findings(Reach()) == []
        found.append(aged(log))
    assert found[0] == found[1]


def aged(log: Log) -> Minutes:
    """Return what the minutes hold of posts at an age."""
    own = [name for name in NAMES if not name.startswith(("fast_", "matured_", "zero_", "unmeasured_"))]
    return log.minutes(without=own)


# ---- a small history in which each number is known ------------------------------------------------------


def test_late_facts_count_from_the_recount_on(log: Log) -> None:
    log.fold([*in_time(), late("late mention", 50), late("another", 51), tick(START + 40 * DAY_MS)])
    assert (ME, START + 50 * MINUTE_MS) not in log.minutes()
    (event,) = log.recount(Reach(since_at=START + 51 * MINUTE_MS))
    assert [minute.measures for minute in event.minutes] == [{"direct_mentions_received": 1}]
    counted = {at: counts for (_, at), counts in log.minutes(without=["late_events"]).items() if counts}
    assert (START + 51 * MINUTE_MS in counted, START + 50 * MINUTE_MS in counted) == (True, False)
    assert findings(log) == []
    log.recount()
    assert log.minutes()[ME, START + 50 * MINUTE_MS] == {"direct_mentions_received": 1}
    assert findings(log) == []
    (day,) = log.rows("SELECT max(direct_mentions_received) FROM account_windows FINAL WHERE window = '24h'")
    assert day == (3,)


def test_a_minute_that_may_still_change_is_left_alone(log: Log) -> None:
    log.fold([*in_time(), late("late mention", 50), tick(START + 3 * HOUR_MS), late("later", 119)])
    (event,) = log.recount()
    assert [minute.at for minute in event.minutes] == [START + 50 * MINUTE_MS]


class Earlier(ClickHouse):
    """A connection that asked which accounts there are before any had facts."""

    def rows(self, sql: str, *arguments: Any, **options: Any) -> list[tuple[Any, ...]]:
        return [] if sql == query("account_partitions") else super().rows(sql, *arguments, **options)


def test_an_account_whose_first_facts_come_meanwhile_is_left_to_the_next_recount(log: Log) -> None:
    log.fold([*in_time(), late("late mention", 50), tick(START + 40 * DAY_MS)])
    with Earlier(log.store.clickhouse, WRITER_USER) as client:
        [group] = account_groups(client, "")[1]
        span = read_span(client, since_at=0, now_s=now_ms() // 1_000)
        assert list(find(client, group, read_standings(client), span, Reach())) == []
    assert len(log.recount()) == 1


AGES = (
    "SELECT id, age, intDiv(toUnixTimestamp64Milli(due_at), 60000), likes, replies, late FROM matured FINAL"
)


def ages(log: Log) -> dict[tuple[str, str], tuple[int, int | None, int | None]]:
    """Return of each late post and age: due how many minutes after the start, its likes and replies."""
    rows = log.rows(f"{AGES} WHERE late")
    return {(id_, age): (due - START // MINUTE_MS, *counts) for id_, age, due, *counts, _ in rows}


def imported() -> list[AnyEvent]:
    """Return what is told 40 days late: a post that was read, one with acts, a final one, one gone."""
    read, acts, final, gone = (
        post(START + minute * MINUTE_MS, id_, acts_told=id_ == "acts")
        for minute, id_ in enumerate(("read", "acts", "final", "gone"))
    )
    reply = {"text": "more", "reply_to_post": "read", "reply_to_account": ME}
    shared: dict[str, Any] = {"network": "x", "subject": ME, "actor": OTHER, "post": "acts"}
    likes = [
        Like(**shared, id=f"like {at}", occurred_at=START + at * MINUTE_MS, ingested_at=START)
        for at in (5, 60, 90)
    ]
    return [
        tick(START + 40 * DAY_MS), read, acts, final, gone, *likes,
        post(START + 8 * MINUTE_MS, "slip", **reply), post(START + 9 * MINUTE_MS, "stays", **reply),
        deletion("slip", 30), deletion("gone", 50),
        stats(read, 70 * MINUTE_MS, likes=3, replies=4), stats(final, None, likes=7, replies=0),
        stats(gone, 60 * MINUTE_MS, likes=9),
    ]  # fmt: skip


def test_late_posts_have_their_ages_from_the_recount_on(log: Log) -> None:
    log.fold(imported())
    assert (ages(log), findings(log)) == ({}, [])
    sent = log.recount()
    assert ages(log) == {
        ("read", "1h"): (70, 3, 3), ("read", "24h"): (36 * 60, None, None),
        ("acts", "1h"): (61, 2, 0), ("acts", "24h"): (24 * 60 + 1, 3, 0),
        ("final", "1h"): (62, 7, 0), ("final", "24h"): (24 * 60 + 2, 7, 0),
    }  # fmt: skip
    assert {key: counts for key, counts in log.minutes().items() if "fast_posts" in counts} == {
        (ME, START + 70 * MINUTE_MS): fast(likes=3, replies=3),
        (ME, START + 61 * MINUTE_MS): fast(likes=2, replies=0),
        (ME, START + 62 * MINUTE_MS): fast(likes=7, replies=0),
    }
    assert (findings(log), log.findings(Reach())) == ([], [])
    before = log.minutes(), log.rows(AGES)
    again = Log(log.store, log.keeper)
    again.fold([*imported(), *[tick(START)] * (-len(imported()) % EVENTS_A_MESSAGE), *sent])
    assert (again.minutes(), again.rows(AGES)) == before
    assert findings(again) == []


def test_a_late_post_has_a_half_life_from_the_recount_on(log: Log) -> None:
    """Half of 40 interactions had come between the looks at 10 and at 60 minutes."""
    read = post(START, "read")
    looks = ((10, 10), (60, 30), (24 * 60 + 5, 40))
    log.fold([tick(START + 40 * DAY_MS), read, *(stats(read, at * MINUTE_MS, likes=n) for at, n in looks)])
    asked = "SELECT low_s, high_s, posts, n, status FROM post_half_life WHERE window = 'all'"
    assert log.rows(asked) == [(None, None, 0, 0, "no_posts")]
    log.recount()
    assert log.rows(asked) == [(600, 3_600, 1, 40, "ok")]


def fast(*, likes: int, replies: int) -> dict[str, int]:
    """Return what a minute holds of one headline post at an age of 1 h."""
    y = likes + replies
    named = {"posts": 1, "likes": likes, "replies": replies, "interactions": y, "interactions_sq": y * y}
    side = {"off_topic_posts": 0, "off_topic_interactions": 0}
    return {f"fast_{name}": value for name, value in (named | side).items() if value}


def test_what_is_told_of_a_late_post_after_its_recount_counts_from_the_next_on(log: Log) -> None:
    read = post(START, "read")
    log.fold([tick(START + 40 * DAY_MS), read])
    log.recount()
    assert ages(log)["read", "1h"] == (90, None, None)
    log.fold([stats(read, 65 * MINUTE_MS, likes=3)])
    assert findings(log) == []
    log.recount(Reach(until_at=START + 80 * MINUTE_MS))
    assert ages(log)["read", "1h"] == (65, 3, None)
    assert findings(log) == []
    log.recount()
    assert (findings(log), log.findings(Reach())) == ([], [])
    minutes = {at: counts for (_, at), counts in log.minutes().items() if "fast_unmeasured_posts" in counts}
    assert minutes == {}


def test_an_age_counts_when_the_clock_is_an_hour_past_its_instant(log: Log) -> None:
    log.fold([tick(START + 3 * HOUR_MS), post(START, "a")])
    log.recount()
    assert set(ages(log)) == {("a", "1h")}
    log.fold([tick(START + 37 * HOUR_MS + 2 * MINUTE_MS)])
    log.recount()
    assert set(ages(log)) == {("a", "1h"), ("a", "24h")}
    assert findings(log) == []


def test_a_late_age_that_was_changed_by_hand_differs_and_is_mended(log: Log) -> None:
    log.fold(imported())
    log.recount()
    log.keeper.run(
        "ALTER TABLE matured UPDATE likes = 4 WHERE id = 'read' AND age = '1h' SETTINGS mutations_sync = 2"
    )
    log.keeper.run("ALTER TABLE matured DELETE WHERE id = 'final' AND age = '1h' SETTINGS mutations_sync = 2")
    assert set(findings(log)) == {
        "differing: x, account me, post read at age 1h: counts is (4, 3, None, None, None, 6),"
        " from the facts (3, 3, None, None, None, 6)",
        "lost: x, account me, post final at age 1h: not in matured",
    }
    log.recount()
    assert findings(log) == []


MENDED = (
    "ALTER TABLE checkpoints UPDATE originals = originals + 1 WHERE kind = 'minute' AND posts > 0",
    "ALTER TABLE checkpoints DELETE WHERE kind = 'minute' AND direct_mentions_received > 0",
    "INSERT INTO checkpoints (partition, network, account_id, kind, at, posts, version)"
    f" VALUES (0, 'x', 'me', 'minute', fromUnixTimestamp64Milli({START + 5 * MINUTE_MS}, 'UTC'), 1, 1)",
    "ALTER TABLE account_windows UPDATE posts = 5 WHERE posts = 1 AND window = '7d'",
    "ALTER TABLE account_windows DELETE WHERE posts > 0 AND window = '28d'",
    "INSERT INTO account_windows (network, account_id, window, at, posts, version)"
    f" VALUES ('x', 'me', '24h', fromUnixTimestamp64Milli({START + 20 * DAY_MS}, 'UTC'), 1, 1)",
)


def test_what_was_changed_by_hand_is_mended(log: Log) -> None:
    log.fold([*in_time(), tick(START + 40 * DAY_MS)])
    before = log.minutes()
    for each in MENDED:
        log.keeper.run(each if each.startswith("INSERT") else f"{each} SETTINGS mutations_sync = 2")
    assert len(findings(log)) > len(MENDED)
    log.recount()
    assert findings(log) == []
    assert log.minutes() == before


def test_what_a_deleted_post_was_repeated_by_and_held_together_is_counted_anew(log: Log) -> None:
    """A slip and its repetition; a thread that loses its second post, and one that loses its root.

    minute   0 slip (deleted)   1 again       repeats nothing any more
            10 root  11 two (link, deleted)   12 three (link): brings it now, the second post
            20 gone (root, deleted)           21 rest (link): of a root that is gone, adds nothing
    """
    said, link = "fresh bread every morning at the corner", {"links": ("https://else.example/",)}

    def own(minute: int, id_: str, text: str, answers: str | None = None, **values: Any) -> Post:
        to = {} if answers is None else {"reply_to_post": answers, "reply_to_account": ME}
        return post(START + minute * MINUTE_MS, id_, text=text, **to, **values)

    log.fold([
        own(0, "slip", said), own(1, "again", said),
        own(10, "root", "one"), own(11, "two", "two", "root", **link), own(12, "three", "3", "two", **link),
        own(20, "gone", "four"), own(21, "rest", "five", "gone", **link),
        *(deletion(id_, 30) for id_ in ("slip", "two", "gone")), tick(START + 40 * DAY_MS),
    ])  # fmt: skip
    names = ("duplicate_posts", "link_posts", "posts_sq")

    def counted(minute: int) -> tuple[int, ...]:
        counts = log.minutes().get((ME, START + minute * MINUTE_MS), {})
        return tuple(counts.get(name, 0) for name in names)

    assert [counted(minute) for minute in (1, 11, 12, 21)] == [(1, 0, 1), (0, 1, 3), (0, 0, 5), (0, 1, 3)]
    log.recount()
    assert [counted(minute) for minute in (1, 11, 12, 21)] == [(0, 0, 1), (0, 0, 0), (0, 1, 3), (0, 0, 1)]
    assert findings(log) == []


def deletion(id_: str, minute: int) -> Delete:
    at = START + minute * MINUTE_MS
    return Delete(network="x", id=id_, occurred_at=at, ingested_at=at, subject=ME, author=ME)


def in_time() -> list[AnyEvent]:
    return [post(START, "mine", text="good morning"), late("mention", 2), tick(START + 2 * HOUR_MS)]


def late(id_: str, minute: int) -> Post:
    return post(START + minute * MINUTE_MS, id_, OTHER, ME, text="well", mentions=(Mention(ME, "me"),))
