"""One account's state, and the fold of one event into it. Pure: it reads no clock, no file, no setting."""

from __future__ import annotations

import msgspec

from pipelines.account_memory import Header, PostMemory, dump_seen, load_seen
from pipelines.events import (
    MINUTE_MS,
    AnyEvent,
    Delete,
    Edit,
    Follow,
    Like,
    Post,
    PostStats,
    Profile,
    Unfollow,
)
from pipelines.ids import id_time
from pipelines.maturity import AGE_NAMES, Maturing, measures_of, new_pending
from pipelines.metrics.measures import INDEX, Counts
from pipelines.own_posts import (
    Arrival,
    Scored,
    bits_added_to_root,
    judge,
    measures_of_own,
    measures_of_received,
    remembered,
)
from pipelines.recent import DELETED, RecentPosts, Remembered, id_hash
from pipelines.rows import (
    AccountCheckpoint,
    AccountFrame,
    BrandFlags,
    Decision,
    FramedWindow,
    MaturedRow,
    MinuteSums,
    PostDecision,
    Rows,
    StoredPost,
)
from pipelines.scoring.post import BrandRules
from pipelines.waiting import OWN_REPLY, SNAPSHOT, EarlyAct, WaitingPosts
from pipelines.windows import ALLOWED_LATENESS_MS, WINDOWS, Rolling


