"""What an erasure has left behind: rows, table by table, parts that nobody sees, the log until it is cut."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from pipelines.erased_text import patterns
from pipelines.events import Network
from pipelines.forgetting.queries import query, quietly
from pipelines.forgetting.worklist import Named
from pipelines.settings import Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sql_files import filled, sql_file
from pipelines.topic_facts import look_at_broker
from pipelines.topics import RETENTION_MS, SEGMENT_MS


class Proof(Struct, frozen=True, kw_only=True):
    """What is left of a person.

    `named`: rows that name them, by table. `worded`: rows in which a handle or name stands as a plain word,
    or on another network, perhaps of somebody else. `detached`: parts set aside, which no query sees.
    `log_until_at` (ms): when the topics have dropped what they hold; None: never, they keep everything.
    """

    named: Mapping[str, int]
    worded: Mapping[str, int]
    detached: int
    log_until_at: int | None

    @property
    def clean(self) -> bool:
        """Whether nothing that a query sees names the person, and nothing lies where none can see it."""
        return not any(self.named.values()) and not self.detached


def prove(
    client: ClickHouse, settings: Settings, network: Network, named: Named, *, ordered_at: int
) -> Proof:
    """Look through every table of ours, and through those in which the server may keep queries."""
    found = patterns(named["account"], named["handle"], named["name"])
    wanted = {
        "network": network,
        "named": "|".join((found.id, found.talk, found.page, found.cell)),
        "worded": found.word,
    }
    rows, words = {}, {}
    for ours, database, table, of_network in client.rows(query("tables")):
        name = table if ours else f"{database}.{table}"
        mine = "network IN (%(network)s, '')" if of_network else "true"
        sql = filled(sql_file("erase", "left"), {"table": f"`{database}`.`{table}`", "mine": mine})
        [(rows[name], words[name])] = quietly(client, sql, wanted)
    [(detached,)] = client.rows(query("detached_parts"))
    return Proof(named=rows, worded=words, detached=detached, log_until_at=_log_until(settings, ordered_at))


def _log_until(settings: Settings, ordered_at: int) -> int | None:
    """Return when the last topic has dropped what was written by now.

    A segment of the log goes as a whole, once it is closed and its last record is older than the retention.
    """
    until = ordered_at
    for topic in look_at_broker(settings).topics.values():
        kept = RETENTION_MS if topic.retention_ms is None else topic.retention_ms
        if kept < 0:
            return None
        until = max(until, ordered_at + kept + (SEGMENT_MS if topic.segment_ms is None else topic.segment_ms))
    return until
