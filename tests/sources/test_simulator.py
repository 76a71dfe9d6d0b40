"""The simulator: the same for the same seed, in order, honest, no seam between history and live."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path

import msgspec
import pytest

from pipelines import events
from pipelines.errors import UsageError
from pipelines.events import DAY_MS, HOUR_MS, AnyEvent, Post, PostStats, Profile
from pipelines.sources.base import Reading
from pipelines.sources.simulator import Simulator, Truth, simulated_brand

END_AT = 1_760_000_000_000


class Wall:
    """A clock that passes only while somebody sleeps."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.naps: list[float] = []

    def now(self) -> int:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.at += max(1, round(seconds * 1_000))


def simulator(
    seed: int = 7, days: float = 6, *, live: bool = False, wall: Wall | None = None, scale: float = 1.0
) -> Simulator:
    wall = wall or Wall(END_AT)
    return Simulator(
        seed=seed,
        end_at=END_AT,
        now=wall.now,
        sleep=wall.sleep,
        history_days=days,
        live=live,
        scale=scale,
    )


def readings(source: Simulator, cursor: str | None = None) -> Iterator[Reading]:
    for reading in source.read(cursor):
        assert isinstance(reading, Reading)
        yield reading


def history(source: Simulator) -> list[AnyEvent]:
    return [reading.event for reading in readings(source)]


@pytest.fixture(scope="module")
def week() -> list[AnyEvent]:
    return history(simulator())


def test_the_same_seed_gives_the_same_events(week: list[AnyEvent]) -> None:
    assert history(simulator()) == week


def test_another_seed_gives_other_accounts_and_other_events(week: list[AnyEvent]) -> None:
    other = history(simulator(seed=8))
    assert {event.id for event in other}.isdisjoint(event.id for event in week)


def test_events_come_in_the_order_of_their_time(week: list[AnyEvent]) -> None:
    assert all(a.occurred_at <= b.occurred_at for a, b in pairwise(week))


def test_history_fills_its_days_and_ends_before_its_end(week: list[AnyEvent]) -> None:
    assert week[0].occurred_at - (END_AT - 6 * DAY_MS) < HOUR_MS
    assert END_AT - HOUR_MS < week[-1].occurred_at < END_AT


def test_every_event_is_decoded_as_it_was_encoded(week: list[AnyEvent]) -> None:
    for event in week:
        routed = msgspec.structs.replace(event, subject=event.subject or "routed")
        assert events.decode(events.encode(routed)) == routed


def test_only_posts_and_profiles_are_left_to_the_router(week: list[AnyEvent]) -> None:
    own = {account.id for account in simulated_brand(7).accounts}
    for event in week:
        if isinstance(event, Post | Profile):
            assert event.subject == ""
        else:
            assert event.subject in own


def test_every_post_concerns_an_account_of_the_brand(week: list[AnyEvent]) -> None:
    own = {account.id for account in simulated_brand(7).accounts}
    for post in (event for event in week if isinstance(event, Post)):
        concerned = {post.author, post.reply_to_account, post.quote_of_account, post.repost_of_account}
        assert own & (concerned | {mention.account for mention in post.mentions})


def test_an_id_comes_once_but_for_snapshots(week: list[AnyEvent]) -> None:
    keys = [
        (type(event), event.network, event.id) for event in week if not isinstance(event, PostStats | Profile)
    ]
    assert len(set(keys)) == len(keys)


def test_the_id_of_a_post_on_x_holds_its_time(week: list[AnyEvent]) -> None:
    for post in (event for event in week if isinstance(event, Post) and event.network == "x"):
        assert (int(post.id) >> 22) + 1_288_834_974_657 == post.occurred_at


def test_each_network_tells_what_it_can(week: list[AnyEvent]) -> None:
    kinds = {(event.network, type(event).__name__) for event in week}
    assert {("bluesky", "Like"), ("bluesky", "Follow"), ("bluesky", "Unfollow")} <= kinds
    assert ("x", "PostStats") in kinds
    assert not {("x", "Like"), ("x", "Follow"), ("bluesky", "PostStats")} & kinds


def test_a_cursor_resumes_behind_its_event(week: list[AnyEvent]) -> None:
    begun = list(islice(readings(simulator()), 1_000))
    rest = [reading.event for reading in readings(simulator(), begun[-1].cursor)]
    assert [reading.event for reading in begun] + rest == week


def test_a_cursor_of_another_world_is_refused_with_the_way_out() -> None:
    with pytest.raises(UsageError, match="start the simulator with end_at 123"):
        next(simulator().read("5@123"))
    assert Simulator.end_of("5@123") == 123


