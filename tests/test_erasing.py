"""What is left of an event that names somebody who was erased."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pipelines.agents.documents import decode_message, identities_of_stubs
from pipelines.brand import Brand, Contact, brand_hash, decode_brand, encode_brand
from pipelines.erasing import Eraser
from pipelines.errors import Fatal
from pipelines.events import (
    AnyEvent,
    BrandVersion,
    Delete,
    Edit,
    Erase,
    Follow,
    Forgotten,
    Like,
    Mention,
    Post,
    Profile,
    encode,
    join_batch,
)
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.rows import Rows
from tests.strategies import ME, OTHER, START, folded, minutes_of, post, tick

SHARED: dict[str, Any] = {"network": "x", "occurred_at": START, "ingested_at": START}
ERASE = Erase(**SHARED, id=OTHER, things=("old",), handles=("Ghost",))
REPLY = post(
    START, "r1", OTHER, ME, text="did you see this, ann?", author_handle="ghost", language="en",
    reply_to_post="mine", reply_to_account=ME, mentions=(Mention(ME, "me"), Mention("z", "zoe")),
    links=("https://ghost.example",), hashtags=("ghosts",), conversation="c", followers_at_post=9,
)  # fmt: skip


@pytest.fixture
def eraser() -> Eraser:
    eraser = Eraser("secret")
    eraser.learn(ERASE)
    return eraser


@pytest.fixture
def nobody(eraser: Eraser) -> str:
    """The pseudonym of the person erased."""
    return eraser.stub_of_account("x", OTHER)


def stub(eraser: Eraser, event: AnyEvent) -> AnyEvent | None:
    return eraser.stub_of(event)[0]


def test_a_post_of_an_erased_account_says_nothing_but_counts_the_same(eraser: Eraser, nobody: str) -> None:
    left = stub(eraser, REPLY)
    assert isinstance(left, Post)
    told = encode(left).decode()
    for word in ("other", "ghost", "ann", "r1", "zoe"):
        assert word not in told
    mine = post(START, "mine")
    assert minutes_of(folded([mine, left, tick(START + 1)])) == minutes_of(
        folded([mine, REPLY, tick(START + 1)])
    )
    assert (left.text, left.author) == ("?", nobody)


def test_two_people_who_were_erased_stay_two_people(eraser: Eraser, nobody: str) -> None:
    eraser.learn(Erase(**SHARED, id="z"))
    another = stub(eraser, post(START, "r2", "z", ME))
    assert isinstance(another, Post)
    assert another.author.startswith("erased-")
    assert another.author != nobody


def test_the_same_post_has_the_same_stub_and_another_another(eraser: Eraser) -> None:
    again = Eraser("secret", eraser.learn(ERASE))
    assert stub(eraser, REPLY) == stub(again, REPLY)
    one, two = stub(eraser, REPLY), stub(eraser, msgspec.structs.replace(REPLY, id="r2"))
    assert one is not None and two is not None
    assert one.id != two.id
    other_secret = Eraser("other")
    other_secret.learn(ERASE)
    assert stub(other_secret, REPLY) != one


def test_another_secret_than_the_one_people_were_erased_with_is_refused(eraser: Eraser) -> None:
    known = eraser.learn(ERASE)
    Eraser("secret", known)
    Eraser("other", [])
    with pytest.raises(
        Fatal, match="set RAPPORT_ERASURE_SECRET or RAPPORT_ERASURE_SECRET_FILE as it was then"
    ):
        Eraser("other", known)


def test_an_edit_and_a_delete_of_an_erased_post_belong_to_its_stub(eraser: Eraser) -> None:
    _, fresh = eraser.stub_of(REPLY)
    assert fresh == (eraser.digest_of_thing("x", "r1"),)
    for id_ in ("r1", "old"):
        edit = stub(eraser, Edit(**SHARED, id=id_, subject=ME, text="what ghosts say"))
        assert isinstance(edit, Edit)
        assert (edit.text, edit.id) == ("", eraser.stub_of_thing("x", id_))
        delete = stub(eraser, Delete(**SHARED, id=id_, subject=ME))
        assert delete is not None and delete.id == eraser.stub_of_thing("x", id_)


def test_a_like_given_to_somebody_erased_names_nobody() -> None:
    eraser = Eraser("secret")
    ghost = "did:plc:ghost"
    shared: dict[str, Any] = {"network": "bluesky", "occurred_at": 1, "ingested_at": 1}
    eraser.learn(Erase(**shared, id=ghost))
    given = Like(**shared, id="l", subject=ME, actor=ME, post=f"at://{ghost}/app.bsky.feed.post/3k1")
    assert stub(eraser, given) == msgspec.structs.replace(
        given, post=eraser.stub_of_thing("bluesky", given.post)
    )


def test_the_withdrawal_of_a_like_meets_the_stub_of_the_like(eraser: Eraser, nobody: str) -> None:
    like, fresh = eraser.stub_of(Like(**SHARED, id="l", subject=ME, actor=OTHER, post="mine"))
    assert like == Like(**SHARED, id=eraser.stub_of_thing("x", "l"), subject=ME, actor=nobody, post="mine")
    assert fresh == (eraser.digest_of_thing("x", "l"),)
    withdrawn = stub(eraser, Delete(**SHARED, id="l", subject=ME, of="like"))
    assert withdrawn is not None and withdrawn.id == like.id


def test_the_deletion_of_an_erased_account_meets_the_stubs_of_the_account(
    eraser: Eraser, nobody: str
) -> None:
    gone = stub(eraser, Delete(**SHARED, id=OTHER, subject=ME, of="account", author=OTHER))
    assert isinstance(gone, Delete)
    assert (gone.id, gone.author) == (nobody, nobody)


def test_what_others_say_to_an_erased_account_names_nobody(eraser: Eraser, nobody: str) -> None:
    answer = post(
        START, "a", text="thanks @Ghost!", reply_to_post="new", reply_to_account=OTHER,
        mentions=(Mention(OTHER, "ghost"),), links=("https://x.com/ghost/status/1?s=2", "https://x.com/ghosts"),
    )  # fmt: skip
    left = stub(eraser, answer)
    assert isinstance(left, Post)
    assert (left.text, left.reply_to_account, left.id) == ("thanks @erased!", nobody, "a")
    assert left.mentions == (Mention(nobody, "erased"),)
    assert left.reply_to_post == eraser.stub_of_thing("x", "new")
    assert left.links == ("https://x.com/erased", "https://x.com/ghosts")


def test_an_address_that_holds_the_account_names_it(eraser: Eraser) -> None:
    eraser.learn(Erase(network="bluesky", id="did:plc:g", occurred_at=START, ingested_at=START))
    told = Post(
        network="bluesky", occurred_at=START, ingested_at=START, id="at://did:plc:me/app.bsky.feed.post/1",
        subject="did:plc:me", author="did:plc:me", conversation="at://did:plc:g/app.bsky.feed.post/2",
        text="see bsky.app/profile/did:plc:g/post/2 and bsky.app/profile/did:plc:h",
    )  # fmt: skip
    left = stub(eraser, told)
    assert isinstance(left, Post)
    assert left.conversation == eraser.stub_of_thing("bluesky", "at://did:plc:g/app.bsky.feed.post/2")
    assert left.text == "see bsky.app/profile/erased and bsky.app/profile/did:plc:h"


def test_a_profile_of_an_erased_account_says_nothing(eraser: Eraser, nobody: str) -> None:
    shared = {**SHARED, "subject": ME}
    told = Profile(**shared, id=OTHER, handle="ghost", name="Ghost", bio="boo", followers=3)
    assert stub(eraser, told) == Profile(**shared, id=nobody)
    mine = Profile(**shared, id=ME, handle="me", bio="with @ghost")
    assert stub(eraser, mine) == msgspec.structs.replace(mine, bio="with @erased")


def test_nothing_is_left_of_an_erased_subject(eraser: Eraser) -> None:
    assert stub(eraser, post(START, "b", OTHER, OTHER)) is None
    assert stub(eraser, Follow(**SHARED, id="f", subject=OTHER, actor="z")) is None


def test_a_brand_file_names_no_erased_contact(eraser: Eraser) -> None:
    brand = Brand(
        contacts=(
            Contact(network="x", tag="partner", handle="Ghost"),
            Contact(network="x", tag="press", id="z"),
        )
    )
    content = encode_brand(brand)
    left = stub(eraser, BrandVersion(**SHARED, id=brand_hash(brand), content=content))
    assert isinstance(left, BrandVersion)
    assert [each.handle or each.id for each in decode_brand(left.content).contacts] == ["erased", "z"]


def test_events_that_name_nobody_erased_are_left_as_they_are(eraser: Eraser) -> None:
    event = post(START, "b", "z", ME, text="ghost was here, @ghosts", mentions=(Mention(ME, "me"),))
    assert stub(eraser, event) is event
    elsewhere = msgspec.structs.replace(REPLY, network="bluesky")
    assert stub(eraser, elsewhere) is elsewhere
    assert stub(Eraser("secret"), REPLY) is REPLY


def test_an_order_holds_from_the_next_document_on(nobody: str) -> None:
    message = join_batch(map(encode, [REPLY, ERASE, msgspec.structs.replace(REPLY, id="r2")]))
    first, order, second = decode_message(message, partition=0, offset=1, epoch=1, eraser=Eraser("secret"))
    assert first.event == REPLY
    assert len(order.erased) == 4  # the secret's own, the account's, a post's and a handle's
    assert isinstance(second.event, Post) and second.event.author == nobody
    subject = encode(post(START, "s", OTHER, OTHER))
    eraser = Eraser("secret", order.erased)
    (gone,) = decode_message(subject, partition=0, offset=2, epoch=1, eraser=eraser)
    assert isinstance(gone.event, Forgotten)


@pytest.mark.parametrize("word", [f'"{OTHER}"', "@Ghost", "'old'"])
def test_a_document_that_cannot_be_read_is_not_kept_if_it_names_somebody_erased(
    word: str, eraser: Eraser
) -> None:
    broken = b'{"kind":"post","broken": %s, nothing more' % word.encode()
    (document,) = decode_message(broken, partition=0, offset=1, epoch=1, eraser=eraser)
    assert document.letter is not None
    assert (document.letter.document, document.letter.reason) == (
        "", "names somebody who was erased, and cannot be read",
    )  # fmt: skip
    (other,) = decode_message(b'{"kind":"ghostly"}', partition=0, offset=1, epoch=1, eraser=eraser)
    assert other.letter is not None and other.letter.document == '{"kind":"ghostly"}'


def test_without_the_secret_an_order_stops_the_worker() -> None:
    with pytest.raises(Fatal, match="set RAPPORT_ERASURE_SECRET"):
        decode_message(encode(ERASE), partition=0, offset=1, epoch=1)


def test_an_erased_subject_is_saved_no_more() -> None:
    sink = folded([post(START, "b", OTHER, OTHER), tick(START + 1), ERASE, tick(START + 2)])
    assert minutes_of(sink) == {}
    forgotten = Forgotten(network="x", id="erased", occurred_at=START, ingested_at=START)
    assert folded([forgotten]).rows("batches")[0]["erased"] == 1


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@ghost", "@erased"),
        ("hi @GHOST.", "hi @erased."),
        ("@ghosts", "@ghosts"),
        ("@ghost@elsewhere.example", "@ghost@elsewhere.example"),
        ("ghost", "ghost"),
        ("(x.com/ghost)", "(x.com/erased)"),
        ("x.com/ghost/status/17, so", "x.com/erased so"),
        ("m.example/@ghost.", "m.example/@erased."),
    ],
)
def test_a_handle_is_taken_out_where_it_is_mentioned(text: str, left: str, eraser: Eraser) -> None:
    assert eraser.nameless("x", text) == left


def test_a_short_handle_is_taken_out_where_the_account_is_mentioned(eraser: Eraser) -> None:
    told = post(START, "a", text="@ghoul hello, @ann", mentions=(Mention(OTHER, "ghoul@m.example"),))
    left = stub(eraser, told)
    assert isinstance(left, Post) and left.text == "@erased hello, @ann"


@pytest.mark.parametrize("order_at", [0, 1, 2])
def test_a_second_telling_counts_once_whenever_the_person_is_erased(order_at: int) -> None:
    log: list[AnyEvent] = [REPLY, REPLY, tick(START + 1)]
    log.insert(order_at, ERASE)
    state, rows, eraser = PartitionState(0, 1, None), Rows(), Eraser("secret")
    documents = decode_message(join_batch(map(encode, log)), partition=0, offset=0, epoch=1, eraser=eraser)
    events = [document.event for document in documents]
    stubs = identities_of_stubs(documents)
    counts = state.fold(0, events, [NOT_SCORED] * len(events), rows, stubs)
    assert (counts.facts, counts.duplicates, counts.control) == (1, 1, 2)
    assert len(stubs) == 2 - order_at
