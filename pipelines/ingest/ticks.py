"""The clock of a network while its past is read: ticks out of the events' own time. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from pipelines.events import HOUR_MS, MINUTE_MS, Network

TICK_DOCUMENTS = 2_000
TICK_SILENCE_MS = 6 * HOUR_MS
CLOSING_MS = 36 * HOUR_MS
"""By so much the closing tick lies behind the last event: everything matures within it."""


class _Hand(Struct):
    ticked_at: int
    last_at: int
    documents: int = 0


class EventTimeTicker:
    """Say when a network's clock moves: at most once a minute of event time, and only if it is worth it.

    It is worth it when 2,000 documents were routed since the last tick or event time went on by 6 h. A tick
    at T comes before the first event at or after T, and T is that event's time rounded down to the minute.
    """

    def __init__(self, saved: str | None = None) -> None:
        self._hands: dict[Network, _Hand] = (
            msgspec.json.decode(saved, type=dict[Network, _Hand]) if saved else {}
        )

    def before(self, network: Network, occurred_at: int) -> int | None:
        """Return the instant of the tick that must precede an event of this time, if one is due."""
        hand = self._hands.get(network)
        minute = occurred_at - occurred_at % MINUTE_MS
        if hand is None:
            self._hands[network] = _Hand(ticked_at=minute, last_at=occurred_at)
            return None
        hand.last_at = max(hand.last_at, occurred_at)
        passed = minute - hand.ticked_at
        if passed < MINUTE_MS or (hand.documents < TICK_DOCUMENTS and passed < TICK_SILENCE_MS):
            return None
        hand.ticked_at, hand.documents = minute, 0
        return minute

    def count(self, network: Network, documents: int) -> None:
        """Note documents that were routed since the last tick."""
        self._hands[network].documents += documents

    def closing(self) -> Iterable[tuple[Network, int]]:
        """Return each network's last tick: 36 h behind its last event."""
        return [(network, hand.last_at + CLOSING_MS) for network, hand in self._hands.items()]

    def saved(self) -> str:
        """Return the state, so that a resumed run ticks as an unbroken one."""
        return msgspec.json.encode(self._hands).decode()
