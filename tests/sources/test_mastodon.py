from __future__ import annotations

import logging
import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines import clock
from pipelines.brand import Account, Brand
from pipelines.errors import UsageError
from pipelines.events import MINUTE_MS, Delete, Edit, Follow, Like, Mention, Network, Post, PostStats, Profile
from pipelines.ingest.heartbeat import Polls
from pipelines.sources import build_source
from pipelines.sources.base import SourceRequest
from pipelines.stored import OwnPost
from tests.sources.live_run import LiveRun, running
from tests.sources.servers.http_server import Reply
from tests.sources.servers.mastodon_server import (
    CUT,
    FAN,
    ME,
    MastodonServer,
    event,
    mastodon_server,
    notification,
    status,
)

CANARY = "canary-77ab10-token"
HOST = "127.0.0.1"


class Stored:
    """Facts that know some own posts."""

    def __init__(self, *posts: OwnPost) -> None:
        self.posts = list(posts)

    def own_posts(self, network: Network, accounts: Collection[str], since: int) -> list[OwnPost]:
        return self.posts

    def post_ids(self, network: Network, since: int) -> list[str]:
        return []


class Scene:
    """An instance, played, and the source that reads it."""

    def __init__(self, server: MastodonServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.options = {"instance": server.http.url, "pauses": "0.01"}
        self.facts = Stored()
        self.host = server.http.url.removeprefix("http://")

    @contextmanager
    def read(self, cursor: str | None = None, *, connected: bool = True) -> Iterator[LiveRun]:
        request = SourceRequest(
            arguments=(),
            options=self.options,
            work_dir=self.folder,
            cursor=cursor,
            now=clock.now_ms,
            sleep=lambda _: None,
            secret=lambda name: CANARY,
            facts=self.facts,
        )
        before = self.server.connections
        with running(build_source("mastodon", request), cursor) as run:
            if connected:
                run.wait(lambda: self.server.connections > before and self.server.connected.is_set())
                run.wait(lambda: run.source.caught_up)  # type: ignore[attr-defined]
            yield run


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with mastodon_server() as server:
        yield Scene(server, tmp_path)


def now() -> int:
    return clock.now_ms() // 1_000 * 1_000


def test_a_post_is_told_with_all_that_its_status_says(scene: Scene) -> None:
    at = now()
    told = status(
        101,
        at=at,
        content='<p><a class="u-url mention" href="https://far.example/@fan">@fan</a> rye '
        '<a href="https://oven.example/loaf">loaf</a> <a class="mention hashtag" href="x">#bread</a></p>',
        mentions=[{"id": "7", "acct": "fan@far.example", "username": "fan", "url": "x"}],
        in_reply_to_id="99",
        in_reply_to_account_id="7",
        tags=[{"name": "bread", "url": "x"}],
        media_attachments=[{"id": "5", "type": "image"}],
        language="en",
    )
    with scene.read() as run:
        scene.server.send(event("update", told))
        run.wait(lambda: run.ids(Post))
    (found,) = [each for each in run.events if isinstance(each, Post)]
    me, fan = f"oven@{scene.host}", "fan@far.example"
    assert (found.id, found.author, found.author_host, found.occurred_at) == ("101", me, scene.host, at)
    assert (found.text, found.links) == ("@fan rye loaf #bread", ("https://oven.example/loaf",))
    assert (found.reply_to_post, found.reply_to_account) == ("99", fan)
    assert (found.mentions, found.hashtags, found.has_media) == ((Mention(fan, fan),), ("bread",), True)
    assert scene.server.http.paths("/api/v1/streaming/user")[0].headers["authorization"] == f"Bearer {CANARY}"


def test_what_others_do_with_us_is_told_by_notifications(scene: Scene) -> None:
    mine, at = status(101, at=now()), now()
    reply = status(102, at=at, account=FAN, in_reply_to_id="101", in_reply_to_account_id="1")
    with scene.read() as run:
        scene.server.send(
            event("notification", notification(1, "mention", at=at, status=reply)),
            event("notification", notification(2, "favourite", at=at, status=mine)),
            event("notification", notification(3, "reblog", at=at, status=mine)),
            event("notification", notification(4, "follow", at=at)),
            event("notification", notification(5, "poll", at=at, status=mine)),
            event("update", status(103, at=at, account=FAN, reblog=mine)),
            event("filters_changed", "undefined").replace(b"data: undefined\n", b""),
            event("something.new", "{}"),
        )
        run.wait(lambda: len(run.events) >= 5)
    me, fan = f"oven@{scene.host}", "fan@far.example"
    told = [each for each in run.events if not isinstance(each, Profile)]
    assert [(type(each), each.id, each.subject) for each in told] == [
        (Post, "102", ""),
        (Like, f"101:favourite:{fan}", me),
        (Post, f"101:reblog:{fan}", ""),
        (Follow, "follow:4", me),
    ]
    assert told[0].reply_to_account == told[2].repost_of_account == me  # type: ignore[union-attr]


def test_edits_and_deletions_are_told_and_what_was_said_to_a_few_is_not(scene: Scene) -> None:
    with scene.read() as run:
        scene.server.send(
            event("update", status(101, at=now(), visibility="private")),
            event("update", status(102, at=now(), visibility="direct")),
            event("status.update", status(100, at=now(), content="<p>better</p>")),
            event("delete", "99"),
        )
        run.wait(lambda: run.ids(Delete))
    assert run.ids(Post) == []
    assert [(each.id, each.text) for each in run.events if isinstance(each, Edit)] == [("100", "better")]
    assert run.ids(Delete) == ["99"]


def test_what_was_missed_while_it_was_down_is_paged_from_the_old_end(scene: Scene) -> None:
    scene.server.own = [status(number, at=now() - 5_000) for number in range(1, 6)]
    with scene.read() as run:
        run.wait(lambda: run.cursor and "notifications" in run.cursor)
        assert run.ids(Post) == [], "a first start begins now"
    scene.server.own += [status(number, at=now() - 5_000) for number in range(6, 120)]
    scene.server.notifications = [notification(number, "follow", at=now() - 5_000) for number in range(1, 90)]
    with scene.read(cursor=run.cursor) as again:
        again.wait(lambda: len(again.ids(Post)) == 114 and len(again.ids(Follow)) == 89)
    assert again.ids(Post) == [str(number) for number in range(6, 120)]
    pages = [each.query.get("min_id") for each in scene.server.http.paths("/api/v1/accounts/1/statuses")]
    assert ["45"] in pages
    assert ["85"] in pages


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_the_instance_does_every_event_is_read(scene: Scene, seed: int) -> None:
    rng = random.Random(seed)
    server = scene.server
    broken = [b"event: update\ndata: {\n\n", b"nonsense\n\n", b"event: update\n\n", b"data: \xff\n\n"]
    with scene.read() as run:
        run.wait(lambda: run.cursor)
        for number in range(1, 31):
            told = status(number, at=now())
            server.own.append(told)
            if server.connected.is_set() and rng.random() < 0.7:
                server.send(event("update", told))
            match rng.random():
                case chance if chance < 0.12:
                    server.send(CUT)
                case chance if chance < 0.2:
                    server.send(rng.choice(broken))
                case chance if chance < 0.25:
                    server.send(event("update", told))
        server.refusals.extend([503, 500])
        server.send(CUT)
        run.wait(lambda: set(run.ids(Post)) == {str(number) for number in range(1, 31)})
    assert run.gaps == []


def test_a_silent_stream_is_left_and_taken_up_again(scene: Scene) -> None:
    scene.server.silent, scene.options["pauses"] = True, "0.005"
    with scene.read() as run:
        run.wait(lambda: scene.server.connections >= 3)


def test_a_token_that_is_refused_ends_the_source_with_the_way_out_and_is_never_shown(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scene.server.http.routes["/api/v1/accounts/verify_credentials"] = lambda asked: Reply(
        {"error": "The access token is invalid"}, 401
    )
    with scene.read(connected=False) as run:
        error = run.ends_with()
    assert isinstance(error, UsageError)
    assert "check RAPPORT_MASTODON_TOKEN" in str(error)
    assert CANARY not in f"{error!r} {error.__cause__!r} {error.__context__!r} {caplog.text} {run.items}"


def test_the_limit_of_the_instance_is_obeyed(scene: Scene) -> None:
    reset = clock.now_ms() + 60_000
    scene.server.limit = {
        "X-RateLimit-Limit": "300",
        "X-RateLimit-Remaining": "3",
        "X-RateLimit-Reset": f"{reset // 1000}",
    }
    with scene.read(connected=False) as run:
        run.wait(lambda: run.ids(Profile))


def test_counts_are_read_at_their_ages_and_what_is_gone_is_a_deletion(scene: Scene) -> None:
    at = now() - 20 * MINUTE_MS
    scene.facts = Stored(OwnPost("5", at), OwnPost("6", at), OwnPost("7", now()))
    scene.server.keep(status(5, at=at, favourites_count=4, replies_count=2, reblogs_count=1))
    with scene.read() as run:
        assert isinstance(run.source, Polls)
        begun = run.source.polled_at
        run.wait(lambda: run.ids(Delete) and run.ids(PostStats))
        run.wait(lambda: getattr(run.source, "polled_at", 0) > begun)
    (stats,) = [each for each in run.events if isinstance(each, PostStats)]
    assert (stats.id, stats.likes, stats.replies, stats.reposts, stats.impressions) == ("5", 4, 2, 1, None)
    assert run.ids(Delete) == ["6"]
    (profile,) = [each for each in run.events if isinstance(each, Profile)]
    assert (profile.id, profile.followers, profile.bio) == (f"oven@{scene.host}", 120, "bread")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"created_at": "yesterday"}, "created_at"),
        ({"account": {}}, "account.acct"),
        ({"id": ""}, "$.id"),
    ],
)
def test_a_status_that_breaks_the_documents_is_bad_input_that_names_the_field(
    scene: Scene, told: dict[str, object], reason: str
) -> None:
    with scene.read() as run:
        scene.server.send(
            event("update", {**status(1, at=now()), **told}), event("update", status(2, at=now()))
        )
        run.wait(lambda: run.ids(Post) == ["2"])
    (bad,) = run.bad
    assert reason in bad.reason


def test_without_an_instance_it_is_that_of_the_brand_or_said_what_to_do(scene: Scene) -> None:
    del scene.options["instance"]
    with pytest.raises(UsageError, match="names no account on Mastodon: add one"), scene.read():
        pass
    brand = Brand(accounts=(Account(network="mastodon", handle="oven@oven.example"),))
    request = SourceRequest(
        arguments=(),
        options={},
        work_dir=scene.folder,
        cursor=None,
        now=clock.now_ms,
        sleep=lambda _: None,
        brand=lambda: brand,
        secret=lambda name: CANARY,
    )
    source = build_source("mastodon", request)
    assert source.networks == ("mastodon",)
    assert ME["acct"] == "oven"
