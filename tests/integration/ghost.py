"""A person to be erased, what they did, and what is left of them in the store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.events import (
    HOUR_MS,
    MINUTE_MS,
    AnyEvent,
    Delete,
    Edit,
    Follow,
    Like,
    Mention,
    Post,
    PostStats,
    Profile,
    encode,
)
from pipelines.forgetting import Proof
from pipelines.ingest.batches import partition_of
from pipelines.offsets import end_offsets
from pipelines.recount import wait_until_folded
from pipelines.verify import verify
from tests.integration.worker_run import PARTITIONS, START, Chain, ticks

GHOST, HANDLE, NAME = "ghost-9071", "ghostly_handle_9071", "Ghostina Spectrovna"

WORDS = "ectoplasm quivers beneath my floorboards"

CANARIES = (GHOST, HANDLE, NAME, WORDS)

LOOKS = 50

SECRET = "a secret of this test alone"


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
