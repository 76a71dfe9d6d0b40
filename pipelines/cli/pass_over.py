"""`rapport pass-over`: let invalid documents pass at which the workers stop."""

from __future__ import annotations

import click

from pipelines.errors import UsageError
from pipelines.offsets import end_offsets
from pipelines.settings import WRITER_USER, load_settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.cursors import accept_up_to
from pipelines.sinks.log_identity import epoch_of_log
from pipelines.topics import describe_events


@click.command("pass-over")
@click.argument("partition", type=click.IntRange(0))
@click.argument("offset", type=click.IntRange(0), required=False)
def command(partition: int, offset: int | None) -> None:
    """Let the invalid documents of PARTITION pass up to OFFSET; without it, up to the partition's end.

    1,000 invalid documents in a row stop a worker: somebody shall look first. Those up to OFFSET become dead
    letters like any other; what is valid among them is counted. Workers that are started from now on know it.
    """
    settings = load_settings()
    topic = describe_events(settings)
    ends = end_offsets(settings)
    if partition not in ends:
        raise UsageError(
            f"the topic {topic.name} has partitions 0 to {max(ends)}, none of number {partition}"
        )
    last = ends[partition] - 1
    if offset is not None and offset > last:
        raise UsageError(f"partition {partition} ends at offset {last}: name one up to that")
    until = last if offset is None else offset
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        accept_up_to(client, partition, epoch_of_log(client, topic.name, topic.topic_id), until)
    click.echo(f"partition {partition}: invalid documents up to offset {until} pass; start the workers again")
