from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard
from websockets.sync.server import ServerConnection

from pipelines.brand import Account, Brand
from pipelines.errors import UsageError
from pipelines.events import HOUR_MS, Delete, Edit, Follow, Like, Mention, Post, Profile
from pipelines.sources import build_source
from pipelines.sources.base import SourceRequest, Standing
from tests.sources.live_run import LiveRun, running
from tests.sources.servers.http_server import Asked, HttpServer, Reply, http_server
from tests.sources.servers.jetstream_server import (
    FOLLOW,
    LIKE,
    POST,
    REPOST,
    V2_PATH,
    Happening,
    JetstreamServer,
    cut,
    garbage,
    jetstream_server,
    leave,
    stall,
    too_slow,
)

NOW = 1_790_000_000_000
OVEN, FAN = "did:plc:oven7oven7oven7oven7oven", "did:plc:fan7fan7fan7fan7fan7fan7"
BRAND = Brand(accounts=(Account(network="bluesky", handle="oven.example"),))
KNOWN = Brand(accounts=(Account(network="bluesky", id=OVEN),))
CREATED = "2026-09-21T14:13:20.000Z"
FACET = "app.bsky.richtext.facet#"
WIRES = [V2_PATH, "/subscribe"]


class Network:
    """Jetstream and the AppView, played, and the source that reads them."""

    def __init__(self, jetstream: JetstreamServer, appview: HttpServer, folder: Path) -> None:
        self.jetstream, self.appview, self.folder = jetstream, appview, folder
        self.brand = KNOWN
        self.now = NOW
        self.options: dict[str, str] = {"idle_s": "60000"}
        appview.routes["/xrpc/app.bsky.actor.getProfiles"] = self._profiles

    def _profiles(self, asked: Asked) -> Reply:
        told = {"did": OVEN, "handle": "oven.example", "displayName": "The Oven", "description": "bread"}
        told |= {"followersCount": 120, "followsCount": 80, "postsCount": 900, "createdAt": CREATED}
        known = [told for actor in asked.query["actors"] if actor in (OVEN, "oven.example")]
        return Reply({"profiles": known})

    @contextmanager
    def read(self, cursor: str | None = None, path: str = V2_PATH) -> Iterator[LiveRun]:
        options = {"servers": self.jetstream.url(path), "appview": self.appview.url, "pauses": "0.01"}
        request = SourceRequest(
            arguments=(),
            options=options | self.options,
            work_dir=self.folder,
            cursor=cursor,
            now=lambda: self.now,
            sleep=lambda _: None,
            brand=lambda: self.brand,
        )
        with running(build_source("jetstream", request), cursor) as run:
            if self.brand is KNOWN and cursor is None:
                run.wait(lambda: self.jetstream.asked)
            yield run


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with jetstream_server() as jetstream, http_server() as appview:
        yield Network(jetstream, appview, tmp_path)


def post(seq: int, did: str = OVEN, *, at: int = NOW, text: str = "bread", **more: Any) -> Happening:
    record = {"$type": POST, "text": text, "createdAt": CREATED, "langs": ["en"], **more}
    return Happening(seq, at, did, rkey=f"3k{seq}", record=record)


def to_oven(seq: int) -> Happening:
    ref = {"uri": f"at://{OVEN}/{POST}/3k1", "cid": "bafy"}
    return post(seq, FAN, reply={"root": ref, "parent": ref})


def act(seq: int, collection: str, subject: Any, did: str = FAN) -> Happening:
    record = {"$type": collection, "subject": subject, "createdAt": CREATED}
    return Happening(seq, NOW, did, collection=collection, rkey=f"3l{seq}", record=record)


def gone(seq: int, collection: str, rkey: str, did: str = FAN) -> Happening:
    return Happening(seq, NOW, did, operation="delete", collection=collection, rkey=rkey)


def uris(*happenings: Happening) -> list[str]:
    return [each.uri for each in happenings]


