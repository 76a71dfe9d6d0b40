"""Faults of the ingest: killed at its failpoints while it reads a file."""

from __future__ import annotations

import time
from pathlib import Path

from pipelines.events import Post, encode
from tests.faults.failpoints import Plan
from tests.faults.faults import KILL_PATIENCE_S, Hurt
from tests.faults.load import TEXTS
from tests.faults.system import System

NETWORK = "bluesky"
"""Not that of the load: a network has one clock, and here it is the file's."""
BEGIN_AT = 1_500_000_000_000
BETWEEN_FILES_MS = 10 * 86_400_000
"""The clock that a file leaves stands 36 h behind its last post: the next one must not be late."""
_STORED = """
SELECT
    count(),
    uniqExact(id),
    sum(cityHash64(text)),
    countIf(late)
FROM posts FINAL
WHERE network = %(network)s AND startsWith(id, concat(%(begin)s, '-'))
"""
_WANTED = "SELECT sum(cityHash64(text)) FROM (SELECT arrayJoin(%(texts)s) AS text)"


def kill_ingest_at(system: System, point: str, kills: int, *, posts: int = 2_000) -> Hurt:
    """Let an ingest of a file kill itself at a failpoint, so often; then let it end in peace.

    One that comes to the end of its file before it fails goes on with another file.
    """
    fired = system.times_fired(point)
    file, texts = _next_file(system, point, posts)
    while system.times_fired(point) - fired < kills:
        code = _ingest(system, file, system.plan(point))
        assert code in (-9, 0), f"the ingest ended with {code}: {_said(system)}"
        if code == 0:
            _check(system, file.stem, texts)
            file, texts = _next_file(system, point, posts)
    begun = time.monotonic()
    assert _ingest(system, file, None) == 0, _said(system)
    recovery_s = time.monotonic() - begun
    _check(system, file.stem, texts)
    return Hurt(kills, recovery_s)


def _ingest(system: System, file: Path, plan: Plan | None) -> int:
    environ = {**system.tried.environ, "RAPPORT_DATA_DIR": str(system.folder / "ingest")}
    return system.ingest("file", str(file), environ=environ, plan=plan).wait(KILL_PATIENCE_S)


def _next_file(system: System, point: str, posts: int) -> tuple[Path, list[str]]:
    number = len(list(system.folder.glob("file-*.jsonl")))
    file = system.folder / f"file-{number}-{point}.jsonl"
    return file, _write(file, begin=file.stem, posts=posts, at=BEGIN_AT + number * BETWEEN_FILES_MS)


def _check(system: System, begin: str, texts: list[str]) -> None:
    """See that each post of the file is stored once, as it is written there, and none of them late."""
    ours = system.tried.client
    parameters = {"network": NETWORK, "begin": begin}
    system.wait(
        lambda: ours.rows(_STORED, parameters)[0][1] >= len(texts), "all posts of the file are stored"
    )
    wanted = ours.rows(_WANTED, {"texts": texts}, settings={"max_query_size": 16_000_000})[0][0]
    stored = ours.rows(_STORED, parameters)[0]
    assert stored == (len(texts), len(texts), wanted, 0), f"{stored} of {len(texts)} posts of {begin}"


def _write(file: Path, *, begin: str, posts: int, at: int) -> list[str]:
    texts = [f"{TEXTS[number % len(TEXTS)]} {number}" for number in range(posts)]
    with file.open("wb") as out:
        for number, text in enumerate(texts):
            when = at + number * 20_000
            post = Post(
                network=NETWORK, subject="", id=f"{begin}-{number}", occurred_at=when, ingested_at=when,
                author=f"b{number % 30}", text=text,
            )  # fmt: skip
            out.write(encode(post) + b"\n")
    return texts


def _said(system: System) -> str:
    return (system.folder / "ingest.log").read_text(errors="replace")[-2_000:]
