"""What an account keeps of its own posts: the recent ones, those that wait for an age, and what changed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from pipelines.account_memory import PostMemory
from pipelines.checkpoint import StoredPost
from pipelines.events import Delete, Post
from pipelines.followers import Reading
from pipelines.ids import id_time
from pipelines.maturity import new_pending
from pipelines.own_posts import Scored, bits_added_to_root, remembered, traits_of
from pipelines.recent import DELETED, RecentPosts, Remembered, id_hash
from pipelines.rows import PostDecision
from pipelines.waiting import OWN_REPLY, REPLY_GONE, EarlyAct, WaitingPosts


class OwnPosts:
    """The own posts of one account, and which of them must be saved again."""

    __slots__ = ("_changed", "recent", "waiting")

    def __init__(self, recent: Iterable[Remembered] = (), early: Iterable[EarlyAct] = ()) -> None:
        self.recent = RecentPosts(recent)
        self.waiting = WaitingPosts(early)
        self._changed: dict[int, int] = {}

    def remember(
        self, post: Post, scored: Scored, decision: PostDecision, *, reading: Reading | None, oldest: int
    ) -> None:
        """Keep an own post that counts. `reading`: the followers by then; `oldest`: as for `act`."""
        if decision.kind == "repost":
            return
        memory = remembered(post, scored.features, decision)
        self.recent.remember(memory)
        self._changed[memory.post] = memory.at
        if decision.kind == "thread":
            self._remember_thread(post, decision, oldest)
            return
        told = post.followers_at_post is not None
        pending = new_pending(
            post.id,
            post.occurred_at,
            decision.kind,
            acts_told=post.acts_told,
            relevance_milli=decision.relevance_milli,
            on_topic=decision.on_topic,
            followers=reading.followers if not told and reading else post.followers_at_post,
            followers_at=None if told else reading.at if reading else 0,
            traits=traits_of(post, decision),
        )
        self.waiting.begin(memory.post, pending)

    def _remember_thread(self, post: Post, decision: PostDecision, oldest: int) -> None:
        root = self.recent.find(decision.root, post.occurred_at)
        if root is not None and (bits := bits_added_to_root(decision)):
            self._mark(root, bits)
        if (parent := post.reply_to_post) is not None:
            reply = EarlyAct(id_hash(parent), post.occurred_at, OWN_REPLY)
            self.act(reply, posted_at=id_time(post.network, parent), oldest=oldest)

    def act(self, act: EarlyAct, *, posted_at: int, oldest: int) -> None:
        """Count an act on a post, or keep it where the post may still arrive.

        `posted_at`: the time inside the post's id, 0 where it holds none; a post older than `oldest` is late.
        """
        if self.waiting.act(act) or act.post in self.recent:
            return
        if not posted_at or posted_at >= oldest:
            self.waiting.keep(act)

    def knows_deleted(self, delete: Delete) -> bool:
        """Tell whether the deletion of this post was told before, however long ago and at whatever time."""
        known = self.recent.find(id_hash(delete.id), delete.occurred_at)
        return known is not None and bool(known.bits & DELETED)

    def mark_deleted(self, id_: str, at: int) -> bool:
        """Note that a post was deleted, before its ages or after; tell whether it is known as an own one."""
        key = id_hash(id_)
        known = self.recent.find(key, at)
        if known is not None:
            self._mark(known, DELETED)
        return known is not None or key in self.waiting

    def withdraw(self, id_: str, at: int, *, oldest: int) -> None:
        """Take a post that was deleted in time out of what waits: itself, and the reply that it was."""
        key = id_hash(id_)
        self.waiting.withdraw(key, at)
        known = self.recent.find(key, at)
        if known is not None and (answered := known.answers) is not None:
            self.act(EarlyAct(answered, at, REPLY_GONE), posted_at=0, oldest=oldest)

    def _mark(self, post: Remembered, bits: int) -> None:
        self.recent.add_bits(post.post, bits)
        self._changed[post.post] = post.at

    def take_changed(self) -> tuple[StoredPost, ...]:
        """Return the posts to be saved since the last time, and begin to gather anew."""
        changed = self._changed | self.waiting.changed
        self._changed, self.waiting.changed = {}, {}
        return tuple(self._stored(key, at) for key, at in changed.items())

    def _stored(self, key: int, at: int) -> StoredPost:
        body = PostMemory(self.recent.find(key, at), self.waiting.get(key))
        return StoredPost(str(key), at, msgspec.json.encode(body).decode())

    @classmethod
    def restore(cls, posts: Iterable[StoredPost], early: Iterable[EarlyAct]) -> OwnPosts:
        """Return the posts as they were when they were saved."""
        memories = [(int(post.id), msgspec.json.decode(post.body, type=PostMemory)) for post in posts]
        known = sorted((memory.own for _, memory in memories if memory.own), key=lambda own: own.version)
        own_posts = cls(known, early)
        for key, memory in memories:
            if memory.pending is not None:
                own_posts.waiting.resume(key, memory.pending)
        return own_posts
