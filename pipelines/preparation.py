"""Tables and topics made ready for this version of the code: what `rapport migrate` does."""

from __future__ import annotations

from msgspec import Struct

from pipelines.administration import EventsTopic
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.log_identity import open_log
from pipelines.sinks.migrate import Migrated, migrate
from pipelines.topics import ensure_topics, write_control_records


class Prepared(Struct, frozen=True):
    """What is ready: the schema, the log, and the epoch in which its rows are versioned."""

    migrated: Migrated
    topic: EventsTopic
    epoch: int


def prepare(settings: Settings) -> Prepared:
    """Migrate the schema, make the topics, and let the tables know the log. Twice is harmless.

    A log that the tables do not know (the broker lost its own, or it was made anew) opens a new epoch.
    """
    migrated = migrate(settings.clickhouse, facts_ttl_days=settings.facts_ttl_days)
    topic = ensure_topics(settings)
    write_control_records(settings)
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        epoch = open_log(client, topic.name, topic.topic_id, range(topic.partitions))
    return Prepared(migrated, topic, epoch)
