"""One simulated account, hour by hour: what it posts, whom it answers, what its profile shows."""

from __future__ import annotations

from msgspec.structs import replace

from pipelines.events import HOUR_MS, MINUTE_MS, Edit, Mention, Post, Profile, X
from pipelines.sources.simulation import phrases
from pipelines.sources.simulation.business import OWN_LINKS
from pipelines.sources.simulation.chance import instants
from pipelines.sources.simulation.following import Following
from pipelines.sources.simulation.reactions import Own, Reactions
from pipelines.sources.simulation.scene import Inbox, Scene
from pipelines.sources.simulation.truth import EDITED_SHARE, base_mean, factor, posting
from pipelines.sources.simulation.voice import Draft, Voice

THREAD_MEAN = 0.3
"""Mean of a post that continues a thread, against its root."""
MEDIA_SHARE = 0.35


class AccountProcess:
    """The random process of one account."""

    def __init__(self, scene: Scene, *, sister: Mention | None) -> None:
        self._scene, self._persona = scene, scene.persona
        self._inbox = Inbox(seed=scene.truth.seed, response=scene.persona.response)
        self._reactions = Reactions(scene, self._inbox, sister=sister)
        self._voice = Voice(scene.persona, scene.rng)
        self._following = Following(scene)
        self._posting, self._base = posting(scene.persona), base_mean(scene.persona)
        self._posts = 4_000 + scene.persona.followers // 9

    def hour(self, start: int, *, hour: int) -> None:
        """Live one hour from `start`; `hour` is its local hour of the week."""
        rng, p, scale = self._scene.rng, self._persona, self._scene.truth.scale / 24
        for at in instants(rng, start, p.posts * scale * self._posting[hour]):
            if rng.random() < p.reply_share:
                self._reply(at)
            else:
                self._headline(at, hour)
        for at in instants(rng, start, p.reposts * scale * self._posting[hour]):
            self._repost(at)
        for at in instants(rng, start, p.mentions * scale):
            self._reactions.mentioned(at)
        for act in self._following.hour(start):
            self._scene.emit(act)

    def profile(self, at: int) -> None:
        """Say what the account's profile shows now."""
        p, followers = self._persona, self._following.count
        self._scene.emit(
            Profile(
                network=p.network,
                id=self._scene.account,
                occurred_at=at,
                ingested_at=at + self._scene.delay_ms(),
                handle=p.handle,
                name=p.name,
                bio=p.bio,
                url=OWN_LINKS[0],
                followers=followers,
                following=p.following,
                posts=self._posts,
                listed=(12 if p.bought else followers // 150) if p.network == X else None,
                created_at=1_420_070_400_000,
            )
        )

    def _headline(self, at: int, hour: int) -> None:
        draft, rng = self._voice.draft(), self._scene.rng
        linked = draft.link is not None
        mean = self._base * factor(
            self._persona, quote=draft.quote, on_topic=draft.on_topic, link=linked, hour=hour
        )
        post = self._headline_post(draft, at)
        thread_at = tuple(at + (n + 1) * 80_000 + rng.randrange(40_000) for n in range(draft.thread))
        self._publish(Own(post=post, mean=mean, opening=True, continued_at=thread_at[:1]))
        self._thread(post, thread_at, draft, mean * THREAD_MEAN)
        if not draft.thread and rng.random() < EDITED_SHARE:
            self._edit(post)

    def _headline_post(self, draft: Draft, at: int) -> Post:
        body = self._voice.headline(draft, at)
        mentioned = self._scene.someone(at) if draft.mention else None
        parts = [body.text, f"@{mentioned.handle}" if mentioned else "", draft.link or ""]
        post = replace(
            self._own_post(at, " ".join(filter(None, parts))),
            hashtags=body.hashtags,
            mentions=(Mention(mentioned.id, mentioned.handle),) if mentioned else (),
            links=(draft.link,) if draft.link else (),
            has_media=self._scene.rng.random() < MEDIA_SHARE,
        )
        if not draft.quote:
            return post
        quoted = self._scene.someone(at)
        return replace(
            post, quote_of=self._scene.post_id(at - 47 * MINUTE_MS, quoted.id), quote_of_account=quoted.id
        )

    def _thread(self, root: Post, thread_at: tuple[int, ...], draft: Draft, mean: float) -> None:
        before = root.id
        for n, at in enumerate(thread_at, start=1):
            text = self._voice.thread_post(draft, last=n == len(thread_at))
            post = replace(
                self._own_post(at, text),
                reply_to_post=before,
                reply_to_account=self._scene.account,
                conversation=root.id,
            )
            self._publish(Own(post=post, mean=mean, opening=True, continued_at=thread_at[n : n + 1]))
            before = post.id

    def _reply(self, at: int) -> None:
        inbound = self._inbox.next(at)
        person = inbound.person if inbound else self._scene.someone(at)
        seen_at = at - self._scene.rng.randrange(MINUTE_MS, HOUR_MS)
        target = inbound.post if inbound else self._scene.post_id(seen_at, person.id)
        post = replace(
            self._own_post(at, f"@{person.handle} {self._voice.answer()}"),
            reply_to_post=target,
            reply_to_account=person.id,
            conversation=inbound.conversation if inbound else target,
            mentions=(Mention(person.id, person.handle),),
        )
        mean = self._persona.interactions_reply
        self._publish(Own(post=post, mean=mean, opening=inbound is None, addressee=person))

    def _repost(self, at: int) -> None:
        person = self._scene.someone(at)
        reposted = self._scene.post_id(at - self._scene.rng.randrange(MINUTE_MS, 5 * HOUR_MS), person.id)
        words = f"RT @{person.handle}: {phrases.visitor(self._scene.rng, asks=False)}"
        text = words if self._persona.network == X else ""
        self._scene.emit(replace(self._own_post(at, text), repost_of=reposted, repost_of_account=person.id))

    def _own_post(self, at: int, text: str) -> Post:
        return self._scene.post(
            at, text, author=self._scene.account, handle=self._persona.handle, followers=self._following.count
        )

    def _edit(self, post: Post) -> None:
        at = post.occurred_at + self._scene.rng.randrange(MINUTE_MS, 30 * MINUTE_MS)
        self._scene.emit(
            Edit(
                network=post.network,
                subject=self._scene.account,
                id=post.id,
                occurred_at=at,
                ingested_at=at + self._scene.delay_ms(),
                text=f"{post.text} (corrected)",
                links=post.links,
            )
        )

    def _publish(self, own: Own) -> None:
        self._posts += 1
        self._reactions.publish(own)
