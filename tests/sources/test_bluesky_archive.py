"""Bluesky's export of a repository: posts, replies, quotes and reposts, and what it never tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.events import Mention, Post, Profile
from pipelines.sources.bluesky_archive import BlueskyArchive
from pipelines.sources.recognition import recognised
from tests.sources.archive_outcome import DID, Repository, key_of, read_part
from tests.sources.file_outcome import Outcome

KEYED_AT = 1_688_160_336_553  # 2023-06-30T21:25:36.553Z
KEY = key_of(KEYED_AT)
THEIRS = "at://did:plc:bob/app.bsky.feed.post/3jzaaaaaaaa2a"


@pytest.fixture
def repository() -> Repository:
    return Repository()


@pytest.fixture
def read(tmp_path: Path, repository: Repository) -> Callable[..., Outcome]:
    def read(**packing: Any) -> Outcome:
        path = tmp_path / "repo.car"
        path.write_bytes(repository.packed(**packing))
        return read_part(BlueskyArchive(path), tmp_path)

    return read


def record(text: str = "Hello", at: str = "2023-06-30T21:00:00.000Z", **more: Any) -> dict[str, Any]:
    return {"text": text, "createdAt": at, **more}


def posts(outcome: Outcome) -> list[Post]:
    return [event for event in outcome.events if isinstance(event, Post)]


def test_a_post_has_its_address_as_id_and_its_account_as_author(repository: Repository, read: Any) -> None:
    uri = repository.put(f"app.bsky.feed.post/{KEY}", record(langs=["en", "de"], tags=["bread"]))
    outcome = read()
    (post,) = posts(outcome)
    assert (post.network, post.id, post.author) == ("bluesky", uri, DID)
    assert (post.text, post.language, post.hashtags, post.occurred_at) == (
        *("Hello", "en", ("bread",)),
        1_688_158_800_000,
    )
    assert outcome.inventory.authors == {("bluesky", DID)}
    assert not outcome.inventory.has_counts


def test_a_reply_names_the_post_and_the_account_and_the_thread(repository: Repository, read: Any) -> None:
    root = "at://did:plc:eve/app.bsky.feed.post/3jza"
    reply = {"parent": {"uri": THEIRS, "cid": "x"}, "root": {"uri": root, "cid": "x"}}
    repository.put(f"app.bsky.feed.post/{KEY}", record(reply=reply))
    (post,) = posts(read())
    assert (post.reply_to_post, post.reply_to_account, post.conversation) == (THEIRS, "did:plc:bob", root)


def test_mentions_links_and_tags_are_told_by_bytes_of_the_text(repository: Repository, read: Any) -> None:
    text = "Grüße @bob.example https://example.com #brot"
    at = {word: len(text[: text.index(word)].encode()) for word in ("@bob.example", "https", "#brot")}
    facets = [
        facet(at["@bob.example"], 12, {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:bob"}),
        facet(at["https"], 19, {"$type": "app.bsky.richtext.facet#link", "uri": "https://example.com/a"}),
        facet(at["#brot"], 5, {"$type": "app.bsky.richtext.facet#tag", "tag": "brot"}),
        facet(0, 1, {"$type": "app.example.facet#blink"}),
    ]
    card = {"$type": "app.bsky.embed.external", "external": {"uri": "https://example.com/b", "title": "B"}}
    repository.put(f"app.bsky.feed.post/{KEY}", record(text, facets=facets, embed=card))
    (post,) = posts(read())
    assert post.mentions == (Mention("did:plc:bob", "bob.example"),)
    assert (post.links, post.hashtags) == (("https://example.com/a", "https://example.com/b"), ("brot",))


def facet(begin: int, length: int, feature: dict[str, str]) -> dict[str, Any]:
    return {"index": {"byteStart": begin, "byteEnd": begin + length}, "features": [feature]}


@pytest.mark.parametrize(
    ("embed", "quoted", "media"),
    [
        ({"$type": "app.bsky.embed.record", "record": {"uri": THEIRS, "cid": "x"}}, THEIRS, False),
        (
            {
                "$type": "app.bsky.embed.recordWithMedia",
                "record": {"record": {"uri": THEIRS, "cid": "x"}},
                "media": {"$type": "app.bsky.embed.images", "images": [{"alt": ""}]},
            },
            THEIRS,
            True,
        ),
        (
            {"$type": "app.bsky.embed.record", "record": {"uri": "at://a/app.bsky.feed.generator/b"}},
            None,
            False,
        ),
        ({"$type": "app.bsky.embed.video", "video": {"size": 1}}, None, True),
    ],
)
def test_what_is_attached_is_a_quote_or_a_picture_or_both(
    repository: Repository, read: Any, embed: dict[str, Any], quoted: str | None, media: bool
) -> None:
    repository.put(f"app.bsky.feed.post/{KEY}", record(embed=embed))
    (post,) = posts(read())
    assert (post.quote_of, post.has_media) == (quoted, media)
    assert post.quote_of_account == ("did:plc:bob" if quoted else None)


def test_a_repost_names_the_original(repository: Repository, read: Any) -> None:
    repost = {"subject": {"uri": THEIRS, "cid": "x"}, "createdAt": "2023-06-30T21:00:00Z"}
    repository.put(f"app.bsky.feed.repost/{KEY}", repost)
    (post,) = posts(read())
    assert (post.repost_of, post.repost_of_account) == (THEIRS, "did:plc:bob")


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2015-01-01T00:00:00Z", 1_420_070_400_000),  # imported later: the older one is true
        ("2031-01-01T00:00:00Z", KEYED_AT),
        ("0001-01-01T00:00:00Z", KEYED_AT),
        ("now", KEYED_AT),
    ],
)
def test_a_time_that_cannot_be_is_that_of_the_key(
    repository: Repository, read: Any, told: str, at: int
) -> None:
    repository.put(f"app.bsky.feed.post/{KEY}", record(at=told))
    assert [post.occurred_at for post in posts(read())] == [at]


def test_the_profile_is_seen_at_the_last_commit_and_counts_whom_it_follows(
    repository: Repository, read: Any
) -> None:
    repository.put("app.bsky.actor.profile/self", {"displayName": "Ann", "description": "I bake"})
    for number in range(3):
        repository.put(f"app.bsky.graph.follow/{number}", {"subject": "did:plc:bob"})
    repository.put(f"app.bsky.feed.post/{KEY}", record())
    profile = next(event for event in read().events if isinstance(event, Profile))
    assert (profile.id, profile.name, profile.bio) == (DID, "Ann", "I bake")
    assert (profile.followers, profile.following) == (None, 3)


def test_a_tree_of_many_nodes_gives_every_record_and_counts_nothing_twice(
    repository: Repository, read: Any
) -> None:
    keys = [f"app.bsky.feed.post/3jzfcijpj2z{a}{b}" for a in "234567" for b in "abcdefghij"]
    for key in keys:
        repository.put(key, record(key))
    repository.put("app.bsky.feed.like/3jz", {"subject": {"uri": THEIRS}})
    outcome = read(fanout=7)
    assert sorted(outcome.posts) == sorted(f"at://{DID}/{key}" for key in keys)
    assert outcome.inventory.skipped == 1


def test_what_is_bad_is_named_with_its_path_and_the_rest_is_read(repository: Repository, read: Any) -> None:
    repository.put("app.bsky.feed.post/a", {"text": 7, "createdAt": "2023-06-30T21:00:00Z"})
    repository.put("app.bsky.feed.post/b", {"text": "no time"})
    repository.put("app.bsky.feed.post/c", record("good"))
    repository.put("app.bsky.feed.repost/d", {"subject": {}, "createdAt": "2023-06-30T21:00:00Z"})
    repository.put("app.bsky.feed.post/e", record("gone"))
    outcome = read(without="app.bsky.feed.post/e")
    assert [post.text for post in posts(outcome)] == ["good"]
    assert dict(outcome.problems) == {
        "repo.car/app.bsky.feed.post/a": "Expected `str`, got `int` - at `$.text`",
        "repo.car/app.bsky.feed.post/b": "`$.createdAt` is missing: the key holds no time either",
        "repo.car/app.bsky.feed.repost/d": "`$.subject.uri` is missing",
        "repo.car/app.bsky.feed.post/e": "the file lacks this record: export the repository again",
    }


def test_a_file_that_is_cut_is_refused_with_the_way_out(repository: Repository, tmp_path: Path) -> None:
    repository.put(f"app.bsky.feed.post/{KEY}", record())
    path = tmp_path / "repo.car"
    path.write_bytes(repository.packed()[:-20])
    assert recognised(path) == "bluesky-archive"
    with pytest.raises(UsageError, match=r"repo\.car: it is no repository .*: export it again"):
        read_part(BlueskyArchive(path), tmp_path)


def test_it_lacks_what_others_did_and_says_what_brings_it(repository: Repository, read: Any) -> None:
    repository.put(f"app.bsky.feed.post/{KEY}", record())
    first, _ = read().inventory.lacks
    assert {"likes_per_post", "interactions_per_post", "engagement_rate_followers"} <= set(first.metrics)
    assert first.silent == ("direct_mentions_per_day",)
    assert "rapport analyze @" in first.brings
