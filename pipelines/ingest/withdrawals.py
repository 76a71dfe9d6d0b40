"""Deletions and edits that name a thing alone: whom it concerned is found in the facts, in batches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

import msgspec

from pipelines.events import AnyEvent, Delete, Edit, Network, Unfollow
from pipelines.ingest.router import Router

MAX_WAITING = 5_000
"""So many are looked up at the latest, however little time has passed."""


class Subjects(Protocol):
    """Whom things that are stored concern."""

    def subjects_of(
        self, network: Network, of: str, ids: Collection[str], accounts: Collection[str]
    ) -> Mapping[str, Collection[str]]:
        """Return the tracked accounts, out of `accounts` (empty: any), that each id concerns; none: left out.

        `of`: post, like, repost, follow, or account (`ids` are then authors and actors).
        """
        ...


class Withdrawals:
    """Gather what the memory of the router does not know; what the facts do not know is counted and dropped.

    The order among them and to other events is that of the lookup, which is harmless: a withdrawal may come
    before or after what it withdraws.
    """

    def __init__(self, router: Router, subjects: Subjects | None) -> None:
        self._router, self._subjects = router, subjects
        self._waiting: dict[tuple[Network, str], dict[str, list[Delete | Edit]]] = {}
        self._count = 0
        self.unknown = 0

    def take(self, event: AnyEvent) -> None:
        """Keep an event that the router could not place, if it is one that withdraws or changes something."""
        if not isinstance(event, Delete | Edit):
            return
        if self._subjects is None:
            self.unknown += 1
            return
        of = event.of if isinstance(event, Delete) else "post"
        self._waiting.setdefault((event.network, of), {}).setdefault(event.id, []).append(event)
        self._count += 1

    @property
    def full(self) -> bool:
        """Whether it is time to look, however little time has passed."""
        return self._count >= MAX_WAITING

    def found(self) -> Iterator[AnyEvent]:
        """Look up everything that waits; give an event for each account that it concerns."""
        waiting, self._waiting, self._count = self._waiting, {}, 0
        if self._subjects is None:
            return
        for (network, of), events in waiting.items():
            tracked = self._router.tracked(network)
            if self._router.tracks_none(network):
                self.unknown += sum(map(len, events.values()))
                continue
            concerned = self._subjects.subjects_of(network, of, tuple(events), tracked)
            for id_, same in events.items():
                subjects = concerned.get(id_, ())
                self.unknown += 0 if subjects else len(same)
                for event in same:
                    yield from (placed(event, subject) for subject in subjects)


def placed(event: AnyEvent, subject: str) -> AnyEvent:
    """Return the event with its subject; a follow withdrawn is an unfollow, for that is what counts."""
    if isinstance(event, Delete) and event.of == "follow":
        return Unfollow(
            network=event.network,
            id=event.id,
            subject=subject,
            occurred_at=event.occurred_at,
            ingested_at=event.ingested_at,
            actor=event.author,
        )
    return msgspec.structs.replace(event, subject=subject)