@pytest.mark.parametrize("path", WIRES)
def test_what_concerns_the_brand_is_kept_and_the_rest_of_the_network_is_not(
    network: Network, path: str
) -> None:
    mine = {"uri": f"at://{OVEN}/{POST}/3k1", "cid": "bafy"}
    theirs = {"uri": f"at://{FAN}/{POST}/3k9", "cid": "bafy"}
    ours = [
        post(1),
        to_oven(2),
        act(3, LIKE, mine),
        act(4, REPOST, mine),
        act(5, FOLLOW, OVEN),
        post(6, FAN, facets=[{"features": [{"$type": "app.bsky.richtext.facet#mention", "did": OVEN}]}]),
        act(7, REPOST, theirs, OVEN),
        act(8, LIKE, theirs, OVEN),
    ]
    others = [post(-3, FAN), act(-2, LIKE, theirs), act(-1, FOLLOW, "did:plc:stranger")]
    with network.read(path=path) as run:
        network.jetstream.happen(*others, *ours)
        run.wait(lambda: len(run.ids(Post, Like, Follow)) == 8)
    assert run.ids(Post, Like, Follow) == uris(*ours)
    assert network.jetstream.asked[0]["wantedCollections" if path == "/subscribe" else "collections"] == [
        POST,
        LIKE,
        REPOST,
        FOLLOW,
    ]


def test_a_post_is_told_with_all_that_its_record_says(network: Network) -> None:
    text = "Día 4: @fan.example knows https://oven.example/loaf #bread"
    start = text.encode().index(b"@fan")
    facets = [
        {
            "index": {"byteStart": start, "byteEnd": start + 12},
            "features": [{"$type": "app.bsky.richtext.facet#mention", "did": FAN}],
        },
        {
            "index": {"byteStart": 0, "byteEnd": 1},
            "features": [{"$type": f"{FACET}link", "uri": "https://oven.example/loaf"}],
        },
        {"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": f"{FACET}tag", "tag": "bread"}]},
    ]
    quoted = f"at://{FAN}/{POST}/3k9"
    embed = {
        "$type": "app.bsky.embed.recordWithMedia",
        "record": {"$type": "app.bsky.embed.record", "record": {"uri": quoted, "cid": "b"}},
        "media": {"$type": "app.bsky.embed.images", "images": [{}]},
    }
    with network.read() as run:
        network.jetstream.happen(post(1, text=text, facets=facets, embed=embed, tags=["rye"]))
        run.wait(lambda: run.ids(Post))
    (found,) = [event for event in run.events if isinstance(event, Post)]
    assert found == Post(
        network="bluesky",
        id=f"at://{OVEN}/{POST}/3k1",
        occurred_at=NOW,
        ingested_at=NOW,
        author=OVEN,
        text=text,
        language="en",
        quote_of=quoted,
        quote_of_account=FAN,
        mentions=(Mention(FAN, "fan.example"),),
        links=("https://oven.example/loaf",),
        hashtags=("bread", "rye"),
        has_media=True,
        acts_told=True,
    )


def test_a_post_is_never_dated_after_the_server_saw_it_but_before_if_its_author_says_so(
    network: Network,
) -> None:
    future = post(1, createdAt="2026-09-21T14:14:20.000Z")
    imported = post(2, createdAt="2014-08-09T12:00:00Z")
    with network.read() as run:
        network.jetstream.happen(future, imported)
        run.wait(lambda: len(run.ids(Post)) == 2)
    dates = [event.occurred_at for event in run.events if isinstance(event, Post)]
    assert dates == [NOW, 1_407_585_600_000]


@pytest.mark.parametrize("path", WIRES)
def test_withdrawals_edits_and_accounts_that_are_gone_are_told(network: Network, path: str) -> None:
    edited = Happening(
        6, NOW, OVEN, operation="update", rkey="3k1", record={"text": "now", "createdAt": CREATED}
    )
    with network.read(path=path) as run:
        network.jetstream.happen(
            gone(1, POST, "3k1"),
            gone(2, LIKE, "3l3"),
            gone(3, REPOST, "3l4"),
            gone(4, FOLLOW, "3l5"),
            Happening(5, NOW, FAN, kind="account", status="deleted"),
            edited,
        )
        run.wait(lambda: run.ids(Edit))
    deletes = [event for event in run.events if isinstance(event, Delete)]
    assert [(each.of, each.id, each.author) for each in deletes] == [
        ("post", f"at://{FAN}/{POST}/3k1", FAN),
        ("like", f"at://{FAN}/{LIKE}/3l3", FAN),
        ("repost", f"at://{FAN}/{REPOST}/3l4", FAN),
        ("follow", f"at://{FAN}/{FOLLOW}/3l5", FAN),
        ("account", FAN, FAN),
    ]
    assert [(each.id, each.text) for each in run.events if isinstance(each, Edit)] == [(edited.uri, "now")]


