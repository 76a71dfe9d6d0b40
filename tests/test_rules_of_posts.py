"""Each rule that keeps a measure from being gamed or misled: about five posts, and a naive count is wrong."""

from __future__ import annotations

from typing import Any

from pipelines.brand import Account, Brand
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Delete, Like, Mention, Post, Profile
from tests.strategies import BRAND, ME, OTHER, START, brand_version, folded, minutes_of, post, tick

SHOP, NEWS, SHORT = "https://shop.example/a", "https://news.example/b", "https://t.co/c"
WORDS = "every morning we bake bread in the old town"


def at(minutes: int) -> int:
    return START + minutes * MINUTE_MS


def own(minute: int, id_: str, **values: Any) -> Post:
    return post(at(minute), id_, **values)


def theirs(minute: int, id_: str, **values: Any) -> Post:
    return post(at(minute), id_, OTHER, ME, **values)


def totals(*events: AnyEvent, brand: Brand = BRAND) -> dict[str, int]:
    """Return the sums over all minutes of the account, by name; what is not there is 0."""
    sums: dict[str, int] = {}
    for (account, _), counts in minutes_of(folded([brand_version(brand), *events])).items():
        for name, value in counts.items() if account == ME else ():
            sums[name] = sums.get(name, 0) + value
    return sums


def counted(sums: dict[str, int], *names: str) -> tuple[int, ...]:
    return tuple(sums.get(name, 0) for name in names)


def test_thread_counts_once_as_its_root_with_what_its_posts_link_and_promote() -> None:
    sums = totals(
        own(0, "root", text=WORDS),
        own(1, "two", text="and this is where", reply_to_post="root", reply_to_account=ME, links=(SHOP,)),
        own(2, "three", text="and more of it", reply_to_post="two", reply_to_account=ME, links=(SHOP,)),
        own(3, "four", text="our tea class too", reply_to_post="three", reply_to_account=ME),
        own(9, "other", text="something else entirely here"),
    )
    assert counted(sums, "posts", "headline_posts", "originals", "thread_posts") == (5, 2, 2, 3)
    assert counted(sums, "link_posts", "promotional_posts", "broadcast_posts") == (1, 1, 1)
    assert counted(sums, "posts_addressed", "replies_made", "replies_to_others") == (2, 0, 0)


def test_thread_adds_its_link_in_the_minute_in_which_it_appears() -> None:
    sink = folded(
        [
            own(0, "root", text=WORDS),
            own(7, "two", reply_to_post="root", reply_to_account=ME, links=(NEWS,)),
        ]
    )
    assert minutes_of(sink)[ME, at(7)] == {
        "posts": 1, "posts_sq": 3, "thread_posts": 1, "link_posts": 1, "broadcast_posts": 1,
    }  # fmt: skip


def test_posts_add_up_to_the_squares_of_their_threads() -> None:
    """A thread of three, a thread of two and a post alone: 9 + 4 + 1."""
    sums = totals(
        own(0, "a", text=WORDS),
        own(1, "a2", reply_to_post="a", reply_to_account=ME),
        own(2, "b", reply_to_post="x", reply_to_account=OTHER),
        own(3, "a3", reply_to_post="a2", reply_to_account=ME),
        own(4, "b2", reply_to_post="b", reply_to_account=ME),
        own(5, "c", text="something else entirely here"),
    )
    assert counted(sums, "posts", "posts_sq", "thread_posts") == (6, 14, 3)


def test_thread_below_a_reply_adds_nothing_to_headlines() -> None:
    sums = totals(
        own(0, "reply", reply_to_post="x", reply_to_account=OTHER),
        own(1, "more", reply_to_post="reply", reply_to_account=ME, links=(SHOP,)),
    )
    assert counted(sums, "replies_made", "thread_posts", "headline_posts", "link_posts") == (1, 1, 0, 0)


def test_reply_to_a_known_own_post_is_a_thread_though_the_source_names_no_addressee() -> None:
    sums = totals(
        own(0, "root", text=WORDS),
        own(1, "two", reply_to_post="root"),
        own(2, "else", reply_to_post="unknown"),
    )
    assert counted(sums, "thread_posts", "replies_made", "posts_addressed") == (1, 1, 1)


