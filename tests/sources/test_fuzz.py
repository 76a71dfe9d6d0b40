"""Whatever stands in an input, a parser gives events that can travel, or says in words what is wrong with it.

RAPPORT_FUZZ multiplies the examples: 1 takes some seconds, 20 about a minute.
"""

from __future__ import annotations

import copy
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import libipld
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import InvalidEvent, UsageError
from pipelines.events import AnyEvent, decode, encode
from pipelines.sources.bluesky.records import PostRecord, RepostRecord, post_event, repost_event
from pipelines.sources.bluesky.repository import Repository
from pipelines.sources.bluesky.views import item_decoder, item_events, profile_decoder, profile_event
from pipelines.sources.csv_columns import KNOWN
from pipelines.sources.csv_posts import Row, row_events
from pipelines.sources.documents import documents_in
from pipelines.sources.fediverse import activities
from pipelines.sources.fediverse.markup import plain
from pipelines.sources.fediverse.statuses import account_decoder, account_event, status_decoder, status_events
from pipelines.sources.sorted_input import Converter, SortedInput
from pipelines.sources.text_entities import entities_of
from pipelines.sources.tweets_csv import TweetsCsv
from pipelines.sources.x.archive_notes import Notes
from pipelines.sources.x.archive_posts import Owner, archived_events
from pipelines.sources.x.pages import UNREADABLE, Reader, shape_of
from tests.sources import archive_outcome, network_server
from tests.sources.archive_outcome import DID, read_part
from tests.sources.file_outcome import NOW, status
from tests.sources.made_up_account import made_up_posts

EXAMPLES = int(os.environ.get("RAPPORT_FUZZ", "1")) * 25
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
POST = next(made_up_posts(1))

