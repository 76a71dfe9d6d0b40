"""An account read over a public API: every post with its counts, the replies, whatever the server's day."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.events import DAY_MS, HOUR_MS, Post, PostStats, Profile
from pipelines.sources import public_api
from pipelines.sources.account_posts import Access
from pipelines.sources.mastodon_account import server_named_in
from pipelines.sources.public_api import Patience
from pipelines.sources.recognition import account_part, parts_of
from tests.sources.archive_outcome import DID, read_part
from tests.sources.file_outcome import NOW, Outcome
from tests.sources.made_up_account import MadeUp, made_up_posts
from tests.sources.network_server import (
    HANDLE,
    MASTODON_ID,
    OTHER,
    OTHER_ID,
    NetworkServer,
    bluesky_item,
    bluesky_uri,
    mastodon_id,
    mastodon_status,
    serving,
)

COUNT = 130
HANDLES = {"bluesky": f"@{HANDLE}", "mastodon": "@ann@social.example"}
FEEDS = {"bluesky": "getAuthorFeed", "mastodon": "/statuses"}
THREADS = {"bluesky": "getPostThread", "mastodon": "/context"}
both = pytest.mark.parametrize("network", ["bluesky", "mastodon"])


class Sleeper:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def monotonic(self) -> float:
        return sum(self.slept)


@pytest.fixture
def content() -> NetworkServer:
    return NetworkServer(list(made_up_posts(COUNT)))


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def access(content: NetworkServer, sleeper: Sleeper) -> Iterator[Callable[..., Access]]:
    with serving(content) as url:
        patience = Patience(sleeper.monotonic, sleeper.sleep, lambda: NOW)
        yield lambda most=1_000: Access(patience, url, url, most)


@pytest.fixture
def read(access: Callable[..., Access], tmp_path: Path) -> Callable[..., Outcome]:
    return lambda network, most=1_000: read_part(account_part(HANDLES[network], access(most)), tmp_path)


def own(outcome: Outcome) -> list[Post]:
    return [
        event for event in outcome.events if isinstance(event, Post) and event.author in (DID, MASTODON_ID)
    ]


def replies(outcome: Outcome) -> list[Post]:
    return [
        event for event in outcome.events if isinstance(event, Post) and event.author in (OTHER, OTHER_ID)
    ]


def id_of(network: str, post: MadeUp) -> str:
    return bluesky_uri(post) if network == "bluesky" else mastodon_id(post)


@both
def test_every_post_is_there_with_its_counts(network: str, content: NetworkServer, read: Any) -> None:
    outcome = read(network)
    told = {s.id: (s.likes, s.replies, s.reposts) for s in outcome.events if isinstance(s, PostStats)}
    assert told == {id_of(network, post): (post.likes, post.replies, post.reposts) for post in content.posts}
    texts = {post.id: (post.text.split(" http")[0], post.occurred_at) for post in own(outcome)}
    assert texts == {id_of(network, p): (p.text, p.at // 1000 * 1000) for p in content.posts}
    assert outcome.problems == []
    assert outcome.inventory.authors == {(network, DID if network == "bluesky" else MASTODON_ID)}


@both
def test_the_replies_to_each_post_are_there_once(network: str, content: NetworkServer, read: Any) -> None:
    found = replies(read(network))
    expected = sorted(id_of(network, post) for post in content.posts for _ in range(post.replies))
    assert sorted(str(post.reply_to_post) for post in found) == expected
    assert len({post.id for post in found}) == len(found)
    assert {post.reply_to_account for post in found} == {DID if network == "bluesky" else MASTODON_ID}


@both
def test_the_account_is_seen_now(network: str, read: Any) -> None:
    (profile,) = [event for event in read(network).events if isinstance(event, Profile)]
    assert (profile.name, profile.followers, profile.following, profile.occurred_at) == ("Ann", 250, 120, NOW)
    assert profile.handle == HANDLES[network].removeprefix("@")


@both
def test_links_and_replies_of_its_own_are_told(network: str, content: NetworkServer, read: Any) -> None:
    outcome = read(network)
    by_id = {post.id: post for post in own(outcome)}
    for post in content.posts:
        told = by_id[id_of(network, post)]
        assert told.links == ((post.link,) if post.link else ())
        assert (told.reply_to_account is not None) == bool(post.answers)


@both
def test_only_the_newest_are_read_when_fewer_are_asked_for(
    network: str, content: NetworkServer, read: Any
) -> None:
    outcome = read(network, 50)
    assert {post.id for post in own(outcome)} == {id_of(network, post) for post in content.posts[:50]}


@both
def test_a_limit_a_failure_and_a_broken_page_are_met_with_patience(
    network: str, content: NetworkServer, read: Any, sleeper: Sleeper
) -> None:
    content.faults[FEEDS[network]] = ["429:7", "ok", "500", "cut", "ok", "broken", "ok"]
    outcome = read(network)
    assert len(own(outcome)) == COUNT
    assert [lack for lack in outcome.inventory.lacks if "older than" in lack.what] == []
    assert sleeper.slept == [7.0, 0.5, 1.0]


@both
def test_a_server_that_asks_for_more_patience_than_there_is_gives_what_came_before(
    network: str, content: NetworkServer, read: Any, sleeper: Sleeper
) -> None:
    content.faults[FEEDS[network]] = ["ok", "429:900"]
    outcome = read(network)
    page = 100 if network == "bluesky" else 40
    assert len(own(outcome)) == page
    assert f"the posts older than the newest {page}" in outcome.inventory.lacks[-2].what
    assert "the replies to" in outcome.inventory.lacks[-1].what
    assert sleeper.slept == []


@both
def test_replies_that_cannot_be_had_are_named_and_the_posts_are_there(
    network: str, content: NetworkServer, read: Any
) -> None:
    content.faults[THREADS[network]] = ["429:900"]
    outcome = read(network)
    answered = sum(post.replies > 0 for post in content.posts)
    assert (len(own(outcome)), replies(outcome)) == (COUNT, [])
    assert outcome.inventory.lacks[-1].what.startswith(f"the replies to {answered} of the posts")


@both
def test_a_post_that_is_gone_meanwhile_has_no_replies_and_is_no_fault(
    network: str, content: NetworkServer, read: Any
) -> None:
    content.faults[THREADS[network]] = ["404"]
    outcome = read(network)
    assert (replies(outcome), outcome.problems) == ([], [])


@both
def test_broken_replies_are_bad_input_and_the_rest_is_read(
    network: str, content: NetworkServer, read: Any
) -> None:
    content.faults[THREADS[network]] = ["broken", "ok"]
    outcome = read(network)
    assert len(outcome.problems) == 1
    assert " replies to " in outcome.problems[0][0]
    assert len(replies(outcome)) > 0


@both
def test_an_element_that_is_no_post_is_named_with_its_field(
    network: str, content: NetworkServer, read: Any
) -> None:
    good = bluesky_item if network == "bluesky" else mastodon_status
    wrong = good(content.posts[0])
    (wrong["post"] if network == "bluesky" else wrong)["likeCount" if network == "bluesky" else "id"] = [1]
    content.strange = [wrong, 7]
    outcome = read(network)
    field = "$.post.likeCount" if network == "bluesky" else "$.id"
    assert [place for place, _ in outcome.problems] == [f"{HANDLES[network]}[0]", f"{HANDLES[network]}[1]"]
    assert field in outcome.problems[0][1]
    assert len(own(outcome)) == COUNT


@both
def test_a_post_younger_than_a_day_has_counts_of_its_age(network: str, tmp_path: Path) -> None:
    young = MadeUp(1, NOW - 20 * HOUR_MS, "new", 0, "", 3, 1, 0)
    old = MadeUp(2, NOW - 2 * DAY_MS, "old", 0, "", 3, 1, 0)
    with serving(NetworkServer([young, old])) as url:
        patience = Patience(time.monotonic, time.sleep, lambda: NOW)
        part = account_part(HANDLES[network], Access(patience, url, url))
        found = [event for event in read_part(part, tmp_path).events if isinstance(event, PostStats)]
    assert {stats.id: stats.observed_at for stats in found} == {
        id_of(network, young): NOW,
        id_of(network, old): None,
    }


def test_reposts_are_told_and_what_others_wrote_and_pins_are_passed_over(
    content: NetworkServer, read: Any
) -> None:
    theirs = bluesky_item(content.posts[0])
    theirs["post"] = {**theirs["post"], "uri": f"at://{OTHER}/app.bsky.feed.post/3k"}
    theirs["post"]["author"] = {"did": OTHER, "handle": "bob.example"}
    uri = f"at://{DID}/app.bsky.feed.repost/3ka"
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "uri": uri, "indexedAt": "2025-05-01T00:00:00Z"}
    pinned = {**bluesky_item(content.posts[0]), "reason": {"$type": "app.bsky.feed.defs#reasonPin"}}
    content.strange = [pinned, theirs, {**theirs, "reason": {**reason, "by": {"did": DID, "handle": HANDLE}}}]
    outcome = read("bluesky")
    (repost,) = [post for post in own(outcome) if post.repost_of]
    assert (repost.id, repost.repost_of_account) == (uri, OTHER)
    assert len(own(outcome)) == COUNT + 1


def test_what_is_not_public_and_boosts_of_mastodon(content: NetworkServer, read: Any) -> None:
    template = mastodon_status(content.posts[0])
    private = {**template, "id": "1", "visibility": "private"}
    original = {**template, "id": "55", "account": {"id": OTHER_ID, "acct": "bob@other.example"}}
    boost = {**template, "id": "2", "content": "", "reblog": original}
    content.strange = [private, boost]
    outcome = read("mastodon")
    (repost,) = [post for post in own(outcome) if post.repost_of]
    assert (repost.id, repost.repost_of, repost.repost_of_account) == ("2", "55", OTHER_ID)
    assert len(own(outcome)) == COUNT + 1


@both
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("404", "knows no account @"),
        ("401", "without a login .*: analyze the archive instead"),
        ("500", "gives no more for now"),
        ("broken", "answers with no"),
        ("huge", "longer than 8 MB"),
    ],
)
def test_an_account_that_cannot_be_read_is_a_message_with_a_way_out(
    network: str, content: NetworkServer, read: Any, fault: str, said: str
) -> None:
    content.faults["getProfile" if network == "bluesky" else "lookup"] = [fault]
    with pytest.raises(UsageError, match=said):
        read(network)


@both
def test_a_server_that_stalls_is_left_after_a_while(
    network: str, content: NetworkServer, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_api, "TIMEOUT_S", 0.05)
    content.faults["getProfile" if network == "bluesky" else "lookup"] = ["stall"]
    with pytest.raises(UsageError, match="gives no more for now"):
        read(network)


@pytest.mark.parametrize("handle", ["@ann", "@"])
def test_a_handle_without_a_network_is_explained(access: Any, handle: str) -> None:
    with pytest.raises(UsageError, match="On Bluesky write the whole handle"):
        parts_of([handle], access())


@pytest.mark.parametrize(
    ("href", "server"),
    [
        ("https://mastodon.bread.example/users/ann", "mastodon.bread.example"),
        ("https://bread.example/users/ann", "bread.example"),
        ("http://mastodon.bread.example/users/ann", "bread.example"),
        ("https://127.0.0.1/users/ann", "bread.example"),
        ("https://localhost/users/ann", "bread.example"),
        ("", "bread.example"),
    ],
)
def test_the_api_may_be_at_another_name_but_not_on_this_machine(href: str, server: str) -> None:
    links = [{"rel": "http://webfinger.net/rel/profile-page", "href": "https://x.example"}]
    content = json.dumps({"links": [*links, {"rel": "self", "href": href}]}).encode()
    assert server_named_in(content, "bread.example") == server
    assert server_named_in(b"<html>", "bread.example") == "bread.example"
