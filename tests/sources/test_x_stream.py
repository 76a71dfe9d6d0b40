from __future__ import annotations

import logging
import random
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from pipelines import clock
from pipelines.brand import Account, Brand
from pipelines.errors import UsageError
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, Delete, Edit, Network, Post, PostStats, Profile
from pipelines.ingest.heartbeat import Polls
from pipelines.settings import XSpending
from pipelines.sources import build_source
from pipelines.sources.base import SourceRequest
from pipelines.sources.live.looks import AGES_MS, Looks
from pipelines.sources.x_stream.rules import rules_of
from pipelines.stored import OwnPost
from tests.sources.live_run import LiveRun, running
from tests.sources.servers.http_server import Reply
from tests.sources.servers.x_server import CUT, END, KEEP_ALIVE, XServer, line, x_server

CANARY = "canary-4f1b9e77-token"
BRAND = Brand(accounts=(Account(network="x", handle="oven", id="11"),))
RICH = XSpending(day_micros=10**9, month_micros=10**9)
OVEN = {"id": "11", "username": "oven", "name": "The Oven", "public_metrics": {"followers_count": 120}}


class Stored:
    """Facts that know some own posts."""

    def __init__(self, *posts: OwnPost) -> None:
        self.posts = list(posts)

    def own_posts(self, network: Network, accounts: Collection[str], since: int) -> list[OwnPost]:
        return self.posts

    def post_ids(self, network: Network, since: int) -> list[str]:
        return [each.id for each in self.posts]


class Scene:
    """X, played, and the source that reads it."""

    def __init__(self, x: XServer, folder: Path) -> None:
        self.x, self.folder = x, folder
        self.brand, self.spending = BRAND, RICH
        self.facts = Stored()
        self.options = {"api": x.http.url, "pauses": "0.05"}
        self.skew = 0
        x.users["11"] = x.users["oven"] = OVEN

    def now(self) -> int:
        return clock.now_ms() + self.skew

    @contextmanager
    def read(self, cursor: str | None = None, *, connected: bool = True) -> Iterator[LiveRun]:
        request = SourceRequest(
            arguments=(),
            options=self.options,
            work_dir=self.folder,
            cursor=cursor,
            now=self.now,
            sleep=lambda _: None,
            brand=lambda: self.brand,
            secret=lambda name: CANARY,
            facts=self.facts,
            x_spending=self.spending,
        )
        before = self.x.connections
        with running(build_source("x-stream", request), cursor) as run:
            if connected:
                run.wait(lambda: self.x.connections > before and self.x.connected.is_set())
            yield run

    def post(self, number: int, **more: object) -> bytes:
        return line(str(number), at=self.now(), **more)  # type: ignore[arg-type]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with x_server() as x:
        yield Scene(x, tmp_path)


def test_posts_come_as_they_are_delivered_whatever_the_pieces_they_come_in(scene: Scene) -> None:
    first, second, third = (scene.post(number) for number in (1, 2, 3))
    with scene.read() as run:
        scene.x.send(first[:30], first[30:] + second + third[:5], KEEP_ALIVE[:0] or third[5:], KEEP_ALIVE)
        run.wait(lambda: len(run.ids(Post)) == 3)
    assert run.ids(Post) == ["1", "2", "3"]
    asked = scene.x.http.paths("/2/tweets/search/stream")[0]
    assert asked.headers["authorization"] == f"Bearer {CANARY}"
    assert "expansions" not in asked.query


def test_whom_a_repost_and_a_quote_concern_is_told_without_expansions(scene: Scene) -> None:
    mention = {"mentions": [{"start": 3, "end": 8, "username": "oven", "id": "11"}]}
    repost = scene.post(
        5,
        author="7",
        text="RT @oven: bread",
        entities=mention,
        referenced_tweets=[{"type": "retweeted", "id": "1"}],
    )
    quote = scene.post(
        6, author="7", tag="rapport:quote:oven", referenced_tweets=[{"type": "quoted", "id": "1"}]
    )
    with scene.read() as run:
        run.wait(lambda: run.ids(Profile))
        scene.x.send(repost, quote)
        run.wait(lambda: len(run.ids(Post)) == 2)
    posts = [event for event in run.events if isinstance(event, Post)]
    assert [each.repost_of_account for each in posts] == ["11", None]
    assert [each.quote_of_account for each in posts] == [None, "11"]


