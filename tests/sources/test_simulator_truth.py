"""The simulator's published truth is what its events show, over a history long enough to tell."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from functools import cached_property, partial
from itertools import pairwise
from math import sqrt

import pytest

from pipelines.events import (
    DAY_MS,
    HOUR_MS,
    AnyEvent,
    Delete,
    Edit,
    Follow,
    Like,
    Post,
    PostStats,
    Profile,
    Unfollow,
)
from pipelines.sources.base import Reading
from pipelines.sources.simulation import phrases
from pipelines.sources.simulator import AccountTruth, Simulator, Truth, simulated_brand

END_AT = 1_760_000_000_000
DAYS = 200
SEED = 11
Z = 4.0
"""Standard errors that an empirical value may lie away: 4 is crossed by chance once in 16,000."""

HANDLES = ["fernhillcoffee.example", "fernhilldeals", "fernhillofficial", "fernhillbrewing"]


class World:
    """One long history and what a plain recount finds in it."""

    def __init__(self) -> None:
        source = Simulator(
            seed=SEED, end_at=END_AT, now=lambda: END_AT, sleep=lambda _: None, history_days=DAYS
        )
        self.truth: Truth = source.truth
        self.events: list[AnyEvent] = [
            reading.event for reading in source.read(None) if isinstance(reading, Reading)
        ]

    @cached_property
    def snapshots(self) -> dict[str, list[PostStats]]:
        found: dict[str, list[PostStats]] = defaultdict(list)
        for event in self.events:
            if isinstance(event, PostStats):
                found[event.id].append(event)
        return found

    @cached_property
    def acts_in_24h(self) -> Counter[str]:
        """Likes, replies, quotes and reposts of others by post, up to an age of 24 h."""
        made = {event.id: event for event in self.events if isinstance(event, Post)}
        counts: Counter[str] = Counter()
        for event in self.events:
            for post in _acted_on(event):
                on = made.get(post)
                own = isinstance(event, Post) and on is not None and event.author == on.author
                if on and not own and event.occurred_at < on.occurred_at + DAY_MS:
                    counts[post] += 1
        return counts

    @cached_property
    def deleted(self) -> set[str]:
        return {event.id for event in self.events if isinstance(event, Delete)}

    def posts(self, account: AccountTruth) -> list[Post]:
        return [
            event
            for event in self.events
            if isinstance(event, Post) and event.author == account.id and not event.repost_of
        ]

    def headline(self, account: AccountTruth) -> list[Post]:
        return [post for post in self.posts(account) if post.reply_to_account is None]

    def replies(self, account: AccountTruth) -> list[Post]:
        return [post for post in self.posts(account) if post.reply_to_account not in (None, account.id)]

    def interactions(self, account: AccountTruth, posts: list[Post]) -> list[int]:
        """Counts at 24 h of the posts that could be measured, the account's own replies taken away."""
        continued = Counter(p.reply_to_post for p in self.posts(account) if p.reply_to_account == account.id)
        counts = []
        for post in posts:
            if post.id in self.deleted or post.occurred_at > END_AT - 2 * DAY_MS:
                continue
            if account.network == "bluesky":
                counts.append(self.acts_in_24h[post.id])
                continue
            last = self.snapshots[post.id][-1:]
            if last and last[0].occurred_at >= post.occurred_at + DAY_MS:
                counts.append(_interactions(last[0]) - continued[post.id])
        return counts


def _acted_on(event: AnyEvent) -> tuple[str, ...]:
    if isinstance(event, Like):
        return (event.post,)
    if isinstance(event, Post):
        return tuple(filter(None, (event.reply_to_post, event.quote_of, event.repost_of)))
    return ()


def _interactions(stats: PostStats) -> int:
    return sum(count or 0 for count in (stats.likes, stats.replies, stats.reposts, stats.quotes))


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(params=HANDLES)
def account(request: pytest.FixtureRequest, world: World) -> AccountTruth:
    return world.truth.of(request.param)


def assert_share(hits: int, n: int, share: float) -> None:
    assert n > 0
    assert abs(hits / n - share) <= Z * sqrt(share * (1 - share) / n) + 1e-9, (hits, n, share)


