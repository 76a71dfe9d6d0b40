"""What is stored, asked on a real ClickHouse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.embedded import EmbeddedStack
from pipelines.events import AnyEvent, Delete, Follow, Like, Post, PostStats, encode
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.rows import Rows
from pipelines.settings import WRITER_USER
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.facts import ClickHouseFacts
from pipelines.sinks.state_store import ClickHouseStore
from pipelines.stored import OwnPost
from tests.stores import store_settings

pytestmark = pytest.mark.integration

T0 = 1_700_000_040_000
OVEN, MILL, FAN = "did:plc:oven", "did:plc:mill", "did:plc:fan"


def post(id_: str, author: str, subject: str, *, at: int = T0, repost_of: str | None = None) -> Post:
    return Post(
        network="bluesky",
        id=id_,
        subject=subject,
        occurred_at=at,
        ingested_at=at,
        author=author,
        repost_of=repost_of,
    )


@pytest.fixture
def facts(stack: EmbeddedStack, migrated_database: str) -> Iterator[ClickHouseFacts]:
    settings = store_settings(stack, migrated_database)
    with ClickHouse(settings, WRITER_USER) as client:
        events: list[AnyEvent] = [
            post("own", OVEN, OVEN),
            post("old", OVEN, OVEN, at=T0 - 86_400_000),
            post("boost", OVEN, OVEN, repost_of="theirs"),
            post("gone", OVEN, OVEN),
            post("both", FAN, OVEN),
            post("both", FAN, MILL),
            Like(
                network="bluesky", id="l", subject=OVEN, occurred_at=T0, ingested_at=T0, actor=FAN, post="own"
            ),
            Follow(network="bluesky", id="f", subject=MILL, occurred_at=T0, ingested_at=T0, actor=FAN),
            PostStats(
                network="bluesky",
                id="own",
                subject=OVEN,
                occurred_at=T0 + 900_000,
                ingested_at=T0 + 900_000,
                observed_at=T0 + 900_000,
                likes=1,
            ),
            Delete(network="bluesky", id="gone", subject=OVEN, occurred_at=T0 + 5, ingested_at=T0 + 5),
        ]
        rows = Rows()
        PartitionState(0, 1, None).fold(0, events, [NOT_SCORED] * len(events), rows)
        ClickHouseStore(client).insert(rows)
        assert all(encode(event) for event in events)
        yield ClickHouseFacts(client)


def test_facts_tell_whom_a_thing_concerned_and_which_posts_are_to_be_looked_at(
    facts: ClickHouseFacts,
) -> None:
    both = (OVEN, MILL)
    assert facts.subjects_of("bluesky", "post", ["own", "both", "404"], (OVEN,)) == {
        "own": [OVEN],
        "both": [OVEN],
    }
    found = facts.subjects_of("bluesky", "post", ["both"], ())
    assert {each: sorted(accounts) for each, accounts in found.items()} == {"both": [MILL, OVEN]}
    assert facts.subjects_of("bluesky", "repost", ["boost"], both) == {"boost": [OVEN]}
    assert facts.subjects_of("bluesky", "like", ["l", "f", "own"], both) == {"l": [OVEN]}
    assert facts.subjects_of("bluesky", "follow", ["l", "f"], both) == {"f": [MILL]}
    people = facts.subjects_of("bluesky", "account", [FAN, "did:plc:nobody"], both)
    assert {each: sorted(accounts) for each, accounts in people.items()} == {FAN: [MILL, OVEN]}
    assert facts.subjects_of("x", "post", ["own"], ()) == {}
    own = sorted(facts.own_posts("bluesky", both, T0 - 1), key=lambda each: each.id)
    assert own == [OwnPost("gone", T0), OwnPost("own", T0, (T0 + 900_000,))]
    assert facts.post_ids("bluesky", T0 - 1) == ["boost", "both", "own"]
