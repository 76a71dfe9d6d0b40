"""Cursors in ClickHouse: where each source stands, for every process that may carry it on."""

from __future__ import annotations

from pipelines import clock
from pipelines.sinks.clickhouse import ClickHouse

_LATEST = "SELECT cursor FROM source_cursors FINAL WHERE source = %(key)s"
_OF_ONE_LOG = frozenset({"brand"})
"""What was said in one log only: another log has not heard it."""
_OF_ALL_INPUTS = ":handles"
"""What was learned from one bounded input and holds for the next."""


class ClickHouseCursors:
    """A small durable map in the table `source_cursors`.

    `log_id` is the identity of the topic. With `bounded`, everything belongs to that log: a file is read anew
    into a new log, a live source goes on where it stood. `input_id` tells one bounded input from another: how
    far one was read says nothing of the next.
    """

    def __init__(self, client: ClickHouse, *, log_id: str, bounded: bool, input_id: str = "") -> None:
        self._client, self._log_id, self._bounded, self._input_id = client, log_id, bounded, input_id
        self.saved_at = 0
        """When something was saved here last; 0: never yet."""

    def load(self, key: str) -> str | None:
        """Return the value last saved; None if there is none."""
        found = self._client.rows(_LATEST, {"key": self._name(key)})
        return str(found[0][0]) if found else None

    def save(self, key: str, value: str) -> None:
        """Replace the value."""
        self._client.insert("source_cursors", {"source": [self._name(key)], "cursor": [value]})
        self.saved_at = clock.now_ms()

    def _name(self, key: str) -> str:
        if not self._bounded and key not in _OF_ONE_LOG:
            return key
        of_input = self._input_id and key not in _OF_ONE_LOG and not key.endswith(_OF_ALL_INPUTS)
        return f"{key}@{self._log_id}/{self._input_id}" if of_input else f"{key}@{self._log_id}"


def accept_up_to(client: ClickHouse, partition: int, epoch: int, offset: int) -> None:
    """Let the workers pass over any number of invalid documents of a partition, up to an offset."""
    client.insert("source_cursors", {"source": [_accepted(partition, epoch)], "cursor": [str(offset)]})


def accepted_up_to(client: ClickHouse, partition: int, epoch: int) -> int:
    """Return the offset up to which any number of invalid documents is accepted; -1: none is."""
    found = client.rows(_LATEST, {"key": _accepted(partition, epoch)})
    return int(found[0][0]) if found else -1


def _accepted(partition: int, epoch: int) -> str:
    return f"worker: invalid documents accepted in epoch {epoch}, partition {partition}, up to"