def test_an_edited_post_is_an_edit_of_the_first_and_a_withheld_one_shows_nothing(scene: Scene) -> None:
    edited = scene.post(9, text="better bread", edit_history_tweet_ids=["8", "9"])
    withheld = scene.post(10, text="secret", withheld={"copyright": True, "country_codes": ["DE"]})
    with scene.read() as run:
        scene.x.send(scene.post(8), edited, withheld)
        run.wait(lambda: run.ids(Post) == ["8", "10"])
    assert [(each.id, each.text) for each in run.events if isinstance(each, Edit)] == [("8", "better bread")]
    assert [each.text for each in run.events if isinstance(each, Post)] == ["bread", ""]


def test_a_compliance_notice_is_a_deletion(scene: Scene) -> None:
    gone = b'{"delete":{"tweet":{"id":"8","author_id":"11"},"event_at":"2021-07-06T18:40:40.000Z"}}\r\n'
    user = b'{"user_delete":{"user":{"id":"77"},"event_at":"2021-07-06T18:40:40.000Z"}}\r\n'
    with scene.read() as run:
        scene.x.send(gone, user)
        run.wait(lambda: len(run.ids(Delete)) == 2)
    deletes = [each for each in run.events if isinstance(each, Delete)]
    assert [(each.id, each.of, each.author, each.occurred_at) for each in deletes] == [
        ("8", "post", "11", 1_625_596_840_000),
        ("77", "account", "77", 1_625_596_840_000),
    ]


def test_the_rules_are_those_of_the_brand_and_others_stay(scene: Scene) -> None:
    scene.x.rules = [
        {"id": "1", "value": "cats", "tag": "somebody else"},
        {"id": "2", "value": "from:old", "tag": "rapport:all:old"},
    ]
    with scene.read() as run:
        run.wait(lambda: len(scene.x.rules) == 3)
        assert {each["tag"] for each in scene.x.rules} == {
            "somebody else",
            "rapport:all:oven",
            "rapport:quote:oven",
        }
        assert any(each["value"] == "from:11 OR to:11 OR retweets_of:11 OR @oven" for each in scene.x.rules)
        scene.brand = Brand(accounts=(Account(network="x", handle="mill"),))
        run.wait(lambda: any(each["tag"] == "rapport:all:mill" for each in scene.x.rules))
        run.wait(lambda: len(scene.x.rules) == 3)


def test_a_narrowed_brand_listens_to_itself_alone() -> None:
    (rule,) = rules_of(BRAND, narrow=True)
    assert (rule.value, rule.tag) == ("from:11", "rapport:own:oven")


