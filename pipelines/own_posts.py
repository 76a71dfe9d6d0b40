"""What an account's own post, and another's post about it, adds to the account."""

from __future__ import annotations

from msgspec import Struct

from pipelines.events import Post
from pipelines.frames import BrandFlags
from pipelines.maturity import HAS_LINK, HAS_MEDIA, HAS_MENTION
from pipelines.metrics.measures import INDEX, Counts
from pipelines.recent import (
    ANSWERS,
    HEADLINE,
    LINKS,
    MENTIONS,
    PROMOTES,
    RecentPosts,
    Remembered,
    id_hash,
)
from pipelines.rows import PostDecision
from pipelines.scoring.post import HEADLINE_KINDS, BrandRules, PostFeatures


class Arrival(Struct, frozen=True):
    """How an event arrives: its version, its partition's watermark (None: no tick yet), the brand then.

    `told_as`: the identity of what was told, where the event is a stub of it.
    """

    version: int
    watermark: int | None
    rules: BrandRules
    told_as: int | None = None


class Scored(Struct, frozen=True):
    """A post's features, and its relevance in thousandths where its text was scored."""

    features: PostFeatures
    relevance_milli: int | None = None
    topic: str = ""
    on_topic: bool = False


class _Additions(Struct, frozen=True):
    """What a post adds to its headline (itself, or the root of its thread)."""

    link: bool = False
    promotion: bool = False
    broadcast: bool = False


def judge(post: Post, scored: Scored, arrival: Arrival, recent: RecentPosts, *, late: bool) -> PostDecision:
    """Decide everything about a post that the log up to here can tell; remembers nothing."""
    features = scored.features
    own = features.relation == "own"
    parent = (
        recent.find(id_hash(post.reply_to_post), post.occurred_at) if own and post.reply_to_post else None
    )
    kind = (
        "thread" if features.kind == "reply" and parent and post.reply_to_account is None else features.kind
    )
    promotional = features.promotional or (own and _quotes_own_promotion(post, kind, recent))
    root = recent.find(parent.root, post.occurred_at) if kind == "thread" and parent else None
    adds = _additions(features, kind=kind, promotional=promotional, root=root) if own else _Additions()
    return PostDecision(
        version=arrival.version,
        watermark=arrival.watermark,
        late=late,
        counted=not late,
        brand=arrival.rules.hash,
        kind=kind,
        relation=features.relation,
        asks=features.asks,
        has_mention=features.has_mention,
        has_link=features.has_link,
        promotional=promotional,
        cross_post=features.cross_post,
        fingerprint=features.fingerprint,
        near_duplicate=own and recent.repeats(features.fingerprint, post.occurred_at),
        relevance_milli=scored.relevance_milli,
        topic=scored.topic,
        on_topic=scored.on_topic,
        root=parent.root if kind == "thread" and parent else id_hash(post.id),
        thread_place=recent.size_of_thread(parent.root) if kind == "thread" and parent else 0,
        adds_link=adds.link,
        adds_promotion=adds.promotion,
        adds_broadcast=adds.broadcast,
    )


def _quotes_own_promotion(post: Post, kind: str, recent: RecentPosts) -> bool:
    if kind == "repost" or post.quote_of is None:
        return False
    quoted = recent.find(id_hash(post.quote_of), post.occurred_at)
    return quoted is not None and bool(quoted.bits & PROMOTES)


def _additions(
    features: PostFeatures, *, kind: str, promotional: bool, root: Remembered | None
) -> _Additions:
    """Return what the post adds; a thread adds each thing once, when it first appears in it."""
    if kind in HEADLINE_KINDS:
        return _Additions(
            features.has_link, promotional, broadcast=features.has_link and not features.has_mention
        )
    if root is None or not root.bits & HEADLINE:
        return _Additions()
    link = features.has_link and not root.bits & LINKS
    promotion = promotional and not root.bits & PROMOTES
    return _Additions(link, promotion, broadcast=link and not root.bits & MENTIONS)