def test_reply_whose_addressee_is_not_told_is_left_out_of_both_sides_of_the_ratio() -> None:
    sums = totals(
        own(0, "a", text=WORDS),
        own(1, "b", reply_to_post="x", reply_to_account=OTHER),
        own(2, "c", reply_to_post="y"),
        own(3, "d", reply_to_post="z"),
    )
    assert counted(sums, "posts", "replies_made", "posts_addressed", "replies_to_others") == (4, 3, 2, 1)


def test_mention_behind_via_is_none() -> None:
    via = (Mention(OTHER, "paper"),)
    sums = totals(
        own(0, "a", text="Ten ways to listen https://news.example/b via @paper", mentions=via, links=(NEWS,)),
        own(1, "b", text="Hello @paper, look at what we found", mentions=via, links=(NEWS,)),
        own(2, "c", text="@paper wrote about us via @paper", mentions=via, links=(NEWS,)),
        theirs(3, "d", text="Five good reads via @me", mentions=(Mention(ME, "me"),)),
        theirs(4, "e", text="Good work @me!", mentions=(Mention(ME, "me"),)),
    )
    assert counted(sums, "link_posts", "broadcast_posts", "direct_mentions_received") == (3, 1, 1)


def test_mention_of_oneself_is_none() -> None:
    sums = totals(
        own(0, "a", text="@me again", mentions=(Mention(ME, "me"),), links=(NEWS,)),
        own(1, "b", text="@you again", mentions=(Mention(OTHER, "you"),), links=(NEWS,)),
    )
    assert counted(sums, "link_posts", "broadcast_posts", "direct_mentions_received") == (2, 1, 0)


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


def test_reply_that_quotes_is_a_reply() -> None:
    sums = totals(
        own(0, "a", reply_to_post="x", reply_to_account=OTHER, quote_of="y", quote_of_account=OTHER),
        own(1, "b", quote_of="y", quote_of_account=OTHER),
        own(2, "c", repost_of="y", repost_of_account=OTHER, quote_of="y"),
    )
    assert counted(sums, "replies_made", "quotes_made", "reposts_made", "headline_posts") == (1, 1, 1, 1)
    assert counted(sums, "posts") == (2,)


def test_near_duplicates_are_seen_through_links_mentions_and_digits() -> None:
    sums = totals(
        own(0, "a", text="Join us for bread at 10"),
        own(1, "b", text="join us for BREAD at 11! https://news.example/b"),
        own(2, "c", text="@you join us for bread at 9"),
        own(3, "d", text="Join us for cake at 10"),
    )
    assert counted(sums, "posts", "duplicate_posts") == (4, 2)


def test_short_replies_are_no_near_duplicates_but_long_ones_are_no_conversation() -> None:
    to = {"reply_to_post": "x", "reply_to_account": OTHER}
    long = "buy our bread today because it is so very good"
    sums = totals(
        own(0, "a", text="Thank you so very much", **to),
        own(1, "b", text="Thank you so very much", **to),
        own(2, "c", text=long, **to),
        own(3, "d", text=long, **to),
        own(4, "e", text=long, **to),
    )
    assert counted(sums, "duplicate_posts", "replies_made", "replies_to_others", "posts_addressed") == (
        2,
        5,
        3,
        5,
    )


def test_greetings_of_three_words_are_no_near_duplicates() -> None:
    """The same three words on four days, then four words twice: naively 4 of 6 repeat, by the rule 1 of 6."""
    greetings = [own(day * 24 * 60, f"g{day}", text="Good morning, everybody! 10") for day in range(4)]
    sums = totals(
        *greetings,
        own(4 * 24 * 60, "a", text="Good morning to everybody"),
        own(5 * 24 * 60, "b", text="Good morning to everybody!"),
    )
    assert counted(sums, "posts", "duplicate_posts") == (6, 1)


def test_reposts_and_quotes_of_oneself_are_no_reactions() -> None:
    """Of five reposts and quotes of a post three are the account's own: naively 5 were received, 2 were."""
    repost = {"repost_of": "mine", "repost_of_account": ME}
    quote = {"quote_of": "mine", "quote_of_account": ME}
    sums = totals(
        own(0, "mine", text=WORDS, acts_told=True),
        own(1, "a", **repost),
        own(2, "b", text="in case you missed it", **quote),
        own(3, "c", text="and again for those", **quote),
        theirs(4, "d", **repost),
        theirs(5, "e", text="they bake well", **quote),
        tick(START + 2 * DAY_MS),
    )
    assert counted(sums, "reposts_received", "quotes_received", "reposts_made", "quotes_made") == (1, 1, 1, 2)
    assert counted(sums, "matured_reposts", "matured_quotes") == (1, 1)


