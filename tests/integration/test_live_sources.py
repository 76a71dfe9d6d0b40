"""All live sources in one process, on real parts: nothing lost by a kill, no secret anywhere."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.embedded import EmbeddedStack
from pipelines import clock
from pipelines.events import Follow, Like, Post, Profile, Tick
from pipelines.settings import WRITER_USER
from pipelines.sinks.clickhouse import ClickHouse
from tests.integration.live_scene import CANARY, FAN, OVEN, Scene, bluesky, playing, withdrawn
from tests.sources.servers.jetstream_server import FOLLOW, LIKE, POST, cut, garbage, leave, too_slow
from tests.sources.servers.mastodon_server import event, status
from tests.sources.servers.x_server import CUT, END, line

pytestmark = pytest.mark.integration


@pytest.fixture
def scene(stack: EmbeddedStack, database: str, topic_prefix: str, tmp_path: Path) -> Iterator[Scene]:
    with playing(stack, database, topic_prefix, tmp_path) as scene:
        yield scene


def test_three_networks_in_one_process_survive_a_kill_and_show_no_secret(scene: Scene) -> None:
    scene.start()
    scene.wait(
        lambda: scene.jetstream.begun and scene.x.connected.is_set() and scene.mastodon.connected.is_set()
    )
    like = bluesky(2, LIKE, FAN, subject={"uri": f"at://{OVEN}/{POST}/3m1"})
    follow = bluesky(3, FOLLOW, FAN, subject=OVEN)
    scene.jetstream.happen(bluesky(1), like, follow, bluesky(4, did=FAN))
    scene.x.send(line("901", at=clock.now_ms()), line("902", at=clock.now_ms()))
    scene.mastodon.send(
        event("update", status(701, at=clock.now_ms(), account={"id": "1", "acct": "oven@oven.example"}))
    )
    scene.wait(lambda: {"901", "902", "701"} <= scene.ids(Post) and follow.uri in scene.ids(Follow))
    scene.stop(signal.SIGKILL)
    scene.jetstream.happen(bluesky(5), withdrawn(6, like), withdrawn(7, follow))
    scene.start()
    scene.wait(lambda: scene.jetstream.begun >= 2 and scene.x.connections >= 2)
    scene.wait(scene.x.connected.is_set)
    scene.x.send(line("903", at=clock.now_ms()))
    scene.wait(lambda: {"903", bluesky(5).uri} <= scene.ids(Post))
    assert scene.stop(signal.SIGTERM) == 0, scene.said()

    log = scene.log()
    posts = {each.id for each in log if isinstance(each, Post)}
    assert posts == {"901", "902", "903", "701", bluesky(1).uri, bluesky(5).uri}
    assert {each.id for each in log if isinstance(each, Like)} == {like.uri}
    assert {"11"} <= {each.id for each in log if isinstance(each, Profile)}
    assert {each.network for each in log if isinstance(each, Tick)} == {"x", "bluesky", "mastodon"}
    assert {each.network for each in scene.gaps()} == {"x"}, "only X cannot be asked for what was missed"
    with ClickHouse(scene.settings.clickhouse, WRITER_USER) as client:
        assert client.rows("SELECT source, micros > 0 FROM spend FINAL") == [("x-stream", 1)]
        cursors = client.rows("SELECT source, cursor FROM source_cursors FINAL")
    said = scene.rapport("status").stdout
    assert "x-stream" in said
    assert "a day at this rate" in said
    everything = [scene.output.read_bytes(), *scene.messages(), repr(cursors).encode(), said.encode()]
    everything += [path.read_bytes() for path in scene.settings.data_dir.rglob("*") if path.is_file()]
    assert not [each[:200] for each in everything if CANARY.encode() in each]


def test_whatever_the_networks_do_kafka_has_what_they_sent_and_gaps_cover_the_rest(scene: Scene) -> None:
    chance = random.Random(7)
    scene.start()
    scene.wait(
        lambda: scene.jetstream.begun and scene.x.connected.is_set() and scene.mastodon.connected.is_set()
    )
    scene.jetstream.happen(bluesky(1))
    scene.wait(lambda: bluesky(1).uri in scene.ids(Post))  # from here on there is a place to go on from
    for seq in chance.sample(range(2, 60), 6):
        scene.jetstream.faults[seq] = chance.choice([cut, leave, too_slow, garbage])
    made: dict[str, int] = {}
    for number in range(1, 61):
        scene.jetstream.happen(*([bluesky(number)] if number > 1 else []))
        trouble_x(scene, chance, made, number)
        trouble_mastodon(scene, chance, 700 + number)
    scene.mastodon.refusals.extend([503, 500])
    scene.mastodon.send(event("update", toot(800)))
    scene.wait(lambda: sends_again(scene, made))
    told = {bluesky(number).uri for number in range(1, 61)} | {str(number) for number in range(701, 761)}
    scene.wait(lambda: told <= scene.ids(Post))
    assert scene.stop(signal.SIGTERM) == 1, "what was broken went to the dead letters"
    assert not scene.jetstream.faults, "a fault was never met"
    assert {each.network for each in scene.gaps()} == {"x"}
    spans = [(each.occurred_at, each.until) for each in scene.gaps()]
    posts = scene.ids(Post)
    lost = [each for each in made if each not in posts]
    assert [each for each in lost if not any(low <= made[each] < high for low, high in spans)] == []
    assert posts <= told | set(made) | {"800"}


def toot(number: int) -> dict[str, Any]:
    return status(number, at=clock.now_ms(), account={"id": "1", "acct": "oven@oven.example"})


def trouble_x(scene: Scene, chance: random.Random, made: dict[str, int], number: int) -> None:
    """Make a post, send it where anybody listens, and now and then break something."""
    at = made[str(number)] = clock.now_ms()
    if scene.x.connected.is_set():
        scene.x.send(line(str(number), at=at))
    if chance.random() > 0.2 or not scene.x.connected.is_set():
        return
    fault = chance.choice([CUT, END, b'{"errors":[{"title":"operational-disconnect"}]}\r\n', b'{"data":\r\n'])
    if chance.random() < 0.3:
        scene.x.refusals.append((chance.choice([429, 500, 503]), {}))
    scene.x.send(line(str(number), at=at), fault)


def trouble_mastodon(scene: Scene, chance: random.Random, number: int) -> None:
    """Keep a status, tell it to whom listens more often than not, and now and then break something."""
    told = toot(number)
    scene.mastodon.own.append(told)
    if scene.mastodon.connected.is_set() and chance.random() < 0.7:
        scene.mastodon.send(event("update", told))
    if scene.mastodon.connected.is_set() and chance.random() < 0.15:
        scene.mastodon.send(chance.choice([CUT, b"event: update\ndata: {\n\n", b"nonsense\n\n"]))


def sends_again(scene: Scene, made: dict[str, int]) -> bool:
    """Send one more post on X; tell whether Kafka has any of these."""
    if scene.x.connected.wait(0.2):
        number = str(9_000 + len(made))
        made[number] = clock.now_ms()
        scene.x.send(line(number, at=made[number]))
    return any(each.isdigit() and int(each) >= 9_000 for each in scene.ids(Post))
