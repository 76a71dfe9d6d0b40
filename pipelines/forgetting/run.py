"""An erasure from its order to its proof."""

from __future__ import annotations

from pipelines import clock
from pipelines.erased_text import patterns
from pipelines.erasing import Eraser
from pipelines.errors import Fatal, UsageError
from pipelines.events import Erase, Network
from pipelines.forgetting import tables, worklist
from pipelines.forgetting.person import Person, person_of
from pipelines.forgetting.proof import Proof, prove
from pipelines.forgetting.queries import query, quietly
from pipelines.ingest.batches import Batcher
from pipelines.ingest.producer import EventProducer
from pipelines.recount.run import wait_until_folded
from pipelines.settings import MIGRATE_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.hold import held
from pipelines.sinks.state_store import erasures
from pipelines.topics import describe_events

THINGS_AN_EVENT = 400
"""Ids have at most 512 characters, a message 256 KiB."""


def erase(settings: Settings, network: Network, account: str) -> Proof:
    """Forget an account: its rows go where it is a subject, elsewhere stubs stay that count the same.

    Done twice, or begun again after it was cut short, it does what is left to do. Raises UsageError without
    the secret, while the brand file names the account, or while another erasure is under way; Retriable while
    no worker runs.
    """
    if settings.erasure_secret is None:
        raise UsageError(
            "RAPPORT_ERASURE_SECRET is not set: set it, or RAPPORT_ERASURE_SECRET_FILE with the path of a "
            "file that holds it, the same for the workers, and keep it"
        )
    eraser = Eraser(settings.erasure_secret.text)
    with ClickHouse(settings.clickhouse, MIGRATE_USER) as client, held(client, "rapport erase") as hold:
        eraser.know(erasures(client))
        person = person_of(client, network, account)
        _check_brand(client, person)
        ordered_at = clock.now_ms()
        wait_until_folded(settings, _order(settings, person, ordered_at))
        _check_workers(client, eraser, person)
        person = person_of(client, network, account)  # what came in between is in the tables by now
        quietly(client, query("facts_gone"), _subject(person, eraser))
        listed = worklist.put(client, person, eraser)
        for each in listed:
            tables.rewrite(client, each)
        hold.check()  # else the list may be another erasure's by now
        worklist.clear(client)
        tables.drop_old_parts(client)
        return prove(client, settings, network, listed[network], ordered_at=ordered_at)


def _subject(person: Person, eraser: Eraser) -> dict[str, str]:
    return {
        "network": person.network,
        "account": person.account,
        "digest": eraser.digest_of_account(person.network, person.account),
    }


def _check_brand(client: ClickHouse, person: Person) -> None:
    found = patterns([person.account], person.handles)
    [(told,)] = quietly(client, query("brand_told"), {"brand": found.brand})
    if told:
        raise UsageError(
            f"the brand file names the account {person.account}: take it out there (accounts and contacts),"
            " wait until the ingest has told the workers, about a minute, then try again"
        )


def _check_workers(client: ClickHouse, eraser: Eraser, person: Person) -> None:
    """Make sure that the workers have obeyed with the same secret."""
    if eraser.digest_of_account(person.network, person.account) not in erasures(client):
        raise Fatal(
            "the workers have another secret than this command: give both the same RAPPORT_ERASURE_SECRET"
        )


def _order(settings: Settings, person: Person, at: int) -> dict[int, int]:
    """Write the order to every partition; return the last offset of each."""
    batcher = Batcher(describe_events(settings).partitions)
    producer = EventProducer(settings)
    try:
        for begin in range(0, len(person.things) or 1, THINGS_AN_EVENT):
            order = Erase(
                network=person.network,
                id=person.account,
                occurred_at=at,
                ingested_at=at,
                things=person.things[begin : begin + THINGS_AN_EVENT],
                handles=person.handles[:THINGS_AN_EVENT],
            )
            for message in [*batcher.add(order), *batcher.flush()]:
                producer.send(message.partition, message.payload)
        producer.flush()
        return dict(producer.last_offsets)
    finally:
        producer.close()
