"""A first brand file out of data: accounts, own domains, topics and time zone, each with its evidence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from pipelines.brand import Account, Brand
from pipelines.brand_names import NETWORK_DOMAINS, WrongName, normal_domain, normal_handle, normal_id
from pipelines.brand_topics import ProposedTopic, propose_topics
from pipelines.brand_writer import Note
from pipelines.brand_zone import ProposedZone, propose_zone
from pipelines.events import BLUESKY, MASTODON, Network, Post, Profile
from pipelines.scoring.links import registrable_domain

MAX_OWN_POSTS = 20_000
"""Posts of the proposed accounts that are looked at; of more, every second (third …) one."""
MAX_OTHER_POSTS = 50_000
MAX_DOMAINS = 5
LEAST_ACTIVITY = 0.2
"""An author joins the proposal with at least this share of the most active one's posts."""
_LINK = re.compile(r"https?://[^\s<>\"')]+")
LEAST_DOMAIN_POSTS, LEAST_DOMAIN_SHARE = 3, 0.05

_SHARED = """
bit.ly bitly.com ow.ly tinyurl.com goo.gl buff.ly dlvr.it ift.tt is.gd j.mp lnkd.in fb.me youtu.be wp.me
trib.al amzn.to amzn.eu cutt.ly rebrand.ly shorturl.at t.ly tiny.cc rb.gy sco.lt spr.ly hubs.ly hubs.li
mailchi.mp eepurl.com linktr.ee flip.it flic.kr tmblr.co nyti.ms wapo.st reut.rs bbc.in cnn.it apne.ws
bloom.bg on.ft.com econ.st g.co pic.twitter.com twimg.com mastodon.social mastodon.online facebook.com
instagram.com threads.net youtube.com linkedin.com tiktok.com pinterest.com reddit.com medium.com
substack.com tumblr.com flickr.com vimeo.com twitch.tv soundcloud.com spotify.com apple.com google.com
amazon.com wikipedia.org twitlonger.com tl.gd twitpic.com yfrog.com instagr.am vine.co periscope.tv paper.li
giphy.com imgur.com change.org gofundme.com eventbrite.com zoom.us github.com archive.org meetup.com
telegram.me t.me whatsapp.com wa.me discord.gg discord.com
"""
SHARED_DOMAINS = NETWORK_DOMAINS | frozenset(_SHARED.split())
"""Networks, shorteners and platforms that many share: linked by everybody, so nobody's own."""


class ProposedAccount(Struct, frozen=True, kw_only=True):
    """One of the most active authors; `posts` counts what they wrote, without reposts."""

    account: Account
    posts: int


class ProposedDomain(Struct, frozen=True, kw_only=True):
    """A domain that the proposed accounts name in their profile, or often link; `posts` of theirs do."""

    domain: str
    posts: int
    in_profile: bool = False

    @property
    def evidence(self) -> str:
        """Where it was found."""
        linked = f"linked in {_posts(self.posts)}"
        return f"in your profile, {linked}" if self.in_profile else linked


class Proposal(Struct, frozen=True, kw_only=True):
    """What the data suggests. `posts` were read, by `authors`; `own_posts` are by the proposed accounts."""

    posts: int
    authors: int
    own_posts: int
    accounts: tuple[ProposedAccount, ...]
    domains: tuple[ProposedDomain, ...]
    topics: tuple[ProposedTopic, ...]
    zone: ProposedZone

    @property
    def brand(self) -> Brand:
        """The proposal as a brand; a file written from it passes `rapport brand check`."""
        return Brand(
            time_zone=self.zone.name,
            accounts=tuple(proposed.account for proposed in self.accounts),
            own_domains=tuple(proposed.domain for proposed in self.domains),
            topics=tuple(proposed.topic for proposed in self.topics),
        )

    @property
    def notes(self) -> tuple[Note, ...]:
        """The evidence, for the file's comments."""
        return (
            Note(at="accounts", text=f"The most active of {self.authors:,} authors. Keep only your own."),
            *(Note(at=f"accounts.{n}", text=_posts(a.posts)) for n, a in enumerate(self.accounts)),
            Note(at="time_zone", text=self.zone.evidence),
            *(Note(at=f"own_domains.{n}", text=proposed.evidence) for n, proposed in enumerate(self.domains)),
            *(
                Note(at=f"topics.{n}", text=f"Found in {_posts(proposed.posts)}. Give it your own name.")
                for n, proposed in enumerate(self.topics)
            ),
        )


class _Author(Struct):
    """What is known of one author so far."""

    account: Account
    posts: int = 0
    named_at: int = -1


