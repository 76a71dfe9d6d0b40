"""`rapport erase`: nothing names the person any more, counts stay, and nothing brings them back."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.embedded import EmbeddedStack
from pipelines.brand import Brand, Contact, brand_hash, encode_brand
from pipelines.erased_text import patterns
from pipelines.erasing import Eraser
from pipelines.errors import UsageError
from pipelines.events import (
    HOUR_MS,
    MINUTE_MS,
    AnyEvent,
    BrandVersion,
    Delete,
    Edit,
    Erase,
    Follow,
    Like,
    Mention,
    Post,
    PostStats,
    Profile,
    encode,
)
from pipelines.forgetting import Proof, erase
from pipelines.ingest.batches import partition_of
from pipelines.offsets import end_offsets
from pipelines.preparation import prepare
from pipelines.recount import wait_until_folded
from pipelines.replaying import begin_replay
from pipelines.settings import MIGRATE_USER, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify import verify
from tests.conftest import connect
from tests.integration.worker_run import PARTITIONS, START, Chain, chain, ticks

pytestmark = pytest.mark.integration
GHOST, HANDLE, NAME = "ghost-9071", "ghostly_handle_9071", "Ghostina Spectrovna"
WORDS = "ectoplasm quivers beneath my floorboards"
CANARIES = (GHOST, HANDLE, NAME, WORDS)
LOOKS = 50
SECRET = "a secret of this test alone"


@pytest.fixture
def log(stack: EmbeddedStack, database: str, topic_prefix: str, tmp_path: Path) -> Iterator[Chain]:
    with chain(stack, database, topic_prefix, tmp_path) as made:
        made.environ["RAPPORT_ERASURE_SECRET"] = SECRET
        yield made


@pytest.fixture
def store(stack: EmbeddedStack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.getbasetemp() / "stack0" / "clickhouse"
    assert folder.is_dir()
    return folder


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


def test_an_erasure_that_is_killed_is_finished_by_the_next(log: Chain, store: Path) -> None:
    worker = log.start()
    tell(log, told())
    folded(log)
    before = minutes(log)
    for point in ("order", "insert", "delete", "clear"):
        command = [sys.executable, "-c", KILLED, point, GHOST]
        killed = subprocess.run(command, env=log.environ, capture_output=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        if point in ("order", "insert"):
            worker.kill()
            worker.wait()
            worker = log.start()
    proved(erase(load_settings(log.environ), "x", GHOST))
    assert minutes(log) == before
    assert verified(log)
    untraced(store)
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


def test_of_two_erasures_at_once_one_is_refused(log: Chain) -> None:
    worker = log.start()
    tell(log, told())
    folded(log)
    command = [sys.executable, "-c", KILLED, "stand", GHOST]
    with subprocess.Popen(command, env=log.environ, text=True, stdout=subprocess.PIPE) as standing:
        assert standing.stdout is not None
        assert standing.stdout.readline() == "listed\n"
        try:
            with pytest.raises(
                UsageError, match=r"^another `rapport erase` is under way, begun on \S+ \d+ s ago"
            ):
                erase(load_settings(log.environ), "x", "z")
        finally:
            standing.kill()
    assert log.client.rows("SELECT count() FROM erasing WHERE value = 'z'") == [(0,)]
    proved(erase(load_settings(log.environ), "x", "z"))
    assert verified(log)
    log.finish(worker)


KILLED = """
import os, signal, sys, time
from pipelines.forgetting import erase, run, tables, worklist
from pipelines.settings import load_settings

point, account = sys.argv[1:]

def die(*arguments, **more):
    os.kill(os.getpid(), signal.SIGKILL)

def after(real, call):
    def both(*arguments, **more):
        real(*arguments, **more)
        call()
    return both

def quietly(client, sql, parameters=None):
    if sql.startswith(begins):
        die()
    return real(client, sql, parameters)

real = tables.quietly
begins = {"insert": "INSERT INTO `profiles`", "delete": "ALTER TABLE `profiles`"}.get(point, "nothing")
match point:
    case "order":
        run.wait_until_folded = after(run.wait_until_folded, die)
    case "stand":
        worklist.put = after(worklist.put, lambda: (print("listed", flush=True), time.sleep(600)))
    case "clear":
        worklist.clear = after(worklist.clear, die)
    case _:
        tables.quietly = quietly
