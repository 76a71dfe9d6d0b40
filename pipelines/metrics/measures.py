"""Measures: what one event adds to an account, in the minute of its event time.

A measure is additive and an integer, so that sums do not depend on the order of the events. The names are the
columns of `account_windows` and `checkpoints`; once stored, a name is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct


class Measure(Struct, frozen=True, kw_only=True):
    """One column of counts. `wide`: sums of squares and products that may pass 2^63."""

    name: str
    counts: str
    wide: bool = False

    @property
    def sql_type(self) -> str:
        """Return the ClickHouse type of the column."""
        return "Int128" if self.wide else "Int64"


class Family(Struct, frozen=True, kw_only=True):
    """The measures of own posts that reached one age: `prefix` names them all."""

    prefix: str
    zero_interaction_posts: str
    unmeasured_posts: str
    posts: str


_OWN = (
    Measure(name="posts", counts="own original, quote, reply or thread post (not a repost)"),
    Measure(
        name="posts_sq",
        counts="1 for an own post, 2 for each earlier one of its thread: in all, squares of threads",
    ),
    Measure(name="headline_posts", counts="own original or quote: what the account says to everybody"),
    Measure(name="originals", counts="own original"),
    Measure(name="quotes_made", counts="own quote of a post"),
    Measure(name="replies_made", counts="own reply"),
    Measure(name="thread_posts", counts="own reply to oneself; a thread counts once, as its root"),
    Measure(name="reposts_made", counts="own repost of a post"),
    Measure(
        name="replies_to_others",
        counts="own reply to an account known to be other, not a near-duplicate",
    ),
    Measure(
        name="posts_addressed",
        counts="own post, less replies whose addressee the source did not say, less thread posts",
    ),
    Measure(name="question_posts", counts="headline post that asks"),
    Measure(name="link_posts", counts="headline post with a link that leaves the network"),
    Measure(name="promotional_posts", counts="headline post that links an own domain or names an offer"),
    Measure(name="broadcast_posts", counts="headline post with an external link and no mention"),
    Measure(name="cross_posts", counts="headline post that only repeats another own channel"),
    Measure(name="duplicate_posts", counts="own post, not a repost, that is a near-duplicate"),
    Measure(name="scored_posts", counts="own post, not a repost, whose text was scored"),
    Measure(name="on_topic_posts", counts="own post, not a repost, whose relevance reached the threshold"),
)
_RECEIVED = (
    Measure(
        name="direct_mentions_received",
        counts="other's post that mentions the account and is neither its repost, quote nor reply to it",
    ),
    Measure(name="replies_received", counts="other's reply to a post of the account"),
    Measure(name="quotes_received", counts="other's quote of a post of the account"),
    Measure(name="reposts_received", counts="other's repost of a post of the account"),
    Measure(name="questions_received", counts="of the mentions and replies received, those that ask"),
    Measure(name="likes_received", counts="single like, where the network tells it"),
    Measure(name="follows_received", counts="single follow, where the network tells it"),
    Measure(name="unfollows_received", counts="single unfollow, where the network tells it"),
)
_OTHER = (
    Measure(name="deleted_posts", counts="own post deleted, in the minute of the deletion"),
    Measure(name="late_events", counts="event later than the allowed lateness, in the watermark's minute"),
)

FAST = Family(
    prefix="fast_",
    posts="headline post at age 1 h",
    zero_interaction_posts="fast_zero_interaction_posts",
    unmeasured_posts="fast_unmeasured_posts",
)
MATURED = Family(
    prefix="matured_",
    posts="headline post at age 24 h",
    zero_interaction_posts="zero_interaction_posts",
    unmeasured_posts="unmeasured_posts",
)
FAST_REPLY = Family(
    prefix="fast_reply_",
    posts="reply made, at age 1 h",
    zero_interaction_posts="fast_reply_zero_interaction_posts",
    unmeasured_posts="fast_reply_unmeasured_posts",
)
MATURED_REPLY = Family(
    prefix="matured_reply_",
    posts="reply made, at age 24 h",
    zero_interaction_posts="matured_reply_zero_interaction_posts",
    unmeasured_posts="matured_reply_unmeasured_posts",
)
FAMILIES = (FAST, MATURED, FAST_REPLY, MATURED_REPLY)


def _family(family: Family) -> tuple[Measure, ...]:
    """Return the measures of one age; squares and products only where an interval needs them."""
    p, what, whole = family.prefix, family.posts, family is MATURED

    def sums(name: str, of: str, *, squared: bool = whole) -> tuple[Measure, ...]:
        plain = Measure(name=f"{p}{name}", counts=f"{of} of a {what}")
        square = Measure(name=f"{p}{name}_sq", counts=f"square of the {of} of a {what}", wide=True)
        return (plain, square) if squared else (plain,)

    def exposure(name: str) -> tuple[Measure, ...]:
        product = Measure(
            name=f"{p}interactions_by_{name}", counts=f"interactions times {name} of a {what}", wide=True
        )
        return (
            Measure(name=f"{p}posts_with_{name}", counts=f"{what} with {name} known"),
            *sums(name, f"{name}, where known,"),
            *sums(f"interactions_with_{name}", f"interactions, where {name} are known,"),
            *((product,) if whole else ()),
        )

    told = (
        Measure(name=f"{p}posts_with_replies", counts=f"{what} whose replies were told"),
        Measure(name=f"{p}posts_with_quotes", counts=f"{what} whose quotes were told"),
    )
    return (
        Measure(name=f"{p}posts", counts=f"{what} whose counts are known"),
        *sums("likes", "likes"),
        *sums("replies", "replies (less the account's own)"),
        *sums("reposts", "reposts"),
        *sums("quotes", "quotes"),
        *(told if whole else ()),
        *sums("interactions", "likes, replies, reposts and quotes", squared=True),
        Measure(name=family.zero_interaction_posts, counts=f"{what} without any interaction"),
        Measure(name=family.unmeasured_posts, counts=f"{what} whose counts nobody told"),
        *exposure("followers"),
        *exposure("impressions"),
        Measure(name=f"{p}on_topic_posts", counts=f"{what}, on topic"),
        *sums("on_topic_interactions", "interactions, where on topic,"),
        Measure(name=f"{p}off_topic_posts", counts=f"{what}, off topic"),
        *sums("off_topic_interactions", "interactions, where off topic,"),
    )


class Gauge(Struct, frozen=True, kw_only=True):
    """A number that is told now and then; its last value holds. No sum, so no column of the minutes."""

    name: str
    counts: str


GAUGES: tuple[Gauge, ...] = (
    Gauge(name="followers", counts="followers, as the profile told them last"),
    Gauge(name="following", counts="accounts followed, as the profile told them last"),
    Gauge(name="listed", counts="lists that hold the account, as the profile told them last"),
    Gauge(name="posts_total", counts="posts ever, as the profile told them last"),
)
READINGS: tuple[str, ...] = ("followers_told", "first_followers", "last_followers")
"""What a window tells of followers: how often they were told in it, how many first, how many last."""

MEASURES: tuple[Measure, ...] = (
    *_OWN,
    *_RECEIVED,
    *_OTHER,
    *(measure for family in FAMILIES for measure in _family(family)),
)
NAMES: tuple[str, ...] = tuple(measure.name for measure in MEASURES)
INDEX: Mapping[str, int] = {name: index for index, name in enumerate(NAMES)}

Counts = dict[int, int]
"""A sparse vector of measures: index in MEASURES to value; a missing index is 0."""


def named_counts(counts: Mapping[int, int]) -> dict[str, int]:
    """Return the values by name, zeros left out."""
    return {NAMES[index]: value for index, value in counts.items() if value}


def add(into: Counts, counts: Iterable[tuple[int, int]]) -> None:
    """Add a vector to another in place."""
    for index, value in counts:
        into[index] = into.get(index, 0) + value
