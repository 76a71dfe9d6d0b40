"""Generate a file of posts as the X API v2 gives them, for benchmarks: `generate_file(path, ...)`.

One document a line, as a filtered stream writes it: `data`, and in `includes` its author and the post that it
refers to. A few accounts write most posts (Zipf); replies, quotes and reposts go to recent posts of the same
file. Lines stand a bit out of order, as several collectors in parallel leave them.

    python -m tests.benchmarks.generate_posts posts.ndjson --posts 200000 --accounts 1000 --days 28
"""

from __future__ import annotations

import argparse
import random
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path

import msgspec
from msgspec import Struct

from pipelines.events import DAY_MS, HOUR_MS
from pipelines.sources.simulation import phrases
from pipelines.sources.simulation.business import OFFERS, OTHER_LINKS, OWN_LINKS
from pipelines.sources.simulation.people import FIRST_NAMES, LAST_NAMES

FIRST_AT = 1_756_684_800_000
"""2025-09-01T00:00:00Z"""
X_EPOCH_MS = 1_288_834_974_657
SHORTEST_MS, LONGEST_MS = 6 * HOUR_MS, 28 * DAY_MS
RECENT = 4_000
"""How many of the last posts others refer to."""
DISPLACED = 500
"""How many lines a document may stand away from its place."""
KINDS = ("original", "reply", "quote", "repost", "thread")
KIND_WEIGHTS = (0.38, 0.36, 0.08, 0.14, 0.04)
STOCK = 20_000
"""Texts made beforehand: a post takes one of them, or two."""


class Reference(Struct, frozen=True, omit_defaults=True):
    """What a post refers to, and how."""

    type: str
    id: str


class PublicMetrics(Struct, frozen=True):
    """Counts as v2 tells them."""

    retweet_count: int
    reply_count: int
    like_count: int
    quote_count: int
    bookmark_count: int
    impression_count: int


class Url(Struct, frozen=True):
    """A link in a text: short, and what it stands for."""

    start: int
    end: int
    url: str
    expanded_url: str
    display_url: str


class MentionOf(Struct, frozen=True):
    """An account that a text mentions."""

    start: int
    end: int
    username: str
    id: str


class Entities(Struct, frozen=True, omit_defaults=True):
    """What a text holds beside words."""

    urls: tuple[Url, ...] = ()
    mentions: tuple[MentionOf, ...] = ()


class Tweet(Struct, frozen=True, omit_defaults=True):
    """A post in v2's words."""

    id: str
    text: str
    author_id: str
    created_at: str
    conversation_id: str
    lang: str
    public_metrics: PublicMetrics
    in_reply_to_user_id: str | None = None
    referenced_tweets: tuple[Reference, ...] = ()
    entities: Entities = Entities()


class UserMetrics(Struct, frozen=True):
    """An account's numbers in v2's words."""

    followers_count: int
    following_count: int
    tweet_count: int
    listed_count: int


class User(Struct, frozen=True):
    """An account in v2's words."""

    id: str
    username: str
    name: str
    created_at: str
    verified: bool
    public_metrics: UserMetrics


class Includes(Struct, frozen=True, omit_defaults=True):
    """What a document brings along."""

    users: tuple[User, ...]
    tweets: tuple[Tweet, ...] = ()


class Document(Struct, frozen=True):
    """One line of the file."""

    data: Tweet
    includes: Includes


def generate_file(
    path: Path, *, posts: int = 200_000, accounts: int = 1_000, seed: int = 1, span_ms: int = LONGEST_MS
) -> None:
    """Write the file: that many distinct posts by at most so many accounts within `span_ms` of event time.

    Raises ValueError for a span outside 6 hours to 28 days, or for no post or fewer than two accounts.
    """
    if not SHORTEST_MS <= span_ms <= LONGEST_MS:
        raise ValueError(f"span_ms is {span_ms}: give {SHORTEST_MS} (6 h) to {LONGEST_MS} (28 days)")
    if posts < 1 or accounts < 2:
        raise ValueError("give at least one post and two accounts")
    rng = random.Random(seed)
    encoder = msgspec.json.Encoder()
    with path.open("wb") as file:
        for document in _displaced(_documents(rng, posts=posts, accounts=accounts, span_ms=span_ms), rng):
            file.write(encoder.encode(document) + b"\n")


def _documents(rng: random.Random, *, posts: int, accounts: int, span_ms: int) -> Iterator[Document]:
    users = [_user(rng, number) for number in range(accounts)]
    cumulative = list(accumulate(1 / rank for rank in range(1, accounts + 1)))
    texts = [phrases.statement(rng, on_topic=rng.random() < 0.5) for _ in range(min(STOCK, posts))]
    recent: deque[tuple[Tweet, User]] = deque(maxlen=RECENT)
    own: dict[str, tuple[Tweet, User]] = {}
    for number in range(posts):
        at = FIRST_AT + span_ms * number // posts + rng.randrange(max(1, span_ms // posts))
        (author,) = rng.choices(users, cum_weights=cumulative)
        (kind,) = rng.choices(KINDS, KIND_WEIGHTS)
        target = rng.choice(recent) if recent else None
        if kind == "thread":
            target = own.get(author.id)
        document = _document(
            rng, number, at, author, kind if target else "original", target, rng.choice(texts)
        )
        if kind != "repost":
            recent.append((document.data, author))
            own[author.id] = (document.data, author)
        yield document


