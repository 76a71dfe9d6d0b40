"""What is wrong with the pipeline itself, found by rules, told once an incident."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from pipelines.notification.decision import AlertKey, Surroundings, is_quiet_now, is_too_old
from pipelines.notification.message import Message
from pipelines.notification.teller import Round, Teller
from pipelines.sinks.alert_store import AlertStore

_STATE = "on"
_NO_NETWORK = ""


class Trouble(Struct, frozen=True, kw_only=True):
    """One thing that is wrong now. `part`: network, partition or source; `rule`: its section of the runbook.

    `since`: from when on it is so, where that is known; it is told once it was so for `wait_ms`. `panel` is
    the path of the panel that shows it.
    """

    rule: str
    part: str
    title: str
    what: str
    do: str
    panel: str
    since: int | None = None
    wait_ms: int = 0


class Links(Struct, frozen=True):
    """Where boards and runbook are; empty: no link is given."""

    dashboards_url: str = ""
    runbook_url: str = ""


class TroubleNotifier:
    """Tells what is wrong with the pipeline, each incident once to each channel.

    What is on is remembered in the store, so that a watch that starts again takes nothing for new. What is
    over and comes back is another incident.
    """

    def __init__(
        self,
        store: AlertStore,
        teller: Teller,
        troubles: Callable[[], Sequence[Trouble]],
        links: Links,
    ) -> None:
        self._store, self._teller, self._troubles, self._links = store, teller, troubles, links

    def look(self, now: int) -> Round:
        """Look once; `now` in milliseconds."""
        brand, told, done = self._store.brand(), self._store.told(), Round()
        around = Surroundings(brand=brand, now=now)
        channels = self._teller.channels(brand)
        for trouble in self._standing(now):
            left = [channel for channel in channels if (*key_of(trouble), channel) not in told]
            if left:
                self._decide(trouble, left, around, done)
        return done

    def _standing(self, now: int) -> list[Trouble]:
        """Return what is wrong, each with its begin, and remember what began and what is over."""
        known, found = self._store.incidents(), {(each.rule, each.part): each for each in self._troubles()}
        begins = {place: known.get(place, _begin(each, now)) for place, each in found.items()}
        began = {place: begin for place, begin in begins.items() if place not in known}
        over = {place: begin for place, begin in known.items() if place not in found}
        self._store.note_incidents(began, is_on=True, at=now)
        self._store.note_incidents(over, is_on=False, at=now)
        return [structs.replace(each, since=begins[place]) for place, each in found.items()]

    def _decide(self, trouble: Trouble, channels: list[str], around: Surroundings, done: Round) -> None:
        begin = trouble.since or 0
        if is_too_old(begin, around):
            self._teller.leave(key_of(trouble), channels, around.now, done)
        elif around.now - begin < trouble.wait_ms or is_quiet_now(around):
            done.waiting += 1
        else:
            message = compose_trouble(trouble, around.brand.time_zone, self._links)
            self._teller.tell(key_of(trouble), channels, message, around.now, done)


def _begin(trouble: Trouble, now: int) -> int:
    return now if trouble.since is None else min(trouble.since, now)


def key_of(trouble: Trouble) -> AlertKey:
    """Return what makes it one incident: no network, the part as its account, the rule as its alert."""
    return (_NO_NETWORK, trouble.part, trouble.rule, _STATE, trouble.since or 0)


def compose_trouble(trouble: Trouble, time_zone: str, links: Links) -> Message:
    """Return the message of an incident."""
    zone = ZoneInfo(time_zone)
    at = datetime.fromtimestamp((trouble.since or 0) / 1_000, zone)
    lines = [trouble.what, f"Since {at:%a %d %b %Y, %H:%M} ({zone.key}).", "", trouble.do]
    if links.runbook_url:
        lines.append(f"Runbook: {links.runbook_url}#{trouble.rule}")
    if links.dashboards_url:
        lines.append(f"See it: {links.dashboards_url.rstrip('/')}{trouble.panel}")
    return Message(f"Rapport: {trouble.title}", "\n".join(lines))