def test_a_token_that_x_refuses_ends_the_source_with_the_way_out_and_is_never_shown(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    scene.x.refusals.extend([(401, {})] * 3)
    with scene.read(connected=False) as run:
        error = run.ends_with()
    assert isinstance(error, UsageError)
    assert "check RAPPORT_X_BEARER_TOKEN" in str(error)
    said = f"{error!r} {error.__cause__!r} {error.__context__!r} {caplog.text} {run.items} {vars(run.source)}"
    assert CANARY not in said
    assert "pipelines" in caplog.text or caplog.text == "" or "httpx" in caplog.text


def test_a_limit_is_waited_for_and_a_server_in_trouble_is_asked_again(scene: Scene) -> None:
    scene.options["pauses"] = "0.02"
    reset = str(scene.now() // 1_000 + 5)
    scene.x.refusals.extend([(429, {"x-rate-limit-reset": reset}), (503, {}), (500, {})])
    with scene.read() as run:
        scene.x.send(scene.post(1))
        run.wait(lambda: run.ids(Post) == ["1"])
    assert scene.x.connections == 4


@pytest.mark.parametrize(
    ("noise", "reason"),
    [
        (b'{"data":{"id":"5"\r\n', "truncated"),
        (b"\xff\xfe\r\n", "malformed"),
        (b'{"hello":1}\r\n', "`$.data` is missing"),
        (b'{"data":{"id":"5","text":"x","created_at":"2024-01-01T00:00:00Z"}}\r\n', "author_id"),
        (b'{"data":"' + b"x" * 1_100_000 + b'"}\r\n', "longer than 1048576"),
    ],
)
def test_a_broken_line_is_bad_input_and_the_next_is_read(scene: Scene, noise: bytes, reason: str) -> None:
    with scene.read() as run:
        scene.x.send(noise, scene.post(6))
        run.wait(lambda: run.ids(Post) == ["6"])
    (bad,) = run.bad
    assert reason in bad.reason


def test_a_stream_that_falls_silent_is_left_and_taken_up_again(scene: Scene) -> None:
    scene.x.silent, scene.options["pauses"] = True, "0.01"
    with scene.read() as run:
        run.wait(lambda: scene.x.connections >= 3)
        run.wait(lambda: run.gaps)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_x_does_an_event_is_read_or_lies_in_a_gap(scene: Scene, seed: int) -> None:
    rng = random.Random(seed)
    made: dict[str, int] = {}
    faults = [CUT, END, "refuse", "disconnect", "garbage", "duplicate"]
    with scene.read() as run:
        for number in range(1, 41):
            at = scene.now()
            chunk = line(str(number), at=at)
            made[str(number)] = at
            if scene.x.connected.is_set():
                scene.x.send(chunk)
            if rng.random() < 0.25:
                match rng.choice(faults):
                    case "refuse":
                        status = rng.choice([429, 500, 503])
                        scene.x.refusals.append((status, {}))
                        scene.x.send(CUT)
                    case "disconnect":
                        scene.x.send(b'{"errors":[{"title":"operational-disconnect"}]}\r\n')
                    case "garbage":
                        scene.x.send(b'{"data":\r\n')
                    case "duplicate":
                        scene.x.send(chunk)
                    case fault:
                        scene.x.send(fault)
        later = iter(range(10_000))

        def is_read_again() -> bool:
            if scene.x.connected.wait(0.2):
                scene.x.send(line(f"last{next(later)}", at=scene.now()))
            return any(each.startswith("last") for each in run.ids(Post))

        run.wait(is_read_again)
    spans = [(each.occurred_at, each.until) for each in run.gaps]
    for number, at in made.items():
        assert number in run.ids(Post) or any(low <= at < high for low, high in spans), (number, at, spans)


def test_what_was_missed_while_the_process_was_down_is_a_gap_less_the_backfill(scene: Scene) -> None:
    heard_at = scene.now() - 3 * HOUR_MS
    scene.options["backfill_minutes"] = "5"
    with scene.read(cursor=msgspec.json.encode({"heard_at": heard_at}).decode()) as run:
        run.wait(lambda: run.gaps)
        connected_at = scene.now()
    gap = run.gaps[-1]
    assert gap.occurred_at == heard_at - 500
    assert 0 <= connected_at - 5 * MINUTE_MS - gap.until < 10_000
    assert scene.x.http.paths("/2/tweets/search/stream")[0].query["backfill_minutes"] == ["5"]


def test_time_in_which_the_machine_slept_is_a_gap(scene: Scene) -> None:
    with scene.read() as run:
        scene.x.send(scene.post(1))
        run.wait(lambda: run.ids(Post) == ["1"])
        fell_asleep = scene.now()
        scene.skew = 5 * MINUTE_MS
        run.wait(lambda: run.gaps)
    (gap,) = {(each.occurred_at, each.until) for each in run.gaps}
    assert gap[0] <= fell_asleep
    assert gap[1] >= fell_asleep + 5 * MINUTE_MS


def test_a_first_start_makes_no_gap_and_keep_alives_move_the_cursor(scene: Scene) -> None:
    with scene.read() as run:
        scene.x.send(KEEP_ALIVE)
        run.wait(lambda: run.cursor)
        assert run.gaps == []


def test_the_stream_is_left_before_more_is_delivered_than_the_budget_pays(scene: Scene) -> None:
    scene.spending = XSpending(day_micros=100_000 + 10_000, month_micros=10**9)  # a profile and 20 posts
    scene.options["in_flight"] = "4"
    with scene.read() as run:
        run.wait(lambda: run.ids(Profile))
        for number in range(1, 60):
            if not scene.x.connected.is_set():
                break
            scene.x.send(scene.post(number))
            run.wait(lambda: len(run.ids(Post)) == len(scene.x.delivered) or not scene.x.connected.is_set())
        run.wait(lambda: any("budget" in each.reason for each in run.gaps))
    assert 10 <= len(scene.x.delivered) <= 20
    connections = scene.x.connections
    with scene.read(connected=False) as again:
        again.wait(lambda: scene.x.http.paths("/2/tweets/search/stream/rules"))
        assert scene.x.connections == connections, "after a restart nothing is read either"


READER = """
import sys
from pathlib import Path
from pipelines import clock
from pipelines.brand import Account, Brand
from pipelines.settings import XSpending
from pipelines.sources import build_source
from pipelines.sources.base import SourceRequest
brand = Brand(accounts=(Account(network="x", handle="oven", id="11"),))
request = SourceRequest(
    arguments=(), options={"api": sys.argv[1], "pauses": "0.05", "in_flight": "5"},
    work_dir=Path(sys.argv[2]),
    cursor=None, now=clock.now_ms, sleep=lambda _: None, brand=lambda: brand, secret=lambda name: "token",
    x_spending=XSpending(day_micros=int(sys.argv[3]), month_micros=10**9),
)
for item in build_source("x-stream", request).read(None):
    print("read", flush=True)
"""


def test_killed_between_delivery_and_count_the_process_never_reads_more_than_the_budget_pays(
    scene: Scene,
) -> None:
    """What counts is what X delivered, and would bill: an account, and 40 posts at most, over four kills."""
    budget = 10_000 + 40 * 5_000
    numbers = iter(range(1, 1_000))
    for _ in range(4):
        read_until_killed(scene, budget, numbers)
    posts = {msgspec.json.decode(each)["data"]["id"] for each in scene.x.delivered}
    assert 10 < len(posts) <= 40


def read_until_killed(scene: Scene, budget: int, numbers: Iterator[int]) -> None:
    """Start the source in a process of its own, send post after post, and kill it with three under way."""
    command = [sys.executable, "-c", READER, scene.x.http.url, str(scene.folder), str(budget)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE)
    assert process.stdout is not None
    watch = threading.Timer(15.0, process.kill)
    watch.start()
    if scene.x.connected.wait(5.0):
        for number in islice(numbers, 9):
            scene.x.send(scene.post(number))
            if not scene.x.connected.is_set() or not process.stdout.readline():
                break
        if scene.x.connected.is_set():
            scene.x.send(*map(scene.post, islice(numbers, 3)))
    process.kill()
    process.communicate()
    watch.cancel()
    scene.x.forget()
    scene.x.connected.clear()


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


def test_the_stream_waits_until_it_is_known_whom_it_is_about(scene: Scene) -> None:
    scene.brand = Brand(accounts=(Account(network="x", handle="oven"),))
    users = scene.x.http.routes["/2/users/by"]
    answers = iter([Reply({}, 503)] * 3)
    scene.x.http.routes["/2/users/by"] = lambda asked: next(answers, None) or users(asked)
    with scene.read() as run:
        scene.x.send(scene.post(1))
        run.wait(lambda: run.ids(Post))
    assert [type(each) for each in run.events] == [Profile, Post]


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


def test_a_brand_without_an_account_on_x_is_refused_with_the_way_out(scene: Scene) -> None:
    scene.brand = Brand(accounts=(Account(network="bluesky", handle="oven.example"),))
    with pytest.raises(UsageError, match="names no account on X: add one"), scene.read():
        pass


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
