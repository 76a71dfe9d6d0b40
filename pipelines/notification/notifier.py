"""One look at the alerts: tell what is new, once, and remember it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from pipelines.brand import Brand
from pipelines.notification.decision import Standing, Surroundings, discoveries, verdict
from pipelines.notification.delivery import Delivery
from pipelines.notification.message import Message, TellingPost, compose
from pipelines.sinks.alert_store import AlertStore

logger = logging.getLogger(__name__)


class Round(Struct, kw_only=True):
    """What one look did."""

    sent: int = 0
    failed: int = 0
    too_old: int = 0
    waiting: int = 0


def standings_of(store: AlertStore) -> list[Standing]:
    """Return how each account is now."""
    names = Standing.__struct_fields__
    return [
        msgspec.convert({**dict(zip(names, row, strict=True)), "firing": bool(row[6])}, Standing)
        for row in store.states()
    ]


class Notifier:
    """Tells each alert once to each channel; one that failed is tried again until it is too old."""

    def __init__(self, store: AlertStore, delivery: Delivery, *, dashboards_url: str = "") -> None:
        self._store, self._delivery, self._url = store, delivery, dashboards_url

    def look(self, now: int) -> Round:
        """Look once; `now` in milliseconds. Raises UsageError where the brand names an unknown channel."""
        brand, done, told = self._store.brand(), Round(), self._store.told()
        channels = self._channels(brand)
        standings = standings_of(self._store)
        standing_out = discoveries(standings)
        around = Surroundings(brand=brand, now=now, silences=self._store.silences())
        for standing in standings:
            if not standing.firing:
                continue
            left = [channel for channel in channels if (*standing.key, channel) not in told]
            if not left:
                continue
            if standing.key not in standing_out:
                done.waiting += 1
                continue
            self._decide(standing, left, around, done)
        return done

    def _channels(self, brand: Brand) -> Sequence[str]:
        wanted, known = brand.alerts.channels, self._delivery.channels
        for name in wanted:
            if name not in known:
                logger.warning(
                    "channel %s has no address: set RAPPORT_CHANNEL_%s, or take it out of the brand file",
                    name,
                    name.upper(),
                )
        return [name for name in wanted if name in known] if wanted else known

    def _decide(self, standing: Standing, channels: list[str], around: Surroundings, done: Round) -> None:
        match verdict(standing, around):
            case "too_old":
                keys = [(*standing.key, channel) for channel in channels]
                self._store.note(keys, outcome="too_old", detail="", at=around.now)
                done.too_old += len(channels)
            case "wait":
                done.waiting += 1
            case "tell":
                message = self._message(standing, around.brand)
                for channel in channels:
                    self._tell(standing, channel, message, around.now, done)

    def _tell(self, standing: Standing, channel: str, message: Message, now: int, done: Round) -> None:
        sent = self._delivery.send(channel, message)
        outcome = "sent" if sent else "failed"
        detail = "" if sent else "the service did not take it; it is tried again"
        self._store.note([(*standing.key, channel)], outcome=outcome, detail=detail, at=now)
        if sent:
            done.sent += 1
        else:
            done.failed += 1
            logger.warning("channel %s did not take the alert of %s", channel, standing.account)

    def _message(self, standing: Standing, brand: Brand) -> Message:
        known = self._store.posts(standing.network, standing.account_id, standing.telling)
        posts = [
            TellingPost(permalink=known[id_][0], text=known[id_][1], interactions=known[id_][2])
            for id_ in standing.telling
            if id_ in known
        ]
        return compose(standing, posts, time_zone=brand.time_zone, dashboards_url=self._url)
