"""A way to people."""

from __future__ import annotations

from typing import Protocol

from pipelines.notification.message import Message


class Delivery(Protocol):
    """A way to people, by the name of a channel."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that can be used."""
        ...

    def send(self, channel: str, message: Message) -> bool:
        """Send a message; return whether the service took it."""
        ...