def propose(
    posts: Iterable[Post],
    *,
    limit_accounts: int = 5,
    among: Collection[tuple[Network, str]] | None = None,
    profiles: Iterable[Profile] = (),
) -> Proposal:
    """Return what the posts suggest as a brand file. Deterministic; reads `posts` twice.

    Accounts: at most `limit_accounts` authors (of those `among`, where it is given) by posts written, each
    with at least a fifth of the most active one's. The rest is read out of their posts and `profiles`; other
    people's posts are what makes a word of theirs typical.
    """
    if iter(posts) is posts:
        posts = tuple(posts)
    authors, total = _count_authors(posts)
    known = authors if among is None else {key: each for key, each in authors.items() if key in among}
    chosen = _most_active(known, limit_accounts)
    own, others = _samples(posts, chosen, total=total, own_total=sum(authors[key].posts for key in chosen))
    return Proposal(
        posts=total,
        authors=len(authors),
        own_posts=sum(authors[key].posts for key in chosen),
        accounts=tuple(
            ProposedAccount(account=authors[key].account, posts=authors[key].posts) for key in chosen
        ),
        domains=_propose_domains(own, [each for each in profiles if (each.network, each.id) in chosen]),
        topics=propose_topics([post.text for post in _headlines_first(own)], [post.text for post in others]),
        zone=propose_zone([post.occurred_at for post in own]),
    )


def _count_authors(posts: Iterable[Post]) -> tuple[dict[tuple[str, str], _Author], int]:
    authors: dict[tuple[str, str], _Author] = {}
    total = 0
    for post in posts:
        total += 1
        if post.repost_of is not None:
            continue
        key = (post.network, post.author)
        author = authors.get(key)
        if author is None or post.occurred_at > author.named_at:
            seen = 0 if author is None else author.posts
            author = authors[key] = _Author(account=_account_of(post), posts=seen, named_at=post.occurred_at)
        author.posts += 1
    return authors, total


def _account_of(post: Post) -> Account:
    written = post.author_handle
    if post.network == MASTODON and written and "@" not in written.removeprefix("@"):
        written = f"{written}@{post.author_host}"
    try:
        handle = normal_handle(post.network, written)
    except WrongName:
        handle = ""
    try:
        id_ = normal_id(post.network, post.author)
    except WrongName:
        id_ = ""
    return Account(network=post.network, handle=handle, id=id_)


def _most_active(authors: dict[tuple[str, str], _Author], limit: int) -> list[tuple[str, str]]:
    nameable = [key for key, author in authors.items() if author.account.handle or author.account.id]
    ranked = sorted(nameable, key=lambda key: (-authors[key].posts, key))[:limit]
    chosen, taken = [], set[tuple[str, str]]()
    for key in ranked:
        account = authors[key].account
        names = {(account.network, name) for name in (account.handle.casefold(), account.id) if name}
        if authors[key].posts >= LEAST_ACTIVITY * authors[ranked[0]].posts and not names & taken:
            chosen.append(key)
            taken |= names
    return chosen


def _samples(
    posts: Iterable[Post], chosen: list[tuple[str, str]], *, total: int, own_total: int
) -> tuple[list[Post], list[Post]]:
    own_step = -(-own_total // MAX_OWN_POSTS) or 1
    other_step = -(-(total - own_total) // MAX_OTHER_POSTS) or 1
    own_keys, own, others = set(chosen), list[Post](), list[Post]()
    own_seen = others_seen = 0
    for post in posts:
        if post.repost_of is not None:
            continue
        if (post.network, post.author) in own_keys:
            own_seen += 1
            if own_seen % own_step == 0:
                own.append(post)
        else:
            others_seen += 1
            if others_seen % other_step == 0:
                others.append(post)
    return own, others


def _headlines_first(posts: list[Post]) -> list[Post]:
    """Topics are what one says to everybody; replies follow, since few have headline posts only."""
    return sorted(posts, key=lambda post: post.reply_to_post is not None or post.reply_to_account is not None)


def _propose_domains(posts: list[Post], profiles: list[Profile]) -> tuple[ProposedDomain, ...]:
    linked = Counter[str]()
    with_links = 0
    for post in posts:
        domains = {registrable_domain(link) for link in post.links} - {None}
        with_links += bool(domains)
        home = registrable_domain(f"https://{post.author_host}")
        linked.update(domain for domain in domains if domain and _may_be_own(domain, home))
    least = max(LEAST_DOMAIN_POSTS, LEAST_DOMAIN_SHARE * with_links)
    named = dict.fromkeys(domain for profile in profiles for domain in _domains_named_in(profile))
    ranked = sorted(
        (-posts, domain) for domain, posts in linked.items() if posts >= least and domain not in named
    )
    proposed = (*named, *(domain for _, domain in ranked))
    return tuple(
        ProposedDomain(domain=domain, posts=linked[domain], in_profile=domain in named)
        for domain in proposed[:MAX_DOMAINS]
    )


def _domains_named_in(profile: Profile) -> Iterator[str]:
    """Give the domains of a profile: its link, those in its text, and a handle of Bluesky that is one."""
    handle, _, server = profile.handle.partition("@")
    told = [profile.url, *_LINK.findall(profile.bio)]
    if profile.network == BLUESKY and handle:
        told.append(f"https://{handle}")
    home = registrable_domain(f"https://{server}") if server else None
    for link in told:
        domain = registrable_domain(link)
        if domain and _may_be_own(domain, home):
            yield domain


def _may_be_own(domain: str, home: str | None) -> bool:
    if domain == home or domain in SHARED_DOMAINS:
        return False
    try:
        return normal_domain(domain) == domain
    except WrongName:
        return False


def _posts(count: int) -> str:
    return f"{count:,} post" if count == 1 else f"{count:,} posts"
