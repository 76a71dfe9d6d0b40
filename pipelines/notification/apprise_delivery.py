"""Messages to any service that apprise knows: mail, Slack, Matrix, web hooks and a hundred more."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import apprise

from pipelines.errors import UsageError
from pipelines.notification.message import Message


class AppriseDelivery:
    """Channels whose addresses are apprise's: `slack://…`, `mailto://…`, `json://…`.

    An address is a secret: it is in no log and no error.
    """

    def __init__(self, addresses: Mapping[str, str]) -> None:
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it writes addresses into its warnings
        self._services: dict[str, apprise.Apprise] = {}
        for name, address in addresses.items():
            service = apprise.Apprise()
            if not service.add(address):
                raise UsageError(
                    f"the address of the channel {name} is none that apprise knows: mend RAPPORT_CHANNEL_"
                    f"{name.upper()}; https://github.com/caronc/apprise lists how they are written"
                )
            self._services[name] = service

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels that can be used."""
        return tuple(self._services)

    def send(self, channel: str, message: Message) -> bool:
        """Send a message; return whether the service took it."""
        return bool(
            self._services[channel].notify(
                title=message.title, body=message.body, body_format=apprise.NotifyFormat.TEXT
            )
        )
