"""What holds after a recount whatever the history was."""

from __future__ import annotations

import msgspec
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec import Struct

from pipelines.events import DAY_MS, MINUTE_MS, AnyEvent, Delete, Post, Tick
from pipelines.metrics.measures import NAMES
from pipelines.recount import Reach
from pipelines.settings import Settings
from pipelines.sinks.clickhouse import ClickHouse
from tests.integration.recounted_log import Log, Minutes, findings
from tests.strategies import (
    ME,
    START,
    YOU,
    Arriving,
    arrivals,
    histories,
    in_order,
    tick,
    tick_steps,
    ticked,
)

law = hypothesis_settings(
    deadline=None, max_examples=2, suppress_health_check=list(HealthCheck), derandomize=True
)


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
