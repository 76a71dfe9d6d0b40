"""A recount of a span of time, and the service that recounts what late facts and deletes leave behind."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from msgspec import Struct

from pipelines import clock
from pipelines.errors import Retriable
from pipelines.ingest.producer import EventProducer
from pipelines.recount.findings import Reach, find
from pipelines.recount.sending import Sender
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.topics import describe_events
from pipelines.verify.groups import Group, account_groups
from pipelines.verify.queries import query
from pipelines.verify.standing import read_span, read_standings

logger = logging.getLogger(__name__)

EVERY_S = 600.0
LOOK_BACK_S = 4 * 86_400
"""A deletion concerns minutes up to 36 h after its post, which settle an hour later; a look may be missed."""
FOLD_PATIENCE_S = 120.0

Progress = Callable[[int, int], None]


class Recounted(Struct):
    """What was sent: accounts, their minutes, rows of windows, ages of late posts, and the last offsets."""

    accounts: int = 0
    minutes: int = 0
    ends: int = 0
    ages: int = 0
    offsets: dict[int, int] = {}


def recount(
    settings: Settings, reach: Reach, *, account: str = "", on_progress: Progress = lambda done, all_: None
) -> Recounted:
    """Send what sets everything in reach right, of one account or of all; return what was sent."""
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        _, groups = account_groups(client, account)
        return _recount(client, settings, ((group, reach) for group in groups), len(groups), on_progress)


def serve(settings: Settings, stop: threading.Event, *, every_s: float = EVERY_S) -> None:
    """Recount again and again, until `stop` is set, what came too late to be counted by itself."""
    while not stop.wait(every_s):
        sent = recount_unsettled(settings)
        logger.info("recounted %d minutes of %d accounts", sent.minutes, sent.accounts)


def recount_unsettled(settings: Settings) -> Recounted:
    """Recount the accounts to which late facts or deletions came in the last days."""
    since_s = clock.now_ms() // 1_000 - LOOK_BACK_S
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        unsettled = client.rows(query("unsettled"), {"since": since_s})
        work = (
            (Group(network, account, f"{account}\0"), Reach(since_at=since, mend_windows=False))
            for network, account, since in unsettled
        )
        return _recount(client, settings, work, len(unsettled))


def wait_until_folded(settings: Settings, offsets: dict[int, int]) -> None:
    """Wait until a checkpoint covers what was sent. Raises Retriable after two minutes."""
    deadline = clock.monotonic_s() + FOLD_PATIENCE_S
    pause = threading.Event()
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        while not _covers(client, offsets):
            if clock.monotonic_s() > deadline:
                raise Retriable("no worker has counted it within two minutes: is `rapport work` running?")
            pause.wait(0.5)


def _covers(client: ClickHouse, offsets: dict[int, int]) -> bool:
    reached = {each.partition: each.offset for each in read_standings(client).partitions}
    return all(reached.get(partition, -1) >= offset for partition, offset in offsets.items())


def _recount(
    client: ClickHouse,
    settings: Settings,
    work: Iterable[tuple[Group, Reach]],
    size: int,
    on_progress: Progress = lambda done, all_: None,
) -> Recounted:
    sent = Recounted()
    producer = EventProducer(settings)
    try:
        sender = Sender(producer, describe_events(settings).partitions)
        for number, (group, reach) in enumerate(work):
            on_progress(number, size)
            _recount_group(client, sender, group, reach, sent)
        sent.offsets = sender.finish()
    finally:
        producer.close()
    on_progress(size, size)
    return sent


def _recount_group(client: ClickHouse, sender: Sender, group: Group, reach: Reach, sent: Recounted) -> None:
    now = clock.now_ms()
    standings = read_standings(client)
    span = read_span(client, since_at=reach.since_at, now_s=now // 1_000)
    for found in find(client, group, standings, span, reach):
        sender.send(found, now)
        sent.accounts += 1
        sent.minutes += len(found.minutes)
        sent.ends += len(found.ends)
        sent.ages += len(found.ages)
