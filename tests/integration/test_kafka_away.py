"""The broker stands still, three networks go on: what they sent is in Kafka afterwards, or in a gap."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from infra.embedded import EmbeddedStack
from pipelines import clock
from pipelines.events import Gap, Post
from tests.integration.live_scene import Scene, bluesky, playing
from tests.sources.servers.mastodon_server import event, status
from tests.sources.servers.x_server import line

pytestmark = pytest.mark.integration

LONG = "bread " * 1_000


@contextmanager
def standing_still(stack: EmbeddedStack) -> Iterator[None]:
    """Stop the processes of the broker, and let them go on at the end."""
    broker = psutil.Process(stack.pids["broker"])
    processes = [broker, *broker.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def health(scene: Scene) -> str:
    """Return what the ingest says of its health; empty: it is well."""
    [address] = re.findall(r"metrics and health at (http://\S+)", scene.everything_said())[:1]
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=10):
            return ""
    except urllib.error.HTTPError as error:
        return error.read().decode()


def toot(number: int) -> dict[str, object]:
    return status(number, at=clock.now_ms(), account={"id": "1", "acct": "oven@oven.example"})


def test_what_is_read_while_the_broker_stands_still_is_in_kafka_afterwards_and_the_rest_is_a_gap(
    stack: EmbeddedStack, database: str, topic_prefix: str, tmp_path: Path
) -> None:
    with playing(stack, database, topic_prefix, tmp_path, RAPPORT_SPOOL_MB="1") as scene:
        scene.start()
        scene.wait(
            lambda: scene.jetstream.begun and scene.x.connected.is_set() and scene.mastodon.connected.is_set()
        )
        made = {"1": clock.now_ms()}
        scene.x.send(line("1", at=made["1"]))
        scene.wait(lambda: "1" in scene.ids(Post))
        with standing_still(stack):
            scene.jetstream.happen(*map(bluesky, range(1, 51)))
            for number in range(701, 721):
                scene.mastodon.send(event("update", toot(number)))
            fill_the_disk(scene, made)
            assert "x-stream: what waits on disk fills its 1 MB: the source is not read" in health(scene)
            said = scene.rapport("status").stdout
            assert re.search(r"x-stream .*1\.0 MB.*FULL: the source is not read", said), said
            assert "FULL" not in next(each for each in said.splitlines() if each.startswith("jetstream "))
        keep_sending(scene, made)
        scene.wait(lambda: health(scene) == "")
        assert scene.stop(15) == 0, scene.said()
        log = scene.log()
        posts = {each.id for each in log if isinstance(each, Post)}
        spans = [(each.occurred_at, each.until) for each in log if isinstance(each, Gap)]
        assert {each.network for each in scene.gaps()} == {"x"}, "the others are asked for what was missed"
        assert {bluesky(number).uri for number in range(1, 51)} <= posts
        assert {str(number) for number in range(701, 721)} <= posts
        lost = [each for each in made if each not in posts]
        assert lost, "more was sent than disk and threads hold"
        assert [each for each in lost if not any(low <= made[each] < high for low, high in spans)] == []


def fill_the_disk(scene: Scene, made: dict[str, int]) -> None:
    """Send on X until the disk is full, threads hold all that they may, and the stream is left."""
    left = "what was read cannot be handed on; the stream is left"
    for number in range(1_000, 4_000, 5):
        batch = [str(each) for each in range(number, number + 5)]
        is_full = "is full (1 MB)" in scene.everything_said()
        made |= dict.fromkeys(batch, clock.now_ms())
        scene.x.send(*(line(each, at=made[each], text="bread" if is_full else LONG) for each in batch))
        if left in scene.everything_said():
            break
    scene.wait(lambda: left in scene.everything_said())
    scene.x.forget()


def keep_sending(scene: Scene, made: dict[str, int]) -> None:
    """Send what is made until Kafka has something of it."""
    numbers = iter(range(5_000, 9_000))

    def arrived() -> bool:
        if scene.x.connected.is_set():
            number = str(next(numbers))
            made[number] = clock.now_ms()
            scene.x.send(line(number, at=made[number]))
        return any(each.isdigit() and int(each) >= 5_000 for each in scene.ids(Post))

    scene.wait(arrived)
