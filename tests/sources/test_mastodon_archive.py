"""Mastodon's archive: what was said in public, in plain text, and what it never tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.events import HOUR_MS, Mention, Post, PostStats, Profile
from pipelines.sources.fediverse.markup import plain
from pipelines.sources.mastodon_archive import MastodonArchive
from pipelines.sources.recognition import parts_of, recognised
from tests.sources.archive_outcome import (
    NO_NETWORK,
    PUBLIC,
    mastodon_archive,
    note,
    read_part,
    tarred,
    unpacked,
    zipped,
)
from tests.sources.file_outcome import Outcome

NOON = 1_677_672_000_000  # 2023-03-01T12:00:00Z


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Outcome]:
    def read(*activities: dict[str, Any], name: str = "archive.zip") -> Outcome:
        return read_part(MastodonArchive(zipped(tmp_path / name, mastodon_archive(*activities))), tmp_path)

    return read


def posts(outcome: Outcome) -> list[Post]:
    return [event for event in outcome.events if isinstance(event, Post)]


def test_a_post_is_plain_text_with_its_links_and_its_owner(read: Any) -> None:
    content = (
        '<p>See <a href="https://example.com/a"><span class="invisible">https://</span>example.com/a</a></p>'
    )
    outcome = read(note(7, content))
    (post,) = posts(outcome)
    assert (post.network, post.id, post.author, post.author_handle) == (
        *("mastodon", "7", "ann@social.example", "ann@social.example"),
    )
    assert (post.text, post.links, post.language) == (
        *("See https://example.com/a", ("https://example.com/a",), "en"),
    )
    assert (post.author_host, post.occurred_at) == ("social.example", NOON)
    assert outcome.inventory.authors == {("mastodon", "ann@social.example")}


def test_a_reply_to_another_server_names_the_account_there(read: Any) -> None:
    mentioned = {"type": "Mention", "href": "https://other.example/users/bob", "name": "@bob@Other.example"}
    hashtag = {"type": "Hashtag", "href": "https://social.example/tags/brot", "name": "#brot"}
    parent = "https://other.example/users/bob/statuses/11"
    (post,) = posts(read(note(7, inReplyTo=parent, tag=[mentioned, hashtag])))
    assert (post.reply_to_post, post.reply_to_account) == (parent, "bob@other.example")
    assert post.mentions == (Mention("bob@other.example", "bob@other.example"),)
    assert post.hashtags == ("brot",)


def test_a_reply_to_oneself_is_told_by_the_address(read: Any) -> None:
    (post,) = posts(read(note(8, inReplyTo="https://social.example/users/ann/statuses/7")))
    assert (post.reply_to_post, post.reply_to_account) == ("7", "ann@social.example")


def test_of_an_address_that_tells_nobody_the_mention_of_that_server_does(read: Any) -> None:
    mentioned = {"type": "Mention", "href": "https://pl.example/u/bob", "name": "@bob@pl.example"}
    reply = note(8, inReplyTo="https://pl.example/objects/6f", tag=[mentioned])
    unknown = note(9, inReplyTo="https://pl.example/objects/6f")
    assert [post.reply_to_account for post in posts(read(reply, unknown))] == ["bob@pl.example", None]


def test_a_boost_names_the_original(read: Any) -> None:
    boost = {
        "id": "https://social.example/users/ann/statuses/9/activity",
        "type": "Announce",
        "actor": "https://social.example/users/ann",
        "published": "2023-03-01T12:00:00Z",
        "to": [PUBLIC],
        "object": "https://other.example/users/bob/statuses/11",
    }
    (post,) = posts(read(boost))
    assert (post.id, post.repost_of) == ("9", "https://other.example/users/bob/statuses/11")
    assert post.repost_of_account == "bob@other.example"


def test_what_was_not_said_in_public_is_passed_over(read: Any) -> None:
    followers = "https://social.example/users/ann/followers"
    direct = note(1, "<p>secret</p>", to=["https://other.example/users/bob"], cc=[])
    outcome = read(direct, note(2, to=[followers], cc=[]), note(3, to=[followers], cc=[PUBLIC]), note(4))
    assert (outcome.posts, outcome.inventory.skipped) == (["3", "4"], 2)


def test_newer_servers_tell_favourites_and_boosts(read: Any) -> None:
    counted = note(7, likes={"id": "x", "totalItems": 5}, shares={"id": "y", "totalItems": 2})
    outcome = read(counted)
    (stats,) = [event for event in outcome.events if isinstance(event, PostStats)]
    assert (stats.likes, stats.reposts, stats.replies, stats.observed_at) == (5, 2, None, None)
    assert "likes_per_post" not in outcome.inventory.lacks[0].metrics
    assert "likes_per_post" in read(note(7)).inventory.lacks[0].metrics


def test_the_name_of_the_file_tells_when_the_counts_were_read(read: Any) -> None:
    counted = note(7, likes={"totalItems": 5}, shares={"totalItems": 2})
    outcome = read(counted, name="archive-20230302080000-0a1b.zip")
    (stats,) = [event for event in outcome.events if isinstance(event, PostStats)]
    assert stats.observed_at == NOON + 20 * HOUR_MS


def test_pictures_polls_and_warnings_are_part_of_a_post(read: Any) -> None:
    picture = note(1, attachment=[{"type": "Document", "mediaType": "image/png"}])
    card = note(2, attachment=[{"type": "Link", "href": "https://example.com"}], summary="Bread")
    poll = note(3, type="Question", oneOf=[{"name": "yes"}])
    found = {post.id: (post.has_media, post.text) for post in posts(read(picture, card, poll))}
    assert found == {"1": (True, "Hello"), "2": (False, "Bread\n\nHello"), "3": (True, "Hello")}


def test_the_profile_is_the_actors(read: Any) -> None:
    profile = next(event for event in read(note(7)).events if isinstance(event, Profile))
    assert (profile.id, profile.handle, profile.name, profile.bio) == (
        *("ann@social.example", "ann@social.example", "Ann", "I bake"),
    )
    assert (profile.url, profile.followers, profile.created_at) == (
        *("https://bread.example", None, 1_556_668_800_000),
    )


def test_a_zip_a_tar_and_a_folder_hold_the_same(tmp_path: Path) -> None:
    files = mastodon_archive(note(1), note(2))
    kept = [
        zipped(tmp_path / "archive.zip", files),
        tarred(tmp_path / "archive.tar.gz", files),
        unpacked(tmp_path / "archive", files),
    ]
    assert {recognised(path) for path in kept} == {"mastodon-archive"}
    outcomes = [read_part(MastodonArchive(path), tmp_path).events for path in kept]
    assert outcomes[0] == outcomes[1] == outcomes[2]
    (part,) = parts_of([tmp_path / "archive" / "outbox.json"], NO_NETWORK)
    assert read_part(part, tmp_path).events == outcomes[0]


def test_what_is_bad_is_named_with_its_place_and_the_rest_is_read(read: Any) -> None:
    no_date, no_text, wrong = note(1, published=None), note(2), note(3, content=7)
    no_date["published"] = None
    del no_text["object"]["content"]
    outcome = read(no_date, no_text, wrong, note(4))
    assert outcome.posts == ["4"]
    assert outcome.problems == [
        ("archive.zip/outbox.json[0]", "`$.object.published` is missing"),
        ("archive.zip/outbox.json[1]", "`$.object.content` is missing"),
        ("archive.zip/outbox.json[2]", "Expected `str | null`, got `int` - at `$.content`"),
    ]


def test_an_outbox_that_is_cut_gives_what_came_before(tmp_path: Path) -> None:
    files = mastodon_archive(note(1), note(2))
    cut = {**files, "outbox.json": files["outbox.json"][:-100]}
    outcome = read_part(MastodonArchive(zipped(tmp_path / "a.zip", cut)), tmp_path)
    assert outcome.posts == ["1"]
    assert [bad.reason for bad in outcome.bad] == ["the file ends in the middle of a value"]


def test_what_stands_behind_the_list_is_not_read(tmp_path: Path) -> None:
    files = mastodon_archive(note(1))
    longer = json.loads(files["outbox.json"])
    content = json.dumps({**longer, "first": {"a": [1, 2]}, "last": "x"}).encode()
    outcome = read_part(
        MastodonArchive(zipped(tmp_path / "a.zip", {**files, "outbox.json": content})), tmp_path
    )
    assert (outcome.posts, outcome.problems) == (["1"], [])


@pytest.mark.parametrize("name", ["outbox.json", "actor.json"])
def test_an_archive_without_its_posts_or_its_owner_is_refused(tmp_path: Path, name: str) -> None:
    files = {each: content for each, content in mastodon_archive(note(1)).items() if each != name}
    with pytest.raises(UsageError, match=f"holds no {name}"):
        read_part(MastodonArchive(tarred(tmp_path / "a.tar.gz", files)), tmp_path)


@pytest.mark.parametrize(
    ("html", "text", "links"),
    [
        ("no markup", "no markup", ()),
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree", ()),
        ("a &lt; b &amp;amp; c", "a < b &amp; c", ()),
        ('<a class="mention hashtag" href="https://a/tags/x">#<span>x</span></a>', "#x", ()),
        ('<p class="quote-inline">RE: <a href="https://a/1">1</a></p><p>so true</p>', "so true", ()),
        ('<a href="javascript:alert(1)">x</a>', "x", ()),
        ("<p>never closed <b>bold", "never closed bold", ()),
    ],
)
def test_markup_becomes_what_a_reader_sees(html: str, text: str, links: tuple[str, ...]) -> None:
    assert plain(html) == (text, links)
