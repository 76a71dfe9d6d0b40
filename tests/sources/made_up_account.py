"""A made-up account's posts over months, as each network's archive or API tells them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from pipelines.events import DAY_MS, HOUR_MS
from pipelines.sources.simulation import phrases
from tests.sources.archive_outcome import (
    Repository,
    archived,
    key_of,
    mastodon_archive,
    mention,
    note,
    x_archive,
)

FIRST_AT = 1_735_700_400_000
"""2025-01-01T03:00:00Z"""


class MadeUp(Struct, frozen=True):
    """One post: when, what, whom it answers (0: nobody), and its counts."""

    number: int
    at: int
    text: str
    answers: int
    link: str
    likes: int
    reposts: int
    replies: int

    @property
    def time(self) -> datetime:
        """When it was posted."""
        return datetime.fromtimestamp(self.at // 1000, UTC)


def made_up_posts(count: int, *, seed: int = 1) -> Iterator[MadeUp]:
    """Give the account's posts, oldest first: a baker of the morning, a third of them replies."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        at = FIRST_AT + number * DAY_MS // 4 + chance.randrange(4) * HOUR_MS + chance.randrange(3_600) * 1_000
        text = phrases.statement(chance, on_topic=chance.random() < 0.6)
        yield MadeUp(
            number=number,
            at=at,
            text=text,
            answers=chance.randrange(1, 40) if chance.random() < 1 / 3 else 0,
            link=f"https://fernhill.example.com/{number}" if chance.random() < 0.2 else "",
            likes=chance.randrange(12),
            reposts=chance.randrange(4),
            replies=chance.randrange(3),
        )


def as_x_archive(made_up: Iterator[MadeUp]) -> dict[str, bytes]:
    """Return the files of the archive of X in which the posts lie, newest first as X writes them."""
    return x_archive(*reversed([_as_tweet(post) for post in made_up]), made="2026-06-01T00:00:00.000Z")


def _as_tweet(post: MadeUp) -> dict[str, Any]:
    links = [{"url": "https://t.co/abc", "expanded_url": post.link}] if post.link else []
    who = f"person{post.answers}"
    mentions = [mention(str(1000 + post.answers), who)] if post.answers else []
    text = f"@{who} {post.text}" if post.answers else post.text
    answered = {
        "in_reply_to_status_id_str": str(10**18 + post.answers),
        "in_reply_to_user_id_str": str(1000 + post.answers),
        "in_reply_to_screen_name": who,
    }
    return archived(
        (post.at - 1_288_834_974_657 << 22) + post.number % 4096,
        text + (" https://t.co/abc" if links else ""),
        created_at=post.time.strftime("%a %b %d %H:%M:%S +0000 %Y"),
        favorite_count=str(post.likes),
        retweet_count=str(post.reposts),
        entities={"hashtags": [], "symbols": [], "user_mentions": mentions, "urls": links},
        **(answered if post.answers else {}),
    )


def as_repository(made_up: Iterator[MadeUp]) -> bytes:
    """Return the CAR file of the repository of Bluesky in which the posts lie."""
    repository = Repository(revision=key_of(FIRST_AT))
    for post in made_up:
        record: dict[str, Any] = {"text": post.text, "createdAt": post.time.isoformat(), "langs": ["en"]}
        if post.answers:
            parent = {"uri": f"at://did:plc:p{post.answers}/app.bsky.feed.post/3k", "cid": "x"}
            record["reply"] = {"parent": parent, "root": parent}
        repository.put(f"app.bsky.feed.post/{key_of(post.at)}", record)
    return repository.packed(fanout=16)


def as_mastodon_archive(made_up: Iterator[MadeUp]) -> dict[str, bytes]:
    """Return the files of the archive of Mastodon in which the posts lie."""
    return mastodon_archive(*map(_as_activity, made_up))


def _as_activity(post: MadeUp) -> dict[str, Any]:
    parent = f"https://other.example/users/p{post.answers}/statuses/1" if post.answers else None
    published = post.time.isoformat().replace("+00:00", "Z")
    return note((post.at << 16) + post.number, f"<p>{post.text}</p>", inReplyTo=parent, published=published)
