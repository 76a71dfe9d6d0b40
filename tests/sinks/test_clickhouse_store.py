"""The state of record on a real ClickHouse: what goes in comes out, and the tables are those of the code."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.embedded import EmbeddedStack
from pipelines.account import AccountState
from pipelines.clock import now_ms
from pipelines.events import (
    DAY_MS,
    AnyEvent,
    BrandVersion,
    Click,
    Conversion,
    Delete,
    Edit,
    Effort,
    Follow,
    Gap,
    Like,
    Mention,
    Post,
    PostStats,
    Profile,
    Tick,
    Unfollow,
    Vote,
    decode,
    encode,
)
from pipelines.metrics.measures import INDEX, MEASURES, Counts
from pipelines.metrics.vectors import counts_of
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.rows import DeadLetter, Figure, LedgerRow, Rows
from pipelines.settings import WRITER_USER
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.memory import MemorySink
from pipelines.sinks.state_store import KEYS_A_QUERY, ClickHouseStore, StateStore
from tests.integration.worker_run import START, history
from tests.stores import connect, store_settings
from tests.strategies import saved as plain

pytestmark = pytest.mark.integration

ODD = "ünï ☕ \U0001f35e 'quote' \"double\" \\ %(keys)s `tick`\ttab \u202e end"
HUGE = 10**12


@pytest.fixture
def client(stack: EmbeddedStack, migrated_database: str) -> Iterator[ClickHouse]:
    settings = store_settings(stack, migrated_database)
    with ClickHouse(settings, WRITER_USER) as client:
        yield client


def folded(state: PartitionState, messages: list[bytes], store: StateStore) -> None:
    """Fold messages of one partition, loading what is missing, and insert what that gives."""
    rows = Rows()
    for message in messages:
        events = [decode(document) for document in message.split(b"\n")]
        state.install(store.load(state.missing(events)))
        offset = state.offset + 1
        counts = state.fold(offset, events, [NOT_SCORED] * len(events), rows)
        rows.ledger.append(LedgerRow(1, 0, offset, counts))
    store.insert(rows)


def resumed(store: StateStore) -> PartitionState:
    state = PartitionState(0, 1, store.position(0))
    for known in store.known(0):
        state.expect(known.network, known.account, known.version, known.next_due)
    return state


def saved(state: PartitionState, store: StateStore) -> Any:
    checkpoint = state.take_checkpoint()
    assert checkpoint is not None
    store.save([checkpoint])
    return plain(checkpoint)


@pytest.mark.parametrize("table", ["account_windows", "account_windows_latest", "checkpoints"])
def test_measures_of_the_tables_are_those_of_the_code_in_order(client: ClickHouse, table: str) -> None:
    names = tuple(measure.name for measure in MEASURES)
    rows = client.rows(
        "SELECT name, type, comment FROM system.columns WHERE database = %(database)s AND table = %(table)s"
        " AND name IN %(names)s ORDER BY position",
        {"database": client.settings.database, "table": table, "names": names},
    )
    assert [row[:2] for row in rows] == [(measure.name, measure.sql_type) for measure in MEASURES]
    assert all(comment for _, _, comment in rows)


def test_a_state_that_was_saved_and_loaded_folds_on_as_one_in_memory(client: ClickHouse) -> None:
    messages = [message for partition, message in history(300, accounts=8) if partition == 0]
    stores: tuple[StateStore, StateStore] = (ClickHouseStore(client), MemorySink())
    checkpoints = []
    for store in stores:
        state = PartitionState(0, 1, None)
        for begin in range(0, len(messages), 25):
            folded(state, messages[begin : begin + 25], store)
            checkpoint = saved(state, store)
            state = resumed(store)
        checkpoints.append(checkpoint)
    assert checkpoints[0] == checkpoints[1]
    assert stores[0].position(0) == stores[1].position(0)
    assert sorted(map(repr, stores[0].known(0))) == sorted(map(repr, stores[1].known(0)))


@pytest.mark.parametrize("body", ["''", "concat('00000000', substring(body, 9))"])
def test_minutes_that_another_version_saved_are_read_from_their_columns(
    client: ClickHouse, stack: EmbeddedStack, migrated_database: str, body: str
) -> None:
    messages = [message for partition, message in history(300, accounts=8) if partition == 0]
    store = ClickHouseStore(client)
    state = PartitionState(0, 1, None)
    folded(state, messages, store)
    saved(state, store)
    keys = [(known.network, known.account) for known in store.known(0)]
    packed = {account.account: minutes_in(account) for account in store.load(keys)}
    old = keys[0][1]
    migrator = connect(stack.store, "migrate", database=migrated_database)
    migrator.execute(
        f"ALTER TABLE checkpoints UPDATE body = {body} WHERE kind = 'minute' AND account_id = %(old)s "
        "SETTINGS mutations_sync = 2",
        {"old": old},
    )
    migrator.disconnect()
    assert {account.account: minutes_in(account) for account in store.load(keys)} == packed
    assert packed[old]


def minutes_in(account: AccountState) -> list[tuple[int, Counts]]:
    """What the account's 28 days hold, a pane each."""
    days = account.windows.rollings[-1]
    return [(start, counts_of(days.pane(start))) for start in days.starts]


