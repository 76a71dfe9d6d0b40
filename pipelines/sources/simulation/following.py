"""Who follows an account: counted on every network, told one by one on Bluesky."""

from __future__ import annotations

from pipelines.events import BLUESKY, DAY_MS, HOUR_MS, Follow, Unfollow
from pipelines.sources.simulation.chance import instants
from pipelines.sources.simulation.scene import Scene

BOUGHT_WITHIN_H = 6
KNOWN_UNFOLLOWS = 0.5
"""Share of those who leave that came during the simulation; the others followed before it."""


class Following:
    """The followers of one account; `count` is how many there are now."""

    def __init__(self, scene: Scene) -> None:
        self.count = scene.persona.followers
        self._scene, self._persona, self._rng = scene, scene.persona, scene.rng
        self._since: dict[str, tuple[int, str]] = {}

    def hour(self, start: int) -> list[Follow | Unfollow]:
        """Live one hour; return the acts that the network tells."""
        follows = instants(self._rng, start, self._persona.follows / 24)
        unfollows = instants(self._rng, start, self._persona.unfollows / 24)
        self.count += len(follows) - len(unfollows)
        if self._scene.truth.bought_at <= start < self._scene.truth.bought_at + BOUGHT_WITHIN_H * HOUR_MS:
            self.count += self._persona.bought // BOUGHT_WITHIN_H
        if self._persona.network != BLUESKY:
            return []
        return [*map(self._follow, follows), *map(self._unfollow, unfollows)]

    def _follow(self, at: int) -> Follow:
        actor = self._not_known(at)
        uri = self._scene.ids.bluesky(at, did=actor, collection="app.bsky.graph.follow")
        self._since[actor] = (at, uri)
        return Follow(
            network="bluesky",
            subject=self._scene.account,
            id=uri,
            occurred_at=at,
            ingested_at=at + self._scene.delay_ms(),
            actor=actor,
        )

    def _unfollow(self, at: int) -> Unfollow:
        known = [actor for actor, (since, _) in self._since.items() if since < at]
        if known and self._rng.random() < KNOWN_UNFOLLOWS:
            actor = self._rng.choice(known)
            _, uri = self._since.pop(actor)
        else:
            actor = self._not_known(at)
            uri = self._scene.ids.bluesky(at - 90 * DAY_MS, did=actor, collection="app.bsky.graph.follow")
        return Unfollow(
            network="bluesky",
            subject=self._scene.account,
            id=uri,
            occurred_at=at,
            ingested_at=at + self._scene.delay_ms(),
            actor=actor,
        )

    def _not_known(self, at: int) -> str:
        actor = self._scene.someone(at).id
        while actor in self._since:
            actor = self._scene.someone(at).id
        return actor
