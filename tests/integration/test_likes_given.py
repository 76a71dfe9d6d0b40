"""Likes that a tracked account gives: from Jetstream, played, through the tables to the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from infra.embedded import EmbeddedStack
from pipelines.brand import Account, Brand
from pipelines.events import DAY_MS, MINUTE_MS, AnyEvent, Delete, Like, Tick
from pipelines.ingest.router import Router
from pipelines.settings import MIGRATE_USER, Settings, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.migrate import migrate
from pipelines.sources import build_source
from pipelines.sources.base import SourceRequest
from pipelines.verify.queries import query
from tests.integration.command_line import environment
from tests.integration.recounted_log import Log, findings
from tests.sources.live_run import running
from tests.sources.servers.http_server import Reply, http_server
from tests.sources.servers.jetstream_server import LIKE, POST, V2_PATH, Happening, jetstream_server
from tests.views.reference_relationships import dyads_of

BEGIN = 1_790_000_000_000
OVEN, MILL, FAN = (f"did:plc:{name * 6}"[:32] for name in ("oven", "mill", "fans"))
BRAND = Brand(accounts=tuple(Account(network="bluesky", id=each) for each in (OVEN, MILL)))


@pytest.fixture
def log(stack: EmbeddedStack, database: str) -> Iterator[Log]:
    settings: Settings = load_settings(environment(stack, database, f"{database}."))
    migrate(settings.clickhouse)
    with ClickHouse(settings.clickhouse, MIGRATE_USER) as keeper:
        yield Log(settings, keeper)


def like(seq: int, giver: str, owner: str) -> Happening:
    post = {"uri": f"at://{owner}/{POST}/3k1", "cid": "bafy"}
    at = BEGIN + seq * MINUTE_MS
    created = datetime.fromtimestamp(at / 1_000, UTC).isoformat()
    record = {"$type": LIKE, "subject": post, "createdAt": created}
    return Happening(seq, at, giver, collection=LIKE, rkey=f"3l{seq}", record=record)


def told_by_jetstream(folder: Path, *happenings: Happening) -> list[AnyEvent]:
    """Return what the source makes of a stream, each event for whom it concerns."""
    with jetstream_server() as jetstream, http_server() as appview:
        appview.routes["/xrpc/app.bsky.actor.getProfiles"] = lambda _: Reply({"profiles": []})
        request = SourceRequest(
            arguments=(),
            options={"servers": jetstream.url(V2_PATH), "appview": appview.url, "idle_s": "60000"},
            work_dir=folder,
            cursor=None,
            now=lambda: BEGIN + DAY_MS,
            sleep=lambda _: None,
            brand=lambda: BRAND,
        )
        with running(build_source("jetstream", request), None) as run:
            run.wait(lambda: jetstream.asked)
            jetstream.happen(*happenings)
            run.wait(lambda: len(run.ids(Like, Delete)) == len(happenings))
    router = Router(BRAND)
    return [routed for event in run.events for routed in router.route(event)]


def test_a_like_given_is_in_the_ledger_and_is_not_received(log: Log, tmp_path: Path) -> None:
    """The oven likes a fan twice and takes one back, likes itself and the mill; the fan likes the oven."""
    back = like(2, OVEN, FAN)
    gone = msgspec.structs.replace(back, seq=7, operation="delete", record=None)
    told = told_by_jetstream(
        tmp_path, like(1, OVEN, FAN), back, like(3, OVEN, OVEN), like(4, OVEN, MILL), like(5, FAN, OVEN),
        like(6, FAN, MILL), gone,
    )  # fmt: skip
    now = BEGIN + 2 * DAY_MS
    log.fold([*told, Tick(network="bluesky", id="t", occurred_at=now, ingested_at=now)])
    assert findings(log) == []
    log.recount()
    assert findings(log) == []
    received = "SELECT account_id, sum(likes_received) FROM account_minutes GROUP BY ALL ORDER BY ALL"
    assert log.rows(received) == [(MILL, 2), (OVEN, 1)]
    ledger = log.rows("SELECT account_id, other, likes_out, likes_in, began FROM relationships ORDER BY ALL")
    assert ledger == [
        (MILL, FAN, 0, 1, "other"), (MILL, OVEN, 0, 1, "other"),
        (OVEN, FAN, 1, 1, "account"), (OVEN, MILL, 1, 0, "account"),
    ]  # fmt: skip
    assert ledger == expected(told, now)


def test_a_like_given_that_comes_late_asks_for_no_recount(log: Log) -> None:
    clock = Tick(network="bluesky", id="t", occurred_at=BEGIN + DAY_MS, ingested_at=BEGIN + DAY_MS)
    given = Like(
        network="bluesky", id="given", occurred_at=BEGIN, ingested_at=BEGIN, subject=OVEN, actor=OVEN,
        post=f"at://{FAN}/{POST}/3k1",
    )  # fmt: skip
    log.fold([clock, given])
    assert log.keeper.rows(query("unsettled"), {"since": 0}) == []
    log.fold([msgspec.structs.replace(given, id="received", actor=FAN, post=f"at://{OVEN}/{POST}/3k1")])
    assert log.keeper.rows(query("unsettled"), {"since": 0}) == [("bluesky", OVEN, BEGIN)]


def expected(told: list[AnyEvent], now: int) -> list[tuple[str, str, int, int, str]]:
    """Return the ledger as the reference has it."""
    return sorted(
        (me, other, dyad.counts.get("like_out", 0), dyad.counts.get("like_in", 0), dyad.began)
        for me in (OVEN, MILL)
        for other, dyad in dyads_of(of(me, told), me, BRAND, now).items()
    )


def of(me: str, told: list[AnyEvent]) -> list[AnyEvent]:
    """Return the events of a subject."""
    assert any(isinstance(event, Like) for event in told)
    return [event for event in told if event.subject == me]