def test_every_kind_of_fact_comes_back_as_it_was_written(client: ClickHouse) -> None:
    shared: dict[str, Any] = {"network": "x", "subject": ODD, "ingested_at": START}
    at: dict[str, Any] = {**shared, "occurred_at": START}
    events: list[AnyEvent] = [
        BrandVersion(network="x", id="b", occurred_at=START, ingested_at=START, content='{"name":"☕"}'),
        Gap(
            network="x", id="g", occurred_at=START, ingested_at=START, until=START + 1, source=ODD,
            reason=ODD,
        ),
        Post(
            id="1", author=ODD, author_handle=ODD, author_host="h.example", text=ODD, language="de",
            reply_to_post="2", quote_of=None, mentions=(Mention("z", ODD),), links=(f"https://e.example/{ODD}",),
            hashtags=("ü",), has_media=True, followers_at_post=HUGE, acts_told=True, **at,
        ),
        PostStats(id="1", likes=HUGE, impressions=0, **at),
        Profile(id="p", handle=ODD, name=ODD, followers=HUGE, created_at=-1, verified=True, **at),
        Like(id="l", actor=ODD, post="1", **at),
        Follow(id="f", actor=ODD, **at),
        Unfollow(id="u", actor=ODD, **at),
        Click(id="c", url=ODD, human=False, **at),
        Conversion(id="v", value_cents=-HUGE, currency="EUR", channel="mail", **at),
        Effort(id="e", minutes=30, activity=ODD, **at),
        Vote(id="w", actor="z", post="1", score_milli=500, **at),
        Edit(id="1", text=ODD, links=("https://e.example/",), **at),
        Delete(id="9", author=ODD, **at),
    ]  # fmt: skip
    state, rows = PartitionState(0, 255, None), Rows()
    state.fold(0, [decode(encode(event)) for event in events], [(999, ODD, True)] * len(events), rows)
    rows.dead_letters.append(
        DeadLetter(
            epoch=255, partition=4_294_967_295, offset=2**40, index=65_535, source="worker", place=ODD,
            reason=ODD, document=ODD, at=START,
        )
    )  # fmt: skip
    ClickHouseStore(client).insert(rows)
    assert client.rows(
        "SELECT account_id, author, text, mentions, mention_handles, links, hashtags, followers_at_post,"
        " reply_to_account, quote_of, round(relevance, 3), topic, on_topic, version FROM posts"
    ) == [
        (ODD, ODD, ODD, ["z"], [ODD], [f"https://e.example/{ODD}"], ["ü"], HUGE, None, None,
         pytest.approx(0.999, abs=1e-6), ODD, True, (255 << 56) | 2)
    ]  # fmt: skip
    assert client.rows("SELECT likes, replies, impressions, final FROM post_stats") == [(HUGE, None, 0, True)]
    assert client.rows("SELECT followers, following, toUnixTimestamp64Milli(created_at) FROM profiles") == [
        (HUGE, None, -1)
    ]
    acts = client.rows("SELECT kind, actor, post, amount, label, channel FROM interactions ORDER BY id")
    assert acts == [
        ("click", "", "", 0, ODD, ""),
        ("effort", "", "", 30, ODD, ""),
        ("follow", ODD, "", None, "", ""),
        ("like", ODD, "1", None, "", ""),
        ("unfollow", ODD, "", None, "", ""),
        ("conversion", "", "", -HUGE, "EUR", "mail"),
        ("vote", "z", "1", 500, "", ""),
    ]
    assert client.rows("SELECT text, links FROM post_edits") == [(ODD, ["https://e.example/"])]
    assert client.rows("SELECT id, `of`, author FROM deletions") == [("9", "post", ODD)]
    assert client.rows("SELECT hash, content FROM brands") == [("b", '{"name":"☕"}')]
    assert client.rows("SELECT source, reason FROM ingest_gaps") == [(ODD, ODD)]
    assert client.rows("SELECT place, reason, document, partition, offset FROM dead_letters") == [
        (ODD, ODD, ODD, 4_294_967_295, 2**40)
    ]


