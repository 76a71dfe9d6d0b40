"""The fold of one account: whatever decodes is folded, and its state stays small."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.brand import Brand
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Like, Mention
from pipelines.sinks.memory import MemorySink
from pipelines.waiting import MAX_EARLY
from tests.strategies import ME, OTHER, START, Worker, brand_version, folded, minutes_of, post, stats, tick

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
links = st.one_of(words, words.map("https://{}".format), words.map("http://a.{}/x".format))
posts = st.builds(
    lambda text, links, handles, tags, author, to: post(
        START,
        "a",
        author,
        ME,
        text=text,
        links=tuple(links),
        mentions=tuple(Mention(ME, handle) for handle in handles),
        hashtags=tuple(tags),
        reply_to_post=to,
        quote_of=to,
    ),
    st.one_of(words, words.map("look via @{}".format), words.map("#{} @x".format)),
    st.lists(links, max_size=3),
    st.lists(words, max_size=2),
    st.lists(words, max_size=2),
    st.sampled_from([ME, OTHER]),
    st.one_of(st.none(), words),
)


@settings(deadline=None)
@given(posts)
def test_any_text_link_and_name_is_folded(event: AnyEvent) -> None:
    brand = Brand(
        own_domains=("shop.example",), offers=("tea", "\u8336"), own_feeds=("https://a.example/feed",)
    )
    sink = folded([brand_version(brand), event, tick(START + DAY_MS)])
    assert len(sink.rows("posts")) == 1


def test_account_with_one_post_has_rows_and_no_interaction_that_nobody_told() -> None:
    sink = folded([post(START, "a"), tick(START + 40 * DAY_MS)])
    assert [row["interactions"] for row in sink.rows("matured")] == [None, None]
    assert sink.rows("account_windows_latest")


def test_renamed_account_stays_one_account() -> None:
    sink = folded([post(START, "a", author_handle="old"), post(START + 1, "b", author_handle="new")])
    assert minutes_of(sink)[ME, START]["posts"] == 2


def test_likes_of_unknown_posts_are_kept_for_an_hour_and_no_more_than_a_thousand() -> None:
    def like(number: int) -> Like:
        at = START + number
        return Like(
            network="x",
            id=f"l{number}",
            occurred_at=at,
            ingested_at=at,
            subject=ME,
            actor=OTHER,
            post=f"p{number}",
        )

    worker = Worker(MemorySink())
    log: list[AnyEvent] = [like(number) for number in range(MAX_EARLY + 50)]
    worker.fold(log, size=200)
    waiting = worker.state.accounts["x", ME].own_posts.waiting
    assert len(waiting.early) == MAX_EARLY
    worker.fold([tick(START + HOUR_MS + MINUTE_MS)], len(log) // 200 + 1)
    assert waiting.early == []


def test_act_on_a_post_whose_id_is_too_old_to_arrive_is_not_kept() -> None:
    worker = Worker(MemorySink())
    old = Like(
        network="x",
        id="l",
        occurred_at=START,
        ingested_at=START,
        subject=ME,
        actor=OTHER,
        post="1202541815603606036",
    )
    worker.fold([tick(START), old])
    assert worker.state.accounts["x", ME].own_posts.waiting.early == []


def test_header_of_a_quiet_account_is_small() -> None:
    worker = Worker(MemorySink())
    mine = [post(START + day * DAY_MS, f"p{day}", text="good morning") for day in range(28)]
    log: list[AnyEvent] = []
    for each in mine:
        log += [each, stats(each, HOUR_MS, likes=1), stats(each, DAY_MS, likes=2)]
    worker.fold([*sorted(log, key=lambda event: event.occurred_at), tick(START + 30 * DAY_MS)])
    worker.take_checkpoint()
    (header,) = (row for row in worker.sink.rows("checkpoints") if row["kind"] == "header")
    assert len(header["body"]) <= 2_000


def test_event_told_again_too_late_does_not_become_the_latest_window() -> None:
    told = [post(START, "a"), tick(START + 40 * DAY_MS)]
    sink = folded([*told, post(START, "a"), tick(START + 80 * DAY_MS)])
    latest = {row["window"]: row["at"] for row in sink.rows("account_windows_latest")}
    undisturbed = {row["window"]: row["at"] for row in folded(told).rows("account_windows_latest")}
    assert latest == undisturbed
    assert sum(row.get("late_events", 0) for row in minutes_of(sink).values()) == 1
