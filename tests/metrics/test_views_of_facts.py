"""The views of facts and of operations: what a reader sees of what was stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.benchmarks.view_speed import views
from tests.metrics.migrated_store import MigratedStore, header_row, instant, position_row
from tests.views.reference_plan import reads_without_key

pytestmark = pytest.mark.integration

AT = 1_700_000_000_000
HOUR, DAY = 3_600_000, 86_400_000
VIEWS = (
    "account_clocks", "account_latest", "account_minutes", "account_sums", "accounts", "brand_versions",
    "daily_metrics", "gaps", "metrics", "metrics_latest", "pipeline_health", "post_facts", "unheard",
    "weekly_metrics",
)  # fmt: skip


def post(id_: str, **columns: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "network": "x",
        "account_id": "7",
        "id": id_,
        "id_at": instant(AT),
        "occurred_at": instant(AT),
        "author": "7",
        "author_handle": "ada",
        "author_host": "",
        "text": "hello",
        "kind": "original",
        "relation": "own",
        "late": False,
        "version": 1,
    }
    return row | columns


def matured(id_: str, age: str, **columns: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"network": "x", "account_id": "7", "id": id_, "age": age, "measured": True}
    return row | {"likes": 3, "replies": None, "interactions": 3, "version": 1} | columns


def edit(id_: str, at: int, text: str) -> dict[str, Any]:
    return {"network": "x", "account_id": "7", "id": id_, "occurred_at": instant(at), "text": text}


def deletion(id_: str, of: str, author: str = "") -> dict[str, Any]:
    return {"network": "x", "account_id": "7", "id": id_, "of": of, "author": author}


def test_every_view_of_an_empty_database_answers_with_no_rows(store: MigratedStore) -> None:
    for view in VIEWS:
        assert store.read(f"SELECT * FROM {view}") == [], view


def test_the_first_arrival_of_a_post_is_shown_once_with_its_last_edit(store: MigratedStore) -> None:
    store.insert("posts", [post("1", text="first", version=5), post("1", text="again", version=9)])
    store.insert("posts", [post("2", text="as it was")])
    store.insert("post_edits", [edit("1", AT + HOUR, "better"), edit("1", AT + DAY, "best")])
    found = store.read("SELECT id, text, edited_at FROM post_facts ORDER BY id")
    assert found == [("1", "best", instant(AT + DAY)), ("2", "as it was", None)]


def test_deleted_posts_those_of_gone_accounts_and_those_of_others_are_hidden(store: MigratedStore) -> None:
    gone = {"account_id": "8", "author": "8"}
    store.insert("posts", [post("1"), post("2"), post("3", relation="reply", author="9"), post("4", **gone)])
    store.insert("deletions", [deletion("2", "post"), deletion("1", "like")])
    store.insert("deletions", [deletion("8", "account", "8") | {"account_id": "8"}])
    assert store.read("SELECT id FROM post_facts") == [("1",)]


def test_the_counts_of_a_post_say_whether_they_are_known_awaited_or_never_told(store: MigratedStore) -> None:
    store.insert(
        "posts",
        [post("1"), post("2"), post("3", kind="thread"), post("4", kind="repost"), post("5", late=True)],
    )
    store.insert("matured", [matured("1", "1h"), matured("1", "24h", likes=9, interactions=9)])
    untold = {"measured": False, "likes": None, "interactions": None}
    store.insert("matured", [matured("2", "1h", **untold)])
    found = store.read(
        "SELECT id, status_1h, likes_1h, replies_1h, status_24h, interactions_24h FROM post_facts ORDER BY id"
    )
    assert found == [
        ("1", "ok", 3, None, "ok", 9),
        ("2", "unmeasured", None, None, "waiting", None),
        ("3", "not_counted", None, None, "not_counted", None),
        ("4", "not_counted", None, None, "not_counted", None),
        ("5", "not_counted", None, None, "not_counted", None),
    ]


@pytest.mark.parametrize(
    ("columns", "permalink"),
    [
        ({"id": "20"}, "https://x.com/ada/status/20"),
        ({"id": "20", "author_handle": ""}, "https://x.com/i/status/20"),
        (
            {
                "network": "bluesky",
                "author": "did:plc:abc",
                "id": "at://did:plc:abc/app.bsky.feed.post/3k44d",
            },
            "https://bsky.app/profile/did:plc:abc/post/3k44d",
        ),
        (
            {"network": "mastodon", "author_host": "fosstodon.org", "id": "11"},
            "https://fosstodon.org/@ada/11",
        ),
        (
            {"network": "mastodon", "author_host": "m.social", "author_handle": "ada@m.social", "id": "11"},
            "https://m.social/@ada/11",
        ),
        ({"network": "mastodon", "id": "11"}, ""),
    ],
)
def test_a_permalink_leads_to_the_post_on_its_network(
    store: MigratedStore, columns: dict[str, str], permalink: str
) -> None:
    store.insert("posts", [post("1") | columns])
    assert store.read("SELECT permalink FROM post_facts") == [(permalink,)]


def test_an_account_has_its_latest_handle_whoever_told_it(store: MigratedStore) -> None:
    """A profile said ada and Ada L.; a later post, and only it, says lovelace."""
    profile = {"network": "x", "account_id": "7", "id": "7", "occurred_at": instant(AT)}
    store.insert("profiles", [profile | {"handle": "ada", "name": "Ada L."}])
    store.insert("profiles", [profile | {"id": "9", "handle": "other", "name": "Somebody else"}])
    assert store.read("SELECT account_id, handle, name, first_at FROM accounts") == [
        ("7", "ada", "Ada L.", None)
    ]
    store.insert("posts", [post("1", author_handle="lovelace", occurred_at=instant(AT + DAY))])
    store.insert("checkpoints", [header_row("7", AT, AT + DAY)])
    assert store.read("SELECT handle, name, first_at, last_at FROM accounts") == [
        ("lovelace", "Ada L.", instant(AT), instant(AT + DAY))
    ]


def test_post_facts_filtered_by_account_read_by_primary_key(store: MigratedStore) -> None:
    store.insert("posts", [post("1")])
    store.insert("matured", [matured("1", "1h")])
    store.insert("post_edits", [edit("1", AT, "better")])
    store.insert("deletions", [deletion("2", "post")])
    plan = store.explain("SELECT * FROM post_facts WHERE network = 'x' AND account_id = '7'")
    reads = [line for line in plan if "Condition:" in line and "account_id in ['7', '7']" in line]
    assert len(reads) == len([line for line in plan if "ReadFromMergeTree" in line])


TABLES_OF_ACCOUNTS = (
    "posts", "post_stats", "interactions", "profiles", "post_edits", "deletions", "matured",
    "account_windows", "account_windows_latest", "checkpoints", "alerts", "alert_deliveries",
    "alert_silences",
)  # fmt: skip


def test_every_view_of_accounts_filtered_by_account_reads_by_primary_key(store: MigratedStore) -> None:
    """Other tables, of brands and gaps, hold few rows and no account.

    Who waits for an answer is asked in tests/views/test_responses.py: likes are no part of it.
    """
    for table in TABLES_OF_ACCOUNTS:
        store.insert(table, [{"network": "x", "account_id": account} for account in "79"])
    store.insert("checkpoints", [header_row("7", AT, AT + DAY), position_row(AT)])
    tables = TABLES_OF_ACCOUNTS
    asked = [view for view in views() if view not in ("inbox", "response_units", "responses")]
    wrong = {view: reads_without_key(store, view, "7", tables) for view in asked}
    assert len(wrong) > 25
    assert {view: read for view, read in wrong.items() if read} == {}


def test_the_versions_of_the_brand_are_there_once_each(store: MigratedStore) -> None:
    version = {"hash": "aa", "content": '{"name":"A"}', "version": 1}
    rows = [version | {"partition": p, "occurred_at": instant(AT + p)} for p in (0, 1)]
    store.insert("brands", rows)
    assert store.read("SELECT hash, from_at, last_at, time_zone FROM brand_versions") == [
        ("aa", instant(AT), instant(AT + 1), "UTC")
    ]


def test_a_gap_has_its_length(store: MigratedStore) -> None:
    gap = {"network": "x", "source": "file", "id": "g", "reason": "restart"}
    store.insert("ingest_gaps", [gap | {"from_at": instant(AT), "until_at": instant(AT + 1500)}])
    assert store.read("SELECT source, duration_s, reason FROM gaps") == [("file", 1.5, "restart")]


def test_health_tells_the_latest_figures_the_ages_and_the_dead_letters(store: MigratedStore) -> None:
    figure = {"part": "ingest", "partition": -1, "name": "events"}
    now = datetime.now(UTC)
    store.insert("pipeline_stats", [figure | {"at": now, "value": 20.0}])
    store.insert("pipeline_stats", [figure | {"at": now - timedelta(seconds=9), "value": 10.0}])
    store.insert("checkpoints", [position_row(AT)])
    letter = {"source": "file", "place": "a:1", "reason": "broken", "at": instant(AT)}
    store.insert("dead_letters", [letter, letter | {"place": "a:2"}])
    found = {(part, name): value for part, name, value in store.read(
        "SELECT part, name, value FROM pipeline_health")}  # fmt: skip
    assert found["ingest", "events"] == 20.0
    assert found["file", "dead_letters"] == 2.0
    assert 0 <= found["worker", "position_age_s"] < 60
    assert found["worker", "watermark_age_s_x"] > 86_400
