"""A deleted post is hidden at once in every view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.embedded import EmbeddedStack
from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, AnyEvent, Delete, Edit
from pipelines.settings import MIGRATE_USER, Settings, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.migrate import migrate
from tests.integration.command_line import environment
from tests.integration.folded_log import fold
from tests.strategies import ME, OTHER, START, post, stats, tick

VIEWS = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
MINE, YOURS, TEXT = "post-of-mine-77", "reply-of-yours-77", "words that are gone 77"


@pytest.fixture
def store(stack: EmbeddedStack) -> Iterator[Settings]:
    """A migrated database of this test alone."""
    name = "rapport_deletes"
    settings = load_settings(environment(stack, name, f"{name}."))
    migrate(settings.clickhouse)
    yield settings
    with ClickHouse(settings.clickhouse, MIGRATE_USER) as client:
        client.run(f"DROP DATABASE {name} SYNC")


def test_a_deleted_post_is_hidden_at_once_in_every_view(store: Settings) -> None:
    before = history()
    fold(store, before)
    shown = views_that_show(store)
    assert {"post_facts", "own_posts", "inbox", "exchanges", "matured_headlines"} <= shown
    gone: list[AnyEvent] = [delete(MINE, ME), delete(YOURS, OTHER), tick(START + 3 * DAY_MS)]
    fold(store, [*before, *gone])
    assert views_that_show(store) == set()


def history() -> list[AnyEvent]:
    """Return a post with an edit and counts, a reply to it and its reply, two days later; three a message."""
    mine = post(START, MINE, text=TEXT)
    edit = Edit(
        network="x", id=MINE, occurred_at=START + 1, ingested_at=START + 1, subject=ME, text=f"{TEXT}, edited"
    )
    yours = post(
        START + MINUTE_MS, YOURS, OTHER, ME, text=f"{TEXT}?", reply_to_post=MINE, reply_to_account=ME,
        conversation=MINE,
    )  # fmt: skip
    counts = [stats(mine, HOUR_MS, likes=2, replies=1), stats(mine, DAY_MS, likes=5, replies=1)]
    return [mine, edit, yours, counts[0], counts[1], tick(START + 2 * DAY_MS)]


def delete(id_: str, author: str) -> Delete:
    at = START + 2 * DAY_MS
    return Delete(network="x", id=id_, occurred_at=at, ingested_at=at, subject=ME, author=author)


def views_that_show(store: Settings) -> set[str]:
    """Return the views in which an id or a word of the posts can be read."""
    with ClickHouse(store.clickhouse, MIGRATE_USER) as client:
        views = [name for (name,) in client.rows(VIEWS)]
        return {name for name in views if _told(client.rows(f"SELECT * FROM {name}"))}


def _told(rows: list[tuple[Any, ...]]) -> bool:
    text = repr(rows)
    return any(word in text for word in (MINE, YOURS, TEXT))
