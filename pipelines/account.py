"""One account's state, and the fold of one event into it. Pure: it reads no clock, no file, no setting."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from pipelines.account_memory import Header, dump_seen
from pipelines.account_windows import AccountWindows
from pipelines.aged_measures import measures_of
from pipelines.alert_fold import aged_of, say
from pipelines.alerts.account_alerts import AccountAlerts
from pipelines.brand import Alerting
from pipelines.checkpoint import AccountCheckpoint
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
from pipelines.followers import Followers, Reading
from pipelines.frames import AccountFrame, BrandFlags
from pipelines.identity import delete_hash, identity_hash
from pipelines.ids import id_time
from pipelines.maturity import Maturing
from pipelines.metrics.measures import INDEX, Counts
from pipelines.metrics.vectors import Vector
from pipelines.own_memory import OwnPosts
from pipelines.own_posts import (
    Arrival,
    Scored,
    act_of,
    flags_of,
    judge,
    measures_of_own,
    measures_of_received,
)
from pipelines.recent import id_hash
from pipelines.rows import Decision, MaturedRow, PostDecision, Rows
from pipelines.waiting import SNAPSHOT, EarlyAct
from pipelines.windows import ALLOWED_LATENESS_MS


class AccountState:
    """Everything that is needed to fold the next event of one account."""

    __slots__ = (
        "account", "alerts", "brand", "followers", "head", "known_since", "last_at", "network", "own_posts",
        "recounted", "seen", "version", "windows",
    )  # fmt: skip

    def __init__(
        self,
        network: str,
        account: str,
        *,
        head: int,
        windows: AccountWindows | None = None,
        own_posts: OwnPosts | None = None,
        alerts: AccountAlerts | None = None,
    ) -> None:
        self.network = network
        self.account = account
        self.version = 0
        self.head = head
        self.known_since: int | None = None
        self.last_at = 0
        self.followers = Followers()
        self.brand = BrandFlags()
        self.windows = windows or AccountWindows.empty(head)
        self.seen: dict[int, int] = {}
        self.own_posts = own_posts or OwnPosts()
        self.alerts = alerts or AccountAlerts()
        self.recounted = 0

    # ---- one event -------------------------------------------------------------------------------

    def fold(self, event: AnyEvent, scored: Scored | None, arrival: Arrival, rows: Rows) -> str:
        """Fold one event; return what it was: `fact`, `duplicate` or `late` (a fact that is not counted)."""
        key = identity_hash(event)
        if key in self.seen or arrival.told_as in self.seen:
            return "duplicate"
        if isinstance(event, Delete) and self.own_posts.knows_deleted(event):
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
                rows.posts.append((event, self._fold_post(event, scored, arrival, late, rows)))
            case PostStats():
                rows.post_stats.append((event, decision))
                if not late:
                    self._act(event.id, SNAPSHOT, event.occurred_at, event)
            case Profile():
                rows.profiles.append((event, decision))
                if not late:
                    self._fold_profile(event, arrival.version, rows)
            case Edit():
                rows.post_edits.append((event, decision))
            case Delete():
                counted = self._fold_delete(event, late=late)
                rows.deletions.append((event, msgspec.structs.replace(decision, counted=counted)))
            case _:
                rows.interactions.append((event, decision))  # type: ignore[arg-type]
                if not late:
                    self._fold_act(event)

    def _fold_post(
        self, post: Post, scored: Scored, arrival: Arrival, late: bool, rows: Rows
    ) -> PostDecision:
        decision = judge(post, scored, arrival, self.own_posts.recent, late=late)
        if late:
            return decision
        if decision.relation == "own":
            self._add(post.occurred_at, measures_of_own(post, decision))
            reading = self.followers.known_at(post.occurred_at)
            self.own_posts.remember(post, scored, decision, reading=reading, oldest=self._oldest)
            if decision.kind != "repost":
                changes = self.alerts.posted(post.occurred_at)
                say(rows, (self.network, self.account), changes, arrival.version)
                self._take_early_deletion(post, arrival.watermark)
        else:
            self._add(post.occurred_at, measures_of_received(decision))
            if decision.relation == "mention":
                self.alerts.mentioned(post.occurred_at - post.occurred_at % MINUTE_MS)
            act, target = act_of(post, decision.relation)
            if target is not None:
                self._act(target, act, post.occurred_at)
        return decision

    def _take_early_deletion(self, post: Post, watermark: int | None) -> None:
        """Take the deletion that came before its post as if it had come behind."""
        at = self.seen.get(delete_hash(post.id))
        if at is None or (watermark is not None and at < watermark - ALLOWED_LATENESS_MS):
            return
        self.own_posts.mark_deleted(post.id, at)
        self._count_deleted(post.id, at)
        self.own_posts.withdraw(post.id, at, oldest=self._oldest)

    @property
    def _oldest(self) -> int:
        """What lies before it is late."""
        return self.head - ALLOWED_LATENESS_MS

    def _act(self, post: str, act: str, at: int, stats: PostStats | None = None) -> None:
        early = EarlyAct(id_hash(post), at, act, stats)
        self.own_posts.act(early, posted_at=id_time(self.network, post), oldest=self._oldest)

    def _fold_profile(self, profile: Profile, version: int, rows: Rows) -> None:
        if profile.id != self.account or profile.followers is None:
            return
        before = self.followers.latest
        self.followers.take(Reading(profile.occurred_at, profile.followers))
        self.own_posts.waiting.followers(profile.occurred_at, profile.followers)
        if before is not None and profile.occurred_at < before.at:
            return
        changes = self.alerts.followed(profile.occurred_at, profile.followers)
        say(rows, (self.network, self.account), changes, version)

    def _fold_delete(self, delete: Delete, *, late: bool) -> bool:
        """Take a deletion; tell whether it was counted."""
        if delete.of not in ("post", "repost"):
            return False
        known = self.own_posts.mark_deleted(delete.id, delete.occurred_at)
        if late:
            return False
        own = known or delete.author == self.account
        counted = own and self._count_deleted(delete.id, delete.occurred_at)
        self.own_posts.withdraw(delete.id, delete.occurred_at, oldest=self._oldest)
        return counted

    def _count_deleted(self, id_: str, at: int) -> bool:
        """Count a deletion once, before or after its post; tell whether it is counted now."""
        key = id_hash(f"deleted {id_}")
        if key in self.seen:
            return False
        self.seen[key] = at
        self._add(at, {INDEX["deleted_posts"]: 1})
        return True

    def _fold_act(self, event: AnyEvent) -> None:
        if isinstance(event, Like | Follow | Unfollow) and event.actor == self.account:
            return  # nobody is moved by liking oneself
        if isinstance(event, Like):
            self._add(event.occurred_at, {INDEX["likes_received"]: 1})
            self._act(event.post, "likes", event.occurred_at)
        elif isinstance(event, Follow):
            self._add(event.occurred_at, {INDEX["follows_received"]: 1})
        elif isinstance(event, Unfollow):
            self._add(event.occurred_at, {INDEX["unfollows_received"]: 1})

    def _note_time(self, at: int) -> None:
        self.known_since = at if self.known_since is None else min(self.known_since, at)
        self.last_at = max(self.last_at, at)

    def _add(self, at: int, counts: Counts) -> None:
        if counts:
            self.windows.add(at, counts)

    def set_minutes(self, changed: Mapping[int, Vector], minutes: Mapping[int, Vector]) -> None:
        """Take some minutes anew; `minutes` are all that the windows may hold, the changed ones included."""
        for minute in (minute for minute, sums in changed.items() if sums.any()):
            self._note_time(minute)
        self.windows.set_minutes(changed, minutes, self.head)

    # ---- time passes -----------------------------------------------------------------------------

    def next_due(self) -> int | None:
        """Return the next instant at which the watermark makes this account do something."""
        if self.windows.touched is not None:
            return self.head
        dues = (self.windows.next_change(), self.own_posts.waiting.next_due(), self.alerts.due_at)
        return min((due for due in dues if due is not None), default=None)

    def pass_time(self, watermark: int, version: int, rows: Rows, alerting: Alerting) -> None:
        """Let time pass up to the watermark: decide what is due. Its windows must be settled after it."""
        for maturing in self.own_posts.waiting.take_due(watermark):
            self._mature(maturing, version, rows, alerting)
        say(rows, (self.network, self.account), self.alerts.pass_time(watermark), version)
        self.version = max(self.version, version)
        self.head = max(self.head, watermark)
        self.windows.touched = None
        self._forget_seen()

    def _mature(self, maturing: Maturing, version: int, rows: Rows, alerting: Alerting) -> None:
        at = max(maturing.due_at, self.head - ALLOWED_LATENESS_MS)
        self._add(at, measures_of(maturing))
        rows.matured.append(MaturedRow.of(self.network, self.account, maturing, at=at, version=version))
        if aged := aged_of(maturing, at):
            say(rows, (self.network, self.account), self.alerts.aged(aged, alerting), version)

    def _forget_seen(self) -> None:
        oldest = self._oldest
        self.own_posts.waiting.forget_early(oldest)
        self.followers.forget(oldest)
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
        latest = self.followers.latest
        header = Header(
            self.head,
            self.known_since,
            self.last_at,
            latest.followers if latest else None,
            self.windows.touched,
            dump_seen(self.seen),
            latest.at if latest else 0,
            self.own_posts.waiting.early,
            self.alerts.save(),
            self.recounted,
            self.followers.readings,
        )
        return AccountCheckpoint(
            frame=self.frame(),
            next_due=self.next_due(),
            header=msgspec.json.encode(header).decode(),
            minutes=self.windows.take_unsaved(),
            posts=self.own_posts.take_changed(),
        )