def test_squares_beyond_64_bits_survive_a_checkpoint(client: ClickHouse) -> None:
    at = {"network": "x", "subject": "a", "ingested_at": START, "occurred_at": START}
    later = START + 3 * DAY_MS
    events: list[AnyEvent] = [
        Post(id="1", author="a", text="a word", followers_at_post=HUGE, **at),
        PostStats(id="1", likes=HUGE, reposts=HUGE, **at),
    ]
    tick = Tick(network="x", id="t", occurred_at=later, ingested_at=later)
    messages = [b"\n".join(map(encode, events)), encode(tick)]
    store = ClickHouseStore(client)
    state = PartitionState(0, 1, None)
    folded(state, messages, store)
    saved(state, store)
    found = client.rows("SELECT max(matured_interactions_sq) FROM checkpoints FINAL WHERE kind = 'minute'")
    assert found == [((2 * HUGE) ** 2,)]
    (again,) = store.load([("x", "a")])
    pane = counts_of(again.windows.rollings[-1].pane(START + DAY_MS))
    assert pane[INDEX["matured_interactions_sq"]] == (2 * HUGE) ** 2


def test_very_many_accounts_are_loaded_at_once_whatever_their_names(client: ClickHouse) -> None:
    chance = random.Random(1)
    names = [f"{number} {ODD} {'x' * chance.randrange(400)}" for number in range(2 * KEYS_A_QUERY + 1)]
    shared: dict[str, Any] = {"network": "x", "ingested_at": START, "occurred_at": START, "actor": "z"}
    store, state = ClickHouseStore(client), PartitionState(0, 1, None)
    events = [Follow(id=str(number), subject=name, **shared) for number, name in enumerate(names)]
    folded(state, [b"\n".join(map(encode, events))], store)
    saved(state, store)
    loaded = store.load([("x", name) for name in [*names, "nobody"]])
    assert sorted(each.account for each in loaded) == sorted(names)
    assert store.load([]) == []


def test_of_many_latest_rows_of_a_window_the_last_is_inserted(client: ClickHouse) -> None:
    messages = [message for partition, message in history(400, accounts=3) if partition == 0]
    store, memory = ClickHouseStore(client), MemorySink()
    for each in (store, memory):
        folded(PartitionState(0, 1, None), messages, each)
    sql = "SELECT account_id, window, toUnixTimestamp64Milli(at), version FROM account_windows_latest"
    found = client.rows(sql)
    expected = [
        (row["account_id"], row["window"], row["at"], row["version"])
        for row in memory.rows("account_windows_latest")
    ]
    assert sorted(found) == sorted(expected)
    assert sorted(client.rows(f"{sql} FINAL")) == sorted(expected)


def test_figures_of_a_part_are_seen_in_pipeline_health(client: ClickHouse) -> None:
    ClickHouseStore(client).tell([Figure(at=now_ms(), part="worker", name="messages", value=3.0)])
    told = client.rows("SELECT part, partition, value FROM pipeline_health WHERE name = 'messages'")
    assert told == [("worker", -1, 3.0)]


def test_a_worker_that_has_no_clock_yet_has_nothing_to_say_and_goes_on(client: ClickHouse) -> None:
    store = ClickHouseStore(client)
    store.beat([])
    store.tell([])
    assert client.rows("SELECT count() FROM heartbeats") == [(0,)]


def test_threads_that_share_a_connection_take_turns(client: ClickHouse) -> None:
    def ask(number: int) -> int:
        return int(client.rows("SELECT sum(number) FROM numbers(%(n)s)", {"n": number})[0][0])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(400)))
    assert answers == [number * (number - 1) // 2 for number in range(400)]


def test_a_block_is_written_as_it_is_and_read_without_what_was_replaced(client: ClickHouse) -> None:
    instant = 1_700_000_000_000
    client.insert(
        "account_windows_latest",
        {
            "network": ["x", "x"],
            "account_id": ["a", "a"],
            "window": ["1h", "1h"],
            "at": [instant, instant],
            "posts": [1, 2],
            "version": [7, 8],
        },
    )
    assert client.rows("SELECT posts FROM account_windows_latest FINAL") == [(2,)]
    assert client.rows("SELECT count() FROM account_windows_latest") == [(2,)], "not merged with itself"