def _document(
    rng: random.Random,
    number: int,
    at: int,
    author: User,
    kind: str,
    target: tuple[Tweet, User] | None,
    text: str,
) -> Document:
    tweet_id = str(((at - X_EPOCH_MS) << 22) | (number & 0x3FFFFF))
    if target is None or kind == "original":
        data = _tweet(rng, tweet_id, at, author, _decorated(rng, text))
        return Document(data, Includes(users=(author,)))
    other, owner = target
    reference = Reference({"quote": "quoted", "repost": "retweeted"}.get(kind, "replied_to"), other.id)
    data = _tweet(rng, tweet_id, at, author, _words(rng, kind, text, other, owner))
    data = msgspec.structs.replace(data, referenced_tweets=(reference,))
    if kind in ("reply", "thread"):
        data = msgspec.structs.replace(
            data, in_reply_to_user_id=owner.id, conversation_id=other.conversation_id
        )
    users = (author,) if owner.id == author.id else (author, owner)
    return Document(data, Includes(users=users, tweets=(other,)))


def _words(rng: random.Random, kind: str, text: str, other: Tweet, owner: User) -> tuple[str, Entities]:
    if kind == "repost":
        return f"RT @{owner.username}: {other.text}"[:280], _mentioned(owner, start=3)
    if kind == "reply":
        return f"@{owner.username} {text}", _mentioned(owner, start=0)
    return _decorated(rng, text)


def _mentioned(user: User, *, start: int) -> Entities:
    mention = MentionOf(start, start + len(user.username) + 1, user.username, user.id)
    return Entities(mentions=(mention,))


def _decorated(rng: random.Random, text: str) -> tuple[str, Entities]:
    """Return the text with a question, an offer, a link, each now and then."""
    if rng.random() < 0.2:
        text = f"{text} {phrases.question(rng, on_topic=rng.random() < 0.5)}"
    if rng.random() < 0.05:
        text = f"{text} {phrases.offer(rng, rng.choice(OFFERS))}"
    if rng.random() > 0.35:
        return text, Entities()
    short = f"https://t.co/{rng.getrandbits(50):010x}"[:23]
    long = f"{rng.choice(OWN_LINKS + OTHER_LINKS)}{rng.randrange(10_000)}"
    start = len(text) + 1
    url = Url(start, start + len(short), short, long, long.removeprefix("https://"))
    return f"{text} {short}", Entities(urls=(url,))


def _tweet(rng: random.Random, tweet_id: str, at: int, author: User, words: tuple[str, Entities]) -> Tweet:
    text, entities = words
    reach = author.public_metrics.followers_count**0.5 * rng.gammavariate(0.8, 0.1)
    likes, reposts, replies = int(reach), int(reach / 6), int(reach / 9)
    return Tweet(
        id=tweet_id,
        text=text,
        author_id=author.id,
        created_at=_iso(at),
        conversation_id=tweet_id,
        lang="en",
        public_metrics=PublicMetrics(
            reposts, replies, likes, int(reach / 25), int(reach / 12), int(reach * 60) + likes
        ),
        entities=entities,
    )


def _user(rng: random.Random, number: int) -> User:
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    followers = int(rng.lognormvariate(6.5, 1.6)) + 1
    return User(
        id=str(10_000_000 + number * 7_919),
        username=f"{first}_{last}{number}"[-15:],
        name=f"{first.title()} {last.title()}",
        created_at=_iso(FIRST_AT - rng.randrange(200, 4_000) * DAY_MS),
        verified=rng.random() < 0.05,
        public_metrics=UserMetrics(
            followers, rng.randrange(50, 2_000), rng.randrange(100, 50_000), followers // 90
        ),
    )


def _displaced(documents: Iterator[Document], rng: random.Random) -> Iterator[Document]:
    held: list[Document] = []
    for document in documents:
        held.append(document)
        if len(held) >= DISPLACED:
            place = rng.randrange(len(held)) if rng.random() < 0.2 else 0
            yield held.pop(place)
    yield from held


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Generate a file of X API v2 posts.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--posts", type=int, default=200_000)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=float, default=28.0)
    given = parser.parse_args()
    generate_file(
        given.path,
        posts=given.posts,
        accounts=given.accounts,
        seed=given.seed,
        span_ms=int(given.days * DAY_MS),
    )


if __name__ == "__main__":
    main()