class AccountState:
    """Everything that is needed to fold the next event of one account."""

    def __init__(self, network: str, account: str, *, head: int) -> None:
        self.network = network
        self.account = account
        self.version = 0
        self.head = head
        self.known_since: int | None = None
        self.last_at = 0
        self.followers: int | None = None
        self.followers_at = 0
        self.brand = BrandFlags()
        self.rollings = [Rolling(window, head) for window in WINDOWS]
        self.seen: dict[int, int] = {}
        self.recent = RecentPosts()
        self.waiting = WaitingPosts()
        self._touched: int | None = None
        self._dirty_minutes: dict[int, Counts] = {}
        self._dirty_posts: dict[int, int] = {}

    # ---- one event -------------------------------------------------------------------------------

    def fold(self, event: AnyEvent, scored: Scored | None, arrival: Arrival, rows: Rows) -> str:
        """Fold one event; return what it was: `fact`, `duplicate` or `late` (a fact that is not counted)."""
        key = identity_hash(event)
        if key in self.seen or (isinstance(event, Delete) and self._is_marked_deleted(event)):
            return "duplicate"
        late = arrival.watermark is not None and event.occurred_at < arrival.watermark - ALLOWED_LATENESS_MS
        self.version = arrival.version
        self.brand = flags_of(arrival.rules)
        if late and arrival.watermark is not None:
            self._add(arrival.watermark, {INDEX["late_events"]: 1})
        else:
            self.seen[key] = event.occurred_at
            self._note_time(event.occurred_at)
        self._dispatch(event, scored, arrival, late, rows)
        return "late" if late else "fact"

    def _dispatch(
        self, event: AnyEvent, scored: Scored | None, arrival: Arrival, late: bool, rows: Rows
    ) -> None:
        decision = Decision(arrival.version, arrival.watermark, late)
        match event:
            case Post() if scored is not None:
                rows.posts.append((event, self._fold_post(event, scored, arrival, late)))
            case PostStats():
                rows.post_stats.append((event, decision))
                if not late:
                    self._act(event.id, EarlyAct(id_hash(event.id), event.occurred_at, SNAPSHOT, event))
            case Profile():
                rows.profiles.append((event, decision))
                if not late:
                    self._fold_profile(event)
            case Edit():
                rows.post_edits.append((event, decision))
            case Delete():
                rows.deletions.append((event, decision))
                self._fold_delete(event, late=late)
            case _:
                rows.interactions.append((event, decision))  # type: ignore[arg-type]
                if not late:
                    self._fold_act(event)

    def _fold_post(self, post: Post, scored: Scored, arrival: Arrival, late: bool) -> PostDecision:
        decision = judge(post, scored, arrival, self.recent, late=late)
        own = decision.relation == "own"
        if late:
            return decision
        if (deleted_at := self.seen.get(delete_hash(post.id))) is not None:
            if own and decision.kind != "repost":
                self._count_deleted(post.id, deleted_at)
        elif own:
            self._add(post.occurred_at, measures_of_own(post, decision))
            self._remember_own(post, scored, decision)
        else:
            self._add(post.occurred_at, measures_of_received(decision))
            act, target = _act_of(post, decision.relation)
            if target is not None:
                self._act(target, EarlyAct(id_hash(target), post.occurred_at, act))
        return decision

    def _remember_own(self, post: Post, scored: Scored, decision: PostDecision) -> None:
        if decision.kind == "repost":
            return
        memory = remembered(post, scored.features, decision)
        self.recent.remember(memory)
        self._dirty_posts[memory.post] = memory.at
        if decision.kind == "thread":
            self._remember_thread(post, decision)
            return
        pending = new_pending(
            post.id,
            post.occurred_at,
            decision.kind,
            acts_told=post.acts_told,
            relevance_milli=decision.relevance_milli,
            on_topic=decision.on_topic,
            followers=self.followers if post.followers_at_post is None else post.followers_at_post,
        )
        self.waiting.begin(memory.post, pending)

    def _remember_thread(self, post: Post, decision: PostDecision) -> None:
        root = self.recent.find(decision.root, post.occurred_at)
        if root is not None and (bits := bits_added_to_root(decision)):
            self._mark(root, bits)
        if (parent := post.reply_to_post) is not None:
            self._act(parent, EarlyAct(id_hash(parent), post.occurred_at, OWN_REPLY))

    def _mark(self, post: Remembered, bits: int) -> None:
        self.recent.add_bits(post.post, bits)
        self._dirty_posts[post.post] = post.at

    def _act(self, post: str, act: EarlyAct) -> None:
        """Count an act on a post, or keep it where the post may still arrive."""
        if self.waiting.act(act) or act.post in self.recent:
            return
        posted_at = id_time(self.network, post)
        if not posted_at or posted_at >= self.head - ALLOWED_LATENESS_MS:
            self.waiting.keep(act)

    def _fold_profile(self, profile: Profile) -> None:
        if profile.id != self.account or profile.followers is None or profile.occurred_at < self.followers_at:
            return
        self.followers, self.followers_at = profile.followers, profile.occurred_at

    def _fold_delete(self, delete: Delete, *, late: bool) -> None:
        if delete.of not in ("post", "repost"):
            return
        key = id_hash(delete.id)
        known = self.recent.find(key, delete.occurred_at)
        if known is not None:
            self._mark(known, DELETED)
        if late:
            return
        if known is not None or key in self.waiting or delete.author == self.account:
            self._count_deleted(delete.id, delete.occurred_at)
        self.waiting.withdraw(key, delete.occurred_at)

    def _is_marked_deleted(self, delete: Delete) -> bool:
        """Tell whether the deletion of this post was told before, however long ago and at whatever time."""
        known = self.recent.find(id_hash(delete.id), delete.occurred_at)
        return known is not None and bool(known.bits & DELETED)

    def _count_deleted(self, id_: str, at: int) -> None:
        """Count a deletion once, whether its post comes before or after it."""
        key = id_hash(f"deleted {id_}")
        if key not in self.seen:
            self.seen[key] = at
            self._add(at, {INDEX["deleted_posts"]: 1})

    def _fold_act(self, event: AnyEvent) -> None:
        if isinstance(event, Like):
            self._add(event.occurred_at, {INDEX["likes_received"]: 1})
            self._act(event.post, EarlyAct(id_hash(event.post), event.occurred_at, "likes"))
        elif isinstance(event, Follow):
            self._add(event.occurred_at, {INDEX["follows_received"]: 1})
        elif isinstance(event, Unfollow):
            self._add(event.occurred_at, {INDEX["unfollows_received"]: 1})

    def _note_time(self, at: int) -> None:
        self.known_since = at if self.known_since is None else min(self.known_since, at)
        self.last_at = max(self.last_at, at)

    def _add(self, at: int, counts: Counts) -> None:
        if not counts:
            return
        minute = at - at % MINUTE_MS
        self._touched = minute if self._touched is None else min(self._touched, minute)
        for rolling in self.rollings:
            rolling.add(minute, counts)
        self._dirty_minutes[minute] = self.rollings[0].pane(minute)

    # ---- time passes -----------------------------------------------------------------------------

    def next_due(self) -> int | None:
        """Return the next instant at which the watermark makes this account do something."""
        if self._touched is not None:
            return self.head
        dues = [rolling.next_change() for rolling in self.rollings]
        dues.append(self.waiting.next_due())
        return min((due for due in dues if due is not None), default=None)

    def advance(self, watermark: int, version: int, rows: Rows) -> None:
        """Let time pass up to the watermark: decide what is due, then give the window rows that changed."""
        for maturing in self.waiting.take_due(watermark):
            self._mature(maturing, version, rows)
        self.version = max(self.version, version)
        self.head = max(self.head, watermark)
        self._touched = None
        frame: AccountFrame | None = None
        for rolling in self.rollings:
            if window_rows := rolling.advance(watermark):
                frame = frame or self.frame()
                last = next((row for row in reversed(window_rows) if row.counts), None)
                rows.windows += [FramedWindow(frame, row, row is last) for row in window_rows]
        self._forget_seen()

    def _mature(self, maturing: Maturing, version: int, rows: Rows) -> None:
        at = max(maturing.due_at, self.head - ALLOWED_LATENESS_MS)
        self._add(at, measures_of(maturing))
        post = maturing.post
        rows.matured.append(
            MaturedRow(
                network=self.network,
                account=self.account,
                id=post.id,
                age=AGE_NAMES[maturing.age_ms],
                due_at=at,
                occurred_at=post.occurred_at,
                kind=post.kind,
                relevance_milli=post.relevance_milli,
                on_topic=post.on_topic,
                followers=post.followers,
                reactions=maturing.reactions,
                version=version,
            )
        )

    def _forget_seen(self) -> None:
        oldest = self.head - ALLOWED_LATENESS_MS
        self.waiting.forget_early(oldest)
        if self.seen and min(self.seen.values()) < oldest:
            self.seen = {key: at for key, at in self.seen.items() if at >= oldest}

    # ---- saved and loaded ------------------------------------------------------------------------

    def frame(self) -> AccountFrame:
        """Return what holds for all rows of this account now."""
        return AccountFrame(
            network=self.network,
            account=self.account,
            version=self.version,
            known_since=self.head if self.known_since is None else self.known_since,
            last_at=self.last_at or self.head,
            brand=self.brand,
        )

    def take_checkpoint(self) -> AccountCheckpoint:
        """Return what must be saved since the last time, and begin to gather anew."""
        header = Header(
            self.head,
            self.known_since,
            self.last_at,
            self.followers,
            self._touched,
            dump_seen(self.seen),
            self.followers_at,
            self.waiting.early,
        )
        minutes = tuple(MinuteSums(minute, dict(counts)) for minute, counts in self._dirty_minutes.items())
        changed = self._dirty_posts | self.waiting.changed
        posts = tuple(self._stored_post(key, at) for key, at in changed.items())
        self._dirty_minutes, self._dirty_posts, self.waiting.changed = {}, {}, {}
        return AccountCheckpoint(
            frame=self.frame(),
            next_due=self.next_due(),
            header=msgspec.json.encode(header).decode(),
            minutes=minutes,
            posts=posts,
        )

    def _stored_post(self, key: int, at: int) -> StoredPost:
        body = PostMemory(self.recent.find(key, at), self.waiting.get(key))
        return StoredPost(str(key), at, msgspec.json.encode(body).decode())

    @classmethod
    def restore(
        cls, frame: AccountFrame, header: str, minutes: dict[int, Counts], posts: list[StoredPost]
    ) -> AccountState:
        """Return the account as it was when it was saved."""
        saved = msgspec.json.decode(header, type=Header)
        state = cls(frame.network, frame.account, head=saved.head)
        state.version, state.brand = frame.version, frame.brand
        state.known_since, state.last_at, state.followers = saved.known_since, saved.last_at, saved.followers
        state.followers_at, state.seen = saved.followers_at, load_seen(saved.seen)
        state.rollings = [Rolling.restore(window, saved.head, minutes) for window in WINDOWS]
        state._restore_touched(saved.touched)
        memories = [(int(post.id), msgspec.json.decode(post.body, type=PostMemory)) for post in posts]
        known = sorted((memory.own for _, memory in memories if memory.own), key=lambda own: own.version)
        state.recent = RecentPosts(known)
        state.waiting = WaitingPosts(saved.early)
        for key, memory in memories:
            if memory.pending is not None:
                state.waiting.resume(key, memory.pending)
        return state

    def _restore_touched(self, minute: int | None) -> None:
        self._touched = minute
        if minute is not None:
            for rolling in self.rollings:
                rolling.touch(minute)


def flags_of(rules: BrandRules) -> BrandFlags:
    """Return what rows say of the brand by which their posts were judged."""
    return BrandFlags(rules.hash, rules.knows_promotion, rules.knows_topics)


def _act_of(post: Post, relation: str) -> tuple[str, str | None]:
    """Return which count of which own post another's post is an act on."""
    if relation == "repost":
        return "reposts", post.repost_of
    if relation == "reply":
        return "replies", post.reply_to_post
    return "quotes", post.quote_of if relation == "quote" else None


def identity_hash(event: AnyEvent) -> int:
    """Return 64 bits of what makes an event the same event: kind and id, for snapshots the instant too."""
    kind = type(event).__name__
    if isinstance(event, PostStats):
        return id_hash(f"{kind} {event.id} {event.observed_at}")
    if isinstance(event, Profile | Edit):
        return id_hash(f"{kind} {event.id} {event.occurred_at}")
    if isinstance(event, Delete):
        return delete_hash(event.id)
    return id_hash(f"{kind} {event.id}")


def delete_hash(id_: str) -> int:
    """Return the identity of the deletion of a thing."""
    return id_hash(f"Delete {id_}")