def remembered(post: Post, features: PostFeatures, decision: PostDecision) -> Remembered:
    """Return what later posts need to know of this own post."""
    key = id_hash(post.id)
    thread = decision.kind == "thread" and post.reply_to_post is not None
    parent = id_hash(post.reply_to_post) if thread and post.reply_to_post else 0
    bits = (
        (HEADLINE if decision.kind in HEADLINE_KINDS else 0)
        | (LINKS if decision.has_link else 0)
        | (PROMOTES if decision.promotional else 0)
        | (MENTIONS if decision.has_mention else 0)
        | (ANSWERS if parent and decision.root in (parent, key) else 0)
    )
    ahead_of = parent if decision.root == key else 0
    return Remembered(
        decision.version, key, features.fingerprint, decision.root, post.occurred_at, bits, ahead_of
    )


def traits_of(post: Post, decision: PostDecision) -> int:
    """Return what the post holds that moves how many react to it."""
    return (
        (HAS_LINK if decision.has_link else 0)
        | (HAS_MEDIA if post.has_media else 0)
        | (HAS_MENTION if decision.has_mention else 0)
    )


def bits_added_to_root(decision: PostDecision) -> int:
    """Return what the root of a thread has from now on."""
    return (LINKS if decision.adds_link else 0) | (PROMOTES if decision.adds_promotion else 0)


def _ones(*names: str) -> Counts:
    return {INDEX[name]: 1 for name in names}


_BY_KIND: dict[str, Counts] = {
    "original": _ones("posts", "headline_posts", "originals", "posts_addressed"),
    "quote": _ones("posts", "headline_posts", "quotes_made", "posts_addressed"),
    "reply": _ones("posts", "replies_made"),
    "thread": _ones("posts", "thread_posts"),
    "repost": _ones("reposts_made"),
}
_RECEIVED: dict[str, Counts] = {
    "reply": _ones("replies_received"),
    "quote": _ones("quotes_received"),
    "repost": _ones("reposts_received"),
    "mention": _ones("direct_mentions_received"),
}


def measures_of_own(post: Post, decision: PostDecision) -> Counts:
    """Return what an own post adds, in the minute of its time."""
    counts = dict(_BY_KIND[decision.kind])
    if decision.kind == "repost":
        return counts
    counts[INDEX["posts_sq"]] = 1 + 2 * decision.thread_place
    if decision.kind == "reply" and post.reply_to_account is not None:
        counts[INDEX["posts_addressed"]] = 1
        if not decision.near_duplicate:
            counts[INDEX["replies_to_others"]] = 1
    headline = decision.kind in HEADLINE_KINDS
    for measure, true in (
        ("question_posts", headline and decision.asks),
        ("cross_posts", headline and decision.cross_post),
        ("link_posts", decision.adds_link),
        ("promotional_posts", decision.adds_promotion),
        ("broadcast_posts", decision.adds_broadcast),
        ("duplicate_posts", decision.near_duplicate),
        ("scored_posts", decision.relevance_milli is not None),
        ("on_topic_posts", decision.on_topic),
    ):
        if true:
            counts[INDEX[measure]] = 1
    return counts


def measures_of_received(decision: PostDecision) -> Counts:
    """Return what another's post adds to the account that it concerns."""
    counts = dict(_RECEIVED.get(decision.relation, {}))
    if decision.asks and decision.relation in ("reply", "mention"):
        counts[INDEX["questions_received"]] = 1
    return counts


def act_of(post: Post, relation: str) -> tuple[str, str | None]:
    """Return which count of which own post another's post is an act on."""
    if relation == "repost":
        return "reposts", post.repost_of
    if relation == "reply":
        return "replies", post.reply_to_post
    return "quotes", post.quote_of if relation == "quote" else None


def flags_of(rules: BrandRules) -> BrandFlags:
    """Return what rows say of the brand by which their posts were judged."""
    return BrandFlags(rules.hash, rules.knows_promotion, rules.knows_topics, rules.knows_channels)