erase(load_settings(), "x", account)
"""


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


def tell(log: Chain, events: list[AnyEvent], *, hours: int = 3) -> None:
    """Write events, and let time pass."""
    log.send([(partition_of("x", event.subject, PARTITIONS), encode(event)) for event in events])
    log.send(ticks(START + hours * HOUR_MS))


def told(subject: str = "me") -> list[AnyEvent]:
    """Return what an account and the ghost had to do with each other, and what others said of it."""
    shared: dict[str, Any] = {"network": "x", "subject": subject}
    name = f"{subject}_handle"

    def at(minute: int) -> dict[str, Any]:
        return {
            "occurred_at": START + minute * MINUTE_MS,
            "ingested_at": START + minute * MINUTE_MS,
            **shared,
        }

    ghost = {"author": GHOST, "author_handle": HANDLE}
    return [
        Profile(**at(0), id=subject, handle=name, name="The Subject", bio=f"with @{HANDLE}", followers=5),
        Profile(**at(0), id=GHOST, handle=HANDLE, name=NAME, bio=WORDS, followers=7),
        Post(**at(1), id=f"{subject}-1", author=subject, text="good morning to everybody here"),
        Post(
            **at(2), id=f"{subject}-{GHOST}-reply", **ghost, text=f"{WORDS}, right?",
            reply_to_post=f"{subject}-1", reply_to_account=subject,
        ),
        Edit(**at(3), id=f"{subject}-{GHOST}-reply", text=f"{WORDS}, edited"),
        Like(**at(4), id=f"{subject}-{GHOST}-like", actor=GHOST, post=f"{subject}-1"),
        Delete(**at(5), id=f"{subject}-{GHOST}-like", of="like"),
        Follow(**at(5), id=f"{subject}-{GHOST}-follow", actor=GHOST),
        Post(
            **at(6), id=f"{subject}-{GHOST}-mention", **ghost, text=f"@{name} {WORDS}",
            mentions=(Mention(subject, name),),
        ),
        Post(
            **at(7), id=f"{subject}-{GHOST}-quote", **ghost, text=WORDS,
            quote_of=f"{subject}-1", quote_of_account=subject,
        ),
        Post(
            **at(8), id=f"{subject}-{GHOST}-repost", **ghost,
            repost_of=f"{subject}-1", repost_of_account=subject,
        ),
        Post(
            **at(9), id=f"{subject}-2", author=subject, text=f"@{HANDLE} what a fright",
            reply_to_post=f"{subject}-{GHOST}-reply", reply_to_account=GHOST,
            mentions=(Mention(GHOST, HANDLE),),
        ),
        Post(
            **at(10), id=f"{subject}-3", author=subject, text="look at this", quote_of=f"{GHOST}-elsewhere",
            quote_of_account=GHOST, links=(f"https://x.com/{HANDLE}/status/{GHOST}-elsewhere",),
        ),
        Post(**at(11), id=f"{subject}-4", author=subject, repost_of=f"{GHOST}-more", repost_of_account=GHOST),
        PostStats(
            **at(12), id=f"{subject}-1", likes=3, replies=1, reposts=1, quotes=1,
            observed_at=START + 12 * MINUTE_MS,
        ),
        Post(
            **at(13), id=f"{subject}-z", author="z",
            text=f"with .@{HANDLE} (@{HANDLE}) at x.com/{HANDLE.upper()}/media, https://x.com/{HANDLE}. no?",
            reply_to_post=f"{subject}-1", reply_to_account=subject,
        ),
    ]  # fmt: skip


def minutes(log: Chain) -> dict[tuple[str, Any], tuple[Any, ...]]:
    """Return what counts of each account and minute; when we heard of it is left out."""
    rows = log.client.rows(
        "SELECT account_id, minute, posts, replies_made, replies_to_others, posts_addressed, quotes_made,"
        " reposts_made, replies_received, questions_received, quotes_received, reposts_received,"
        " direct_mentions_received, likes_received, follows_received FROM account_minutes"
    )
    return {(account, minute): tuple(counts) for account, minute, *counts in rows if any(counts)}


def folded(log: Chain) -> None:
    """Wait until a checkpoint covers the log."""
    ends = {each: end - 1 for each, end in end_offsets(log.settings).items()}
    wait_until_folded(log.settings, ends)


def proved(proof: Proof) -> None:
    """Look at a proof: it goes through every table and finds nothing."""
    assert {"posts", "interactions", "checkpoints", "dead_letters", "erasures", "brands"} <= set(proof.named)
    assert (dict(proof.named), proof.clean) == (dict.fromkeys(proof.named, 0), True)


def verified(log: Chain) -> bool:
    """Tell whether nothing is lost, nothing there twice, nothing differs; else say what."""
    findings = verify(log.client).findings
    assert findings == ()
    return True


def replies(counted: dict[tuple[str, Any], tuple[Any, ...]]) -> int:
    """Return how many replies were received."""
    return sum(counts[6] for counts in counted.values())


def stored(log: Chain) -> dict[tuple[str, str], Any]:
    """Return posts and acts as anybody can read them, by table and id; when they were folded is left out."""
    posts = log.client.rows(
        "SELECT 'posts', id, * EXCEPT (network, id, watermark, late, counted, version, written_at)"
        " FROM posts FINAL"
    )
    acts = log.client.rows("SELECT 'interactions', id, account_id, kind, actor, post FROM interactions FINAL")
    gone = log.client.rows("SELECT 'deletions', id, account_id, of, author FROM deletions FINAL")
    said = log.client.rows("SELECT 'profiles', id, handle, name, bio, url, followers FROM profiles FINAL")
    return {(table, id_): tuple(row) for table, id_, *row in [*posts, *acts, *gone, *said]}


def untraced(store: Path) -> None:
    """Make sure that no file of the store holds a byte of the ghost."""
    assert {word: traces(store, word) for word in CANARIES} == {word: [] for word in CANARIES}


def traces(store: Path, word: str) -> list[str]:
    """Return the files of the store that hold a word; if one goes meanwhile, all are looked at again."""
    for _ in range(LOOKS):
        try:
            files = [path for path in store.rglob("*") if path.is_file()]
            return [str(path) for path in files if word.encode() in path.read_bytes()]
        except FileNotFoundError:
            continue
    raise AssertionError("files of the store come and go without an end")
