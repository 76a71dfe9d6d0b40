"""Was an alarm false? What came after it, which the detector did not see, tells.

An alarm of an untouched history is borne out where the twenty posts after it still had at least a third
less than the hundred before the posts it was raised by (medians of interactions as they were, no effect taken
out).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from pipelines.alerts.change import Change
from pipelines.alerts.expectation import PostFacts
from pipelines.events import DAY_MS

BEFORE, AFTER = 100, 20
MOST_LEFT = 2 / 3


def is_borne_out(posts: Sequence[PostFacts], alarm: Change) -> bool:
    """Tell whether posts after an alarm at their 24 h were low too; not where too few follow."""
    raised = next(index for index, post in enumerate(posts) if post.at + DAY_MS >= alarm.at)
    began = raised - (alarm.evidence.posts if alarm.evidence else 1) + 1
    before = [post.interactions for post in posts[max(0, began - BEFORE) : began]]
    after = [post.interactions for post in posts[raised + 1 : raised + 1 + AFTER]]
    if not before or len(after) < AFTER:
        return False
    return median(after) <= MOST_LEFT * median(before)
