"""The stream of X: posts, edits and deletions as they are delivered, rules, and what X refuses."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.brand import Account, Brand
from pipelines.errors import UsageError
from pipelines.events import Delete, Edit, Post, Profile
from pipelines.sources.x_stream.rules import rules_of
from tests.sources.servers.x_server import KEEP_ALIVE
from tests.sources.x_scene import BRAND, CANARY, Scene, playing


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with playing(tmp_path) as scene:
        yield scene


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


def test_a_brand_without_an_account_on_x_is_refused_with_the_way_out(scene: Scene) -> None:
    scene.brand = Brand(accounts=(Account(network="bluesky", handle="oven.example"),))
    with pytest.raises(UsageError, match="names no account on X: add one"), scene.read():
        pass
