"""Does a post only repeat another channel of its author: an own account elsewhere, or an own feed?

Two ways to tell, from the post and the brand file alone:

- all its external links lead to own places (`me.example` on Bluesky, the feed itself);
- its text is nothing but a title and the one link to an entry of an own feed, as feed readers and blogging
  software post them. The title is known from the link: its last part repeats the title's words
  (`/2024/05/how-to-bake-rye-bread/`), all of them in order, and they are most of what the text says. An entry
  lies on the feed's host below the feed's path, less the parts that only name the feed (`/blog/feed.xml`
  announces `/blog/…`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from unicodedata import normalize
from urllib.parse import unquote

from pipelines.brand import Account
from pipelines.events import BLUESKY, MASTODON, X
from pipelines.scoring.text import without_links, without_mentions

MIN_TITLE_WORDS = 3
"""Below these many words in a link, they are a section ("blog") and no title."""
MIN_TITLE_SHARE = 2 / 3
"""Of the text's words, those of the link: shorteners of titles drop "the" and "of"."""

_WORD = re.compile(r"[^\W_]+")
_NAMES_FEED = re.compile(
    r"(?:feeds?|rss|atom|index)(?:\.\w+)?|[^/]*\.(?:xml|rss|atom|json|rdf)", re.IGNORECASE
)
_VIA = re.compile(r"\s*\bvia\s*$", re.IGNORECASE)


def places_of(account: Account) -> tuple[str, ...]:
    """Return where an account of the brand's own is found, without scheme."""
    handle = account.handle.casefold()
    if not handle:
        return ()
    if account.network == X:
        return f"x.com/{handle}", f"twitter.com/{handle}"
    if account.network == BLUESKY:
        return (f"bsky.app/profile/{handle}",)
    user, _, host = handle.partition("@")
    return (f"{host}/@{user}",) if account.network == MASTODON and host else ()


def site_of_feed(feed: str) -> str:
    """Return where the entries of a feed lie, without scheme.

    >>> site_of_feed("https://www.rye.example/blog/feed.xml")
    'rye.example/blog'
    >>> site_of_feed("https://medium.example/feed/@rye")
    'medium.example/@rye'
    """
    host, *parts = without_scheme(feed).split("?", 1)[0].split("/")
    return "/".join([host, *(part for part in parts if not _NAMES_FEED.fullmatch(part))])


def without_scheme(url: str) -> str:
    """Return an address as it is compared: folded, without scheme, `www.` and the last slash."""
    return url.casefold().split("://", 1)[-1].removeprefix("www.").rstrip("/")


def leads_to_own_places(links: Sequence[str], places: Sequence[str]) -> bool:
    """Tell whether there are links, and all of them lead to own places."""
    return bool(links) and all(_is_below(without_scheme(link), places) for link in links)


def is_title_and_link(text: str, links: Sequence[str], sites: Sequence[str]) -> bool:
    """Tell whether the text is but the title of the one page that it links to, an entry of an own feed."""
    if len(links) != 1 or not sites or not _is_below(without_scheme(links[0]), sites):
        return False
    title = _title_in(links[0])
    said = _words(_VIA.sub("", without_mentions(without_links(text)).rstrip()))
    return (
        len(title) >= MIN_TITLE_WORDS and len(title) >= MIN_TITLE_SHARE * len(said) and _in_order(title, said)
    )


def _is_below(link: str, places: Sequence[str]) -> bool:
    return any(link == place or link.startswith((f"{place}/", f"{place}?")) for place in places)


@lru_cache(maxsize=4_096)
def _title_in(link: str) -> tuple[str, ...]:
    """Return the words of the last part of a link's path that has any, numbers left out."""
    path = unquote(without_scheme(link).split("?", 1)[0].split("#", 1)[0])
    last = path.rpartition("/")[2]
    stem = re.sub(r"\.\w{2,5}$", "", last)
    return tuple(word for word in _words(stem) if not word.isdecimal())


def _words(text: str) -> tuple[str, ...]:
    """Return the words, folded; an apostrophe joins, as links write them ("don't": "dont")."""
    folded = normalize("NFC", text.casefold()).replace("'", "").replace("’", "")
    return tuple(_WORD.findall(folded))


def _in_order(title: tuple[str, ...], said: tuple[str, ...]) -> bool:
    rest = iter(said)
    return all(word in rest for word in title)
