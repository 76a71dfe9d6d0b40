"""Where a link leads: its host, the domain somebody registered for it, and whether it leaves the network.

Pure and without network: the public suffix list is the snapshot inside the wheel `publicsuffixlist`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from pipelines.events import BLUESKY, MASTODON, Network, X

UNEXPANDED_HOSTS = frozenset({"t.co"})
"""X's shortener. A source gives links expanded, so where this host is left we do not know where it leads."""

_OWN_DOMAINS: dict[str, tuple[str, ...]] = {
    X: ("x.com", "twitter.com"),
    BLUESKY: ("bsky.app",),
    MASTODON: (),
}
_CACHED_LINKS = 16_384
_HOST = re.compile(r"\s*https?://(?:[^/?#\\@\s]*@)*(\[[0-9a-f:.]+\]|[^/?#\\@:\s]+)", re.IGNORECASE)
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


@lru_cache(maxsize=_CACHED_LINKS)
def host(url: str) -> str | None:
    """Return the host of an http(s) link: lower case, ASCII (punycode), no port, no user, no final dot.

    None for anything else. An IPv6 address keeps its brackets.
    """
    found = _HOST.match(url)
    if found is None:
        return None
    name = found[1].rstrip(".").lower()
    return (name if name.isascii() else _punycode(name)) or None


def _punycode(name: str) -> str:
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:  # an empty or overlong label: no DNS name, kept as it is written
        return name


@lru_cache(maxsize=_CACHED_LINKS)
def registrable_domain(url: str) -> str | None:
    """Return the registrable domain of an http(s) link: the public suffix and one label more.

    The list's private section counts: `ann.github.io` belongs to Ann, `github.io` to nobody. An address in
    numbers is its own domain. None where there is no host, or the host is a public suffix itself.

    >>> registrable_domain("https://shop.example.co.uk/x")
    'example.co.uk'
    """
    name = host(url)
    if name is None or name.startswith("[") or _IPV4.fullmatch(name):
        return name
    domain: str | None = _suffixes().privatesuffix(name)
    return domain


@cache
def _suffixes() -> PublicSuffixList:
    """The list, read on first use (0.1 s)."""
    return PublicSuffixList()


def is_external(url: str, network: Network, own_host: str = "") -> bool:
    """Tell whether a link leaves the network that it was posted on.

    `own_host` is the subject's home server (Mastodon). Subdomains of a network's own domains are the network
    (`mobile.twitter.com`, `pic.twitter.com`). A link that could not be expanded (a bare t.co) counts as
    external, because X shortens every link; whether it may count as a promotion is said by `can_promote`.
    """
    name = host(url)
    if name is None:
        return False
    if name in UNEXPANDED_HOSTS:
        return True
    if own_host and name.removeprefix("www.") == own_host.lower().removeprefix("www."):
        return False
    return not any(name == domain or name.endswith("." + domain) for domain in _OWN_DOMAINS[network])


def can_promote(url: str) -> bool:
    """Tell whether it is known where the link leads; a bare t.co is a link, but never a promotion."""
    name = host(url)
    return name is not None and name not in UNEXPANDED_HOSTS
