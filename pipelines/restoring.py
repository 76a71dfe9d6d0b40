"""An account as it was when it was saved. Pure."""

from __future__ import annotations

import msgspec

from pipelines.account import AccountState
from pipelines.account_memory import Header, load_seen
from pipelines.account_windows import AccountWindows
from pipelines.alerts.account_alerts import AccountAlerts
from pipelines.checkpoint import StoredPost
from pipelines.followers import Followers
from pipelines.frames import AccountFrame
from pipelines.own_memory import OwnPosts
from pipelines.windows import SavedMinutes


def restore(frame: AccountFrame, header: str, minutes: SavedMinutes, posts: list[StoredPost]) -> AccountState:
    """Return an account from its header, and all minutes and posts that may still change something."""
    saved = msgspec.json.decode(header, type=Header)
    state = AccountState(
        frame.network,
        frame.account,
        head=saved.head,
        windows=AccountWindows.restore(saved.head, minutes, saved.touched),
        own_posts=OwnPosts.restore(posts, saved.early),
        alerts=AccountAlerts(saved.alerts),
    )
    state.version, state.brand = frame.version, frame.brand
    state.known_since, state.last_at = saved.known_since, saved.last_at
    state.followers, state.seen = Followers(saved.readings), load_seen(saved.seen)
    state.recounted = saved.recounted
    return state