def assert_mean(counts: list[int], mean: float) -> None:
    n = len(counts)
    found = sum(counts) / n
    spread = sqrt(sum((count - found) ** 2 for count in counts) / n)
    assert abs(found - mean) <= Z * spread / sqrt(n), (found, mean, n)


def test_posts_a_day(world: World, account: AccountTruth) -> None:
    posts = world.posts(account)
    expected = account.posts_per_day * DAYS
    assert abs(len(posts) - expected) <= 2 * Z * sqrt(expected)  # threads come in clusters


def test_conversation_ratio(world: World, account: AccountTruth) -> None:
    replies = world.replies(account)
    addressed = len(replies) + len(world.headline(account))
    assert_share(len(replies), addressed, account.conversation_ratio)


def test_link_broadcast_and_question_share(world: World, account: AccountTruth) -> None:
    posts = world.headline(account)
    assert_share(sum(bool(post.links) for post in posts), len(posts), account.link_share)
    broadcasts = sum(bool(post.links and not post.mentions) for post in posts)
    assert_share(broadcasts, len(posts), account.broadcast_share)
    assert_share(sum("?" in post.text for post in posts), len(posts), account.question_share)


def test_promotion_share_with_the_offers_at_the_end_of_threads(world: World, account: AccountTruth) -> None:
    brand = simulated_brand(SEED)
    promoting = {
        post.conversation
        for post in world.posts(account)
        if post.reply_to_account in (None, account.id)
        if any(domain in link for domain in brand.own_domains for link in post.links)
        or any(offer in post.text for offer in brand.offers)
    }
    posts = [post for post in world.headline(account) if post.occurred_at < END_AT - HOUR_MS]
    promotional = sum(post.id in promoting for post in posts)
    assert_share(promotional, len(posts), account.promotion_share)


def test_duplicate_share(world: World, account: AccountTruth) -> None:
    posts, duplicates, before = world.posts(account), 0, set[str]()
    for post in posts:
        words = " ".join(word for word in post.text.split() if not word.startswith(("@", "http")))
        duplicates += phrases.fingerprint(words) in before
        before.add(phrases.fingerprint(words))
    assert duplicates / len(posts) == pytest.approx(account.duplicate_share, abs=0.02)
    assert (duplicates > 50) == (account.duplicate_share > 0.05)


def test_interactions_per_headline_post_before_the_drop(world: World, account: AccountTruth) -> None:
    posts = [post for post in world.headline(account) if post.occurred_at < world.truth.drop_at]
    counts = world.interactions(account, posts)
    assert_mean(counts, account.interactions_per_post)
    assert_share(sum(count == 0 for count in counts), len(counts), account.zero_interaction_share)


def test_interactions_per_reply(world: World, account: AccountTruth) -> None:
    posts = [post for post in world.replies(account) if post.occurred_at < world.truth.drop_at]
    assert_mean(world.interactions(account, posts), account.interactions_per_reply)


def test_dispersion_overall(world: World, account: AccountTruth) -> None:
    posts = [post for post in world.headline(account) if post.occurred_at < world.truth.drop_at]
    counts, mean = world.interactions(account, posts), account.interactions_per_post
    variance = sum((count - mean) ** 2 for count in counts) / len(counts)
    assert mean**2 / (variance - mean) == pytest.approx(account.dispersion_overall, rel=0.3)


def test_measured_share_is_the_share_of_polls_that_were_made(world: World) -> None:
    for handle in HANDLES[1:]:
        account = world.truth.of(handle)
        posts = [
            post
            for post in world.headline(account)
            if post.id not in world.deleted and post.occurred_at < END_AT - 2 * DAY_MS
        ]
        assert_share(len(world.interactions(account, posts)), len(posts), account.measured_share)