@pytest.mark.parametrize("cursor", ["", "5", "x@1", "-3@5"])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    with pytest.raises(UsageError, match="no cursor"):
        next(simulator().read(cursor))


def test_a_history_too_short_for_the_drop_is_refused() -> None:
    with pytest.raises(UsageError, match="at least 4"):
        simulator(days=2)


def test_a_scale_of_zero_is_refused() -> None:
    with pytest.raises(UsageError, match="above 0"):
        simulator(scale=0)


def test_live_begins_with_the_same_history_without_a_sleep(week: list[AnyEvent]) -> None:
    wall = Wall(END_AT + DAY_MS)
    source = simulator(live=True, wall=wall)
    assert [reading.event for reading in islice(readings(source), len(week))] == week
    assert wall.naps == []
    assert not source.caught_up


def test_live_gives_an_event_when_it_is_due_and_sleeps_a_second_at_most(week: list[AnyEvent]) -> None:
    wall = Wall(END_AT)
    source = simulator(live=True, wall=wall)
    due = 0
    for reading in islice(readings(source), len(week), len(week) + 300):
        due = max(due, reading.event.ingested_at)
        assert due <= wall.at
    assert source.caught_up
    assert max(wall.naps) <= 1.0
    assert wall.at - due <= 1_000


def test_a_closed_simulator_ends_at_its_next_sleep() -> None:
    wall = Wall(END_AT)
    source = simulator(live=True, wall=wall)
    reading = readings(source)
    while not source.caught_up:
        next(reading)
    source.close()
    assert list(reading) == []


def test_what_history_left_open_arrives_live(week: list[AnyEvent]) -> None:
    """Own posts of the last 20 hours of history get their snapshot at 24 h after the end, as many as ever."""
    wall = Wall(END_AT + 3 * DAY_MS)
    source = simulator(live=True, wall=wall)
    everything: list[AnyEvent] = []
    for reading in readings(source):
        if reading.event.occurred_at >= END_AT + 2 * DAY_MS:
            break
        everything.append(reading.event)
    late = _measured_at_24h(everything, END_AT - 20 * HOUR_MS, END_AT)
    assert len(late) > 20
    assert sum(late) / len(late) > 0.85
    acts = [event for event in everything[len(week) :] if isinstance(event, Post) and event.reply_to_post]
    before = {event.id for event in week if isinstance(event, Post)}
    assert any(reply.reply_to_post in before for reply in acts)


def _measured_at_24h(all_events: list[AnyEvent], start: int, end: int) -> list[bool]:
    own = {account.id for account in simulated_brand(7).accounts}
    seen = {
        event.id: event.occurred_at for event in all_events if isinstance(event, PostStats)
    }  # the last snapshot of each post
    return [
        seen.get(post.id, 0) >= post.occurred_at + DAY_MS
        for post in all_events
        if isinstance(post, Post) and post.author in own and post.network == "x" and not post.repost_of
        if start <= post.occurred_at < end
    ]


def test_the_rate_of_events_is_the_same_on_both_sides_of_the_seam() -> None:
    wall = Wall(END_AT + 8 * DAY_MS)
    source = simulator(days=10, live=True, wall=wall)
    before = after = 0
    for reading in readings(source):
        if reading.event.occurred_at >= END_AT + 7 * DAY_MS:
            break
        before += END_AT - 7 * DAY_MS <= reading.event.occurred_at < END_AT
        after += reading.event.occurred_at >= END_AT
    assert after == pytest.approx(before, rel=0.15)


def test_the_scale_multiplies_the_posts(week: list[AnyEvent]) -> None:
    def posts(of: list[AnyEvent]) -> int:
        own = {account.id for account in simulated_brand(7).accounts}
        return sum(isinstance(event, Post) and event.author in own for event in of)

    assert posts(history(simulator(scale=3))) == pytest.approx(3 * posts(week), rel=0.15)


def test_the_truth_is_written_as_json_and_read_back(tmp_path: Path) -> None:
    source = simulator()
    source.write_truth(tmp_path / "truth.json")
    assert msgspec.json.decode((tmp_path / "truth.json").read_bytes(), type=Truth) == source.truth


def test_the_brand_names_its_accounts_and_tags_people_who_react() -> None:
    brand = simulated_brand(7)
    assert [account.network for account in brand.accounts] == ["bluesky", "x", "x", "x"]
    assert all(account.id and account.handle for account in brand.accounts)
    assert brand.knows_promotion
    assert {contact.tag for contact in brand.contacts} == {"client", "prospect", "partner", "press"}
    authors = {event.author for event in history(simulator()) if isinstance(event, Post)}
    assert len(authors & {contact.id for contact in brand.contacts}) >= 8
