"""What every part of an account's process shares: who, where, the dice, and how posts are made."""

from __future__ import annotations

import heapq
import random
import zlib
from collections.abc import Callable

from msgspec import Struct

from pipelines.events import BLUESKY, HOUR_MS, MINUTE_MS, AnyEvent, Delete, Post, X
from pipelines.sources.simulation.business import Persona
from pipelines.sources.simulation.people import Ids, Person, Population
from pipelines.sources.simulation.truth import Truth

PATIENCE_MS = 40 * HOUR_MS
"""Who waited longer is not answered any more."""
SEEN_AFTER_MS = 2 * MINUTE_MS

Emit = Callable[[AnyEvent], None]


class Scene:
    """One account's surroundings. `emit` takes events, in any order from the current hour on."""

    def __init__(
        self,
        persona: Persona,
        *,
        account: str,
        shift: int,
        truth: Truth,
        population: Population,
        ids: Ids,
        emit: Emit,
    ) -> None:
        self.persona, self.account, self.truth = persona, account, truth
        self.ids, self.emit = ids, emit
        self.rng = random.Random(f"{truth.seed}:{persona.handle}")
        self._population, self._shift = population, shift

    def someone(self, at: int) -> Person:
        """Draw one of the people who react to the account at that instant."""
        return self._population.draw(self.rng, shift=self._shift, at=at)

    def delay_ms(self) -> int:
        """Draw how long an event takes to reach us."""
        return self.rng.randrange(400, 3_000)

    def post_id(self, at: int, author: str) -> str:
        """Make the id of a post of that instant."""
        return self.ids.post(self.persona.network, at, author)

    def post(self, at: int, text: str, *, author: str, handle: str, followers: int) -> Post:
        """Make a post that begins a conversation of its own."""
        network, post_id = self.persona.network, self.post_id(at, author)
        return Post(
            network=network,
            id=post_id,
            occurred_at=at,
            ingested_at=at + self.delay_ms(),
            author=author,
            author_handle=handle,
            text=text,
            language="en",
            conversation=post_id,
            followers_at_post=followers if network == X else None,
            acts_told=network == BLUESKY,
        )

    def delete(self, post: Post, at: int) -> None:
        """Emit the deletion of an own post, or of one that concerns the account."""
        self.emit(
            Delete(
                network=post.network,
                subject=self.account,
                id=post.id,
                occurred_at=at,
                ingested_at=at + self.delay_ms(),
            )
        )


class Inbound(Struct, frozen=True, order=True):
    """Somebody waits for an answer."""

    at: int
    post: str
    conversation: str
    person: Person


class Inbox:
    """Who waits for an answer, oldest first.

    One coin decides for a person and conversation: whom the account answers, it answers; the others never.
    """

    def __init__(self, *, seed: int, response: float) -> None:
        self._seed, self._response = seed, response
        self._waiting: list[Inbound] = []

    def add(self, person: Person, post: Post) -> None:
        """Take in what a person said, if it will be answered."""
        conversation = post.conversation or post.id
        coin = zlib.crc32(f"{self._seed}:{conversation}:{person.id}".encode()) / 2**32
        if coin < self._response:
            heapq.heappush(self._waiting, Inbound(post.occurred_at, post.id, conversation, person))

    def next(self, at: int) -> Inbound | None:
        """Take out who has waited longest, among those who had spoken at that instant."""
        while self._waiting and self._waiting[0].at < at - SEEN_AFTER_MS:
            inbound = heapq.heappop(self._waiting)
            if at - inbound.at < PATIENCE_MS:
                return inbound
        return None
