"""Jetstream: what concerns the brand, as what it is told, and whom the brand file names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from pipelines.brand import Account, Brand
from pipelines.errors import UsageError
from pipelines.events import Delete, Edit, Follow, Like, Mention, Post, Profile
from tests.sources.jetstream_scene import (
    BRAND,
    CREATED,
    FACET,
    FAN,
    KNOWN,
    NOW,
    OVEN,
    WIRES,
    Network,
    act,
    gone,
    playing,
    post,
    to_oven,
    uris,
)
from tests.sources.servers.jetstream_server import (
    FOLLOW,
    LIKE,
    POST,
    REPOST,
    Happening,
    jetstream_server,
)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with playing(tmp_path) as network:
        yield network


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
