"""However the process ends, the stream of X never reads more than its budget pays."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from pipelines.events import Post, Profile
from pipelines.settings import XSpending
from tests.sources.x_scene import Scene, playing


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with playing(tmp_path) as scene:
        yield scene


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