def test_a_handle_becomes_a_did_and_a_snapshot_and_is_known_when_the_appview_is_away(
    network: Network,
) -> None:
    network.brand = BRAND
    with network.read() as run:
        run.wait(lambda: run.ids(Profile) and network.jetstream.asked)
        network.jetstream.happen(post(1))
        run.wait(lambda: run.ids(Post))
    (profile,) = [event for event in run.events if isinstance(event, Profile)]
    assert (profile.id, profile.handle, profile.followers, profile.posts) == (OVEN, "oven.example", 120, 900)
    network.appview.routes.clear()
    with network.read() as run:
        run.wait(lambda: len(network.jetstream.asked) == 2)
        network.jetstream.happen(post(2))
        run.wait(lambda: run.ids(Post))
    assert run.ids(Profile) == []


def test_a_brand_without_an_account_on_bluesky_is_refused_with_the_way_out(network: Network) -> None:
    network.brand = Brand(accounts=(Account(network="x", handle="oven"),))
    with pytest.raises(UsageError, match="names no account on Bluesky: add one"), network.read():
        pass


def test_with_the_scope_own_the_server_filters_and_acts_are_not_promised(network: Network) -> None:
    network.options["scope"] = "own"
    with network.read() as run:
        network.jetstream.happen(post(1, FAN), post(2))
        run.wait(lambda: run.ids(Post))
    assert network.jetstream.asked[0]["dids"] == [OVEN]
    (found,) = [event for event in run.events if isinstance(event, Post)]
    assert (found.id, found.acts_told) == (post(2).uri, False)


def test_a_new_brand_file_is_followed_without_a_restart(network: Network) -> None:
    with network.read() as run:
        network.jetstream.happen(post(1, FAN), post(2))
        run.wait(lambda: run.ids(Post) == uris(post(2)))
        network.brand = Brand(accounts=(*KNOWN.accounts, Account(network="bluesky", id=FAN)))
        later = iter(range(3, 10_000))

        def is_followed() -> bool:
            network.jetstream.happen(post(next(later), FAN))
            return any(each.startswith(f"at://{FAN}") for each in run.ids(Post))

        run.wait(is_followed)


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


def test_frames_packed_with_the_servers_dictionary_are_read(network: Network, tmp_path: Path) -> None:
    samples = [post(seq, text=f"bread number {seq} and some more words").v2() for seq in range(400)]
    dictionary = zstandard.train_dictionary(4_096, samples).as_bytes()
    with jetstream_server(dictionary=dictionary) as server:
        network.jetstream = server
        with network.read() as run:
            server.faults[2] = lambda connection: connection.send(b"\x28\xb5\x2f\xfd broken")
            server.happen(post(1), post(2), post(3))
            run.wait(lambda: len(run.ids(Post)) == 3)
        assert int(server.asked[0]["zstdDictionary"][0]) > 0
        assert len(run.bad) == 1


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"createdAt": CREATED}, "text"),
        ({"text": "no date"}, "createdAt"),
        ({"text": "x", "createdAt": "yesterday"}, "createdAt"),
        ({"text": 7, "createdAt": CREATED}, "text"),
    ],
)
def test_a_record_that_breaks_its_lexicon_is_bad_input_that_names_the_field(
    network: Network, record: dict[str, Any], reason: str
) -> None:
    with network.read() as run:
        network.jetstream.happen(Happening(1, NOW, OVEN, rkey="3k1", record=record), post(2))
        run.wait(lambda: run.ids(Post))
    (bad,) = run.bad
    assert reason in bad.reason
