"""Whom a post speaks to and who reacts: about five posts a rule, and a naive count is wrong."""

from __future__ import annotations

from pipelines.events import DAY_MS, HOUR_MS, AnyEvent, Like, Mention, Profile
from tests.rules_story import NEWS, SHOP, WORDS, at, counted, own, theirs, totals
from tests.strategies import ME, OTHER, START, folded, minutes_of, tick


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


def test_reply_that_quotes_is_a_reply() -> None:
    sums = totals(
        own(0, "a", reply_to_post="x", reply_to_account=OTHER, quote_of="y", quote_of_account=OTHER),
        own(1, "b", quote_of="y", quote_of_account=OTHER),
        own(2, "c", repost_of="y", repost_of_account=OTHER, quote_of="y"),
    )
    assert counted(sums, "replies_made", "quotes_made", "reposts_made", "headline_posts") == (1, 1, 1, 1)
    assert counted(sums, "posts") == (2,)


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


def test_posts_without_words_are_neither_on_topic_nor_off() -> None:
    """Two posts on topic, one off, two pictures: 2/3 of what can be told, and not 2/5."""
    on_topic, off_topic = "t" * 15, "t" * 12
    texts = [on_topic, "", off_topic, "", on_topic]
    sums = totals(*(own(minute, f"p{minute}", text=text) for minute, text in enumerate(texts)))
    assert counted(sums, "posts", "scored_posts", "on_topic_posts") == (5, 3, 2)


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
