"""What the source of X asks for beside its stream: counts at their ages, accounts, what must go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.brand import Account, Brand
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, Delete, Post, PostStats, Profile
from pipelines.ingest.heartbeat import Polls
from pipelines.settings import XSpending
from pipelines.sources.live.looks import AGES_MS, Looks
from pipelines.stored import OwnPost
from tests.sources.live_run import LiveRun
from tests.sources.servers.http_server import Reply
from tests.sources.x_scene import Scene, Stored, playing


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with playing(tmp_path) as scene:
        yield scene


def test_counts_are_read_at_their_ages_many_at_once_and_what_is_gone_is_a_deletion(scene: Scene) -> None:
    now = scene.now()
    scene.facts = Stored(
        OwnPost("1", now - 20 * MINUTE_MS),
        OwnPost("2", now - 2 * HOUR_MS, (now - 2 * HOUR_MS + 16 * MINUTE_MS,)),
        OwnPost("3", now - 2 * HOUR_MS, (now - HOUR_MS + 1,)),
        OwnPost("4", now - 20 * MINUTE_MS),
        OwnPost("5", now - 5 * MINUTE_MS),
    )
    scene.x.metrics = {
        "1": {"like_count": 4, "reply_count": 1},
        "2": {"like_count": 9, "impression_count": 300},
    }
    with scene.read() as run:
        run.wait(lambda: len(run.ids(PostStats)) == 2 and run.ids(Delete))
    stats = [each for each in run.events if isinstance(each, PostStats)]
    assert [(each.id, each.likes, each.replies, each.impressions) for each in stats] == [
        ("1", 4, 1, None),
        ("2", 9, None, 300),
    ]
    assert all(each.observed_at == each.occurred_at for each in stats)
    assert run.ids(Delete) == ["4"]
    assert [each.query["ids"] for each in scene.x.http.paths("/2/tweets")] == [["1,2,4"]]


def looked_at(run: LiveRun) -> int:
    """Return when counts that were due had all been read."""
    at = getattr(run.source, "polled_at", None)
    assert isinstance(at, int)
    return at


def test_it_says_until_when_all_counts_are_read_though_none_is_due(scene: Scene) -> None:
    with scene.read() as run:
        begun = looked_at(run)
        run.wait(lambda: looked_at(run) > begun)
        assert isinstance(run.source, Polls)
        assert run.source.poll_every_s == 60 * 0.05
    assert not scene.x.http.paths("/2/tweets")


@pytest.mark.parametrize("reason", ["refused", "too dear"])
def test_counts_that_cannot_be_read_are_not_said_to_be_read(scene: Scene, reason: str) -> None:
    scene.facts = Stored(OwnPost("2", scene.now() - 2 * HOUR_MS))
    if reason == "refused":
        scene.x.http.routes["/2/tweets"] = lambda asked: Reply(status=503)
    else:
        scene.spending = XSpending(day_micros=10_500, month_micros=10**9)  # a profile, and not a post: 95 %
    with scene.read(connected=False) as run:
        begun = looked_at(run)
        run.wait(lambda: run.ids(Profile))
        time.sleep(0.3)
        assert looked_at(run) == begun


def test_snapshots_give_way_before_mentions_do(scene: Scene) -> None:
    now = scene.now()
    scene.facts = Stored(OwnPost("1", now - 20 * MINUTE_MS), OwnPost("2", now - 2 * HOUR_MS))
    scene.x.metrics = {"1": {"like_count": 4}, "2": {"like_count": 9}}
    scene.options["in_flight"] = "1"
    scene.spending = XSpending(day_micros=18_500, month_micros=10**9)  # a profile and a post: 81 %
    with scene.read() as run:
        run.wait(lambda: run.ids(Profile))
    asked = [each.query["ids"] for each in scene.x.http.paths("/2/tweets")]
    assert asked in ([], [["2"]])


def test_an_account_is_read_once_a_day_and_not_again_after_a_restart(scene: Scene) -> None:
    scene.brand = Brand(accounts=(Account(network="x", handle="oven"),))
    for _ in range(2):
        with scene.read() as run:
            run.wait(lambda: scene.x.http.paths("/2/users/by"))
            scene.x.send(scene.post(1))
            run.wait(lambda: run.ids(Post))
    assert len(scene.x.http.paths("/2/users/by")) == 1
    scene.skew = DAY_MS + 1
    with scene.read() as run:
        run.wait(lambda: len(scene.x.http.paths("/2/users/by")) == 2)
        run.wait(lambda: run.ids(Profile) == ["11"])


def test_an_answer_that_breaks_off_or_is_no_json_is_asked_for_again(scene: Scene) -> None:
    answers = iter([Reply(b"<html>"), Reply({"title": "busy"}, 503)])
    users = scene.x.http.routes["/2/users"]
    scene.x.http.routes["/2/users"] = lambda asked: next(answers, None) or users(asked)
    with scene.read() as run:
        run.wait(lambda: run.ids(Profile) == ["11"])


def test_a_job_a_day_asks_which_stored_posts_must_go_without_showing_the_token(scene: Scene) -> None:
    scene.facts = Stored(OwnPost("8", 0, (DAY_MS * 9,)), OwnPost("9", 0, (DAY_MS * 9,)))
    scene.x.gone = ["9"]
    for _ in range(2):
        with scene.read() as run:
            run.wait(lambda: scene.x.uploaded)
            run.wait(lambda: run.ids(Delete) or len(scene.x.http.paths("/2/compliance/jobs")) == 1)
    assert scene.x.uploaded == b"8\n9"
    assert len(scene.x.http.paths("/2/compliance/jobs")) == 1
    assert "authorization" not in scene.x.http.paths("/upload")[0].headers
    scene.skew = DAY_MS + 1
    with scene.read() as run:
        run.wait(lambda: run.ids(Delete))
    (gone,) = [each for each in run.events if isinstance(each, Delete)]
    assert (gone.id, gone.of, gone.occurred_at) == ("9", "post", 1_730_925_640_000)


def test_one_look_serves_all_ages_that_passed_and_after_the_last_a_post_is_let_go() -> None:
    looks = Looks()
    looks.add("1", 0)
    assert looks.due(AGES_MS[0] - 1) == []
    assert looks.due(AGES_MS[0]) == ["1"]
    looks.looked("1", AGES_MS[0])
    assert looks.due(AGES_MS[1] - 1) == []
    assert looks.due(AGES_MS[3]) == ["1"]
    looks.looked("1", AGES_MS[3])
    assert looks.due(AGES_MS[4] - 1) == []
    looks.looked("1", AGES_MS[4])
    assert looks.due(AGES_MS[4]) == []
    assert len(looks) == 0
