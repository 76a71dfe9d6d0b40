from __future__ import annotations

from collections.abc import Collection

from pipelines.brand import Account, Brand
from pipelines.events import AnyEvent, Delete, Edit, Follow, Like, Post, Unfollow
from pipelines.ingest.router import Router
from pipelines.ingest.withdrawals import Withdrawals, placed

T0 = 1_700_000_000_000
BRAND = Brand(accounts=(Account(network="bluesky", id="did:plc:oven"),))
OVEN = "did:plc:oven"


class Stored:
    """Facts that know a few things, and count how often they are asked."""

    def __init__(self, **known: str) -> None:
        self.known = known
        self.asked: list[tuple[str, str, tuple[str, ...]]] = []

    def subjects_of(
        self, network: str, of: str, ids: Collection[str], accounts: Collection[str]
    ) -> dict[str, list[str]]:
        self.asked.append((network, of, tuple(ids)))
        return {each: [self.known[each]] for each in ids if self.known.get(each) in accounts}


def delete(id_: str, of: str = "post") -> Delete:
    return Delete(
        network="bluesky",
        id=id_,
        occurred_at=T0,
        ingested_at=T0,
        of=of,  # type: ignore[arg-type]
        author="did:plc:fan",
    )


def like(id_: str) -> Like:
    return Like(
        network="bluesky", id=id_, occurred_at=T0, ingested_at=T0, subject=OVEN, actor="did:plc:fan", post="p"
    )


def test_what_is_stored_is_withdrawn_from_whom_it_concerned_and_the_rest_is_counted() -> None:
    stored = Stored(a=OVEN, b=OVEN)
    waiting = Withdrawals(Router(BRAND), stored)
    for event in (delete("a"), delete("b", "like"), delete("c"), delete("d", "like")):
        waiting.take(event)
    found = list(waiting.found())
    assert [(each.id, each.subject) for each in found] == [("a", OVEN), ("b", OVEN)]
    assert waiting.unknown == 2
    assert list(waiting.found()) == []


def test_all_of_one_kind_are_asked_for_at_once() -> None:
    stored = Stored()
    waiting = Withdrawals(Router(BRAND), stored)
    for number in range(500):
        waiting.take(delete(str(number), "like"))
    list(waiting.found())
    assert [(network, of, len(ids)) for network, of, ids in stored.asked] == [("bluesky", "like", 500)]


def test_a_stored_follow_withdrawn_is_an_unfollow() -> None:
    waiting = Withdrawals(Router(BRAND), Stored(f=OVEN))
    waiting.take(delete("f", "follow"))
    (found,) = waiting.found()
    assert found == Unfollow(
        network="bluesky", id="f", occurred_at=T0, ingested_at=T0, subject=OVEN, actor="did:plc:fan"
    )


def test_an_edit_of_a_stored_post_finds_its_account_and_a_post_is_never_looked_up() -> None:
    stored = Stored(a=OVEN)
    waiting = Withdrawals(Router(BRAND), stored)
    waiting.take(Edit(network="bluesky", id="a", occurred_at=T0, ingested_at=T0, text="now"))
    waiting.take(Post(network="bluesky", id="z", occurred_at=T0, ingested_at=T0, author="stranger"))
    assert [(type(each), each.subject) for each in waiting.found()] == [(Edit, OVEN)]
    assert stored.asked == [("bluesky", "post", ("a",))]


def test_nothing_is_asked_for_a_network_on_which_no_account_is_tracked() -> None:
    stored = Stored()
    waiting = Withdrawals(Router(Brand(accounts=(Account(network="x", id="1"),))), stored)
    waiting.take(delete("a"))
    assert list(waiting.found()) == []
    assert (stored.asked, waiting.unknown) == ([], 1)


def test_without_facts_what_the_router_does_not_know_is_counted_and_dropped() -> None:
    waiting = Withdrawals(Router(BRAND), None)
    waiting.take(delete("a"))
    assert (list(waiting.found()), waiting.unknown) == ([], 1)


def test_the_router_remembers_likes_and_follows_so_that_their_withdrawal_needs_no_lookup() -> None:
    router = Router(BRAND)
    router.route(like("l"))
    router.route(
        Follow(network="bluesky", id="f", occurred_at=T0, ingested_at=T0, subject=OVEN, actor="did:plc:fan")
    )
    withdrawn: list[AnyEvent] = [
        placed(each, each.subject)
        for event in (delete("l", "like"), delete("f", "follow"))
        for each in router.route(event)
    ]
    assert [(type(each), each.subject) for each in withdrawn] == [(Delete, OVEN), (Unfollow, OVEN)]
