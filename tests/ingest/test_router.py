from __future__ import annotations

from pipelines.brand import Account, Brand
from pipelines.events import (
    AnyEvent,
    Delete,
    Edit,
    Gap,
    Like,
    Mention,
    Post,
    PostStats,
    Profile,
    Tick,
)
from pipelines.ingest.router import Router, authors_of

AT = 1_700_000_000_000


def post(post_id: str = "1", author: str = "a", **fields: object) -> Post:
    return Post(network="x", id=post_id, occurred_at=AT, ingested_at=AT, author=author, **fields)  # type: ignore[arg-type]


def subjects(events: tuple[AnyEvent, ...]) -> list[str]:
    return [event.subject for event in events]


def brand(*accounts: Account) -> Brand:
    return Brand(accounts=accounts)


ABC = brand(*(Account(network="x", id=each) for each in "abc"))


def test_a_post_that_concerns_three_tracked_accounts_is_three_events() -> None:
    routed = Router(ABC).route(post(author="a", reply_to_account="b", mentions=(Mention("c"), Mention("z"))))
    assert subjects(routed) == ["a", "b", "c"]
    assert [event.id for event in routed] == ["1", "1", "1"]


def test_the_order_is_author_replied_to_mentioned_quoted_reposted() -> None:
    everyone = Router(None, None)
    routed = everyone.route(
        post(
            author="5",
            reply_to_account="4",
            mentions=(Mention("3"), Mention("9")),
            quote_of_account="2",
            repost_of_account="1",
        )
    )
    assert subjects(routed) == ["5", "4", "3", "9", "2", "1"]


def test_an_account_named_twice_gets_one_event() -> None:
    routed = Router(ABC).route(post(author="a", reply_to_account="a", mentions=(Mention("a"), Mention("b"))))
    assert subjects(routed) == ["a", "b"]


def test_a_post_that_concerns_nobody_tracked_gives_nothing() -> None:
    assert Router(ABC).route(post(author="z", mentions=(Mention("y"),))) == ()


def test_the_same_id_on_another_network_is_another_account() -> None:
    other = Post(network="mastodon", id="1", occurred_at=AT, ingested_at=AT, author="a")
    assert Router(ABC).route(other) == ()


def test_without_a_brand_the_given_authors_are_tracked() -> None:
    router = Router(None, {("x", "a")})
    assert subjects(router.route(post(author="a", mentions=(Mention("b"),)))) == ["a"]


def test_a_brand_without_accounts_tracks_the_given_authors() -> None:
    router = Router(Brand(offers=("the Rye Box",)), [("x", "a")])
    assert subjects(router.route(post(author="a", reply_to_account="b"))) == ["a"]
    assert subjects(Router(Brand()).route(post(author="a", reply_to_account="b"))) == ["a", "b"]


def test_authors_of_finds_authors_and_nobody_who_is_only_mentioned() -> None:
    assert authors_of([post(author="a", mentions=(Mention("b"),)), post(author="c")]) == {
        ("x", "a"),
        ("x", "c"),
    }


def test_a_handle_is_learned_from_its_owners_post_whatever_the_case() -> None:
    router = Router(brand(Account(network="x", handle="BlueOven")))
    assert router.route(post(author="7")) == ()
    assert subjects(router.route(post(author="7", author_handle="blueoven"))) == ["7"]
    assert subjects(router.route(post(author="1", reply_to_account="7"))) == ["7"]
    assert router.learned == {"x:blueoven": "7"}


def test_a_handle_is_learned_from_a_mention_and_from_a_profile() -> None:
    router = Router(brand(Account(network="x", handle="@one"), Account(network="x", handle="two")))
    assert subjects(router.route(post(author="z", mentions=(Mention("1", "One"),)))) == ["1"]
    profile = Profile(network="x", id="2", occurred_at=AT, ingested_at=AT, handle="TWO")
    assert subjects(router.route(profile)) == ["2"]


def test_a_handle_once_learned_keeps_its_id() -> None:
    router = Router(brand(Account(network="x", handle="oven")))
    router.route(post(author="7", author_handle="oven"))
    assert router.route(post(author="8", author_handle="oven")) == ()


def test_handles_of_an_earlier_run_are_known_from_the_start() -> None:
    router = Router(brand(Account(network="x", handle="oven")))
    router.restore({"x:oven": "7"})
    assert subjects(router.route(post(author="7"))) == ["7"]


def test_a_changed_brand_keeps_what_was_learned() -> None:
    router = Router(brand(Account(network="x", handle="oven")))
    router.route(post(author="7", author_handle="oven"))
    router.rebrand(brand(Account(network="x", handle="oven"), Account(network="x", id="b")))
    assert subjects(router.route(post(author="7", mentions=(Mention("b"),)))) == ["7", "b"]


