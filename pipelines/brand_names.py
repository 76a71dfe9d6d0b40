"""How handles, ids and domains are written: one normal form each, or a sentence on what is wrong."""

from __future__ import annotations

import re

from pipelines.events import BLUESKY, MASTODON, Network, X
from pipelines.scoring.links import host, registrable_domain

NETWORK_DOMAINS = frozenset({"x.com", "twitter.com", "t.co", "bsky.app", "bsky.social"})
"""Domains of the networks themselves: a link there is never a link to the brand."""

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}")
_X_HANDLE = re.compile(r"[A-Za-z0-9_]{1,20}")
_MASTODON_USER = re.compile(r"[A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*://|/", re.IGNORECASE)


class WrongName(ValueError):
    """A handle, id or domain that cannot be what it should be; the message says how to write it."""


def normal_handle(network: Network, written: str) -> str:
    """Return the handle without @; what is a domain in it in lower case. Raises WrongName.

    X: as written (its case means nothing). Bluesky: the whole handle is a domain. Mastodon: `user@host`.

    >>> normal_handle("mastodon", "@Ann@Mastodon.Social")
    'Ann@mastodon.social'
    """
    bare = written.removeprefix("@").strip()
    if network == MASTODON:
        return _mastodon_handle(bare)
    if _ADDRESS.search(bare):
        last = bare.rstrip("/").rsplit("/", 1)[-1].removeprefix("@")
        raise WrongName(f"`handle` is an address; write the handle alone: `{last}`")
    if network == X:
        if not _X_HANDLE.fullmatch(bare):
            raise WrongName(f"`{written}` is no handle of X: letters, digits and _ only, without blanks")
        return bare
    if _HOST.fullmatch(bare):
        return bare.lower()
    if re.fullmatch(_LABEL, bare):
        raise WrongName(f"a Bluesky handle is written with its domain, such as `{bare.lower()}.bsky.social`")
    raise WrongName(f"`{written}` is no handle of Bluesky; write it like `ann.bsky.social`")


def _mastodon_handle(bare: str) -> str:
    address = re.fullmatch(r"https?://([^/\s]+)/@?([^/\s@]+)/?", bare, re.IGNORECASE)
    if address:
        raise WrongName(f"`handle` is an address; write it as user@host: `{address[2]}@{address[1].lower()}`")
    user, at, server = bare.partition("@")
    if not at:
        raise WrongName(
            f"a Mastodon handle names its server: write it as user@host, such as `{bare}@mastodon.social`"
        )
    if not _MASTODON_USER.fullmatch(user) or not _HOST.fullmatch(server):
        raise WrongName(
            f"`{bare}` is no handle of Mastodon; write it as user@host, such as `ann@mastodon.social`"
        )
    return f"{user}@{server.lower()}"


def normal_id(network: Network, written: str) -> str:
    """Return the network's own id of an account. Raises WrongName."""
    if network == X and not re.fullmatch(r"[0-9]{1,20}", written):
        raise WrongName(f"`{written[:60]}` is no id of X: it has digits only; a name belongs into `handle`")
    if network == BLUESKY and not re.fullmatch(r"did:[a-z]+:[A-Za-z0-9._:%-]+", written):
        raise WrongName(
            f"`{written[:60]}` is no id of Bluesky: it begins with `did:`; a name belongs into `handle`"
        )
    if re.search(r"\s", written):
        raise WrongName(f"`{written[:60]}` is no id: it holds a blank")
    return written


def normal_domain(written: str) -> str:
    """Return a domain as it was registered: lower case, ASCII (punycode). Raises WrongName.

    >>> normal_domain("Example.COM")
    'example.com'
    """
    bare = written.rstrip(".").lower()
    name = host(bare if "://" in bare else f"https://{bare}") or ""
    registered = registrable_domain(f"https://{name}") if _HOST.fullmatch(name) else None
    if registered is None:
        raise WrongName(f"`{written[:60]}` is no domain that one can own; write one like `example.com`")
    if _ADDRESS.search(written) or re.search("[@:?#]", written):
        raise WrongName(f"`{written[:60]}` is an address; write the domain alone: `{registered}`")
    if registered != name:
        raise WrongName(
            f"links are compared by the domain that was registered: write `{registered}`, not `{written}`"
        )
    if registered in NETWORK_DOMAINS:
        raise WrongName(f"`{registered}` belongs to the network, not to you; take it out")
    return registered
