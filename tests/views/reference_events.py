"""Lives of accounts for the tests of the views: events made by chance or by hand, folded and stored."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from pipelines.brand import Brand, Contact, Goals, brand_hash, encode_brand
from pipelines.events import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    AnyEvent,
    BrandVersion,
    Delete,
    Follow,
    Like,
    Mention,
    Post,
    Profile,
    Tick,
    Unfollow,
)
from pipelines.partition import PartitionState, Relevance
from pipelines.rows import Rows
from pipelines.sinks.checkpoint_columns import checkpoint_block
from pipelines.sinks.columns import blocks_of
from tests.metrics.migrated_store import MigratedStore

BEGIN = 18_000 * DAY_MS
"""2019-04-14, a Sunday."""
DAYS = 110
"""Days that a life made by chance lasts; the clock stops 36 h after its last event."""
BRAND = Brand(
    time_zone="Asia/Tokyo",
    contacts=(
        Contact(network="x", tag="client", id="o1"),
        Contact(network="x", tag="partner", handle="H2"),
        Contact(network="bluesky", tag="press", id="o3"),
    ),
    goals=Goals(new_contacts_per_week=3),
)
OTHERS = ("o0", "o1", "o2", "o3", "o4", "o5")


def post(at: int, id_: str, author: str, subject: str, **values: Any) -> Post:
    """Return a post seen at once; the handle of `o2` is `h2`."""
    handle = author.replace("o", "h") if author.startswith("o") else author
    return Post(
        network="x", id=id_, occurred_at=at, ingested_at=at, author=author, subject=subject,
        **{"author_handle": handle, **values},
    )  # fmt: skip


def mention(account: str) -> Mention:
    """Return a mention of an account by its handle."""
    return Mention(account, account.replace("o", "h"))


def delete(at: int, id_: str, subject: str, **values: Any) -> Delete:
    """Return a withdrawal."""
    return Delete(network="x", id=id_, occurred_at=at, ingested_at=at, subject=subject, **values)


def brand_version(brand: Brand = BRAND, at: int = BEGIN) -> BrandVersion:
    """Return a version of the brand file."""
    return BrandVersion(
        network="x", id=brand_hash(brand), occurred_at=at, ingested_at=at, content=encode_brand(brand)
    )


def tick(at: int) -> Tick:
    """Return a tick of the network."""
    return Tick(network="x", id=f"tick:{at}", occurred_at=at, ingested_at=at)


def ends_at(events: Sequence[AnyEvent]) -> int:
    """Return the watermark after these events were stored."""
    return max(event.occurred_at for event in events) + 36 * HOUR_MS


def store_events(store: MigratedStore, events: Sequence[AnyEvent], brand: Brand = BRAND) -> int:
    """Fold the events, time passing at the end alone, and store what comes of it; return the watermark."""
    rows, state = Rows(), PartitionState(0, 1, None)
    end = ends_at(events)
    log: list[AnyEvent] = [
        brand_version(brand),
        *sorted(events, key=lambda event: event.occurred_at),
        tick(end),
    ]
    for offset, first in enumerate(range(0, len(log), 10_000)):
        batch = log[first : first + 10_000]
        state.fold(offset, batch, [relevance_of(event) for event in batch], rows)
    checkpoint = state.take_checkpoint()
    if checkpoint is None:
        raise AssertionError("nothing was folded")
    for table, columns in [*blocks_of(rows), ("checkpoints", checkpoint_block([checkpoint]))]:
        if columns["version" if "version" in columns else next(iter(columns))]:
            store.insert_block(table, columns)
    return end


def relevance_of(event: AnyEvent) -> Relevance:
    """Return a score by the text alone: tea is on topic, silence is not scored."""
    if not isinstance(event, Post) or not event.text:
        return None, "", False
    return (900, "tea", True) if "tea" in event.text else (100, "tea", False)


class Life:
    """One account's life by chance: what it and five others say to each other, and how they regret it."""

    def __init__(self, chance: Random, me: str) -> None:
        self.chance, self.me = chance, me
        self.events: list[AnyEvent] = []
        self._posts: list[Post] = []
        self._tells_conversation = chance.choice([0.0, 0.5, 1.0])
        self._others = chance.sample(OTHERS, chance.choice([1, 2, 6]))
        self._answers = chance.choice([0.0, 0.5, 0.9])
        self._pace = chance.choice([1, 6]) * HOUR_MS

    def live(self, length: int) -> list[AnyEvent]:
        """Return a life of so many events."""
        at = BEGIN + self.chance.choice([0, 60, 90]) * DAY_MS + self.chance.randrange(10 * DAY_MS)
        for number in range(length):
            at = min(at + int(self.chance.expovariate(1 / self._pace)), BEGIN + DAYS * DAY_MS)
            at = at // 1000 * 1000 if self.chance.random() < 0.3 else at
            self._happen(number, at)
        return self.events

    def _happen(self, number: int, at: int) -> None:
        kind = self.chance.choices(["post", "like", "follow", "delete", "gone"], [30, 4, 4, 2, 0.15])[0]
        id_ = f"{self.me}-{number}"
        if kind == "post":
            made = self._post(at, id_)
            self._add(made)
            if made.author != self.me and made.repost_of is None and self.chance.random() < self._answers:
                self._add(self._answer(made, f"{id_}a"))
        elif kind == "delete" and self._posts:
            self.events.append(delete(at, self.chance.choice(self._posts).id, self.me))
        elif kind == "gone":
            self.events.append(delete(at, self.chance.choice(self._others), self.me, of="account"))
        else:
            self.events.append(self._act(kind, at, id_))

    def _add(self, made: Post) -> None:
        self._posts.append(made)
        self.events.append(made)

    def _answer(self, to: Post, id_: str) -> Post:
        at = to.occurred_at + int(self.chance.expovariate(1 / (10 * HOUR_MS)))
        values = {"reply_to_post": to.id, "reply_to_account": to.author, "conversation": to.conversation}
        return post(at, id_, self.me, self.me, text="rain", mentions=(mention(to.author),), **values)

    def _act(self, kind: str, at: int, id_: str) -> AnyEvent:
        shared: dict[str, Any] = {
            "network": "x", "id": id_, "occurred_at": at, "ingested_at": at, "subject": self.me,
            "actor": self.chance.choice(self._others),
        }  # fmt: skip
        if kind == "like" and int(id_.rsplit("-", 1)[1]) % 3 == 0:
            liked = f"at://{shared.pop('actor')}/app.bsky.feed.post/3k{id_}"
            return Like(**shared, actor=self.me, post=liked)
        if kind == "like":
            return Like(**shared, post=self.chance.choice(self._posts).id if self._posts else "elsewhere")
        return (Unfollow if self.chance.random() < 0.3 else Follow)(**shared)

    def _post(self, at: int, id_: str) -> Post:
        author = self.chance.choice([self.me, self.chance.choice(self._others)])
        text = self.chance.choice(["tea?", "tea", "rain", "", "good one via @h1", "@h1 said so via @h1"])
        values: dict[str, Any] = {"text": text}
        partner = self.me if author != self.me else self.chance.choice(self._others)
        match self.chance.choice(
            ["reply", "reply", "reply", "mention", "mention", "quote", "repost", "plain"]
        ):
            case "reply":
                values |= self._reply(partner)
            case "mention":
                values |= {"mentions": (mention(partner), mention("o1"))}
            case "quote":
                values |= {"quote_of": "elsewhere", "quote_of_account": partner}
            case "repost":
                values |= {
                    "repost_of": "elsewhere",
                    "repost_of_account": partner,
                    "mentions": (mention("o1"),),
                }
            case "plain" if author != self.me:
                values |= {"mentions": (mention(self.me),)}
        if self.chance.random() < self._tells_conversation and "conversation" not in values:
            values["conversation"] = id_
        followers = self.chance.choice([None, 100, 200])
        return post(at, id_, author, self.me, followers_at_post=followers, **values)

    def _reply(self, partner: str) -> dict[str, Any]:
        known = [each for each in self._posts[-12:] if each.author == partner or self.chance.random() < 0.1]
        told = self.chance.random() < 0.9
        if not known or self.chance.random() < 0.15:
            missing = self.chance.choice(["elsewhere-1", "elsewhere-2"])
            return {"reply_to_post": missing, "reply_to_account": partner if told else None}
        parent = self.chance.choice(known)
        values: dict[str, Any] = {
            "reply_to_post": parent.id,
            "reply_to_account": parent.author if told else None,
            "mentions": (mention(partner),),
        }
        if parent.conversation is not None:
            values["conversation"] = parent.conversation
        return values


def lives(seed: int, accounts: int = 60, length: int = 60) -> dict[str, list[AnyEvent]]:
    """Return the lives of so many accounts."""
    found: dict[str, list[AnyEvent]] = {}
    for number in range(accounts):
        me = f"s{seed}x{number}"
        life = Life(Random(f"{seed} {number}"), me)
        found[me] = life.live(length)
    return found


def profile(at: int, me: str, followers: int) -> Profile:
    """Return a snapshot of an account's own profile."""
    return Profile(network="x", id=me, occurred_at=at, ingested_at=at, subject=me, followers=followers)


__all__ = ["HOUR_MS", "MINUTE_MS"]