def test_post_repeated_after_more_than_28_days_is_no_near_duplicate() -> None:
    sums = totals(
        own(0, "a", text=WORDS),
        own(28 * 24 * 60, "b", text=WORDS),
        own(56 * 24 * 60 + 1, "c", text=WORDS),
    )
    assert counted(sums, "duplicate_posts") == (1,)


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


def test_each_reaction_of_others_counts_as_one_kind() -> None:
    me = (Mention(ME, "me"),)
    sums = totals(
        own(0, "mine", text=WORDS),
        theirs(1, "a", text="why?", reply_to_post="mine", reply_to_account=ME, mentions=me),
        theirs(2, "b", text="look @me?", quote_of="mine", quote_of_account=ME, mentions=me),
        theirs(3, "c", text="RT why?", repost_of="mine", repost_of_account=ME, mentions=me),
        theirs(4, "d", text="hello @me, how are you?", mentions=me),
    )
    assert counted(sums, "replies_received", "quotes_received", "reposts_received") == (1, 1, 1)
    assert counted(sums, "direct_mentions_received", "questions_received", "posts") == (1, 2, 1)


def test_repost_counts_in_nothing_but_reposts_made() -> None:
    sums = totals(
        own(0, "a", text=WORDS, repost_of="x", repost_of_account=OTHER, links=(SHOP,)),
        own(1, "b", text=WORDS, repost_of="y", repost_of_account=OTHER, links=(SHOP,)),
        own(2, "c", text=WORDS),
    )
    assert counted(sums, "reposts_made", "posts", "duplicate_posts", "promotional_posts", "link_posts") == (
        2, 1, 0, 0, 0,
    )  # fmt: skip


def test_event_later_than_the_lateness_is_stored_but_not_counted() -> None:
    log: list[AnyEvent] = [own(0, "a"), tick(at(120)), own(60, "in time"), own(59, "late"), own(121, "b")]
    sink = folded(log)
    assert [(row["id"], row["late"]) for row in sink.rows("posts")] == [
        ("a", False), ("b", False), ("in time", False), ("late", True),
    ]  # fmt: skip
    assert counted(totals(*log), "posts", "late_events") == (3, 1)
    assert minutes_of(sink)[ME, at(120)] == {"late_events": 1}


def test_late_post_is_no_example_for_near_duplicates() -> None:
    sums = totals(tick(at(120)), own(0, "late", text=WORDS), own(121, "b", text=WORDS))
    assert counted(sums, "posts", "duplicate_posts", "late_events") == (1, 0, 1)


def deletion(minute: int, id_: str, author: str = "") -> Delete:
    return Delete(
        network="x", id=id_, occurred_at=at(minute), ingested_at=at(minute), subject=ME, author=author
    )


def test_deletion_counts_once_however_often_it_is_told() -> None:
    sums = totals(
        own(0, "a"),
        own(1, "b"),
        deletion(5, "a"),
        tick(at(300)),
        deletion(301, "a"),
        deletion(302, "b", ME),
        deletion(303, "not mine", OTHER),
        deletion(304, "forgotten", ME),
    )
    assert counted(sums, "posts", "deleted_posts") == (2, 3)


def test_deletion_told_too_late_is_not_counted_when_it_is_told_again() -> None:
    log: list[AnyEvent] = [own(0, "a"), tick(at(120)), deletion(5, "a"), deletion(121, "a", ME)]
    sums = totals(*log)
    assert counted(sums, "deleted_posts", "late_events") == (0, 1)
    assert [row["occurred_at"] for row in folded(log).rows("deletions")] == [at(5)]


def test_deletion_counts_the_same_before_its_post_and_behind_it() -> None:
    """Until a recount the post counts, as every deleted post does."""
    for author in ("", ME):
        for two in ([deletion(5, "a", author), own(4, "a")], [own(4, "a"), deletion(5, "a", author)]):
            sums = totals(own(0, "b"), *two, own(6, "c"))
            assert counted(sums, "posts", "deleted_posts") == (3, 1)


