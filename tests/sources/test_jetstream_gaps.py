"""Whatever a Jetstream server does, an event is read or lies in a gap, and the cursor goes on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from websockets.sync.server import ServerConnection

from pipelines.events import HOUR_MS, Follow, Like, Post
from pipelines.sources.base import Standing
from tests.sources.jetstream_scene import (
    FAN,
    NOW,
    OVEN,
    WIRES,
    Network,
    act,
    playing,
    post,
    to_oven,
    uris,
)
from tests.sources.servers.jetstream_server import (
    FOLLOW,
    LIKE,
    POST,
    V2_PATH,
    cut,
    garbage,
    jetstream_server,
    leave,
    stall,
    too_slow,
)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with playing(tmp_path) as network:
        yield network


FAULTS: dict[str, Callable[[ServerConnection], None]] = {
    "cut": cut,
    "leave": leave,
    "too slow": too_slow,
    "stall": stall,
    "garbage": garbage,
}


@pytest.mark.parametrize("path", WIRES)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_loses_nothing_and_makes_no_gap(network: Network, path: str, name: str) -> None:
    if name == "stall":
        network.options["idle_s"] = "30"
    happenings = [post(seq, at=NOW + seq) for seq in range(1, 41)]
    with network.read(path=path) as run:
        network.jetstream.faults[20] = FAULTS[name]
        network.jetstream.happen(*happenings)
        run.wait(lambda: set(run.ids(Post)) == set(uris(*happenings)))
        assert 20 not in network.jetstream.faults, "the fault was never met"
    assert run.gaps == []
    if name == "garbage":
        assert len(run.bad) == 4
        assert any("longer than 1048576 bytes" in each.reason for each in run.bad)
    elif path == V2_PATH:
        assert run.ids(Post) == uris(*happenings), "the server's overlap is left out by its numbers"
        assert network.jetstream.asked[-1]["cursor"] == ["19"]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("path", WIRES)
def test_whatever_the_server_does_the_events_are_those_it_sent(
    network: Network, path: str, seed: int
) -> None:
    rng = random.Random(f"{seed} {path}")
    ours = [post(1), to_oven(2), act(3, LIKE, {"uri": f"at://{OVEN}/{POST}/3k1"}), act(4, FOLLOW, OVEN)]
    happenings = []
    for seq in range(1, 161):
        kind = rng.choice([*ours, post(5, FAN)])
        record = kind.record
        happenings.append(
            msgspec.structs.replace(kind, seq=seq, rkey=f"3m{seq}", at=NOW + seq, record=record)
        )
    wanted = [each.uri for each in happenings if each.did == OVEN or each.record != post(5, FAN).record]
    for seq in rng.sample(range(1, 160), 7):
        network.jetstream.faults[seq] = rng.choice([cut, leave, too_slow, garbage])
    network.jetstream.refusals = [(rng.choice([429, 500, 503]), "") for _ in range(3)]
    network.jetstream.happen(*happenings[:80])
    with network.read(cursor=msgspec.json.encode({"time_us": NOW * 1_000}).decode(), path=path) as run:
        run.wait(lambda: len(network.jetstream.sent) > 40)
        network.jetstream.happen(*happenings[80:])
        run.wait(lambda: set(run.ids(Post, Like, Follow)) == set(wanted))
        assert not network.jetstream.faults
    assert run.gaps == []


def test_a_restart_goes_on_behind_the_cursor(network: Network) -> None:
    with network.read() as run:
        network.jetstream.happen(post(1), post(2))
        run.wait(lambda: len(run.ids(Post)) == 2)
    network.jetstream.happen(post(3), post(4))
    with network.read(cursor=run.cursor) as again:
        again.wait(lambda: len(again.ids(Post)) == 2)
    assert again.ids(Post) == uris(post(3), post(4))


@pytest.mark.parametrize("path", WIRES)
def test_a_cursor_that_is_too_old_is_a_gap_and_never_silence(network: Network, path: str) -> None:
    old = NOW - 40 * HOUR_MS
    kept = post(50, at=NOW - 36 * HOUR_MS)
    network.jetstream.floor = 50
    network.jetstream.happen(post(7, at=old), post(8, at=old + 5), kept)
    place = {"server": network.jetstream.url(path), "seq": 7, "time_us": old * 1_000}
    if path == "/subscribe":
        place["seq"] = None
    with network.read(cursor=msgspec.json.encode(place).decode(), path=path) as run:
        run.wait(lambda: run.ids(Post))
    assert run.ids(Post) == [kept.uri]
    (gap,) = run.gaps
    assert (gap.occurred_at, gap.until, gap.source) == (old, kept.at, "jetstream")


def test_a_server_that_numbers_anew_is_a_gap(network: Network) -> None:
    place = {"server": network.jetstream.url(), "seq": 900, "time_us": (NOW - 5_000) * 1_000}
    network.jetstream.happen(post(1, at=NOW - 20_000))
    with network.read(cursor=msgspec.json.encode(place).decode()) as run:
        run.wait(lambda: network.jetstream.begun)
        network.jetstream.happen(post(2, at=NOW), post(3, at=NOW + 1))
        run.wait(lambda: len(run.ids(Post)) == 2)
    (gap,) = run.gaps
    assert (gap.occurred_at, gap.until) == (NOW - 5_000, NOW)


def test_at_another_server_it_goes_back_five_seconds_by_time(network: Network) -> None:
    place = {"server": "wss://elsewhere.example/x", "seq": 900, "time_us": NOW * 1_000}
    with network.read(cursor=msgspec.json.encode(place).decode()) as run:
        run.wait(lambda: network.jetstream.asked)
    assert network.jetstream.asked[0]["cursor"] == [str((NOW - 5_000) * 1_000)]


def test_a_server_that_refuses_twice_is_left_for_the_next(network: Network) -> None:
    with jetstream_server() as second:
        network.options["servers"] = f"{network.jetstream.url()},{second.url()}"
        network.jetstream.refusals = [(503, ""), (503, ""), (503, "")]
        with network.read() as run:
            run.wait(lambda: second.asked)
            second.happen(post(1))
            run.wait(lambda: run.ids(Post))
        assert len(network.jetstream.asked) == 2


def test_while_it_replays_the_clock_waits_and_once_it_is_near_the_present_it_goes_on(
    network: Network,
) -> None:
    old = [post(seq, at=NOW - 3 * HOUR_MS + seq) for seq in range(1, 6)]
    network.jetstream.happen(*old)
    place = {"server": network.jetstream.url(), "seq": 1, "time_us": (NOW - 3 * HOUR_MS) * 1_000}
    with network.read(cursor=msgspec.json.encode(place).decode()) as run:
        run.wait(lambda: len(run.ids(Post)) == 4)
        assert all(run.replaying)
        assert not run.source.caught_up  # type: ignore[attr-defined]
        network.jetstream.happen(post(6, at=NOW - 1_000))
        run.wait(lambda: run.source.caught_up)  # type: ignore[attr-defined]


def test_silence_in_what_concerns_us_still_moves_the_cursor(network: Network) -> None:
    with network.read() as run:
        network.jetstream.happen(post(1, FAN))
        run.wait(lambda: any(isinstance(item, Standing) for item in run.items))
        assert run.cursor is not None
        assert msgspec.json.decode(run.cursor)["seq"] == 1
