"""`rapport demo --source jetstream` as a user runs it: first the past of the account, then the present."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_driver import Client
from msgspec import structs

from infra.embedded import find_running
from pipelines import clock
from pipelines.events import DAY_MS
from tests.integration.analysis_run import left_over, run, start
from tests.sources.archive_outcome import DID
from tests.sources.made_up_account import MadeUp, made_up_posts
from tests.sources.network_server import HANDLE, NetworkServer, serving
from tests.sources.servers.jetstream_server import LIKE, Happening, JetstreamServer, jetstream_server
from tests.sources.servers.x_server import iso
from tests.stores import connect

pytestmark = pytest.mark.integration

POSTS = 80


def lately(count: int) -> list[MadeUp]:
    """Give posts of the last weeks, the last of them two days old."""
    made_up = list(made_up_posts(count))
    later = clock.now_ms() - 2 * DAY_MS - made_up[-1].at
    return [structs.replace(post, at=post.at + later) for post in made_up]


@pytest.fixture
def posts() -> list[MadeUp]:
    return lately(POSTS)


@pytest.fixture
def appview(posts: list[MadeUp]) -> Iterator[str]:
    with serving(NetworkServer(posts)) as url:
        yield url


@pytest.fixture
def jetstream() -> Iterator[JetstreamServer]:
    with jetstream_server() as server:
        yield server


def arguments(folder: Path, jetstream: JetstreamServer, *more: str) -> list[str]:
    source = ["--source", "jetstream", "--account", f"@{HANDLE}", "-o", f"servers={jetstream.url()}"]
    return ["demo", "--data-dir", str(folder / "demo"), *source, "-o", "idle_s=60000", *more]


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if text in line:
            return
    raise AssertionError("".join(lines))


def wait_until_told(reader: Client, sql: str, patience_s: float = 40.0) -> None:
    deadline = time.monotonic() + patience_s
    while not reader.execute(sql)[0][0]:
        assert time.monotonic() < deadline, sql
        time.sleep(0.2)


def test_the_first_picture_is_the_accounts_past_and_the_present_goes_on(
    tmp_path: Path, appview: str, jetstream: JetstreamServer, posts: list[MadeUp]
) -> None:
    process = start(tmp_path, *arguments(tmp_path, jetstream), RAPPORT_BLUESKY_URL=appview)
    try:
        wait_for(process, "the page")
        running = find_running(tmp_path / "demo")
        assert running is not None
        reader = connect(running.store, "reader")
        headlines = [post for post in posts if not post.answers]
        likes = sum(post.likes for post in headlines) / len(headlines)
        picture = "SELECT value FROM metrics_latest WHERE window = 'all' AND metric = 'likes_per_post'"
        assert reader.execute(picture) == [(pytest.approx(likes),)]
        assert reader.execute("SELECT handle, account_id FROM accounts") == [(HANDLE, DID)]
        record = {"text": "fresh bread", "createdAt": iso(clock.now_ms())}
        bread = Happening(1, clock.now_ms(), DID, rkey="3mnow", record=record)
        like = {"subject": {"uri": bread.uri}, "createdAt": iso(clock.now_ms())}
        jetstream.happen(
            bread, Happening(2, clock.now_ms(), "did:plc:fan", collection=LIKE, rkey="3m2", record=like)
        )
        wait_until_told(reader, f"SELECT count() FROM post_facts WHERE id = '{bread.uri}'")
        wait_until_told(reader, "SELECT sum(likes_received) FROM account_minutes")
        reader.disconnect()
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
    again = run(tmp_path, *arguments(tmp_path, jetstream, "--for", "1"), RAPPORT_BLUESKY_URL=appview)
    assert again.code == 0, again.err
    assert "reading @" not in again.err, "the past is read once"
    other = [each.replace(HANDLE, "bob.example") for each in arguments(tmp_path, jetstream)]
    refused = run(tmp_path, *other, RAPPORT_BLUESKY_URL=appview)
    assert (refused.code, "does not name @bob.example: choose another" in refused.err) == (2, True), (
        refused.err
    )
    assert left_over(tmp_path / "demo") == []


def test_an_account_that_does_not_exist_is_said_before_anything_listens(
    tmp_path: Path, appview: str, jetstream: JetstreamServer
) -> None:
    wrong = [each.replace(HANDLE, "nobody.example") for each in arguments(tmp_path, jetstream)]
    outcome = run(tmp_path, *wrong, RAPPORT_BLUESKY_URL=appview)
    assert outcome.code == 2
    assert "nobody.example" in outcome.err
    assert not jetstream.asked
