"""A recount from the facts: late ones count, withdrawn ones do not, what was changed by hand is mended."""

from __future__ import annotations

from typing import Any

from pipelines.clock import now_ms
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, Post
from pipelines.recount import Reach
from pipelines.recount.findings import find
from pipelines.settings import WRITER_USER
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.verify.groups import account_groups
from pipelines.verify.queries import query
from pipelines.verify.standing import read_span, read_standings
from tests.integration.recounted_log import Log, findings
from tests.integration.small_history import deletion, in_time, late
from tests.strategies import (
    ME,
    START,
    post,
    tick,
)


def test_late_facts_count_from_the_recount_on(log: Log) -> None:
    log.fold([*in_time(), late("late mention", 50), late("another", 51), tick(START + 40 * DAY_MS)])
    assert (ME, START + 50 * MINUTE_MS) not in log.minutes()
    (event,) = log.recount(Reach(since_at=START + 51 * MINUTE_MS))
    assert [minute.measures for minute in event.minutes] == [{"direct_mentions_received": 1}]
    counted = {at: counts for (_, at), counts in log.minutes(without=["late_events"]).items() if counts}
    assert (START + 51 * MINUTE_MS in counted, START + 50 * MINUTE_MS in counted) == (True, False)
    assert findings(log) == []
    log.recount()
    assert log.minutes()[ME, START + 50 * MINUTE_MS] == {"direct_mentions_received": 1}
    assert findings(log) == []
    (day,) = log.rows("SELECT max(direct_mentions_received) FROM account_windows FINAL WHERE window = '24h'")
    assert day == (3,)


def test_a_minute_that_may_still_change_is_left_alone(log: Log) -> None:
    log.fold([*in_time(), late("late mention", 50), tick(START + 3 * HOUR_MS), late("later", 119)])
    (event,) = log.recount()
    assert [minute.at for minute in event.minutes] == [START + 50 * MINUTE_MS]


class Earlier(ClickHouse):
    """A connection that asked which accounts there are before any had facts."""

    def rows(self, sql: str, *arguments: Any, **options: Any) -> list[tuple[Any, ...]]:
        return [] if sql == query("account_partitions") else super().rows(sql, *arguments, **options)


def test_an_account_whose_first_facts_come_meanwhile_is_left_to_the_next_recount(log: Log) -> None:
    log.fold([*in_time(), late("late mention", 50), tick(START + 40 * DAY_MS)])
    with Earlier(log.store.clickhouse, WRITER_USER) as client:
        [group] = account_groups(client, "")[1]
        span = read_span(client, since_at=0, now_s=now_ms() // 1_000)
        assert list(find(client, group, read_standings(client), span, Reach())) == []
    assert len(log.recount()) == 1


MENDED = (
    "ALTER TABLE checkpoints UPDATE originals = originals + 1 WHERE kind = 'minute' AND posts > 0",
    "ALTER TABLE checkpoints DELETE WHERE kind = 'minute' AND direct_mentions_received > 0",
    "INSERT INTO checkpoints (partition, network, account_id, kind, at, posts, version)"
    f" VALUES (0, 'x', 'me', 'minute', fromUnixTimestamp64Milli({START + 5 * MINUTE_MS}, 'UTC'), 1, 1)",
    "ALTER TABLE account_windows UPDATE posts = 5 WHERE posts = 1 AND window = '7d'",
    "ALTER TABLE account_windows DELETE WHERE posts > 0 AND window = '28d'",
    "INSERT INTO account_windows (network, account_id, window, at, posts, version)"
    f" VALUES ('x', 'me', '24h', fromUnixTimestamp64Milli({START + 20 * DAY_MS}, 'UTC'), 1, 1)",
)


def test_what_was_changed_by_hand_is_mended(log: Log) -> None:
    log.fold([*in_time(), tick(START + 40 * DAY_MS)])
    before = log.minutes()
    for each in MENDED:
        log.keeper.run(each if each.startswith("INSERT") else f"{each} SETTINGS mutations_sync = 2")
    assert len(findings(log)) > len(MENDED)
    log.recount()
    assert findings(log) == []
    assert log.minutes() == before


def test_what_a_deleted_post_was_repeated_by_and_held_together_is_counted_anew(log: Log) -> None:
    """A slip and its repetition; a thread that loses its second post, and one that loses its root.

    minute   0 slip (deleted)   1 again       repeats nothing any more
            10 root  11 two (link, deleted)   12 three (link): brings it now, the second post
            20 gone (root, deleted)           21 rest (link): of a root that is gone, adds nothing
    """
    said, link = "fresh bread every morning at the corner", {"links": ("https://else.example/",)}

    def own(minute: int, id_: str, text: str, answers: str | None = None, **values: Any) -> Post:
        to = {} if answers is None else {"reply_to_post": answers, "reply_to_account": ME}
        return post(START + minute * MINUTE_MS, id_, text=text, **to, **values)

    log.fold([
        own(0, "slip", said), own(1, "again", said),
        own(10, "root", "one"), own(11, "two", "two", "root", **link), own(12, "three", "3", "two", **link),
        own(20, "gone", "four"), own(21, "rest", "five", "gone", **link),
        *(deletion(id_, 30) for id_ in ("slip", "two", "gone")), tick(START + 40 * DAY_MS),
    ])  # fmt: skip
    names = ("duplicate_posts", "link_posts", "posts_sq")

    def counted(minute: int) -> tuple[int, ...]:
        counts = log.minutes().get((ME, START + minute * MINUTE_MS), {})
        return tuple(counts.get(name, 0) for name in names)

    assert [counted(minute) for minute in (1, 11, 12, 21)] == [(1, 0, 1), (0, 1, 3), (0, 0, 5), (0, 1, 3)]
    log.recount()
    assert [counted(minute) for minute in (1, 11, 12, 21)] == [(0, 0, 1), (0, 0, 0), (0, 1, 3), (0, 0, 1)]
    assert findings(log) == []
