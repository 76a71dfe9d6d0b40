"""A replay: the log is folded again, as far back as it reaches, or from where restored tables are."""

from __future__ import annotations

from msgspec import Struct

from pipelines.erase_orders import erase_orders
from pipelines.erasing import UNKEYED, Eraser
from pipelines.errors import InvalidEvent, UsageError
from pipelines.events import CONTROL, decode, split_batch
from pipelines.offsets import begin_again, begin_offsets, end_offsets, first_messages
from pipelines.settings import WRITER_USER, Settings
from pipelines.sinks.clickhouse import ClickHouse
from pipelines.sinks.log_identity import Beginning, epoch_of_log, open_replay
from pipelines.sinks.state_store import ClickHouseStore, erasures
from pipelines.topics import describe_events


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
    _remember_erased(settings, begins, ends)
    begin_again(settings, begins)
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        epoch = open_replay(client, topic.name, topic.topic_id, beginnings)
    whole_from = max((each.whole_from for each in beginnings.values()), default=0)
    return Replay(epoch, sum(ends.values()) - sum(begins.values()), whole_from or None)


def return_to_checkpoints(settings: Settings) -> int:
    """Make the workers go on where the tables are, as after a backup of them was restored.

    Return how many messages lie behind that. Raises UsageError while a worker runs, if the tables come from
    another log, or if the log no longer reaches back to where they are.
    """
    topic = describe_events(settings)
    begins, ends = begin_offsets(settings), end_offsets(settings)
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        epoch_of_log(client, topic.name, topic.topic_id)
        store = ClickHouseStore(client)
        positions = {each: store.position(each) for each in begins}
    offsets = {each: position.offset + 1 for each, position in positions.items() if position is not None}
    for partition, offset in offsets.items():
        if not begins[partition] <= offset <= ends[partition]:
            raise UsageError(
                f"partition {partition}: the tables are at offset {offset - 1}, the log holds"
                f" {begins[partition]} to {ends[partition] - 1}: they do not belong together any more"
            )
    _remember_erased(settings, begins, ends)
    begin_again(settings, offsets)
    return sum(ends[each] - offset for each, offset in offsets.items())


def _beginnings(settings: Settings, begins: dict[int, int], ends: dict[int, int]) -> dict[int, Beginning]:
    """Return where each partition begins; one that was cut holds everything after its first event."""
    cut = {each: offset for each, offset in begins.items() if 0 < offset < ends[each]}
    messages = first_messages(settings, cut) if cut else {}
    return {
        each: Beginning(offset, _first_event_at(messages[each]) if each in messages else 0)
        for each, offset in begins.items()
    }


def _remember_erased(settings: Settings, begins: dict[int, int], ends: dict[int, int]) -> None:
    """Let the tables know whom the log says to erase, so that nothing before the order brings them back."""
    orders = erase_orders(settings, begins, ends)
    if not orders:
        return
    if settings.erasure_secret is None:
        raise UsageError(UNKEYED)
    eraser = Eraser(settings.erasure_secret.text)
    with ClickHouse(settings.clickhouse, WRITER_USER) as client:
        eraser.know(erasures(client))
        digests = sorted({digest for order in orders for digest in eraser.learn(order)})
        client.insert("erasures", {"digest": digests, "version": [0] * len(digests)})


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