def test_what_was_deleted_is_not_repeated_by_what_is_posted_after() -> None:
    """A slip, deleted and posted again, is no repetition; the same once more is one."""
    said = "fresh bread every morning at the corner"
    slip, again = own(0, "slip", text=said), own(5, "again", text=said)
    assert counted(totals(slip, deletion(3, "slip"), again), "duplicate_posts") == (0,)
    assert counted(totals(slip, again, deletion(6, "slip")), "duplicate_posts") == (1,)
    third = own(9, "third", text=said)
    assert counted(totals(slip, deletion(3, "slip"), again, third), "duplicate_posts") == (1,)


def test_profile_of_somebody_else_tells_nothing_about_our_followers() -> None:
    def profile(minute: int, id_: str, followers: int | None) -> Profile:
        return Profile(
            network="x",
            id=id_,
            occurred_at=at(minute),
            ingested_at=at(minute),
            subject=ME,
            followers=followers,
        )

    sink = folded(
        [
            profile(0, ME, 100),
            profile(1, OTHER, 9_000_000),
            profile(2, ME, None),
            own(3, "a"),
            profile(-30, ME, 7),
            own(4, "b"),
            tick(START + 2 * DAY_MS),
        ]
    )
    assert [(row["id"], row["followers"]) for row in sink.rows("matured") if row["age"] == "1h"] == [
        ("a", 100), ("b", 100),
    ]  # fmt: skip


def test_posts_before_the_first_tick_count_whatever_their_order() -> None:
    newest_first: list[AnyEvent] = [own(10 * 60, "b"), own(0, "a"), tick(START + DAY_MS + HOUR_MS)]
    sums = totals(*newest_first)
    assert counted(sums, "posts", "late_events") == (2, 0)


def test_likes_of_ones_own_posts_are_no_reactions() -> None:
    """Five likes; three are the account's own, who would have 1.67 times what others gave."""
    from_whom = [ME, OTHER, ME, "third", ME]
    likes = [
        Like(
            network="x", id=f"l{minute}", occurred_at=at(minute), ingested_at=at(minute), subject=ME,
            actor=actor, post="a",
        )
        for minute, actor in enumerate(from_whom, 1)
    ]  # fmt: skip
    sums = totals(own(0, "a", acts_told=True), *likes, tick(START + 2 * DAY_MS))
    assert counted(sums, "likes_received", "matured_likes", "matured_interactions") == (2, 2, 2)


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


def test_posts_without_words_are_neither_on_topic_nor_off() -> None:
    """Two posts on topic, one off, two pictures: 2/3 of what can be told, and not 2/5."""
    on_topic, off_topic = "t" * 15, "t" * 12
    texts = [on_topic, "", off_topic, "", on_topic]
    sums = totals(*(own(minute, f"p{minute}", text=text) for minute, text in enumerate(texts)))
    assert counted(sums, "posts", "scored_posts", "on_topic_posts") == (5, 3, 2)


def test_post_is_repeated_only_where_it_stands_among_the_thousand_before() -> None:
    """The first again after 999 others repeats it; after 1,000 it is out of sight."""
    said = "fresh bread every morning at the corner"
    for others, repeats in ((999, 1), (1_000, 0)):
        between = [own(minute, f"p{minute}", text=f"x{'a' * minute}") for minute in range(1, others + 1)]
        sums = totals(own(0, "first", text=said), *between, own(others + 1, "again", text=said))
        assert counted(sums, "duplicate_posts") == (repeats,)


def test_questions_received_are_asked_in_mentions_and_replies_alone() -> None:
    """Five posts that ask: the repost and the quote ask everybody, the reply asks a third person."""
    sums = totals(
        theirs(0, "a", text="open on Sunday?", mentions=(Mention(ME, "me"),)),
        theirs(1, "b", text="and on Monday?", reply_to_post="x", reply_to_account=ME),
        theirs(2, "c", text="is this so?", quote_of="x", quote_of_account=ME),
        theirs(3, "d", text="is this so?", repost_of="x", repost_of_account=ME),
        theirs(4, "e", text="is this so?", reply_to_post="y", reply_to_account="third"),
    )
    assert counted(sums, "questions_received", "direct_mentions_received") == (2, 1)
