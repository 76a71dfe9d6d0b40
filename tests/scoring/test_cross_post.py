"""Which posts only repeat another channel: own places, and the automatic title and link of a feed's entry."""

import pytest

from pipelines.brand import Account, Brand, Topic
from pipelines.scoring.cross_post import is_title_and_link, leads_to_own_places, site_of_feed
from pipelines.scoring.post import rules_of

SITES = ("rye.example/blog",)
ENTRY = "https://www.rye.example/blog/2024/05/how-to-bake-rye-bread/"


@pytest.mark.parametrize(
    ("feed", "site"),
    [
        ("https://rye.example/feed.xml", "rye.example"),
        ("https://www.Rye.example/blog/feed/", "rye.example/blog"),
        ("https://rye.example/blog/index.xml", "rye.example/blog"),
        ("https://medium.example/feed/@rye", "medium.example/@rye"),
        ("https://rye.example/feed?a=1", "rye.example"),
    ],
)
def test_entries_lie_beside_their_feed(feed: str, site: str) -> None:
    assert site_of_feed(feed) == site


@pytest.mark.parametrize(
    "text",
    [
        f"How to bake rye bread {ENTRY}",
        f"How to Bake Rye Bread: {ENTRY} via @rye",
        f"Blog: How to bake rye bread {ENTRY}",
        "How to bake rye bread",
    ],
)
def test_title_of_the_entry_that_is_linked_is_automatic(text: str) -> None:
    assert is_title_and_link(text, [ENTRY], SITES)


@pytest.mark.parametrize(
    "text",
    [
        f"This took me three winters and a broken oven to find out: how to bake rye bread {ENTRY}",
        f"Bread rye bake to how {ENTRY}",
        f"Fresh from the oven {ENTRY}",
        ENTRY,
    ],
)
def test_own_words_beside_the_link_are_no_automatic_title(text: str) -> None:
    assert not is_title_and_link(text, [ENTRY], SITES)


@pytest.mark.parametrize(
    "link",
    [
        "https://other.example/blog/how-to-bake-rye-bread",
        "https://rye.example/shop/how-to-bake-rye-bread",
        "https://rye.example.evil.example/blog/how-to-bake-rye-bread",
        "https://rye.example/blog/?p=12",
        "https://rye.example/blog/rye-bread",
    ],
)
def test_title_counts_only_below_an_own_feed_and_with_three_words_or_more(link: str) -> None:
    assert not is_title_and_link("How to bake rye bread", [link], SITES)


def test_a_second_link_makes_it_a_post_of_its_own() -> None:
    assert not is_title_and_link("How to bake rye bread", [ENTRY, "https://news.example/a"], SITES)


def test_title_may_be_shortened_in_the_link_and_hold_apostrophes_numbers_and_other_scripts() -> None:
    site = ("rye.example",)
    short = "https://rye.example/2024/why-we-dont-use-white-flour.html"
    assert is_title_and_link("Why we don’t use the white flour", [short], site)
    coded = "https://rye.example/%D1%85%D0%BB%D0%B5%D0%B1-%D0%B8-%D1%81%D0%BE%D0%BB%D1%8C-2024"
    assert is_title_and_link("Хлеб и соль, 2024", [coded], site)


def test_all_links_have_to_lead_to_own_places() -> None:
    places = ("bsky.app/profile/me.example",)
    mine = "https://bsky.app/profile/me.example/post/1"
    assert leads_to_own_places([mine], places)
    assert not leads_to_own_places([mine, "https://bsky.app/profile/me.example.org/post/1"], places)
    assert not leads_to_own_places([], places)


X_AND_BLUESKY = (Account(network="x", handle="rye"), Account(network="bluesky", handle="rye.example"))


@pytest.mark.parametrize(
    ("brand", "known"),
    [
        (Brand(own_domains=("rye.example",), topics=(Topic(name="bread"),)), False),
        (Brand(accounts=X_AND_BLUESKY[:1]), False),
        (Brand(accounts=X_AND_BLUESKY), True),
        (Brand(accounts=(X_AND_BLUESKY[0], Account(network="bluesky", id="did:plc:rye"))), False),
        (Brand(own_feeds=("https://rye.example/feed.xml",)), True),
    ],
)
def test_cross_posts_can_be_told_by_a_feed_or_by_accounts_in_two_places(brand: Brand, known: bool) -> None:
    assert rules_of(brand).knows_channels is known
