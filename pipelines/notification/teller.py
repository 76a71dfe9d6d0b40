"""The last step to people: which channels there are, and a message to each, remembered."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from msgspec import Struct

from pipelines.brand import Brand
from pipelines.notification.decision import AlertKey
from pipelines.notification.delivery import Delivery
from pipelines.notification.message import Message
from pipelines.sinks.alert_store import AlertStore

logger = logging.getLogger(__name__)


class Round(Struct, kw_only=True):
    """What one look did."""

    sent: int = 0
    failed: int = 0
    too_old: int = 0
    waiting: int = 0

    def plus(self, other: Round) -> Round:
        """Return what two looks did."""
        return Round(
            sent=self.sent + other.sent,
            failed=self.failed + other.failed,
            too_old=self.too_old + other.too_old,
            waiting=self.waiting + other.waiting,
        )


class Teller:
    """Sends messages to channels and remembers what became of them."""

    def __init__(self, store: AlertStore, delivery: Delivery) -> None:
        self._store, self._delivery = store, delivery

    def channels(self, brand: Brand) -> Sequence[str]:
        """Return the channels that the brand file wants and that have an address; all where it wants none."""
        wanted, known = brand.alerts.channels, self._delivery.channels
        for name in wanted:
            if name not in known:
                logger.warning(
                    "channel %s has no address: set RAPPORT_CHANNEL_%s, or take it out of the brand file",
                    name,
                    name.upper(),
                )
        return [name for name in wanted if name in known] if wanted else known

    def tell(self, key: AlertKey, channels: Sequence[str], message: Message, now: int, done: Round) -> None:
        """Send a message to channels; one that does not take it is tried again at the next look."""
        for channel in channels:
            sent = self._delivery.send(channel, message)
            outcome = "sent" if sent else "failed"
            detail = "" if sent else "the service did not take it; it is tried again"
            self._store.note([(*key, channel)], outcome=outcome, detail=detail, at=now)
            if sent:
                done.sent += 1
            else:
                done.failed += 1
                logger.warning("channel %s did not take the message “%s”", channel, message.title)

    def leave(self, key: AlertKey, channels: Sequence[str], now: int, done: Round) -> None:
        """Remember that something is too old to be told."""
        self._store.note([(*key, channel) for channel in channels], outcome="too_old", detail="", at=now)
        done.too_old += len(channels)
