"""The broker: reachable, with our topics as the workers need them, and the log that the tables come from."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.diagnosis.addresses import exposure
from pipelines.diagnosis.finding import Finding, ok, warn, wrong
from pipelines.errors import RapportError
from pipelines.events import DAY_MS
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.log_identity import epoch_of_log
from pipelines.topic_facts import BrokerFacts, TopicFacts, look_at_broker
from pipelines.topics import MAX_MESSAGE_BYTES, RETENTION_MS, alerts_topic

_START = "start it (`rapport demo` or `docker compose up`), or set RAPPORT_KAFKA_BOOTSTRAP"
_MIGRATE = "run `rapport migrate`"


def check_broker(settings: Settings, *, stopped: bool = False) -> Iterator[Finding]:
    """Look at the broker and its topics."""
    if stopped:
        yield ok("broker: stopped, as its folder is")
        return
    try:
        facts = look_at_broker(settings)
    except RapportError as error:
        yield wrong(f"broker: {error}", _START)
        return
    host, _, port = settings.kafka_bootstrap.split(",")[0].rpartition(":")
    yield exposure(f"broker ({facts.version})", host, int(port))
    yield from _topics(settings, facts)


def _topics(settings: Settings, facts: BrokerFacts) -> Iterator[Finding]:
    names = [settings.events_topic, settings.dead_letters_topic, alerts_topic(settings)]
    if missing := [name for name in names if name not in facts.topics]:
        yield wrong(f"topics: {', '.join(missing)} not there", _MIGRATE)
    log = facts.topics.get(settings.events_topic)
    if log is None:
        return
    yield _partitions(settings, log)
    yield from _limits(log)
    yield _identity(settings, log)


def _partitions(settings: Settings, log: TopicFacts) -> Finding:
    if log.partitions == settings.partitions:
        return ok(f"topic {log.name}: {log.partitions} partitions")
    return wrong(
        f"topic {log.name}: {log.partitions} partitions, the settings say {settings.partitions}",
        f"set RAPPORT_PARTITIONS={log.partitions}",
    )


def _limits(log: TopicFacts) -> Iterator[Finding]:
    command = f"kafka-configs --alter --entity-type topics --entity-name {log.name} --add-config"
    if log.retention_ms is None or log.max_message_bytes is None:
        yield warn(
            f"topic {log.name}: the broker does not tell its retention", "look at the broker's settings"
        )
        return
    if 0 <= log.retention_ms < RETENTION_MS:
        kept, wanted = log.retention_ms / DAY_MS, RETENTION_MS / DAY_MS
        yield warn(
            f"topic {log.name}: kept {kept:.3g} d, a replay needs {wanted:.0f} d",
            f"{command} retention.ms={RETENTION_MS}",
        )
    else:
        kept_for = "for ever" if log.retention_ms < 0 else f"{log.retention_ms / DAY_MS:.0f} days"
        yield ok(f"topic {log.name}: kept {kept_for}")
    if log.max_message_bytes < MAX_MESSAGE_BYTES:
        yield wrong(
            f"topic {log.name}: messages up to {log.max_message_bytes:,} B only",
            f"{command} max.message.bytes={MAX_MESSAGE_BYTES}",
        )


def _identity(settings: Settings, log: TopicFacts) -> Finding:
    try:
        with ClickHouse(settings.clickhouse, WRITER_USER, patience_s=1.0) as client:
            epoch = epoch_of_log(client, log.name, log.topic_id)
    except RapportError as error:
        return wrong(f"log: {error}", _MIGRATE)
    return ok(f"log: the tables come from this topic, epoch {epoch}")
