"""`rapport verify` finds nothing in what the fold wrote, and everything that was changed behind its back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from infra.embedded import EmbeddedStack
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Delete, Like, Mention, Post, Profile
from pipelines.settings import MIGRATE_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify import Report
from tests.integration.command_line import environment, rapport
from tests.integration.folded_log import TABLES, fold, migrated_database, verified
from tests.strategies import (
    ME,
    OTHER,
    START,
    YOU,
    Arriving,
    arrivals,
    brand_version,
    post,
    stats,
    tick,
    tick_steps,
    ticked,
)

WORDS = "every morning we bake bread in the old town"
DELETE = "DELETE WHERE {} SETTINGS mutations_sync = 2"


@pytest.fixture(scope="module")
def migrated(stack: EmbeddedStack) -> Iterator[Settings]:
    """A migrated database of these tests alone."""
    with migrated_database(stack, "rapport_verify") as settings:
        yield settings


@pytest.fixture
def keeper(migrated: Settings) -> Iterator[ClickHouse]:
    """The user who may change rows."""
    with ClickHouse(migrated.clickhouse, MIGRATE_USER) as client:
        yield client


@pytest.fixture
def store(migrated: Settings, keeper: ClickHouse) -> Settings:
    """The database, emptied."""
    empty(keeper)
    return migrated


def empty(keeper: ClickHouse) -> None:
    for table in TABLES:
        keeper.run(f"TRUNCATE TABLE {table}")


@hypothesis_settings(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck), derandomize=True)
@given(arriving=arrivals(), step_ms=tick_steps)
def test_nothing_is_wrong_with_what_the_fold_writes(
    store: Settings, keeper: ClickHouse, arriving: list[Arriving], step_ms: int
) -> None:
    empty(keeper)
    log: list[AnyEvent] = ticked(arriving, step_ms)
    fold(store, log)
    report = verified(store)
    assert [str(finding) for finding in report.findings] == []
    assert str(report) == "lost=0 twice=0 differing=0"
    assert report.checked.offsets == -(-len(log) // 3)
    assert report.pending == 0


# ---- one small history, in which each number is known ----------------------------------------------


def history() -> list[AnyEvent]:
    """Two accounts: posts with acts and snapshots, a thread, a repetition, a deletion, one fact too late.

    Two reactions and the own thread reply reach `first` within its hour; `told` is read at an age of 24 h.
    """
    first = post(START, "first", text=WORDS, acts_told=True)
    told = post(START + MINUTE_MS, "told", text="how do you do it?", followers_at_post=10)
    return [
        brand_version(),
        first,
        told,
        tick(START + 2 * MINUTE_MS),
        reaction("answer", 5, reply_to_post="first", reply_to_account=ME),
        like("like", 6),
        reaction("mention", 7, mentions=(Mention(ME, "me"),)),
        post(START + 8 * MINUTE_MS, "more", text="there is more", reply_to_post="first", reply_to_account=ME),
        post(START + 9 * MINUTE_MS, "again", text=WORDS),
        post(START + 9 * MINUTE_MS, "yours", YOU, YOU, text=WORDS),
        Profile(**shared("me", 10), followers=7),
        Delete(**shared("again", 30), author=ME),
        tick(START + 2 * HOUR_MS),
        reaction("too late", 50, mentions=(Mention(ME, "me"),)),
        stats(told, DAY_MS, likes=3, replies=1, reposts=0, quotes=0),
        tick(START + 2 * DAY_MS),
        tick(START + 40 * DAY_MS),
    ]


def shared(id_: str, minute: int) -> dict[str, Any]:
    at = START + minute * MINUTE_MS
    return {"network": "x", "id": id_, "occurred_at": at, "ingested_at": at, "subject": ME}


def reaction(id_: str, minute: int, **values: Any) -> Post:
    return post(START + minute * MINUTE_MS, id_, OTHER, ME, text="well", **values)


def like(id_: str, minute: int) -> Like:
    return Like(**shared(id_, minute), actor=OTHER, post="first")


@pytest.fixture
def broken(store: Settings, keeper: ClickHouse) -> Callable[..., Report]:
    """Fold the history, see that it is clean, change something, and verify again."""

    def change(*statements: str, **options: Any) -> Report:
        fold(store, history())
        assert verified(store).findings == ()
        for statement in statements:
            keeper.run(statement)
        return verified(store, **options)

    return change


def lines(report: Report) -> list[str]:
    return [str(finding) for finding in report.findings]


def test_deleted_facts_are_lost(broken: Callable[..., Report]) -> None:
    report = broken(
        "ALTER TABLE posts " + DELETE.format("id = 'told'"),
        f"ALTER TABLE post_stats {DELETE.format('1')}",
        f"ALTER TABLE interactions {DELETE.format('1')}",
        f"ALTER TABLE profiles {DELETE.format('1')}",
        f"ALTER TABLE deletions {DELETE.format('1')}",
    )
    place, count = "lost: partition 0, epoch 1, offset", "facts in the ledger"
    assert [line for line in lines(report) if line.startswith(place)] == [
        f"{place} 0: 2 {count}, 1 in the tables",
        f"{place} 1: 2 {count}, 1 in the tables",
        f"{place} 3: 3 {count}, 1 in the tables",
        f"{place} 4: 1 {count}, 0 in the tables",
    ]


def test_a_deleted_fact_is_missed_in_its_minute(broken: Callable[..., Report]) -> None:
    report = broken(f"ALTER TABLE interactions {DELETE.format('1')}")
    assert (
        "differing: x, account me, minute 2022-01-08 00:06Z: likes_received is 1, from the facts 0"
        in lines(report)
    )


def test_a_late_fact_that_was_deleted_is_not_told_from_one_told_twice(broken: Callable[..., Report]) -> None:
    assert broken(f"ALTER TABLE posts {DELETE.format('late')}").clean


def test_a_row_added_by_hand_is_there_twice(broken: Callable[..., Report]) -> None:
    report = broken(
        "INSERT INTO interactions (network, account_id, kind, id, occurred_at, version)"
        " SELECT network, account_id, kind, 'by hand', occurred_at, version FROM interactions"
    )
    assert report.count("twice") == 1
    assert "twice: partition 0, epoch 1, offset 1: 2 facts in the ledger, 3 in the tables" in lines(report)


def test_a_row_that_names_no_message_is_there_twice(broken: Callable[..., Report]) -> None:
    report = broken("INSERT INTO profiles (network, account_id, id, version) VALUES ('x', 'me', 'me', 7)")
    assert lines(report) == ["twice: partition 0, epoch 0, offset 0: 0 facts in the ledger, 1 in the tables"]


def test_a_row_of_an_account_that_was_never_folded_is_there_twice(broken: Callable[..., Report]) -> None:
    report = broken("INSERT INTO profiles (network, account_id, id, version) VALUES ('x', 'who', 'who', 7)")
    assert lines(report) == [
        "twice: x, account who, who: a fact of version 7, of an account that was never folded"
    ]


def test_a_changed_minute_differs(broken: Callable[..., Report]) -> None:
    at = f"fromUnixTimestamp64Milli({START}, 'UTC')"
    report = broken(
        f"ALTER TABLE checkpoints UPDATE originals = originals + 1 WHERE kind = 'minute' AND at = {at}"
        " SETTINGS mutations_sync = 2"
    )
    expected = "differing: x, account me, minute 2022-01-08 00:00Z: originals is 2, from the facts 1"
    assert lines(report)[0] == expected
    windows = [line for line in lines(report) if ", window " in line]
    assert windows[0] == (
        "differing: x, account me, window 1h until 2022-01-08 00:01Z: its row is not the sum of its minutes:"
        " originals is 1, from the minutes 2"
    )
    assert len(windows) + 1 == len(report.findings)


def test_a_minute_of_no_fact_differs(broken: Callable[..., Report]) -> None:
    report = broken(
        "INSERT INTO checkpoints (partition, network, account_id, kind, at, posts, version)"
        f" VALUES (0, 'x', 'you', 'minute', fromUnixTimestamp64Milli({START}, 'UTC'), 1, 1)"
    )
    expected = "differing: x, account you, minute 2022-01-08 00:00Z: posts is 1, from the facts 0"
    assert lines(report)[0] == expected


def test_a_minute_that_is_gone_differs(broken: Callable[..., Report]) -> None:
    where = "kind = 'minute' AND account_id = 'you' AND posts > 0"
    report = broken(f"ALTER TABLE checkpoints {DELETE.format(where)}")
    expected = "differing: x, account you, minute 2022-01-08 00:09Z: posts is 0, from the facts 1"
    assert expected in lines(report)


def test_changed_windows_differ(broken: Callable[..., Report]) -> None:
    report = broken(
        "ALTER TABLE account_windows UPDATE replies_received = 5"
        " WHERE account_id = 'me' AND replies_received = 1 SETTINGS mutations_sync = 2"
    )
    assert {line.split(" until ")[0] for line in lines(report)} == {
        f"differing: x, account me, window {window}" for window in ("1h", "24h", "7d", "28d")
    }
    wrong = "its row is not the sum of its minutes: replies_received is 5, from the minutes 1"
    assert {line.split("Z: ")[1] for line in lines(report)} == {wrong}


def test_windows_that_are_gone_differ(broken: Callable[..., Report]) -> None:
    where = "account_id = 'you' AND posts > 0"
    report = broken(f"ALTER TABLE account_windows {DELETE.format(where)}")
    assert {line.split(" until ")[0] for line in lines(report)} == {
        f"differing: x, account you, window {window}" for window in ("1h", "24h", "7d", "28d")
    }
    assert all(": its row is missing: posts is 0, from the minutes 1" in line for line in lines(report))


def test_a_window_that_is_gone_where_all_became_empty_differs(broken: Callable[..., Report]) -> None:
    where = "window = '1h' AND account_id = 'you' AND posts = 0 AND fast_unmeasured_posts = 0"
    report = broken(f"ALTER TABLE account_windows {DELETE.format(where)}")
    assert report.count("differing") >= 1


def test_a_window_added_by_hand_differs(broken: Callable[..., Report]) -> None:
    report = broken(
        "INSERT INTO account_windows (network, account_id, window, at, posts, version)"
        f" VALUES ('x', 'you', '24h', fromUnixTimestamp64Milli({START + 20 * DAY_MS}, 'UTC'), 1, 1)"
    )
    assert lines(report) == [
        "differing: x, account you, window 24h until 2022-01-28 00:00Z:"
        " its row is not the sum of its minutes: posts is 1, from the minutes 0"
    ]


def test_holes_in_the_offsets_are_lost(broken: Callable[..., Report]) -> None:
    report = broken(f"ALTER TABLE batches {DELETE.format('offset IN (0, 2, 3, 5)')}")
    holes = [(finding.place, finding.count) for finding in report.findings if finding.verdict == "lost"]
    assert holes == [
        ("partition 0, epoch 1, offset 0", 1),
        ("partition 0, epoch 1, offsets 2 to 3", 2),
        ("partition 0, epoch 1, offset 5", 1),
    ]


def test_a_ledger_that_is_gone_is_lost(broken: Callable[..., Report]) -> None:
    report = broken(f"ALTER TABLE batches {DELETE.format('1')}")
    assert lines(report)[0] == "lost: partition 0, epoch 1, offsets 0 to 5: not in the ledger"
    assert report.count("lost") == 6


def test_a_document_that_is_nothing_is_lost(broken: Callable[..., Report]) -> None:
    report = broken(
        "ALTER TABLE batches UPDATE documents = documents + 1 WHERE offset = 4 SETTINGS mutations_sync = 2"
    )
    assert lines(report) == ["lost: partition 0, epoch 1, offset 4: 4 documents, 3 of them accounted for"]


def test_changed_decisions_differ(broken: Callable[..., Report]) -> None:
    sync = "SETTINGS mutations_sync = 2"
    report = broken(
        f"ALTER TABLE posts UPDATE kind = 'quote' WHERE id = 'told' {sync}",
        f"ALTER TABLE posts UPDATE kind = 'reply' WHERE id = 'more' {sync}",
        f"ALTER TABLE posts UPDATE near_duplicate = 0 WHERE id = 'again' {sync}",
    )
    assert {
        "differing: x, account me, post told: kind is quote, from the facts original",
        "differing: x, account me, post more: kind is reply, from the facts thread",
        "differing: x, account me, post again: near_duplicate is False, from the facts True",
    } <= set(lines(report))


def test_changed_counts_at_an_age_differ(broken: Callable[..., Report]) -> None:
    report = broken(
        "ALTER TABLE matured UPDATE likes = 4, interactions = 5 WHERE id = 'told' AND age = '24h'"
        " SETTINGS mutations_sync = 2"
    )
    said = "counts is (4, 1, 0, 0, None, 5), from the facts (3, 1, 0, 0, None, 4)"
    assert f"differing: x, account me, post told at age 24h: {said}" in lines(report)


def test_counts_at_an_age_that_are_gone_are_lost(broken: Callable[..., Report]) -> None:
    where = "id = 'told' AND age = '24h'"
    report = broken(f"ALTER TABLE matured {DELETE.format(where)}")
    assert "lost: x, account me, post told at age 24h: not in matured" in lines(report)


def test_an_own_reply_that_was_deleted_by_then_is_left_out_by_both(store: Settings) -> None:
    """Of three own replies one is deleted before it was read, and one of them came before its post."""
    told = post(START, "told", text=WORDS)
    replies = [
        post(START + minute * MINUTE_MS, id_, text="more", reply_to_post="told", reply_to_account=ME)
        for minute, id_ in ((1, "slip"), (2, "stays"), (3, "goes later"))
    ]
    gone = [Delete(**shared("slip", 40), author=ME), Delete(**shared("goes later", 70), author=ME)]
    fold(store, [
        replies[0], told, *replies[1:], *gone, stats(told, HOUR_MS, replies=5), tick(START + 40 * DAY_MS)
    ])  # fmt: skip
    with ClickHouse(store.clickhouse, MIGRATE_USER) as client:
        assert client.rows("SELECT replies FROM matured FINAL WHERE measured") == [(3,)]
    assert lines(verified(store)) == []


def test_what_lies_before_a_time_is_not_judged(broken: Callable[..., Report]) -> None:
    report = broken(
        "ALTER TABLE account_windows UPDATE replies_received = 5 WHERE 1 SETTINGS mutations_sync = 2",
        since_at=START + 60 * DAY_MS,
    )
    assert report.clean


def test_windows_that_their_ttl_has_cut_are_not_missed(broken: Callable[..., Report]) -> None:
    report = broken(
        "ALTER TABLE checkpoints UPDATE written_at = now() - INTERVAL 20 DAY WHERE kind = 'minute'"
        " SETTINGS mutations_sync = 2",
        "ALTER TABLE account_windows " + DELETE.format("window IN ('1h', '24h') AND account_id = 'you'"),
    )
    assert {line.split(" until ")[0] for line in lines(report)} == {"differing: x, account you, window 24h"}


def test_one_account_can_be_judged_alone(broken: Callable[..., Report]) -> None:
    report = broken(
        "ALTER TABLE account_windows UPDATE posts = 5 WHERE 1 SETTINGS mutations_sync = 2", account=YOU
    )
    assert {line.split(", window")[0] for line in lines(report)} == {"differing: x, account you"}
    assert report.checked.accounts == 1


def test_what_lies_beyond_the_last_checkpoint_is_pending(store: Settings) -> None:
    fold(store, history()[:6])
    fold(store, history(), saved=False)
    report = verified(store)
    assert report.clean
    assert report.pending > 0


# ---- the command ------------------------------------------------------------------------------------------


def test_the_command_says_what_is_wrong_and_exits_1(
    store: Settings, keeper: ClickHouse, stack: EmbeddedStack
) -> None:
    environ = environment(stack, store.clickhouse.database, store.topic_prefix)
    fold(store, history())
    clean = rapport(environ, "verify")
    assert (clean.returncode, clean.stdout, clean.stderr) == (
        0, "lost=0 twice=0 differing=0\n6 offsets, 2 accounts, 5 own posts\n", ""
    )  # fmt: skip
    keeper.run(f"ALTER TABLE batches {DELETE.format('offset = 2')}")
    wrong = rapport(environ, "verify", "--account", "me")
    assert wrong.returncode == 1
    assert wrong.stdout.splitlines()[:2] == [
        "lost=1 twice=3 differing=0",
        "lost: partition 0, epoch 1, offset 2: not in the ledger",
    ]
    as_json = rapport(environ, "verify", "--json", "--since", "2022-01-08")
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["findings"][0] == {
        "verdict": "lost", "place": "partition 0, epoch 1, offset 2", "what": "not in the ledger", "count": 1
    }  # fmt: skip


def test_the_command_refuses_a_time_it_cannot_read(store: Settings, stack: EmbeddedStack) -> None:
    environ = environment(stack, store.clickhouse.database, store.topic_prefix)
    found = rapport(environ, "verify", "--since", "yesterday")
    assert found.returncode == 2
    assert "--since" in found.stderr