ODD = (
    *("", "\x00", "\u202e", "😀" * 50, "1e400", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "a" * 600),
    *(
        "@",
        "#",
        "https://",
        "at://",
        "at:///",
        "Mon Feb 30 25:61:61 +0000 2012",
        "9" * 40,
        "-1",
        "<p",
        "RT @",
    ),
)
TEXTS = st.text(max_size=20) | st.sampled_from(ODD)
NUMBERS = st.integers() | st.sampled_from([2**63, -(2**63), 10**30, 0, 1.5, -0.0])
VALUES = st.recursive(
    st.none() | st.booleans() | TEXTS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every node but the root."""
    members: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


@st.composite
def spoiled(draw: st.DrawFn, document: Any) -> Any:
    """Draw the document with some of its nodes replaced or removed."""
    spoiled_one = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 4))):
        found = list(places(spoiled_one))
        if not found:
            break
        *above, last = draw(st.sampled_from(found))
        parent = spoiled_one
        for key in above:
            parent = parent[key]
        if draw(st.booleans()):
            parent[last] = draw(VALUES)
        else:
            del parent[last]
    return spoiled_one


@st.composite
def spoiled_bytes(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw the bytes with some cut, changed or put in."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(found) - 1)))
        kind = draw(st.sampled_from(["change", "cut", "put"]))
        if kind == "cut":
            del found[at : at + draw(st.integers(1, 40))]
        else:
            found[at : at + (kind == "change")] = draw(st.binary(min_size=1, max_size=4))
    return bytes(found)


def can_travel(events: Iterable[AnyEvent]) -> None:
    """Hold that each event is encoded, and decoded again or refused in words."""
    for event in events:
        try:
            decode(encode(msgspec.structs.replace(event, subject="s")))
        except InvalidEvent as error:
            assert str(error)


def parse(read: Callable[[], list[AnyEvent]]) -> None:
    """Hold that a parser gives events that can travel, or refuses."""
    try:
        events = read()
    except UNREADABLE as error:
        assert str(error)
        return
    can_travel(events)


TWEET = {
    "data": {
        "id": "9",
        "text": "@bob see https://t.co/a #x",
        "author_id": "77",
        "created_at": "2012-09-24T03:35:21.000Z",
        "public_metrics": {"like_count": 1, "reply_count": 2, "retweet_count": 3, "quote_count": 4},
        "referenced_tweets": [{"type": "replied_to", "id": "8"}],
        "entities": {"urls": [{"url": "https://t.co/a"}], "mentions": [{"username": "bob", "id": "88"}]},
        "note_tweet": {"text": "long", "entities": {}},
    },
    "includes": {"users": [{"id": "77", "username": "ann", "public_metrics": {}}], "tweets": [{"id": "8"}]},
    "__twarc": {"retrieved_at": "2013-01-01T00:00:00Z"},
}
STATUS = status(
    9,
    entities={
        "urls": [{"url": "a", "expanded_url": "b"}],
        "user_mentions": [{"id_str": "8", "screen_name": "b"}],
    },
    retweeted_status={"id_str": "4", "user": {"id_str": "5"}},
    extended_tweet={"full_text": "x", "entities": {"hashtags": [{"text": "t"}]}},
    in_reply_to_status_id_str="3",
)


@pytest.mark.parametrize("template", [TWEET, STATUS], ids=["v2", "v1"])
@fuzzed
@given(st.data())
def test_posts_of_the_api(template: dict[str, Any], data: st.DataObject) -> None:
    content = json.dumps(data.draw(spoiled(template))).encode()

    def read() -> list[AnyEvent]:
        found = list(Reader(ingested_at=NOW).read(shape_of(content), content))
        assert all(each.error is None or isinstance(each.error, UNREADABLE) for each in found)
        return [event for each in found for event in each.events]

    parse(read)


@fuzzed
@given(spoiled_bytes(b"\n".join(json.dumps(each).encode() for each in (TWEET, STATUS, [STATUS, TWEET]))))
def test_files_of_posts(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posts.jsonl"
        path.write_bytes(content)
        found = SortedInput(Path(folder) / "work", keep_final_counts=True)
        converter = Converter(found, ingested_at=NOW)
        for document in documents_in(path):
            converter.take("posts.jsonl", document)
        assert all(bad.reason for bad in found.finish().bad_input())


@fuzzed
@given(
    spoiled(
        archive_outcome.archived(
            5,
            "RT @bob: see",
            in_reply_to_status_id_str="4",
            extended_entities={"media": [{"source_status_id_str": "4"}]},
            edit_info={"initial": {"editTweetIds": ["5"]}},
            entities={"urls": [archive_outcome.url("https://x.com/a/status/4")], "user_mentions": []},
        )
    )
)
def test_posts_of_the_archive_of_x(tweet: Any) -> None:
    content = json.dumps(tweet).encode()
    parse(lambda: archived_events(content, Owner("77", "ann", seen_at=NOW), Notes(), ingested_at=NOW))


def parse_record(record: Any, kind: Any, event: Callable[..., AnyEvent]) -> None:
    try:
        content = libipld.decode_dag_cbor(libipld.encode_dag_cbor(record))
    except (ValueError, OverflowError, TypeError, UnicodeError):
        return  # nothing that a repository can hold
    parse(lambda: [event(msgspec.convert(content, kind), f"at://{DID}/c/3jzfcijpj2z2a", ingested_at=NOW)])


TAG = {"$type": "app.bsky.richtext.facet#tag", "tag": "x"}
RECORD = {
    **network_server.bluesky_item(POST)["post"]["record"],
    "facets": [{"index": {"byteStart": 0, "byteEnd": 4}, "features": [TAG]}],
    "reply": {"parent": {"uri": "at://a/b/c"}, "root": {"uri": "at://a/b/c"}},
    "tags": ["a"],
}


@fuzzed
@given(spoiled(RECORD))
def test_posts_of_a_repository(record: Any) -> None:
    parse_record(record, PostRecord, post_event)


@fuzzed
@given(spoiled({"subject": {"uri": "at://a/b/c"}, "createdAt": "2024-01-01T00:00:00Z"}))
def test_reposts_of_a_repository(record: Any) -> None:
    parse_record(record, RepostRecord, repost_event)


def repository() -> bytes:
    made = archive_outcome.Repository()
    for number in range(6):
        made.put(f"app.bsky.feed.post/{number}", {"text": "hello", "createdAt": "2024-01-01T00:00:00Z"})
    return made.packed()


@fuzzed
@given(spoiled_bytes(repository()))
def test_repositories(content: bytes) -> None:
    try:
        records = list(Repository(content))
    except UsageError as error:
        assert "export it again" in str(error)
    else:
        assert len(records) < 100


@fuzzed
@given(spoiled(network_server.bluesky_item(POST)))
def test_posts_of_the_public_view(item: Any) -> None:
    content = json.dumps(item).encode()
    parse(lambda: item_events(item_decoder.decode(content), DID, seen_at=NOW))


@fuzzed
@given(spoiled(network_server.bluesky_profile(3)), spoiled(network_server.mastodon_account(3)))
def test_accounts_of_the_public_views(bluesky: Any, mastodon: Any) -> None:
    profile, account = json.dumps(bluesky).encode(), json.dumps(mastodon).encode()
    parse(lambda: [profile_event(profile_decoder.decode(profile), seen_at=NOW)])
    parse(lambda: [account_event(account_decoder.decode(account), "a.example", seen_at=NOW)])


@fuzzed
@given(spoiled(network_server.mastodon_status(POST)))
def test_statuses_of_mastodon(found: Any) -> None:
    content = json.dumps(found).encode()
    parse(lambda: status_events(status_decoder.decode(content), "a.example", seen_at=NOW))


@fuzzed
@given(
    spoiled(
        archive_outcome.note(
            5,
            '<p>a <a href="https://a.example">b</a></p>',
            inReplyTo="https://b.example/users/bob/statuses/4",
            tag=[{"type": "Mention", "href": "https://b.example/users/bob", "name": "@bob@b.example"}],
            likes={"totalItems": 3},
        )
    )
)
def test_activities_of_mastodon(activity: Any) -> None:
    content = json.dumps(activity).encode()
    owner = activities.Owner("https://social.example/users/ann", "ann", "social.example", NOW)
    parse(lambda: activities.activity_events(content, owner, ingested_at=NOW))


@fuzzed
@given(st.lists(TEXTS, min_size=len(KNOWN), max_size=len(KNOWN)), TEXTS)
def test_rows_of_tables(cells: list[str], author: str) -> None:
    at = {field: place for place, field in enumerate(KNOWN)}
    good = {"id": "9", "text": "@ann hello", "created_at": "2012-09-24T03:35:21Z", "author": "ann"}
    pairs = zip(KNOWN, cells, strict=True)
    kept = [good[field] if field in good and len(cell) % 2 else cell for field, cell in pairs]
    parse(lambda: row_events(Row(kept, at, list(KNOWN), author), ingested_at=NOW))


@fuzzed
@given(spoiled_bytes(b'id,text,user,created_at\n1,"a, ""b""",ann,2012-09-24\n2,c,bob,1348457721\n'))
def test_tables(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "posts.csv"
        path.write_bytes(content)
        try:
            read_part(TweetsCsv(path), Path(folder))
        except UsageError as error:
            assert "posts.csv" in str(error)


@fuzzed
@given(
    st.text(alphabet=st.sampled_from('aZ0._-/:@#＃＠ \n?&=()あ\u0301\u200d\ufe0f<>p"h'), max_size=200) | TEXTS
)
def test_texts(text: str) -> None:
    found = entities_of(text)
    assert all(each in text for each in (*found.mentions, *found.links, *found.hashtags))
    assert isinstance(plain(text).text, str)
