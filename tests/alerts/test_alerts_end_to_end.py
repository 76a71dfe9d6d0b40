"""From posts in the log to a rule that fires and a message that is told: a drop of one account of two."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest

from dashboards.rules import RULES
from infra.embedded import EmbeddedStack
from pipelines.events import AnyEvent, Post, PostStats, Tick
from pipelines.notification.apprise_delivery import AppriseDelivery
from pipelines.notification.notifier import Notifier
from pipelines.notification.teller import Teller
from pipelines.partition import NOT_SCORED, PartitionState
from pipelines.rows import Rows
from pipelines.settings import WRITER_USER
from pipelines.sinks.alert_store import AlertStore
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.state_store import ClickHouseStore
from tests.metrics.migrated_store import MigratedStore
from tests.notification.web_hook import web_hook
from tests.stores import store_settings

pytestmark = pytest.mark.integration

START = 1_767_225_600_000
HOUR, DAY = 3_600_000, 86_400_000
USUAL, DROPPED = 60.0, 12.0
RULE = next(rule for rule in RULES if rule.uid == "rapport-engagement-drop")


class World:
    """Two accounts that post every eight hours; a day after each post its likes are read."""

    def __init__(self, client: ClickHouse) -> None:
        self.client = client
        self._rng = np.random.default_rng(3)
        self._state, self._offset, self._posts = PartitionState(0, 1, None), count(1), 0

    def post(self, posts: int, **means: float) -> None:
        """Let both accounts post; `means`: interactions of the accounts `ada` and `bob`."""
        for _ in range(posts):
            at = START + self._posts * 8 * HOUR
            events: list[AnyEvent] = []
            for name, mean in means.items():
                likes = int(self._rng.negative_binomial(8, 8 / (8 + mean)))
                events += _told(name, f"{name}{self._posts}", at, likes)
            self._fold([*events, Tick(network="x", id=f"t{at}", occurred_at=at, ingested_at=at)])
            self._posts += 1

    def read_counts(self) -> None:
        """Let two days pass, so that every post has reached its 24 hours; then save everything."""
        at = START + self._posts * 8 * HOUR + 2 * DAY
        self._fold([Tick(network="x", id=f"t{at}", occurred_at=at, ingested_at=at)])
        self._posts += 6

    def _fold(self, events: list[AnyEvent]) -> None:
        rows = Rows()
        self._state.fold(next(self._offset), events, [NOT_SCORED] * len(events), rows)
        store = ClickHouseStore(self.client)
        if rows.alerts:
            alerts = Rows(alerts=rows.alerts)
            store.insert(alerts)
        if (checkpoint := self._state.take_checkpoint()) is not None and isinstance(events[-1], Tick):
            self.saved = checkpoint

    def save(self) -> None:
        """Save the accounts and the position."""
        ClickHouseStore(self.client).save([self.saved])


def _told(name: str, id_: str, at: int, likes: int) -> Iterator[AnyEvent]:
    yield Post(
        network="x",
        subject=name,
        author=name,
        author_handle=name,
        id=id_,
        text="hello",
        occurred_at=at,
        ingested_at=at,
    )
    yield PostStats(
        network="x", subject=name, id=id_, occurred_at=at, ingested_at=at, observed_at=None, likes=likes
    )


def test_a_drop_fires_the_rule_for_its_account_only_is_told_once_and_recovers(
    stack: EmbeddedStack, migrated_database: str, store: MigratedStore
) -> None:
    with (
        ClickHouse(store_settings(stack, migrated_database), WRITER_USER) as client,
        web_hook() as (address, received),
    ):
        world = World(client)
        alert_store = AlertStore(client)
        notifier = Notifier(alert_store, Teller(alert_store, AppriseDelivery({"team": address})))
        world.post(60, ada=USUAL, bob=USUAL)
        world.post(12, ada=DROPPED, bob=USUAL)
        world.read_counts()
        world.save()
        assert firing(store) == ["ada"]
        [(since,)] = store.read(
            "SELECT toUnixTimestamp64Milli(since) FROM alert_state WHERE firing AND alert = 'engagement'"
        )
        assert [notifier.look(since + HOUR).sent for _ in range(2)] == [1, 0]
        world.post(40, ada=USUAL, bob=USUAL)
        world.read_counts()
        world.save()
        assert firing(store) == []
        assert notifier.look(since + 2 * HOUR).sent == 0
    assert len(received) == 1
    assert received[0]["title"].startswith("ada (x): interactions dropped by ")
    ends = store.read("SELECT account_id, state, ended_as FROM incidents WHERE alert = 'engagement'")
    assert ends == [("ada", "drop", "ok")]


def firing(store: MigratedStore) -> list[str]:
    """Return the accounts for which the rule's own SQL, as the reader, gives a number above its bound."""
    assert RULE.above is not None
    return [row[1] for row in store.read(RULE.sql) if row[-1] > RULE.above]
