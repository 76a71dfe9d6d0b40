"""A replay: the log, as far back as it reaches, is folded again into the tables, in an epoch of its own."""

from __future__ import annotations

from msgspec import Struct

from pipelines.errors import InvalidEvent
from pipelines.events import CONTROL, decode, split_batch
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.log_identity import Beginning, open_replay
from pipelines.topics import begin_again, begin_offsets, describe_events, end_offsets, first_messages


class Replay(Struct, frozen=True):
    """What will be folded again: messages, and from when on windows are written (None: all of them)."""

    epoch: int
    messages: int
    whole_from: int | None


def begin_replay(settings: Settings) -> Replay:
    """Make the workers fold the log again from its earliest message on. Raises UsageError while one runs."""
    topic = describe_events(settings)
    begins, ends = begin_offsets(settings), end_offsets(settings)
    beginnings = _beginnings(settings, begins, ends)
    begin_again(settings, begins)
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        epoch = open_replay(client, topic.name, topic.topic_id, beginnings)
    whole_from = max((each.whole_from for each in beginnings.values()), default=0)
    return Replay(epoch, sum(ends.values()) - sum(begins.values()), whole_from or None)


def _beginnings(settings: Settings, begins: dict[int, int], ends: dict[int, int]) -> dict[int, Beginning]:
    """Return where each partition begins; one that was cut holds everything after its first event."""
    cut = {each: offset for each, offset in begins.items() if 0 < offset < ends[each]}
    messages = first_messages(settings, cut) if cut else {}
    return {
        each: Beginning(offset, _first_event_at(messages[each]) if each in messages else 0)
        for each, offset in begins.items()
    }


def _first_event_at(message: bytes) -> int:
    times = []
    for document in split_batch(message):
        try:
            event = decode(document)
        except InvalidEvent:
            continue
        if not isinstance(event, CONTROL) or event.subject:
            times.append(event.occurred_at)
    return max(times, default=1)
