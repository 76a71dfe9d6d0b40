"""What data suggests as a brand file."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.brand import Account, Brand
from pipelines.brand_file import parse_brand
from pipelines.brand_proposal import propose
from pipelines.brand_topics import propose_topics
from pipelines.brand_writer import write_brand
from pipelines.brand_zone import propose_zone
from pipelines.events import DAY_MS, HOUR_MS, Network, Post

START_AT = 1_767_571_200_000  # Monday 2026-01-05 00:00 UTC

BREAD = [
    "Feed your sourdough starter twice a day",
    "A sourdough starter likes it warm",
    "My sourdough starter smells of apples",
    "Which flour feeds a sourdough starter best?",
]
CYCLING = [
    "Cargo bikes carry all the loaves downtown",
    "New tyres on both cargo bikes",
    "Our cargo bikes survived the snow",
]


def post(
    number: int,
    author: str = "1",
    handle: str = "ann",
    network: Network = "x",
    *,
    text: str = "",
    **fields: object,
) -> Post:
    at = START_AT + number * HOUR_MS
    known = {"text": text, "author_handle": handle, **fields}
    return Post(network=network, id=str(number), occurred_at=at, ingested_at=at, author=author, **known)  # type: ignore[arg-type]


def test_no_posts_propose_nothing() -> None:
    assert propose([]).brand == Brand()


def test_the_most_active_authors_are_the_accounts() -> None:
    posts = [post(n, "1", "ann") for n in range(10)] + [post(n, "2", "bob") for n in range(10, 14)]
    posts += [post(n, "3", "cat") for n in range(14, 15)]
    proposal = propose(posts)
    assert proposal.brand.accounts == (
        Account(network="x", handle="ann", id="1"),
        Account(network="x", handle="bob", id="2"),
    )
    assert [proposed.posts for proposed in proposal.accounts] == [10, 4]
    assert (proposal.posts, proposal.authors, proposal.own_posts) == (15, 3, 14)
    assert propose(posts, limit_accounts=1).brand.accounts == (Account(network="x", handle="ann", id="1"),)


def test_reposts_do_not_make_an_author_active() -> None:
    posts = [post(n, "1", "ann", repost_of="7") for n in range(9)] + [post(9, "2", "bob")]
    assert propose(posts).brand.accounts == (Account(network="x", handle="bob", id="2"),)


def test_the_handle_is_the_latest() -> None:
    posts = [post(2, handle="new"), post(1, handle="old")]
    assert propose(posts).brand.accounts == (Account(network="x", handle="new", id="1"),)


def test_a_mastodon_handle_gets_its_server() -> None:
    posts = [post(1, "7", "ann", "mastodon", author_host="Mastodon.Social")]
    assert propose(posts).brand.accounts == (
        Account(network="mastodon", handle="ann@mastodon.social", id="7"),
    )


def test_what_a_brand_file_would_refuse_is_left_out() -> None:
    posts = [post(1, "not digits", "ann"), post(2, "7", "no handle"), post(3, "neither", "n o")]
    assert propose(posts).brand.accounts == (
        Account(network="x", id="7"),
        Account(network="x", handle="ann"),
    )


def test_own_domains_are_the_most_linked_without_networks_and_shorteners() -> None:
    links = (
        "https://shop.rye.example/a",
        "https://rye.example/b",
        "https://bit.ly/c",
        "https://x.com/d/status/1",
    )
    posts = [post(n, links=links) for n in range(3)] + [post(9, links=("https://once.example/",))]
    posts += [post(n, "2", "bob", links=("https://others.example/",)) for n in range(10, 10)]
    proposal = propose(posts)
    assert [(proposed.domain, proposed.posts) for proposed in proposal.domains] == [("rye.example", 3)]


def test_other_peoples_links_are_not_own_domains() -> None:
    posts = [post(n) for n in range(20)]
    posts += [post(n, "2", "bob", links=("https://others.example/",)) for n in range(20, 23)]
    assert propose(posts).brand.own_domains == ()


def test_an_iterator_is_read_once() -> None:
    def stream() -> Iterator[Post]:
        yield from (post(n, text=BREAD[n]) for n in range(4))

    assert propose(stream()) == propose(list(stream()))


def test_a_topic_is_a_frequent_pair_with_its_posts_as_examples() -> None:
    topics = propose_topics(BREAD + CYCLING)  # 3 ln(7/3) = 2.54, 4 ln(7/4) = 2.24
    assert [topic.topic.name for topic in topics] == ["cargo bikes", "sourdough starter"]
    assert [topic.posts for topic in topics] == [3, 4]
    assert topics[0].topic.keywords == ("cargo bikes",)
    assert set(topics[0].topic.examples) == set(CYCLING)
    assert len(topics[1].topic.examples) == 3


def test_function_words_links_and_mentions_are_no_topic() -> None:
    texts = [f"what is that and why @ann https://example.com/{n} i'm" for n in range(9)]
    assert propose_topics(texts) == ()


def test_the_same_text_again_and_again_is_one_text() -> None:
    assert propose_topics(["Buy sourdough bread"] * 50) == ()


def test_words_that_everybody_uses_are_not_typical() -> None:
    everybody = [f"election results number{n % 7}" for n in range(200)]
    own = [f"{text} after the election" for text in BREAD]
    names = [topic.topic.name for topic in propose_topics(own, everybody)]
    assert names == ["sourdough starter"]


def test_hashtags_are_split_into_words() -> None:
    texts = [f"{opening} #SourdoughStarter" for opening in ("Monday", "Alpha", "Beta", "Gamma")]
    assert propose_topics([*texts, "something else entirely"])[0].topic.name == "sourdough starter"


@pytest.mark.parametrize(
    ("zone", "first_hour_utc"),
    [("Europe/Berlin", 7), ("America/New_York", 13), ("Asia/Tokyo", 23), ("America/Los_Angeles", 16)],
)
def test_a_winter_day_from_8_to_23_finds_its_zone(zone: str, first_hour_utc: int) -> None:
    instants = [
        START_AT + day * DAY_MS + (first_hour_utc + hour) * HOUR_MS for day in range(5) for hour in range(16)
    ]
    found = propose_zone(instants)
    assert (found.name, found.posts, found.awake_share) == (zone, 80, 1.0)
    assert found.evidence == (
        "A guess: 100 % of 80 posts lie between 7:00 and 24:00 there. Write your own zone."
    )


def test_daylight_saving_time_is_known() -> None:
    july_at = START_AT + 183 * DAY_MS
    instants = [july_at + day * DAY_MS + (6 + hour) * HOUR_MS for day in range(5) for hour in range(16)]
    assert propose_zone(instants).name == "Europe/Berlin"  # 8:00 there is 6:00 UTC in summer


def test_a_real_timeline_from_new_york_is_found_there() -> None:
    data = Path(os.environ.get("RAPPORT_DATA", Path(__file__).parents[2] / "shared" / "data"))
    path = data / "trump_timeline" / "trump_timeline.csv.gz"
    if not path.exists():
        pytest.skip(f"no real timeline at {path}; set RAPPORT_DATA")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        written = [
            row["created_at"]
            for row in csv.DictReader(file)
            if row["created_at"] and row["is_retweet"] == "False"
        ]
    instants = [int(datetime.fromisoformat(f"{one}+00:00").timestamp() * 1000) for one in written]
    assert propose_zone(instants).name == "America/New_York"


def test_few_posts_or_a_day_without_night_give_no_zone() -> None:
    assert propose_zone([START_AT] * 49).awake_share is None
    assert propose_zone([START_AT + hour * HOUR_MS for hour in range(240)]).awake_share is None


def test_a_written_proposal_passes_the_check() -> None:
    posts = [
        post(n, text=text, links=("https://rye.example/",)) for n, text in enumerate((BREAD + CYCLING) * 3)
    ]
    proposal = propose(posts)
    written = write_brand(proposal.brand, notes=proposal.notes)
    assert parse_brand(written, path="f") == proposal.brand
    assert "# The most active of 1 authors. Keep only your own." in written
    assert "# linked in 21 posts" in written
