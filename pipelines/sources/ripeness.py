"""Counts that were read once, at a known time, as snapshots that say what they are worth."""

from __future__ import annotations

from pipelines.events import DAY_MS, Post, PostStats


def counts_of(
    post: Post,
    *,
    seen_at: int | None,
    likes: int | None = None,
    replies: int | None = None,
    reposts: int | None = None,
    quotes: int | None = None,
    bookmarks: int | None = None,
    impressions: int | None = None,
) -> PostStats:
    """Return the counts of a post as they were at `seen_at` (None: not known, long after).

    A post that was a day old by then has its final counts; of a younger one it is a snapshot of that age.
    """
    final = seen_at is None or seen_at - post.occurred_at >= DAY_MS
    at = post.occurred_at if seen_at is None or final else max(seen_at, post.occurred_at)
    return PostStats(
        network=post.network,
        id=post.id,
        occurred_at=at,
        ingested_at=max(post.ingested_at, at),
        observed_at=None if final else at,
        likes=likes,
        replies=replies,
        reposts=reposts,
        quotes=quotes,
        bookmarks=bookmarks,
        impressions=impressions,
    )
