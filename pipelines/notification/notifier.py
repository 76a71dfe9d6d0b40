"""One look at the alerts: tell what is new, once, and remember it."""

from __future__ import annotations

import msgspec

from pipelines.brand import Brand
from pipelines.notification.decision import Standing, Surroundings, discoveries, verdict
from pipelines.notification.message import Message, TellingPost, compose
from pipelines.notification.teller import Round, Teller
from pipelines.sinks.alert_store import AlertStore


def standings_of(store: AlertStore) -> list[Standing]:
    """Return how each account is now."""
    names = Standing.__struct_fields__
    return [
        msgspec.convert({**dict(zip(names, row, strict=True)), "firing": bool(row[6])}, Standing)
        for row in store.states()
    ]


class Notifier:
    """Tells each alert once to each channel; one that failed is tried again until it is too old."""

    def __init__(self, store: AlertStore, teller: Teller, *, dashboards_url: str = "") -> None:
        self._store, self._teller, self._url = store, teller, dashboards_url

    def look(self, now: int) -> Round:
        """Look once; `now` in milliseconds. Raises UsageError where the brand names an unknown channel."""
        brand, done, told = self._store.brand(), Round(), self._store.told()
        channels = self._teller.channels(brand)
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

    def _decide(self, standing: Standing, channels: list[str], around: Surroundings, done: Round) -> None:
        match verdict(standing, around):
            case "too_old":
                self._teller.leave(standing.key, channels, around.now, done)
            case "wait":
                done.waiting += 1
            case "tell":
                message = self._message(standing, around.brand)
                self._teller.tell(standing.key, channels, message, around.now, done)

    def _message(self, standing: Standing, brand: Brand) -> Message:
        known = self._store.posts(standing.network, standing.account_id, standing.telling)
        posts = [
            TellingPost(permalink=known[id_][0], text=known[id_][1], interactions=known[id_][2])
            for id_ in standing.telling
            if id_ in known
        ]
        return compose(standing, posts, time_zone=brand.time_zone, dashboards_url=self._url)