def test_the_drop_halves_the_mean_of_the_dropped_account_only() -> None:
    """Three days hold few posts: forty of them at once, by the scale."""
    source = Simulator(
        seed=5, end_at=END_AT, now=lambda: END_AT, sleep=lambda _: None, history_days=8, scale=40
    )
    made: dict[str, Post] = {}
    last: dict[str, int] = {}
    for reading in source.read(None):
        event = reading.event if isinstance(reading, Reading) else None
        if isinstance(event, Post) and not event.repost_of and event.reply_to_account is None:
            made[event.id] = event
        if isinstance(event, PostStats) and event.id in made:
            age = event.occurred_at - made[event.id].occurred_at
            if 6 * HOUR_MS <= age < 7 * HOUR_MS:
                last[event.id] = _interactions(event)
    for account in source.truth.accounts:
        if account.network != "x":
            continue
        sides: tuple[list[int], list[int]] = ([], [])
        for post_id, count in last.items():
            if made[post_id].author == account.id:
                sides[made[post_id].occurred_at >= source.truth.drop_at].append(count)
        ratio = (sum(sides[1]) / len(sides[1])) / (sum(sides[0]) / len(sides[0]))
        assert ratio == pytest.approx(0.5 if account.dropped else 1.0, rel=0.2)
        assert account.dropped == (account.id == source.truth.drop_account)


def test_the_drop_begins_three_days_before_the_end(world: World) -> None:
    assert world.truth.drop_at == END_AT - 3 * DAY_MS
    dropped = world.truth.of("fernhillbrewing")
    assert dropped.interactions_per_post_since_drop == dropped.interactions_per_post / 2


def test_counts_of_a_post_never_fall(world: World) -> None:
    for snapshots in world.snapshots.values():
        rows = [
            (s.likes or 0, s.replies or 0, s.reposts or 0, s.quotes or 0, s.impressions or 0)
            for s in snapshots
        ]
        for earlier, later in pairwise(rows):
            assert all(a <= b for a, b in zip(earlier, later, strict=True))


def test_polls_come_a_little_after_their_age(world: World) -> None:
    made = {event.id: event.occurred_at for event in world.events if isinstance(event, Post)}
    ages_h = (0.25, 1, 6, 24)
    for post, snapshots in world.snapshots.items():
        for snapshot in snapshots:
            assert snapshot.observed_at == snapshot.occurred_at
            late_ms = min(
                late
                for age in ages_h
                if (late := snapshot.occurred_at - made[post] - int(age * HOUR_MS)) >= 0
            )
            assert late_ms < 240_000


def test_half_of_the_interactions_of_a_day_came_within_the_half_life(world: World) -> None:
    account, half = world.truth.of(HANDLES[0]), world.truth.post_half_life_h
    made = {post.id: post.occurred_at for post in world.headline(account)}
    ages = [
        event.occurred_at - made[event.post]
        for event in world.events
        if isinstance(event, Like) and event.post in made
    ]
    within_day = [age for age in ages if age < DAY_MS]
    assert_share(sum(age < half * HOUR_MS for age in within_day), len(within_day), 0.5)


def test_impressions_are_known_of_one_account_and_fit_its_rate(world: World) -> None:
    known = {
        stats.subject
        for all_of in world.snapshots.values()
        for stats in all_of
        if stats.impressions is not None
    }
    account = world.truth.of("fernhillbrewing")
    assert known == {account.id}
    headline = {post.id for post in world.headline(account)}
    finals = [all_of[-1] for post, all_of in world.snapshots.items() if post in headline]
    seen = sum(stats.impressions or 0 for stats in finals)
    rate = sum(map(_interactions, finals)) / seen
    assert rate == pytest.approx(account.engagement_rate_impressions, rel=0.05)


def test_topic_lift(world: World) -> None:
    """Own texts tell their topic by coffee's own words, so the recount needs no model."""
    coffee = ("coffee", "roast", "cup", "brew", "grind", "beans", "dialled", "swears by")
    account = world.truth.of("fernhillbrewing")
    on: list[Post] = []
    off: list[Post] = []
    for post in world.headline(account):
        if post.occurred_at < world.truth.drop_at:
            topical = any(word in post.text.split(" http")[0].casefold() for word in coffee)
            (on if topical else off).append(post)
    assert_share(len(on), len(on) + len(off), account.on_topic_share)
    mean_on, mean_off = (
        sum(counts) / len(counts) for counts in map(partial(world.interactions, account), (on, off))
    )
    assert mean_on / mean_off == pytest.approx(account.topic_lift, rel=0.2)


