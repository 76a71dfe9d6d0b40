"""What a post links to, promotes or only passes on: about five posts a rule, and a naive count is wrong."""

from __future__ import annotations

from pipelines.brand import Account, Brand
from pipelines.events import Mention
from tests.rules_story import NEWS, SHOP, SHORT, WORDS, counted, own, totals
from tests.strategies import ME, OTHER


def test_bare_short_link_is_a_link_but_never_a_promotion() -> None:
    brand = Brand(own_domains=("t.co", "shop.example"))
    sums = totals(
        own(0, "a", links=(SHORT,)),
        own(1, "b", links=(SHOP,)),
        own(2, "c", links=("https://x.com/me/status/1",)),
        own(3, "d", links=("https://www.shop.example/b", SHORT)),
        brand=brand,
    )
    assert counted(sums, "link_posts", "promotional_posts") == (3, 2)


def test_registrable_domain_decides_what_promotes() -> None:
    sums = totals(
        own(0, "a", links=("https://blog.shop.example/a",)),
        own(1, "b", links=("https://notshop.example/a",)),
        own(2, "c", links=("https://shop.example.evil.example/a",)),
    )
    assert counted(sums, "link_posts", "promotional_posts") == (3, 1)


def test_offer_is_named_by_whole_words_whatever_the_case() -> None:
    sums = totals(
        own(0, "a", text="Our TEA  class is open"),
        own(1, "b", text="The tea classroom is open"),
        own(2, "c", text="Come to the tea class!", reply_to_post="x", reply_to_account=OTHER),
    )
    assert counted(sums, "promotional_posts") == (1,)


def test_quote_of_an_own_promotional_post_promotes() -> None:
    sums = totals(
        own(0, "ad", text=WORDS, links=(SHOP,)),
        own(1, "again", text="in case you missed it", quote_of="ad", quote_of_account=ME),
        own(2, "plain", text="something without any shop", quote_of="x", quote_of_account=OTHER),
        own(3, "and again", text="once more for the others", quote_of="again", quote_of_account=ME),
    )
    assert counted(sums, "headline_posts", "quotes_made", "promotional_posts") == (4, 3, 3)
    assert counted(sums, "quotes_received") == (0,)


def test_question_in_a_link_or_in_quotation_marks_is_none() -> None:
    sums = totals(
        own(0, "a", text="What do you think?"),
        own(1, "b", text="Read https://news.example/?q=1 today"),
        own(2, "c", text="They asked \u201cwhy?\u201d and left"),
        own(3, "d", text="Why?", reply_to_post="x", reply_to_account=OTHER),
        own(4, "e", text="\u0645\u0627\u0630\u0627\u061f"),
    )
    assert counted(sums, "question_posts", "headline_posts") == (2, 4)


def test_cross_post_has_only_links_to_own_channels() -> None:
    brand = Brand(
        accounts=(Account(network="bluesky", handle="me.example"),), own_feeds=("https://blog.example/feed",)
    )
    sums = totals(
        own(0, "a", links=("https://bsky.app/profile/me.example/post/1",)),
        own(1, "b", links=("https://bsky.app/profile/you.example/post/1",)),
        own(2, "c", links=("https://bsky.app/profile/me.example/post/1", NEWS)),
        own(3, "d"),
        brand=brand,
    )
    assert counted(sums, "cross_posts", "link_posts") == (1, 3)


def test_automatic_title_and_link_of_a_feeds_entry_is_a_cross_post_and_a_comment_on_it_is_none() -> None:
    entry = "https://blog.example/2024/how-to-bake-rye-bread"
    sums = totals(
        own(0, "a", text=f"How to bake rye bread {entry}", links=(entry,)),
        own(1, "b", text=f"I burnt four loaves until I knew this, and it is simple {entry}", links=(entry,)),
        own(2, "c", text=f"How to bake rye bread {NEWS}", links=(NEWS,)),
        own(3, "d", text="How to bake rye bread"),
        own(4, "e", text=f"@you How to bake rye bread {entry}", links=(entry,), reply_to_account=OTHER),
        brand=Brand(own_feeds=("https://blog.example/feed",)),
    )
    assert counted(sums, "cross_posts", "link_posts", "headline_posts") == (1, 3, 4)


def test_links_that_stay_on_the_network_send_nobody_elsewhere() -> None:
    """Five posts with a link, two of them to elsewhere; the naive share of posts with links is 5/5."""
    links = [
        "https://x.com/me/status/1",
        "https://twitter.com/other/status/2",
        "https://pic.twitter.com/abc",
        "https://else.example/a",
        "https://x.com.else.example/a",
    ]
    sums = totals(*(own(minute, f"p{minute}", links=(link,)) for minute, link in enumerate(links)))
    assert counted(sums, "headline_posts", "link_posts", "broadcast_posts") == (5, 2, 2)


def test_broadcast_speaks_to_nobody_and_credits_are_nobody() -> None:
    """Four posts with a link: of three with a mention one is a credit, one is of the account itself."""
    link = {"links": ("https://else.example/a",)}
    sums = totals(
        own(0, "a", **link),
        own(1, "b", text="look @other", mentions=(Mention(OTHER, "other"),), **link),
        own(2, "c", text="look via @other", mentions=(Mention(OTHER, "other"),), **link),
        own(3, "d", text="look at @me", mentions=(Mention(ME, "me"),), **link),
        own(4, "e", text="no link"),
    )
    assert counted(sums, "link_posts", "broadcast_posts") == (4, 3)