def test_counts_of_a_post_concern_its_author_alone() -> None:
    router = Router(ABC)
    router.route(post(author="a", mentions=(Mention("b"),)))
    router.route(post(post_id="2", author="z", mentions=(Mention("b"),)))
    stats = PostStats(network="x", id="1", occurred_at=AT, ingested_at=AT, likes=3)
    assert subjects(router.route(stats)) == ["a"]
    of_a_stranger = PostStats(network="x", id="2", occurred_at=AT, ingested_at=AT, likes=3)
    assert router.route(of_a_stranger) == ()


def test_a_deletion_and_an_edit_reach_everybody_whom_the_post_reached() -> None:
    router = Router(ABC)
    router.route(post(author="z", mentions=(Mention("a"), Mention("b"))))
    assert subjects(router.route(Delete(network="x", id="1", occurred_at=AT, ingested_at=AT))) == ["a", "b"]
    edit = Edit(network="x", id="1", occurred_at=AT, ingested_at=AT, text="new")
    assert subjects(router.route(edit)) == ["a", "b"]


def test_the_deletion_of_a_tracked_account_reaches_it() -> None:
    gone = Delete(network="x", id="a", occurred_at=AT, ingested_at=AT, of="account")
    assert subjects(Router(ABC).route(gone)) == ["a"]


def test_a_like_without_a_subject_goes_to_the_posts_author() -> None:
    router = Router(ABC)
    router.route(post(author="a", mentions=(Mention("b"),)))
    like = Like(network="x", id="l1", occurred_at=AT, ingested_at=AT, actor="z", post="1")
    assert subjects(router.route(like)) == ["a"]


def test_a_like_concerns_whose_post_it_is_and_who_gives_it() -> None:
    router = Router(Brand(accounts=tuple(Account(network="bluesky", id=did) for did in ("did:a", "did:b"))))

    def like(id_: str, actor: str, owner: str) -> tuple[AnyEvent, ...]:
        told = Like(
            network="bluesky", id=id_, occurred_at=AT, ingested_at=AT, subject=owner, actor=actor,
            post=f"at://{owner}/app.bsky.feed.post/1",
        )  # fmt: skip
        return router.route(told)

    assert subjects(like("given", "did:a", "did:z")) == ["did:a"]
    assert subjects(like("received", "did:z", "did:a")) == ["did:a"]
    assert subjects(like("between", "did:a", "did:b")) == ["did:b", "did:a"]
    assert subjects(like("own", "did:a", "did:a")) == ["did:a"]
    assert like("strangers", "did:y", "did:z") == ()
    gone = Delete(network="bluesky", id="between", occurred_at=AT, ingested_at=AT, of="like", author="did:a")
    assert subjects(router.route(gone)) == ["did:b", "did:a"]


def test_a_like_of_a_post_whose_id_names_nobody_is_not_the_givers() -> None:
    like = Like(network="x", id="l", occurred_at=AT, ingested_at=AT, subject="z", actor="a", post="1")
    assert Router(ABC).route(like) == ()


def test_where_everybody_is_tracked_a_like_tracks_nobody_who_gives_it() -> None:
    like = Like(
        network="bluesky", id="l", occurred_at=AT, ingested_at=AT, subject="did:a", actor="did:z",
        post="at://did:a/app.bsky.feed.post/1",
    )  # fmt: skip
    assert subjects(Router(None).route(like)) == ["did:a"]


def test_a_subject_set_by_the_source_is_kept_if_tracked() -> None:
    router = Router(ABC)
    assert subjects(router.route(post(author="a", subject="b"))) == ["b"]
    assert router.route(post(author="a", subject="z")) == ()


def test_control_events_pass_as_they_are() -> None:
    tick = Tick(network="x", id="t", occurred_at=AT, ingested_at=AT)
    gap = Gap(network="x", id="g", occurred_at=AT, ingested_at=AT, until=AT)
    router = Router(ABC)
    assert router.route(tick) == (tick,)
    assert router.route(gap) == (gap,)


def test_the_memory_of_posts_is_bounded_and_forgets_the_oldest() -> None:
    router = Router(ABC, remembered_posts=10)
    for number in range(100):
        router.route(post(post_id=str(number), author="a"))
    assert len(router._posts) <= 20
    assert router.route(Delete(network="x", id="5", occurred_at=AT, ingested_at=AT)) == ()
    assert subjects(router.route(Delete(network="x", id="95", occurred_at=AT, ingested_at=AT))) == ["a"]