def test_response_rate_by_person_and_conversation(world: World, account: AccountTruth) -> None:
    asked: dict[tuple[str, str | None], int] = {}
    answered: dict[tuple[str, str | None], int] = {}
    for post in (event for event in world.events if isinstance(event, Post) and not event.repost_of):
        if post.author != account.id:
            mentioned = any(mention.account == account.id for mention in post.mentions)
            if post.reply_to_account == account.id or mentioned:
                asked.setdefault((post.author, post.conversation), post.occurred_at)
        elif (post.reply_to_account or "", post.conversation) in asked:
            key = (post.reply_to_account or "", post.conversation)
            answered.setdefault(key, post.occurred_at - asked[key])
    assert len(answered) / len(asked) == pytest.approx(account.response_rate, abs=0.05)
    if account.character == "conversational":
        waits = sorted(answered.values())
        assert waits[len(waits) // 2] < 6 * HOUR_MS
    if account.character == "broadcaster":
        assert not answered


def test_conversations_have_several_turns(world: World) -> None:
    account = world.truth.of(HANDLES[0])
    authors: dict[str | None, list[str]] = defaultdict(list)
    for event in world.events:
        if isinstance(event, Post) and not event.repost_of:
            authors[event.conversation].append(event.author)
    turns = [sum(a == account.id for a in posts) for posts in authors.values() if len(set(posts)) > 1]
    assert sum(count >= 3 for count in turns) > 50


def test_people_come_back_to_the_conversational_account(world: World) -> None:
    account = world.truth.of(HANDLES[0])
    others = Counter(
        event.author
        for event in world.events
        if isinstance(event, Post) and event.reply_to_account == account.id
    )
    assert max(others.values()) > 20
    assert sum(count == 1 for count in others.values()) > 100


def test_the_giant_bought_followers_and_gets_nearly_nothing(world: World) -> None:
    giant, truth = world.truth.of("fernhillofficial"), world.truth
    seen = [
        (e.occurred_at, e.followers or 0) for e in world.events if isinstance(e, Profile) and e.id == giant.id
    ]
    jumps = [(at, later - earlier) for (_, earlier), (at, later) in pairwise(seen)]
    at, jump = max(jumps, key=lambda pair: pair[1])
    assert jump == pytest.approx(giant.bought_followers, abs=200)
    assert truth.bought_at < at < truth.bought_at + 30 * HOUR_MS
    assert seen[-1][1] == pytest.approx(giant.followers_end, abs=600)
    assert giant.engagement_rate_followers < 0.00002
    assert giant.id == truth.bought_account


def test_profiles_come_daily_and_count_the_follows_told(world: World) -> None:
    account = world.truth.of(HANDLES[0])
    expected = account.followers_start
    seen = 0
    for event in world.events:
        if event.network != "bluesky":
            continue
        expected += isinstance(event, Follow)
        expected -= isinstance(event, Unfollow)
        if isinstance(event, Profile):
            assert event.followers == expected
            seen += 1
    assert DAYS <= seen <= DAYS + 2


def test_a_few_posts_are_deleted_or_edited(world: World) -> None:
    own = sum(len(world.posts(account)) for account in world.truth.accounts)
    deletes = sum(isinstance(event, Delete) for event in world.events)
    edits = sum(isinstance(event, Edit) for event in world.events)
    assert 0.002 * own < deletes < 0.02 * own
    assert 0.002 * own < edits < 0.02 * own


def test_nothing_happens_to_a_deleted_post(world: World) -> None:
    gone = {event.id: event.occurred_at for event in world.events if isinstance(event, Delete)}
    for event in world.events:
        on = (event.id,) if isinstance(event, PostStats) else _acted_on(event)
        if isinstance(event, Post) and event.author in {account.id for account in world.truth.accounts}:
            continue  # a thread goes on
        assert all(event.occurred_at < gone.get(post, END_AT) for post in on)


def test_accounts_post_by_day(world: World) -> None:
    account = world.truth.of("fernhillbrewing")
    hours = Counter(post.occurred_at // HOUR_MS % 24 for post in world.posts(account))
    assert hours[10] > 8 * hours[22]


def test_questions_are_told_by_their_mark_alone() -> None:
    rng = random.Random(1)
    for on_topic in (True, False):
        for _ in range(500):
            assert "?" not in phrases.statement(rng, on_topic=on_topic, platitude=True)
            assert "?" not in phrases.answer(rng, on_topic=on_topic)
            assert phrases.question(rng, on_topic=on_topic).endswith("?")
