"""`rapport erase`: nothing names the person any more, counts stay, and nothing brings them back."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import pytest

from infra.embedded import EmbeddedStack
from pipelines.brand import Brand, Contact, brand_hash, encode_brand
from pipelines.erased_text import patterns
from pipelines.erasing import Eraser
from pipelines.errors import UsageError
from pipelines.events import (
    HOUR_MS,
    BrandVersion,
    Erase,
    Like,
    Post,
    encode,
)
from pipelines.forgetting import erase
from pipelines.ingest.batches import partition_of
from pipelines.preparation import prepare
from pipelines.replaying import begin_replay
from pipelines.settings import MIGRATE_USER, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from tests.integration.ghost import (
    CANARIES,
    GHOST,
    HANDLE,
    SECRET,
    WORDS,
    folded,
    minutes,
    proved,
    replies,
    stored,
    tell,
    told,
    traces,
    untraced,
    verified,
)
from tests.integration.worker_run import PARTITIONS, START, Chain
from tests.stores import connect


def test_an_erased_person_leaves_counts_and_nothing_brings_them_back(log: Chain, store: Path) -> None:
    worker = log.start()
    tell(log, told())
    log.send([(0, b'{"kind":"post","author":"' + GHOST.encode() + b'"}')])
    folded(log)
    before = minutes(log)
    assert len(before) == 11  # all of `told` but profiles, edits, withdrawals and counts
    for word in CANARIES:
        assert traces(store, word) != [], word

    proved(erase(load_settings(log.environ), "x", GHOST))
    assert minutes(log) == before
    assert verified(log)
    untraced(store)
    stubs = log.client.rows(
        "SELECT relation, text, author_handle, count() FROM posts FINAL WHERE startsWith(author, 'erased-')"
        " GROUP BY ALL ORDER BY relation"
    )
    assert stubs == [
        ("mention", "", "", 1),
        ("quote", "", "", 1),
        ("reply", "?", "", 1),
        ("repost", "", "", 1),
    ]
    assert log.client.rows("SELECT count() FROM dead_letters FINAL") == [(0,)]

    facts = stored(log)
    tell_again(log)
    folded(log)
    assert replies(minutes(log)) == replies(before) + 1
    assert verified(log)
    untraced(store)
    proved(erase(load_settings(log.environ), "x", GHOST))  # ordered twice
    assert verified(log)
    assert {key: row for key, row in stored(log).items() if key in facts} == facts
    log.finish(worker)

    replay_into_empty_tables(log)
    assert replies(minutes(log)) == replies(before) + 1
    assert {key: row for key, row in stored(log).items() if key in facts} == facts
    assert verified(log)
    untraced(store)


def tell_again(log: Chain) -> None:
    """Tell everything again, as a source or an import does, and a new reply of the ghost."""
    tell(log, told(), hours=4)
    now = START + 4 * HOUR_MS
    again = Post(
        network="x", subject="me", author=GHOST, author_handle=HANDLE, id=f"{GHOST}-new", occurred_at=now,
        ingested_at=now, text=WORDS, reply_to_post="me-1", reply_to_account="me",
    )  # fmt: skip
    tell(log, [again], hours=5)


def replay_into_empty_tables(log: Chain) -> None:
    """Lose all tables, and fold the log again."""
    with ClickHouse(log.settings.clickhouse, MIGRATE_USER) as keeper:
        keeper.run(f"DROP DATABASE {log.settings.clickhouse.database} SYNC")
    prepare(log.settings)
    assert (minutes(log), stored(log)) == ({}, {})
    with pytest.raises(UsageError, match="set RAPPORT_ERASURE_SECRET or RAPPORT_ERASURE_SECRET_FILE"):
        begin_replay(msgspec.structs.replace(log.settings, erasure_secret=None))
    begin_replay(load_settings(log.environ))
    worker = log.start()
    folded(log)
    log.finish(worker)


def test_an_erased_subject_loses_all_rows(log: Chain, store: Path) -> None:
    worker = log.start()
    tell(log, [*told(), *told("subject-5512")])
    folded(log)
    mine = {key: row for key, row in minutes(log).items() if key[0] == "me"}
    assert traces(store, "subject-5512") != []
    proved(erase(load_settings(log.environ), "x", "subject-5512"))
    assert minutes(log) == mine
    assert verified(log)
    tell(log, told("subject-5512"), hours=5)
    folded(log)
    assert minutes(log) == mine
    erased = "SELECT sum(erased), sum(documents), sum(facts) FROM batches FINAL WHERE erased > 0"
    assert log.client.rows(erased) == [(len(told()), len(told()), 0)]
    assert verified(log)
    assert traces(store, "subject-5512") == []
    log.finish(worker)


def test_a_like_given_to_an_erased_person_names_nobody(log: Chain, store: Path) -> None:
    worker = log.start()
    ghost = f"did:plc:{GHOST}"
    given = Like(
        network="bluesky", id="at://me/app.bsky.feed.like/3l1", occurred_at=START, ingested_at=START,
        subject="me", actor="me", post=f"at://{ghost}/app.bsky.feed.post/3k1",
    )  # fmt: skip
    message = (partition_of("bluesky", "me", PARTITIONS), encode(given))
    log.send([message])
    folded(log)
    assert traces(store, ghost) != []
    proved(erase(load_settings(log.environ), "bluesky", ghost))
    log.send([message])
    folded(log)
    kept = "SELECT id, actor, startsWith(post, 'erased-') FROM interactions FINAL"
    assert log.client.rows(kept) == [(given.id, "me", True)]
    assert verified(log)
    assert traces(store, ghost) == []
    log.finish(worker)


def test_sql_takes_the_same_names_out_of_a_text_as_the_worker(stack: EmbeddedStack) -> None:
    chance = random.Random(5)
    texts = sorted({"".join(chance.choices(PIECES, k=chance.randint(1, 6))) for _ in range(2_000)})
    eraser = Eraser(SECRET)
    eraser.learn(Erase(network="x", id="17", occurred_at=START, ingested_at=START, handles=("ann",)))
    found = patterns(["17"], ["ann"])
    sql = """
    SELECT
        replaceRegexpAll(text, %(page)s, '\\\\1erased\\\\2') AS pageless,
        replaceRegexpAll(pageless, %(talk)s, '@erased\\\\1') AS left,
        match(text, %(page)s) OR match(text, %(talk)s),
        match(left, %(page)s) OR match(left, %(talk)s)
    FROM (SELECT arrayJoin(%(texts)s) AS text)
    """
    wanted = {"page": found.page, "talk": found.talk, "texts": texts}
    client = connect(stack.store, "migrate", database="system")
    rows = client.execute(sql, wanted, settings={"max_query_size": 1 << 20})
    client.disconnect()
    ours = [eraser.nameless("x", text) for text in texts]
    assert [row[1:] for row in rows] == [
        (left, left != text, 0) for left, text in zip(ours, texts, strict=True)
    ]
    assert 500 < sum(left != text for left, text in zip(ours, texts, strict=True)) < len(texts)


PIECES = (
    "@ann", "ann", "@Ann@m.example", "@annie", "x.com/ann", "https://m.example/@ann", "bsky.app/profile/17",
    "m.example/users/17/statuses", " ", ".", ",", "/", "?", "@", "-", ")", "é", "\n", "_", "17", "s",
)  # fmt: skip


def test_without_the_secret_nobody_is_erased(log: Chain) -> None:
    del log.environ["RAPPORT_ERASURE_SECRET"]
    with pytest.raises(
        UsageError, match="RAPPORT_ERASURE_SECRET is not set: set it, or RAPPORT_ERASURE_SECRET_FILE"
    ):
        erase(load_settings(log.environ), "x", GHOST)


def test_who_is_in_the_brand_file_is_not_erased(log: Chain) -> None:
    worker = log.start()
    brand = Brand(contacts=(Contact(network="x", tag="partner", id=GHOST),))
    told = BrandVersion(
        network="x", id=brand_hash(brand), occurred_at=START, ingested_at=START, content=encode_brand(brand)
    )
    log.send([(partition, encode(told)) for partition in range(PARTITIONS)])
    folded(log)
    with pytest.raises(UsageError, match=f"the brand file names the account {GHOST}: take it out there"):
        erase(load_settings(log.environ), "x", GHOST)
    log.finish(worker)
