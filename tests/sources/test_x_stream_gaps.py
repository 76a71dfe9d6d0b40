"""What the stream of X missed is a gap, and its cursor goes on behind what was read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pipelines.brand import Account, Brand
from pipelines.events import HOUR_MS, MINUTE_MS, Post, Profile
from tests.sources.servers.http_server import Reply
from tests.sources.servers.x_server import CUT, END, KEEP_ALIVE, line
from tests.sources.x_scene import Scene, playing


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with playing(tmp_path) as scene:
        yield scene


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


def test_the_stream_waits_until_it_is_known_whom_it_is_about(scene: Scene) -> None:
    scene.brand = Brand(accounts=(Account(network="x", handle="oven"),))
    users = scene.x.http.routes["/2/users/by"]
    answers = iter([Reply({}, 503)] * 3)
    scene.x.http.routes["/2/users/by"] = lambda asked: next(answers, None) or users(asked)
    with scene.read() as run:
        scene.x.send(scene.post(1))
        run.wait(lambda: run.ids(Post))
    assert [type(each) for each in run.events] == [Profile, Post]
