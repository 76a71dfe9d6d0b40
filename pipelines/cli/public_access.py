"""How the commands that read accounts over the public APIs reach them."""

from __future__ import annotations

import time

from pipelines import clock
from pipelines.settings import load_settings
from pipelines.sources.account_posts import MOST_POSTS, Access
from pipelines.sources.public_api import Patience


def access(most_posts: int = MOST_POSTS) -> Access:
    """Return how accounts are read over the public APIs, as the environment says."""
    settings = load_settings()
    return Access(
        patience=Patience(clock.monotonic_s, time.sleep, clock.now_ms),
        bluesky_url=settings.bluesky_url,
        mastodon_url=settings.mastodon_url,
        most_posts=most_posts,
    )
