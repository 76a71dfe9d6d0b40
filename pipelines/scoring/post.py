"""What one post is, for the account that it concerns: its kind, its relation, and what it holds."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from msgspec import Struct

from pipelines.brand import Brand, brand_hash
from pipelines.events import Post
from pipelines.scoring.cross_post import (
    is_title_and_link,
    leads_to_own_places,
    places_of,
    site_of_feed,
    without_scheme,
)
from pipelines.scoring.links import can_promote, is_external, registrable_domain
from pipelines.scoring.text import asks, fingerprint, mentions_without_via, names_offer

Kind = Literal["original", "quote", "reply", "thread", "repost"]
Relation = Literal["own", "reply", "quote", "repost", "mention", "other"]

HEADLINE_KINDS = ("original", "quote")
MIN_WORDS = 4
MIN_WORDS_OF_REPLY = 8
"""Below these many words, equal posts are no near-duplicates: everybody says "thank you"."""


class BrandRules(Struct, frozen=True, kw_only=True):
    """A version of the brand file, made ready to judge posts."""

    hash: str
    brand: Brand
    own_domains: frozenset[str]
    own_places: tuple[str, ...]
    own_sites: tuple[str, ...]
    """Where the entries of the own feeds lie."""

    @property
    def knows_promotion(self) -> bool:
        """Whether a post can be told to be promotional."""
        return self.brand.knows_promotion

    @property
    def knows_topics(self) -> bool:
        """Whether a post can be scored."""
        return bool(self.brand.topics)

    @property
    def knows_channels(self) -> bool:
        """Whether a cross-post can be told: there is a feed, or an own account in another place."""
        places = {place.partition("/")[0] for place in self.own_places} - {"twitter.com"}
        return bool(self.own_sites) or len(places) > 1


class PostFeatures(Struct, frozen=True, kw_only=True):
    """What a post's own content says. `has_mention`: of another account, a trailing "via @x" apart."""

    kind: Kind
    relation: Relation
    asks: bool
    has_mention: bool
    has_link: bool
    promotional: bool
    cross_post: bool
    fingerprint: int
    """64 bits; 0 where the post is too short (or a repost) to be a near-duplicate."""


@lru_cache(maxsize=64)
def rules_of(brand: Brand) -> BrandRules:
    """Return the brand made ready to judge posts."""
    return BrandRules(
        hash=brand_hash(brand),
        brand=brand,
        own_domains=frozenset(brand.own_domains),
        own_places=tuple(place for account in brand.accounts for place in places_of(account))
        + tuple(without_scheme(feed) for feed in brand.own_feeds),
        own_sites=tuple(site_of_feed(feed) for feed in brand.own_feeds),
    )


def kind_of(post: Post) -> Kind:
    """Return the post's kind, decided in the order repost, thread post, reply, quote, original."""
    if post.repost_of is not None:
        return "repost"
    if post.reply_to_account == post.author:
        return "thread"
    if post.reply_to_post is not None or post.reply_to_account is not None:
        return "reply"
    return "quote" if post.quote_of is not None else "original"


def relation_of(post: Post) -> Relation:
    """Return what the post is to its subject."""
    subject = post.subject
    if post.author == subject:
        return "own"
    if post.repost_of is not None:
        return "repost" if post.repost_of_account == subject else "other"
    if post.reply_to_account == subject:
        return "reply"
    if post.quote_of_account == subject:
        return "quote"
    if not any(mention.account == subject for mention in post.mentions):
        return "other"
    meant = mentions_without_via(post.text, post.mentions)
    return "mention" if any(mention.account == subject for mention in meant) else "other"


def features_of(post: Post, rules: BrandRules) -> PostFeatures:
    """Return what the post's content says, to be folded into its subject's account."""
    kind = kind_of(post)
    relation = relation_of(post)
    own = relation == "own"
    external = [link for link in post.links if is_external(link, post.network, post.author_host)]
    return PostFeatures(
        kind=kind,
        relation=relation,
        asks=kind != "repost" and asks(post.text),
        has_mention=_mentions_another(post),
        has_link=bool(external),
        promotional=own and kind != "repost" and _promotes(post, external, rules),
        cross_post=own and _repeats_own_channel(post, external, rules),
        fingerprint=_fingerprint(post.text, kind) if own else 0,
    )


def _mentions_another(post: Post) -> bool:
    if not post.mentions:
        return False
    return any(mention.account != post.author for mention in mentions_without_via(post.text, post.mentions))


def _promotes(post: Post, external: list[str], rules: BrandRules) -> bool:
    if rules.own_domains and any(
        can_promote(link) and registrable_domain(link) in rules.own_domains for link in external
    ):
        return True
    return bool(rules.brand.offers) and names_offer(post.text, rules.brand.offers)


def _repeats_own_channel(post: Post, external: list[str], rules: BrandRules) -> bool:
    return leads_to_own_places(external, rules.own_places) or is_title_and_link(
        post.text, external, rules.own_sites
    )


def _fingerprint(text: str, kind: Kind) -> int:
    if kind == "repost":
        return 0
    digest, words = fingerprint(text)
    return digest if words >= (MIN_WORDS_OF_REPLY if kind == "reply" else MIN_WORDS) else 0
