"""What comes back to an account: acts on its posts, mentions, and the poller's snapshots."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from pipelines.events import DAY_MS, HOUR_MS, MINUTE_MS, Like, Mention, Post, X
from pipelines.sources.simulation import phrases
from pipelines.sources.simulation.audience import (
    LIKE,
    QUOTE,
    REPLY,
    REPOST,
    Reception,
    polls,
    receive,
    snapshot,
)
from pipelines.sources.simulation.business import DROPPED
from pipelines.sources.simulation.people import Person
from pipelines.sources.simulation.scene import Inbox, Scene
from pipelines.sources.simulation.truth import CO_MENTIONS, DELETED_SHARE, DROP_FACTOR

NEVER = 1 << 62
FOLLOW_UP_ANSWERED = 0.7
"""Share of replies to an answer that are answered again, among those whom the account answers at all."""
FOLLOW_UP_BY_ADDRESSEE = 0.85
ASKING_REPLIES, ASKING_MENTIONS = 0.25, 0.45


class Own(Struct, frozen=True, kw_only=True):
    """An own post and what its audience needs to know.

    `opening`: who replies to it begins to talk with us. `continued_at`: when our own thread goes on below it.
    """

    post: Post
    mean: float
    opening: bool
    addressee: Person | None = None
    continued_at: tuple[int, ...] = ()


class Reactions:
    """Draws and emits what people do with one account's posts, and what they say to it."""

    def __init__(self, scene: Scene, inbox: Inbox, *, sister: Mention | None) -> None:
        self._scene, self._inbox, self._sister = scene, inbox, sister
        self._drop_at = scene.truth.drop_at if scene.persona.character == DROPPED else NEVER

    def publish(self, own: Own) -> None:
        """Emit the post, all that comes back, what the poller sees, and its deletion, if any."""
        rng, p, post = self._scene.rng, self._scene.persona, own.post
        self._scene.emit(post)
        gone_at = NEVER
        if rng.random() < DELETED_SHARE:
            gone_at = post.occurred_at + rng.randrange(10 * MINUTE_MS, 20 * HOUR_MS)
            self._scene.delete(post, gone_at)
        reception = receive(
            rng,
            at=post.occurred_at,
            mean=own.mean * (DROP_FACTOR if post.occurred_at >= self._drop_at else 1.0),
            dispersion=p.dispersion,
            shares=p.acts,
            impressions_rate=p.impressions_rate,
            until=gone_at,
        )
        self._react(own, reception)
        if p.network == X:
            for observed_at in polls(rng, at=post.occurred_at, until=gone_at):
                self._scene.emit(
                    snapshot(
                        reception,
                        subject=self._scene.account,
                        post=post.id,
                        at=post.occurred_at,
                        observed_at=observed_at,
                        delay_ms=self._scene.delay_ms(),
                        own_replies=list(own.continued_at),
                    )
                )

    def _react(self, own: Own, reception: Reception) -> None:
        if self._scene.persona.network != X:  # X counts likes, it does not tell them
            self._liked(own.post, reception.acts[LIKE])
        for at in reception.acts[REPLY]:
            self._replied(own, at)
        for at in reception.acts[REPOST]:
            self._reposted(own.post, at)
        for at in reception.acts[QUOTE]:
            self._quoted(own.post, at)

    def _liked(self, post: Post, liked_at: list[int]) -> None:
        likers: set[str] = set()
        for at in liked_at:
            actor = self._scene.someone(at).id
            while actor in likers:
                actor = self._scene.someone(at).id
            likers.add(actor)
            self._scene.emit(
                Like(
                    network=post.network,
                    subject=self._scene.account,
                    id=self._scene.ids.bluesky(at, did=actor, collection="app.bsky.feed.like"),
                    occurred_at=at,
                    ingested_at=at + self._scene.delay_ms(),
                    actor=actor,
                    post=post.id,
                )
            )

    def _replied(self, own: Own, at: int) -> None:
        rng, p, post = self._scene.rng, self._scene.persona, own.post
        person = (
            own.addressee
            if own.addressee and rng.random() < FOLLOW_UP_BY_ADDRESSEE
            else self._scene.someone(at)
        )
        reply = replace(
            self._others_post(person, at, phrases.visitor(rng, asks=rng.random() < ASKING_REPLIES)),
            reply_to_post=post.id,
            reply_to_account=self._scene.account,
            conversation=post.conversation,
            mentions=(Mention(self._scene.account, p.handle),) if p.network == X else (),
        )
        self._scene.emit(reply)
        if rng.random() < DELETED_SHARE:
            self._scene.delete(reply, at + rng.randrange(10 * MINUTE_MS, DAY_MS))
        elif own.opening or rng.random() < FOLLOW_UP_ANSWERED:
            self._inbox.add(person, reply)

    def _quoted(self, post: Post, at: int) -> None:
        quote = self._others_post(self._scene.someone(at), at, phrases.visitor(self._scene.rng, asks=False))
        self._scene.emit(replace(quote, quote_of=post.id, quote_of_account=self._scene.account))

    def _reposted(self, post: Post, at: int) -> None:
        text = f"RT @{self._scene.persona.handle}: {post.text}" if post.network == X else ""
        repost = self._others_post(self._scene.someone(at), at, text)
        self._scene.emit(replace(repost, repost_of=post.id, repost_of_account=self._scene.account))

    def mentioned(self, at: int) -> None:
        """Let somebody mention the account, sometimes its sister too."""
        rng, person = self._scene.rng, self._scene.someone(at)
        mentions: tuple[Mention, ...] = (Mention(self._scene.account, self._scene.persona.handle),)
        if self._sister and rng.random() < CO_MENTIONS:
            mentions += (self._sister,)
        names = " ".join(f"@{mention.handle}" for mention in mentions)
        text = f"{names} {phrases.visitor(rng, asks=rng.random() < ASKING_MENTIONS)}"
        post = replace(self._others_post(person, at, text), mentions=mentions)
        self._scene.emit(post)
        self._inbox.add(person, post)

    def _others_post(self, person: Person, at: int, text: str) -> Post:
        return self._scene.post(at, text, author=person.id, handle=person.handle, followers=person.followers)
